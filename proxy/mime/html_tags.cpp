#include "mime/html_tags.hpp"

#include <algorithm>
#include <array>

namespace sluice::mime {
namespace {

using enum html_tag;
using namespace tag_trait;

constexpr std::uint16_t block_element = block | special | closes_p;

struct row {
  std::string_view name;
  html_tag tag;
  std::uint16_t traits;
};
constexpr auto rows = std::to_array<row>({
    {"a", a, formatting}, {"address", address, block_element}, {"applet", applet, special | scope}, {"area", area, is_void | special},
    {"article", article, block_element}, {"aside", aside, block_element}, {"audio", audio, 0}, {"b", b, formatting}, {"bdo", bdo, 0},
    {"base", base, is_void | special}, {"big", big, formatting}, {"blockquote", blockquote, block_element},
    {"body", body, block | special}, {"br", br, is_void | special}, {"button", button, special | scope},
    {"caption", caption, block | special | scope | table_part}, {"center", center, block_element}, {"code", code, formatting},
    {"col", col, is_void | special | table_part}, {"colgroup", colgroup, special | table_part}, {"dd", dd, block_element},
    {"details", details, block_element}, {"dialog", dialog, block_element}, {"dir", dir, block_element},
    {"div", div, block_element}, {"dl", dl, block_element}, {"dt", dt, block_element}, {"em", em, formatting},
    {"embed", embed, is_void | special}, {"fieldset", fieldset, block_element}, {"figcaption", figcaption, block_element},
    {"figure", figure, block_element}, {"font", font, formatting}, {"footer", footer, block_element}, {"form", form, block_element},
    {"frame", frame, is_void | special}, {"h1", h1, block_element}, {"h2", h2, block_element}, {"h3", h3, block_element},
    {"h4", h4, block_element}, {"h5", h5, block_element}, {"h6", h6, block_element}, {"head", head, special},
    {"header", header, block_element}, {"hgroup", hgroup, block_element}, {"hr", hr, is_void | block_element},
    {"html", html, special | scope}, {"i", i, formatting}, {"iframe", iframe, raw | special | unseen}, {"img", img, is_void | special},
    {"input", input, is_void | special}, {"li", li, block_element}, {"link", link, is_void | special},
    {"listing", listing, block_element}, {"main", main, block_element}, {"marquee", marquee, special | scope}, {"math", math, 0},
    {"menu", menu, block_element}, {"meta", meta, is_void | special}, {"nav", nav, block_element}, {"nobr", nobr, formatting},
    {"noembed", noembed, raw | special}, {"noframes", noframes, raw | special}, {"object", object, special | scope},
    {"ol", ol, block_element}, {"optgroup", optgroup, block}, {"option", option, block}, {"p", p, block_element}, {"param", param, is_void | special},
    {"plaintext", plaintext, block_element | raw}, {"pre", pre, block_element}, {"s", s, formatting},
    {"script", script, raw | special | unseen | table_part}, {"search", search, block_element}, {"section", section, block_element},
    {"select", select, special}, {"small", small, formatting}, {"source", source, is_void | special}, {"span", span, 0},
    {"strike", strike, formatting}, {"strong", strong, formatting}, {"style", style, raw | special | unseen | table_part},
    {"summary", summary, block_element}, {"svg", svg, 0}, {"table", table, block | special | scope | closes_p}, {"tbody", tbody, special | table_part},
    {"td", td, special | scope | cell | table_part}, {"template", template_, special | scope | table_part}, {"textarea", textarea, raw | special},
    {"tfoot", tfoot, special | table_part}, {"th", th, special | scope | cell | table_part}, {"thead", thead, special | table_part}, {"title", title, raw | special},
    {"tr", tr, block | special | table_part}, {"track", track, is_void | special}, {"tt", tt, formatting}, {"u", u, formatting},
    {"ul", ul, block_element}, {"video", video, 0}, {"wbr", wbr, is_void | special}, {"xml", xml, 0}, {"xmp", xmp, block_element | raw},
});

constexpr auto make_traits() {
  std::array<std::uint16_t, 256> table{};
  for (const row& r : rows) table[static_cast<std::size_t>(r.tag)] = r.traits;
  return table;
}
constexpr auto traits = make_traits();

// The first seven letters and the length in one number, for a search without string comparisons.
constexpr std::uint64_t key_of(byte_view name) {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < 7; ++i) key = (key << 8) | (i < name.size() ? static_cast<unsigned char>(name[i]) : 0u);
  return (key << 8) | name.size();
}

struct key_row {
  std::uint64_t key;
  std::uint8_t row;
};
constexpr auto make_keys() {
  std::array<key_row, rows.size()> table{};
  for (std::size_t i = 0; i < rows.size(); ++i) table[i] = {key_of(rows[i].name), static_cast<std::uint8_t>(i)};
  std::sort(table.begin(), table.end(), [](const key_row& x, const key_row& y) { return x.key < y.key; });
  return table;
}
constexpr auto keys = make_keys();

}  // namespace

html_tag find_tag(byte_view name) {
  const std::uint64_t key = key_of(name);
  const auto found = std::lower_bound(keys.begin(), keys.end(), key, [](const key_row& k, std::uint64_t wanted) { return k.key < wanted; });
  if (found != keys.end() && found->key == key && rows[found->row].name == name) return rows[found->row].tag;
  unsigned hash = 0;
  for (const char c : name) hash = hash * 31 + static_cast<unsigned char>(c);
  return static_cast<html_tag>(128 + hash % 128);
}

std::uint16_t traits_of(html_tag tag) { return traits[static_cast<std::size_t>(tag)]; }

}  // namespace sluice::mime

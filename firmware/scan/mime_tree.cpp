#include "firmware/scan/mime_tree.hpp"

#include <mbedtls/sha256.h>

#include <algorithm>

#include "core/ascii.hpp"
#include "mime/charset_pool.hpp"
#include "mime/encoded_word.hpp"

namespace sluice::scan {
namespace {

constexpr std::size_t name_bytes = 80;  // of a file name made from the mail's own

std::string decoded(byte_view value, mime::charset_pool& pool) {
  std::string room(value.size() * 3 + 16, '\0');
  const auto done = mime::decode_words(value, {room.data(), room.size()}, pool);
  room.resize(done.size);
  return room;
}

const char* origin_name(mime::link::origin from) {
  switch (from) {
    case mime::link::origin::anchor: return "anchor";
    case mime::link::origin::form: return "form";
    case mime::link::origin::image: return "image";
    case mime::link::origin::area: return "area";
    case mime::link::origin::meta_refresh: return "refresh";
    case mime::link::origin::other: break;
  }
  return "other";
}

class collector final : public mime::handler {
 public:
  collector(mime_tree& tree, mime::charset_pool& pool) : tree_(tree), pool_(pool) {}

 private:
  tree_part& at(std::uint16_t index) {
    if (tree_.parts.size() <= index) tree_.parts.resize(index + std::size_t{1});
    return tree_.parts[index];
  }

  void on_field(const mime::field& f) override { at(f.part).fields.push_back({std::string(f.name), decoded(f.value, pool_)}); }
  void on_part_begin(const mime::part_info& info) override {
    at(info.index).info = info;
    if (info.index != info.parent && info.reading_of == mime::part_info::no_part && info.index != 0) at(info.parent).is_container = true;
  }
  void on_text(std::uint16_t part, mime::text_kind kind, byte_view text) override { at(part).text[kind] += text; }
  void on_link(const mime::link& l) override {
    at(l.part).links.push_back({origin_name(l.from), std::string(l.target), std::string(l.shown), l.hidden, l.conditional});
  }
  void on_bytes(std::uint16_t part, std::uint64_t, byte_view octets) override { at(part).octets += octets; }
  void on_anomaly(std::uint16_t part, mime::anomaly what, std::uint64_t offset) override { at(part).notes.push_back({what, offset}); }

  mime_tree& tree_;
  mime::charset_pool& pool_;
};

}  // namespace

std::string tree_part::sha256() const {
  unsigned char digest[32];
  if (mbedtls_sha256(reinterpret_cast<const unsigned char*>(octets.data()), octets.size(), digest, 0) != 0) return {};
  static constexpr char hex[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char c : digest) {
    out += hex[c >> 4];
    out += hex[c & 15];
  }
  return out;
}

bool mime_tree::ambiguous() const {
  return std::any_of(parts.begin(), parts.end(), [](const tree_part& p) {
    return std::any_of(p.notes.begin(), p.notes.end(), [](const tree_note& n) { return mime::is_ambiguity(n.what); });
  });
}

mime_tree read_tree(std::string_view message) {
  mime_tree tree;
  tree.octets = message.size();
  mime::charset_pool pool;
  collector collect(tree, pool);
  mime::options options;
  options.sniff_bytes = ~std::uint64_t{0};
  options.bytes_of_text = true;
  mime::walker walker(collect, options, pool);
  walker.feed(message);
  walker.finish();
  for (tree_part& p : tree.parts) {
    if (!p.octets.empty()) continue;
    for (const mime::text_kind kind : {mime::text_kind::plain, mime::text_kind::visible}) {
      if (const auto found = p.text.find(kind); found != p.text.end()) p.octets += found->second;
    }
  }
  return tree;
}

std::string safe_file_name(const tree_part& part) {
  std::string out = std::to_string(part.info.index);
  out.insert(0, out.size() < 3 ? 3 - out.size() : 0, '0');
  if (part.info.reading_of != mime::part_info::no_part) out += "-reading-of-" + std::to_string(part.info.reading_of);
  std::string name;
  for (const char c : view(part.info.file_name)) {
    const bool plain = ascii::is_alnum(c) || c == '-' || c == '_' || (c == '.' && !name.empty() && name.back() != '.');
    name += plain ? c : '_';
  }
  if (name.size() > name_bytes) name.erase(0, name.size() - name_bytes);  // the ending matters
  if (!name.empty()) return out + "-" + name;
  const byte_view type = view(part.info.type);
  const char* ending = type == "text/html" ? ".html" : type == "text/calendar" ? ".ics" : type.starts_with("text/") ? ".txt" : ".bin";
  return out + ending;
}

}  // namespace sluice::scan

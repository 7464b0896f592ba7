// Stalwart mail-parser's corpus: part tree, content types, names, and decoded text and octets, in LF and CRLF form.
// HTML is compared before it is read as HTML: its decoded octets, converted from its charset.
// Where the two differ by design: uuencoded parts, which we decode; base64 that is none, which mail-parser gives raw;
// octets that are not valid in their charset, which become U+FFFD there and windows-1252 here.
// In malformed/ the reference is one implementation's recovery: there either all is equal, or nothing is lost, that is
// every line of the reference's contents that is no delimiter and no field occurs in ours.
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "core/utf8.hpp"
#include "mime/charset.hpp"
#include "suite.hpp"
#include "support/mime_recorder.hpp"

using namespace sluice;
using namespace sluice::test;
namespace json = boost::json;

namespace {

struct leaf {
  std::string kind, type, name, content;
  bool raw = false;  // the contents can't be compared
};

const json::value* field(const json::object& part, std::string_view name) {
  const json::value* found = nullptr;
  for (const json::value& h : part.at("headers").as_array())
    if (h.at("name").is_string() && h.at("name").as_string() == name) found = &h.at("value");
  return found;
}

std::string attribute(const json::value* content_type, std::string_view name) {
  if (!content_type || !content_type->as_object().contains("ContentType")) return "";
  const json::value& list = content_type->at("ContentType").at("attributes");
  if (!list.is_array()) return "";
  for (const json::value& a : list.as_array())
    if (a.at("name").as_string() == name) return as_utf8(a.at("value"));
  return "";
}

std::string octets(const json::value& list) {
  std::string out;
  for (const json::value& b : list.as_array()) out += static_cast<char>(b.to_number<int>());
  return out;
}

// The parts in the order they stand in, nested messages in place.
void flatten(const json::value& message, std::vector<leaf>& out) {
  for (const json::value& p : message.at("parts").as_array()) {
    const json::object& part = p.as_object();
    const json::object& body = part.at("body").as_object();
    const auto& [kind, content] = *body.begin();
    leaf l;
    l.kind = std::string(kind);
    const json::value* type = field(part, "content_type");
    if (type && type->as_object().contains("ContentType")) {
      const json::value& t = type->at("ContentType");
      l.type = as_utf8(t.at("c_type"));
      if (t.as_object().contains("c_subtype") && t.at("c_subtype").is_string()) l.type += "/" + as_utf8(t.at("c_subtype"));
    }
    l.name = attribute(field(part, "content_disposition"), "filename");
    if (l.name.empty()) l.name = attribute(type, "name");
    if (kind == "Text" || kind == "Html") l.content = as_utf8(content);
    if (kind == "Binary" || kind == "InlineBinary") l.kind = "Binary", l.content = octets(content);
    out.push_back(l);
    if (kind == "Message") flatten(content, out);
  }
}

class string_sink final : public mime::octet_sink {
 public:
  void put(byte_view octets) override { text += octets; }
  std::string text;
};

std::string decoded(const recorded_part& p) {
  mime::charset_pool pool;
  mime::charset_decoder decoder;
  decoder.open(mime::find_charset(view(p.info.charset)), pool);
  string_sink out;
  decoder.feed(p.bytes, out);
  decoder.finish(out);
  return out.text;
}

// mail-parser gives no parts for what stands around the parts of a multipart, and has no second readings.
std::vector<leaf> ours(const std::string& message) {
  mime::options options;
  options.sniff_bytes = ~std::uint64_t{0};
  options.bytes_of_text = true;
  const mime_recorder r = walk(message, 0, options);
  std::vector<leaf> out;
  for (const recorded_part& p : r.parts) {
    if (p.info.reading_of != mime::part_info::no_part || p.info.type.empty()) continue;
    if (view(p.info.encoding) == "x-uuencode" && p.info.disposition.empty()) continue;  // found inside of a text
    const std::string type(view(p.info.type));
    leaf l{"Binary", type, std::string(view(p.info.file_name)), p.bytes};
    for (const mime::anomaly a : p.anomalies) l.raw = l.raw || a == mime::anomaly::bad_base64;
    l.raw = l.raw || view(p.info.encoding) == "x-uuencode";
    if (type.starts_with("multipart/")) l.kind = "Multipart", l.content.clear();
    else if (type == "message/rfc822" || type == "message/global") l.kind = "Message", l.content.clear();
    else if (type == "text/html") l.kind = "Html", l.content = decoded(p);
    else if (type.starts_with("text/")) l.kind = "Text", l.content = decoded(p);
    out.push_back(l);
  }
  return out;
}

std::string lower(std::string s) {
  for (char& c : s) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return s;
}

// U+FFFD in the reference stands for any character.
bool same_text(byte_view want, byte_view have) {
  constexpr byte_view replacement = "\xef\xbf\xbd";
  while (!want.empty() && !have.empty()) {
    const utf8::decoded h = utf8::decode(have);
    if (want.starts_with(replacement)) {
      want.remove_prefix(3);
    } else if (want.substr(0, h.length) == have.substr(0, h.length)) {
      want.remove_prefix(h.length);
    } else {
      return false;
    }
    have.remove_prefix(h.length);
  }
  return want.empty() && have.empty();
}

std::string compare(const std::vector<leaf>& want, const std::vector<leaf>& have) {
  std::string shape_want, shape_have;
  for (std::size_t i = 0; i < want.size(); ++i) shape_want += (i < have.size() && have[i].raw ? have[i].kind : want[i].kind) + " ";
  for (const leaf& l : have) shape_have += l.kind + " ";
  if (shape_want != shape_have) return "parts: want " + shape_want + ", have " + shape_have;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const leaf &w = want[i], &h = have[i];
    const std::string at = "part " + std::to_string(i) + ": ";
    if (!w.type.empty() && w.type.find('/') != std::string::npos && lower(w.type) != h.type) return at + "type " + w.type + ", have " + h.type;
    if (!same_text(w.name, h.name)) return at + "name " + w.name + ", have " + h.name;
    if (!h.raw && !same_text(w.content, h.content))
      return at + w.kind + " content differs, want \"" + w.content.substr(0, 300) + "\", have \"" + h.content.substr(0, 300) + "\"";
  }
  return "";
}

std::string lost(const std::vector<leaf>& want, const std::vector<leaf>& have) {
  std::string all;
  for (const leaf& l : have) all += l.content + "\n";
  for (const leaf& l : want) {
    std::istringstream in(l.content);
    for (std::string line; std::getline(in, line);) {
      while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
      const std::size_t colon = line.find(':');
      const bool field = colon != std::string::npos && line.find_first_of(" \t") > colon;
      if (line.empty() || line.starts_with("--") || field || line.starts_with(" ")) continue;
      if (all.find(line) == std::string::npos) return "lost: " + line;
    }
  }
  return "";
}

}  // namespace

TEST_CASE("the mail-parser corpus gives the same parts, names, texts and octets") {
  tally count("mime-mail-parser", 118);
  if (count.missing()) SKIP("suite not here");
  const auto folder = suite_folder("mime-mail-parser");
  for (const auto& file : files_in(folder, ".eml")) {
    const std::string stored = read_file(file), lf = with_lf(stored), name = file.parent_path().filename() / file.stem();
    for (const bool crlf : {false, true}) {
      std::vector<leaf> want;
      auto expected = file;
      expected.replace_extension(crlf ? ".crlf.json" : ".json");
      flatten(read_json(expected), want);
      const std::vector<leaf> have = ours(crlf ? with_crlf(stored) : lf);
      std::string difference = compare(want, have);
      if (!difference.empty() && name.starts_with("malformed")) difference = lost(want, have);
      count.result(name + (crlf ? " crlf" : " lf"), difference.empty(), difference);
    }
  }
}

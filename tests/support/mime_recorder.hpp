// Writes what the MIME walker reports as text, pieces of one kind joined, so that runs over differently cut input can be
// compared and tests can read like a trace.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "mime/walker.hpp"

namespace sluice::test {

struct recorded_part {
  mime::part_info info{};
  bool ended = false;
  std::uint64_t decoded = 0;
  std::string bytes;
  std::map<mime::text_kind, std::string> text;
  std::vector<std::string> links;  // "anchor http://... [shown]", with "hidden " or "conditional " in front
  std::vector<mime::anomaly> anomalies;
};

class mime_recorder final : public mime::handler {
 public:
  std::vector<recorded_part> parts;
  std::vector<std::string> fields;  // "part name: value"
  std::vector<std::string> order;   // begin and end of parts
  bool ended = false;

  void on_field(const mime::field& f) override {
    fields.push_back(std::to_string(f.part) + " " + std::string(f.name) + ": " + std::string(f.value) + " @" + std::to_string(f.offset) +
                     "+" + std::to_string(f.length) + (f.cut ? " cut" : ""));
  }
  void on_header_end(std::uint16_t part, std::uint64_t offset) override {
    order.push_back("header " + std::to_string(part) + " @" + std::to_string(offset));
  }
  void on_part_begin(const mime::part_info& info) override {
    at(info.index).info = info;
    order.push_back("begin " + std::to_string(info.index));
  }
  void on_text(std::uint16_t part, mime::text_kind kind, byte_view text) override { at(part).text[kind] += text; }
  void on_link(const mime::link& l) override {
    static constexpr const char* names[] = {"anchor", "form", "image", "area", "meta_refresh", "other"};
    at(l.part).links.push_back(std::string(l.hidden ? "hidden " : l.conditional ? "conditional " : "") + names[static_cast<int>(l.from)] + " " + std::string(l.target) +
                               (l.shown.empty() ? "" : " [" + std::string(l.shown) + "]"));
  }
  void on_bytes(std::uint16_t part, std::uint64_t offset, byte_view bytes) override {
    if (at(part).bytes.size() != offset) at(part).bytes += "<<gap>>";
    at(part).bytes += bytes;
  }
  void on_anomaly(std::uint16_t part, mime::anomaly a, std::uint64_t) override { at(part).anomalies.push_back(a); }
  void on_part_end(std::uint16_t part, std::uint64_t decoded) override {
    at(part).ended = true;
    at(part).decoded = decoded;
    order.push_back("end " + std::to_string(part));
  }
  void on_message_end() override { ended = true; }

  recorded_part& at(std::uint16_t part) {
    if (parts.size() <= part) parts.resize(part + 1u);
    return parts[part];
  }

  bool has(mime::anomaly a) const {
    for (const recorded_part& p : parts)
      for (const mime::anomaly b : p.anomalies)
        if (a == b) return true;
    return false;
  }
  bool ambiguous() const {
    for (const recorded_part& p : parts)
      for (const mime::anomaly b : p.anomalies)
        if (mime::is_ambiguity(b)) return true;
    return false;
  }
  // The text of one kind, of all parts.
  std::string all(mime::text_kind kind) const {
    std::string out;
    for (const recorded_part& p : parts)
      if (const auto found = p.text.find(kind); found != p.text.end()) out += found->second;
    return out;
  }

  std::string dump() const {
    std::string out;
    for (const std::string& f : fields) out += "field " + f + "\n";
    for (const std::string& o : order) out += o + "\n";
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const recorded_part& p = parts[i];
      const auto line = [&](const char* what, const std::string& value) { out += "part " + std::to_string(i) + " " + what + " " + value + "\n"; };
      line("type", std::string(view(p.info.type)) + " parent " + std::to_string(p.info.parent) + " depth " + std::to_string(p.info.depth) +
                       (p.info.reading_of != mime::part_info::no_part ? " reading of " + std::to_string(p.info.reading_of) : ""));
      if (!p.info.charset.empty()) line("charset", std::string(view(p.info.charset)));
      if (!p.info.encoding.empty()) line("encoding", std::string(view(p.info.encoding)));
      if (!p.info.disposition.empty()) line("disposition", std::string(view(p.info.disposition)));
      if (!p.info.file_name.empty()) line("name", std::string(view(p.info.file_name)));
      if (!p.info.other_name.empty()) line("other name", std::string(view(p.info.other_name)));
      // Their order among each other is not part of the contract.
      for (unsigned a = 0; a < mime::anomaly_count; ++a)
        for (const mime::anomaly b : p.anomalies)
          if (b == static_cast<mime::anomaly>(a)) line("anomaly", mime::name_of(b));
      for (const auto& [kind, text] : p.text) line(mime::name_of(kind), "\"" + text + "\"");
      for (const std::string& l : p.links) line("link", l);
      if (!p.bytes.empty()) line("bytes", std::to_string(p.bytes.size()) + " \"" + p.bytes + "\"");
      line("end", std::to_string(p.decoded));
    }
    return out + (ended ? "end\n" : "");
  }
};

// Walks `message`, fed in pieces of `step` octets (0: in one piece).
inline mime_recorder walk(std::string_view message, std::size_t step = 0, mime::options options = {}) {
  mime_recorder out;
  mime::charset_pool pool;
  mime::walker walker(out, options, pool);
  if (step == 0) step = message.size() + 1;
  for (std::size_t i = 0; i < message.size(); i += step) walker.feed(message.substr(i, step));
  walker.finish();
  return out;
}

}  // namespace sluice::test

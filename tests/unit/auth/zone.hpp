// A scripted DNS for the tests: records by name and type, failures by name, and a count of what was asked.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "auth/checker.hpp"
#include "dns/lookup.hpp"

namespace sluice::auth::test {

class zone {
 public:
  zone& txt(const std::string& name, const std::string& text) { return add(name, dns::record_type::txt, text); }
  zone& a(const std::string& name, const std::string& ip) {
    ip_address parsed;
    parse_ip(ip, parsed, true);
    return add(name, parsed.v6 ? dns::record_type::aaaa : dns::record_type::a, std::string(parsed.bytes()));
  }
  zone& add(const std::string& name, dns::record_type type, const std::string& packed) {
    records_[{name, type}].push_back(packed);
    return *this;
  }
  zone& fail(const std::string& name, dns::status s) {
    failures_[name] = s;
    return *this;
  }

  dns::answer find(const dns::question& q) {
    const std::string name(q.name);
    asked.push_back(name);
    if (const auto f = failures_.find(name); f != failures_.end()) return {f->second, 0, {}};
    const auto found = records_.find({name, q.type});
    if (found == records_.end()) {
      for (const auto& [key, ignored] : records_)
        if (key.first == name) return {dns::status::no_data, 0, {}};
      return {dns::status::nxdomain, 0, {}};
    }
    dns::answer_builder packed(room_);
    for (const std::string& record : found->second) packed.add(record);
    if (packed.overflown()) return {dns::status::too_large, 0, {}};
    return {dns::status::ok, 300, packed.packed()};
  }

  void serve(dns::lookup_client& client) {
    for (dns::lookup l; client.next_lookup(l);) {
      const std::string name(l.question.name);
      client.on_answer(l.id, find({name, l.question.type}));
    }
  }

  std::vector<std::string> asked;

 private:
  std::map<std::pair<std::string, dns::record_type>, std::vector<std::string>> records_;
  std::map<std::string, dns::status> failures_;
  std::vector<char> room_ = std::vector<char>(dns::limits::answer_bytes);
};

inline ip_address ip(const std::string& text) {
  ip_address out;
  parse_ip(text, out);
  return out;
}

// A whole message through a checker: header and body apart, the DNS served whenever it may be asked.
inline void run(checker& c, const options& o, const envelope& from, zone& z, byte_view message) {
  c.begin(o, from);
  z.serve(c);
  const std::size_t end = message.find("\r\n\r\n");
  const byte_view header = message.substr(0, end == byte_view::npos ? message.size() : end + 2);
  c.on_header({&header, 1});
  z.serve(c);
  if (end != byte_view::npos) c.feed(message.substr(end + 4));
  c.finish();
  z.serve(c);
}

}  // namespace sluice::auth::test

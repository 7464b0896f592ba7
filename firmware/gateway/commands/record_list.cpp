// Records in memory; see record_list.hpp.
#include "firmware/gateway/commands/record_list.hpp"

#include <algorithm>
#include <charconv>

#include "auth/common/ip.hpp"
#include "core/ascii.hpp"
#include "core/concat.hpp"

namespace sluice::gateway {
namespace {

std::string folded(std::string_view text, char (*fold)(char)) {
  std::string out(dns::strip_dot(text));
  std::transform(out.begin(), out.end(), out.begin(), fold);
  return out;
}

bool pack_mx(std::string_view data, std::string& out) {
  const std::size_t space = data.find_first_of(" \t");
  unsigned preference = 0;
  const auto [end, bad] = std::from_chars(data.data(), data.data() + std::min(space, data.size()), preference);
  if (bad != std::errc{} || space == std::string_view::npos || preference > 0xffff) return false;
  out = {static_cast<char>(preference >> 8), static_cast<char>(preference & 0xff)};
  out += dns::strip_dot(ascii::trim(data.substr(space)));
  return true;
}

bool pack(const std::string& type, std::string_view data, std::string& out) {
  if (type == "A" || type == "AAAA") {
    auth::ip_address ip;
    if (!auth::parse_ip(data, ip, true) || ip.v6 != (type == "AAAA")) return false;
    out = ip.bytes();
    return true;
  }
  if (type == "MX") return pack_mx(data, out);
  out = type == "TXT" ? data : dns::strip_dot(data);
  return true;
}

std::string_view take_word(std::string_view& line) {
  line = ascii::trim(line);
  const std::size_t n = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view word = line.substr(0, n);
  line = ascii::trim(line.substr(n));
  return word;
}

// The data of a record: quoted strings, joined; or the line as it is, of other types than TXT up to a comment.
bool take_data(std::string_view type, std::string_view line, std::string& out) {
  out.clear();
  if (line.empty() || line[0] != '"') {
    out = ascii::trim(ascii::iequals(type, "TXT") ? line : line.substr(0, line.find_first_of(";#")));
    return true;
  }
  while (!line.empty() && line[0] == '"') {
    std::size_t i = 1;
    for (; i < line.size() && line[i] != '"'; ++i) {
      if (line[i] == '\\' && i + 1 < line.size()) ++i;
      out += line[i];
    }
    if (i >= line.size()) return false;
    line = ascii::trim(line.substr(i + 1));
  }
  return line.empty() || line[0] == ';' || line[0] == '#';
}

bool is_number(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return ascii::is_digit(c); });
}

}  // namespace

bool record_list::add(std::string_view name, std::string_view type, std::string_view data, std::string& error) {
  record r{folded(name, ascii::lower), folded(type, ascii::upper), {}, dns::status::ok};
  if (!pack(r.type, data, r.data)) {
    error = concat("not the data of a record of type ", r.type, ": ", data);
    return false;
  }
  records_.push_back(std::move(r));
  return true;
}

bool record_list::add_error(std::string_view name, std::string_view type, std::string_view what, std::string& error) {
  record r{folded(name, ascii::lower), folded(type, ascii::upper), {}, dns::status::ok};
  if (what == "timeout") r.status = dns::status::timeout;
  else if (what == "servfail") r.status = dns::status::servfail;
  else if (what == "nxdomain") r.status = dns::status::nxdomain;
  else {
    error = concat("an error is timeout, servfail or nxdomain, not ", what);
    return false;
  }
  records_.push_back(std::move(r));
  return true;
}

bool record_list::read_zone(std::string_view text, std::string& error) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = ascii::trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == ';' || line[0] == '#') continue;
    const std::string_view name = take_word(line);
    std::string_view type = take_word(line);
    if (is_number(type)) type = take_word(line);
    if (ascii::iequals(type, "IN")) type = take_word(line);
    std::string data, why;
    bool good = !type.empty() && take_data(type, line, data);
    if (!good) why = "expected: name TYPE data";
    else if (!data.empty() && data[0] == '!') good = add_error(name, type, std::string_view(data).substr(1), why);
    else good = add(name, type, data, why);
    if (good) continue;
    error = concat("line ", std::to_string(number), ": ", why);
    return false;
  }
  return true;
}

dns::answer record_list::find(const dns::question& q, byte_span room) const {
  const std::string_view type = dns::name_of(q.type);
  std::string name = folded(q.name, ascii::lower);
  for (std::size_t hop = 0; hop <= dns::limits::alias_hops; ++hop) {
    dns::answer_builder packed(room);
    const record* alias = nullptr;
    const record* failure = nullptr;
    bool exists = false;
    for (const record& r : records_) {
      if (r.name != name) continue;
      const bool asked = r.type == type || (r.type.empty() && r.status != dns::status::ok);
      if (r.status != dns::status::ok) {
        if (asked && failure == nullptr) failure = &r;
        exists = exists || r.status != dns::status::nxdomain;
        continue;
      }
      exists = true;
      if (asked && !packed.add(r.data)) return {dns::status::too_large, 0, {}};
      if (r.type == "CNAME" && alias == nullptr) alias = &r;
    }
    if (packed.records() != 0) return {dns::status::ok, 300, packed.packed()};
    if (failure != nullptr) return {failure->status, 0, {}};
    if (alias == nullptr) return {exists ? dns::status::no_data : dns::status::nxdomain, 60, {}};
    name = folded(alias->data, ascii::lower);
  }
  return {dns::status::servfail, 0, {}};
}

void record_list::serve(dns::lookup_client& client) const {
  std::vector<char> room(dns::limits::answer_bytes);
  for (dns::lookup l; client.next_lookup(l);) {
    const std::string name(l.question.name);  // the client may reuse its memory while it is told the answer
    client.on_answer(l.id, find({name, l.question.type}, room));
  }
}

}  // namespace sluice::gateway

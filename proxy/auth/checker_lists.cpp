// Reputation lists (RFC 5782): what is asked of whom, and which answers count. See checker.hpp.
//
// A list of clients is asked for the address, reversed. A list of link hosts is asked for what it lists: the registrable
// domain (SURBL, URIBL, DBL) or the whole host name. A link to an address is asked for, reversed, where the list serves
// that, and otherwise not at all: some lists answer to every such question that one should not have asked.
#include <algorithm>

#include "auth/checker.hpp"
#include "core/ascii.hpp"

namespace sluice::auth {
namespace {

constexpr std::uint8_t client_item = 255;  // of lookups: the client's address instead of a host

}  // namespace

bool checker::wants_link_hosts() const {
  return options_ != nullptr && std::any_of(options_->lists.begin(), options_->lists.end(), [](const list_zone& z) {
           return z.what == list_zone::kind::link_host;
         });
}

void checker::add_link_host(byte_view host, byte_view registrable) {
  if (!wants_link_hosts()) return;
  host = dns::strip_dot(host);
  byte_view literal = host;
  if (literal.size() > 2 && literal.front() == '[' && literal.back() == ']') literal = literal.substr(1, literal.size() - 2);
  ip_address ip;
  if (parse_ip(literal, ip)) {
    const ip_text written = to_text(ip);  // one form of each address
    return add_listed(listed_kind::address, view(written));
  }
  if (!dns::valid_hostname(host)) return;
  add_listed(listed_kind::host, host);
  if (!registrable.empty()) add_listed(listed_kind::domain, dns::strip_dot(registrable));
}

// Keeps what some list is asked for; the first limits::listed_hosts different ones of each kind.
void checker::add_listed(listed_kind kind, byte_view name) {
  const bool asked = std::any_of(options_->lists.begin(), options_->lists.end(),
                                 [&](const list_zone& z) { return z.what == list_zone::kind::link_host && asks_for(z, kind); });
  if (!asked || listed_.size() == listed_.capacity()) return;
  std::size_t same = 0;
  for (const listed_name& known : listed_) {
    if (known.kind != kind) continue;
    if (ascii::iequals(text(known.name), name) || ++same == limits::listed_hosts) return;
  }
  if (const text_ref kept = keep(name); kept.size != 0) listed_.push_back({kept, kind, 0});
}

bool checker::asks_for(const list_zone& zone, listed_kind kind) {
  switch (kind) {
    case listed_kind::address: return zone.addresses;
    case listed_kind::host: return zone.whole_host;
    case listed_kind::domain: return !zone.whole_host;
  }
  return false;
}

bool checker::write_list_question(const list_zone& zone, const ip_address* ip, byte_view name) {
  dns::name_text& out = shared_.question_;
  out.clear();
  if (ip == nullptr) return append_cut(out, name) && append_cut(out, ".") && append_cut(out, zone.zone);
  const auto labels = reversed_labels(*ip);
  return append_cut(out, view(labels)) && append_cut(out, ".") && append_cut(out, zone.zone);
}

bool checker::pick_list(dns::lookup& out) {
  if (spf_stage_ == spf_stage::waiting_for_header) return false;  // the client is not yet known
  const std::size_t zones = std::min(options_->lists.size(), limits::lists);
  for (std::uint8_t z = 0; z < zones; ++z) {
    const list_zone& zone = options_->lists[z];
    const std::uint64_t bit = std::uint64_t{1} << z;
    const bool by_client = zone.what == list_zone::kind::client_address;
    const std::size_t subjects = by_client ? 1 : listed_.size();
    for (std::size_t i = 0; i < subjects; ++i) {
      std::uint64_t& asked = by_client ? client_asked_ : listed_[i].asked;
      if ((asked & bit) != 0) continue;
      asked |= bit;
      if (!by_client && !asks_for(zone, listed_[i].kind)) continue;
      ip_address ip = client_;
      const bool reversed = by_client || (listed_[i].kind == listed_kind::address && parse_ip(text(listed_[i].name), ip));
      if (!write_list_question(zone, reversed ? &ip : nullptr, by_client ? byte_view{} : text(listed_[i].name))) continue;
      ++lists_open_;
      out = {lookup_id(asker::list, by_client ? client_item : static_cast<std::uint8_t>(i), z),
             {view(shared_.question_), dns::record_type::a}};
      return true;
    }
  }
  return false;
}

void checker::take_list(std::uint8_t what, std::uint8_t z, const dns::answer& got) {
  if (lists_open_ != 0) --lists_open_;
  if (z >= options_->lists.size()) return;
  const list_zone& zone = options_->lists[z];
  byte_view rest = got.packed, octets;
  while (got.status == dns::status::ok && dns::answer::next(rest, octets)) {
    const ip_address code = ip_from_octets(octets);
    if (code.v6 || code.octets[0] != 127) continue;  // a list answers from 127.0.0.0/8 only; else its domain was sold
    std::int16_t weight = zone.codes.empty() ? zone.weight : std::int16_t{0};
    bool counts = zone.codes.empty();
    for (const list_zone::code& c : zone.codes) {
      if (!same_network(c.network.address, code, c.network.bits)) continue;
      counts = true;
      weight = std::max(weight, c.weight);
    }
    if (!counts || hits_.size() == hits_.capacity()) continue;
    const byte_view subject = what >= listed_.size() ? byte_view{} : text(listed_[what].name);
    hits_.push_back({&zone, code, std::max<std::int16_t>(weight, 0), subject});
    return;
  }
}

}  // namespace sluice::auth

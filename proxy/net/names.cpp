#include <boost/asio/ip/address.hpp>

#include "net/observer.hpp"
#include "net/plain_address.hpp"
#include "net/settings.hpp"

namespace sluice::net {

const char* name_of(outcome o) {
  switch (o) {
    case outcome::forwarded: return "forwarded";
    case outcome::refused: return "refused";
    case outcome::quarantined: return "quarantined";
    case outcome::rejected: return "rejected";
    case outcome::deferred: return "deferred";
    case outcome::violation: return "violation";
    case outcome::abandoned: return "abandoned";
  }
  return "?";
}

const char* name_of(refusal r) {
  static constexpr const char* names[] = {"connection", "tls", "sender", "recipient", "session"};
  return names[static_cast<std::size_t>(r)];
}

const char* name_of(passage p) {
  switch (p) {
    case passage::window: return "window";
    case passage::spilled: return "spilled";
    case passage::streamed: return "streamed";
  }
  return "?";
}

bool address_list::contains(const boost::asio::ip::address& a) const {
  const boost::asio::ip::address plain = plain_address(a);
  if (plain.is_v6()) {
    for (const auto& n : v6) {
      const auto hosts = n.hosts();
      if (n.prefix_length() == 128 ? n.address() == plain.to_v6() : hosts.find(plain.to_v6()) != hosts.end()) return true;
    }
    return false;
  }
  for (const auto& n : v4)
    if ((plain.to_v4().to_uint() & n.netmask().to_uint()) == n.network().to_uint()) return true;
  return false;
}

fixed_string<400> text_of(const auth_summary& s) {
  fixed_string<400> out;
  const auto add = [&out](const char* method, auth::result r, byte_view domain, const char* more) {
    append_cut(out, out.empty() ? "" : " ");
    append_cut(out, method);
    append_cut(out, "=");
    append_cut(out, auth::name_of(r));
    if (domain.empty()) return;
    append_cut(out, " (");
    append_cut(out, domain);
    append_cut(out, more);
    append_cut(out, ")");
  };
  using policy = auth::dmarc::policy;
  add("spf", s.spf, view(s.spf_domain), "");
  add("dkim", s.dkim, view(s.dkim_domain), "");
  add("arc", s.arc, {}, "");
  add("dmarc", s.dmarc, view(s.author),
      s.disposition == policy::reject ? ", reject" : s.disposition == policy::quarantine ? ", quarantine" : "");
  return out;
}

}  // namespace sluice::net

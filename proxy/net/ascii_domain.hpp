// Domains of addresses as the configuration writes them: with A-labels (RFC 5890 2.3.2.1).
#pragma once
#include <algorithm>

#include "auth/common/idna.hpp"

namespace sluice::net {

// "xn--..." for labels in Unicode, which SMTPUTF8 brings; `domain` itself when it is ASCII or cannot be one.
inline dns::name_text ascii_domain(byte_view domain) {
  const auto high = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  dns::name_text out;
  if (std::none_of(domain.begin(), domain.end(), high) || !auth::to_ascii_domain(domain, out)) assign_cut(out, domain);
  return out;
}

}  // namespace sluice::net

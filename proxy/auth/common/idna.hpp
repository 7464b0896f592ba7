// Domains written in Unicode, as names in the DNS (RFC 5890 2.3.2.1: U-label to A-label; RFC 9989 5.3.1 asks for it).
#pragma once
#include "core/bytes.hpp"
#include "dns/name.hpp"

namespace sluice::auth {

// Maps to lower case and NFKC, takes the ideographic full stops for dots, writes each label with other than ASCII as
// "xn--" and punycode (RFC 3492). False when the result is no host name or the UTF-8 is broken. A name of ASCII only
// becomes lower case.
bool to_ascii_domain(byte_view domain, dns::name_text& out);

}  // namespace sluice::auth

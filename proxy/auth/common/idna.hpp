// Domains written in Unicode, as names in the DNS (UTS #46, non-transitional; RFC 5890 2.3.2.1). RFC 9989 5.3.1 asks for
// it, and browsers do it with the hosts of links. The Unicode data is utf8proc's: what its version does not know is no
// part of a name. No heap.
#pragma once
#include "core/bytes.hpp"
#include "dns/name.hpp"

namespace sluice::auth {

// A domain of mail. Maps to lower case and NFKC, takes the ideographic full stops for dots, writes each label with other
// than ASCII as "xn--" and punycode. False when the result is no host name or the UTF-8 is broken. A name of ASCII only
// becomes lower case; its A-labels are not looked into.
bool to_ascii_domain(byte_view domain, dns::name_text& out);

// The host of a link, percent-decoded (WHATWG URL 3.3, domain to ASCII): as above, but every octet that browsers let
// through is allowed, A-labels must be ones, and one final dot is dropped. False when no browser goes there.
bool to_browser_host(byte_view host, dns::name_text& out);

// A name with A-labels as Unicode, UTF-8. False when a label is no A-label or it does not fit.
using unicode_name = fixed_string<4 * dns::limits::name_bytes>;
bool to_unicode(byte_view name, unicode_name& out);

}  // namespace sluice::auth

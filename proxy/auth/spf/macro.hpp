// The macro language of SPF (RFC 7208 7): syntax, and expansion with the facts of one client.
#pragma once
#include "auth/common/ip.hpp"
#include "auth/limits.hpp"
#include "core/bytes.hpp"
#include "dns/name.hpp"

namespace sluice::auth::spf {

// macro-string (7.1). The letters c, r and t are allowed in explanations only (7.2).
bool valid_macro_string(byte_view text, bool explanation = false);
// domain-spec: a macro-string that ends with a top label or a macro (7.1).
bool valid_domain_spec(byte_view text);
// A name may need the client's validated host name, which costs lookups (7.3).
bool uses_validated_name(byte_view text);

struct macro_facts {
  ip_address client;
  byte_view local_part, sender_domain;  // of MAIL FROM, or postmaster at the HELO name
  byte_view domain;                     // the one whose record is being evaluated
  byte_view helo;
  byte_view validated;                  // host name for %{p}; "unknown" when there is none
  byte_view receiver;                   // %{r} in explanations
  std::int64_t now = 0;                 // %{t} in explanations: seconds since 1970
};

// Expands a valid domain-spec. What is longer than a name loses labels on the left (7.3); the result may still be no
// name that can be asked.
void expand_name(byte_view spec, const macro_facts& facts, dns::name_text& out);

// Expands an explanation; cut at the end. Octets outside of printable ASCII are left out.
void expand_explanation(byte_view text, const macro_facts& facts, fixed_string<limits::spf_explanation_bytes>& out);

}  // namespace sluice::auth::spf

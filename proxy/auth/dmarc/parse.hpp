// Reads DMARC policy records (RFC 9989 4.7, 4.8): which TXT record is one, and what it asks for.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::auth::dmarc {

enum class policy : std::uint8_t { none, quarantine, reject };
const char* name_of(policy);

enum class psd_flag : std::uint8_t { unknown, yes, no };

struct record {
  bool usable = false;  // has a policy to apply; otherwise DMARC is not applied to the message (4.10.1)
  policy p = policy::none;
  policy sp = policy::none;  // of existing subdomains; p when not given
  policy np = policy::none;  // of names that do not exist; sp when not given
  bool strict_dkim = false, strict_spf = false;
  bool test = false;  // t=y; and, left over from RFC 7489, pct=0 without t=, which always meant the same
  psd_flag psd = psd_flag::unknown;
};

// Starts with v=DMARC1, in this case and as the first tag; anything else is not ours.
bool is_record(byte_view txt);
record parse_record(byte_view txt);

}  // namespace sluice::auth::dmarc

// Small readers for header fields the inspector acts on. Views in, views out; nothing is kept.
#pragma once
#include "core/bytes.hpp"

namespace sluice::inspect {

// An Authentication-Results value has this authserv-id (RFC 8601 section 2.2), in any case: the first token or quoted
// string, comments and white space skipped, quoted pairs read; the optional version number behind it is not part of it.
bool has_authserv_id(byte_view value, byte_view id);

// The name after "by" in a Received value (RFC 5321 section 4.4), comments skipped; empty when there is none.
byte_view received_by(byte_view value);

}  // namespace sluice::inspect

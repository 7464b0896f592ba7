// Small readers for header fields the inspector acts on. Views in, views out; nothing is kept.
#pragma once
#include "core/bytes.hpp"

namespace sluice::inspect {

// The authserv-id of an Authentication-Results value (RFC 8601 section 2.2): the first token or quoted string, comments
// and white space skipped; the optional version number behind it is not part of it. Empty when there is none.
byte_view authserv_id(byte_view value);

// The name after "by" in a Received value (RFC 5321 section 4.4), comments skipped; empty when there is none.
byte_view received_by(byte_view value);

}  // namespace sluice::inspect

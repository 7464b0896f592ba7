// Domain names in text form (no final dot, no escapes): what may be asked, and the comparisons that SPF, DKIM and DMARC
// need. Names compare without regard to ASCII case (RFC 4343). Nothing here allocates or decodes IDNA.
#pragma once
#include "core/bytes.hpp"
#include "core/text.hpp"
#include "dns/limits.hpp"

namespace sluice::dns {

using name_text = fixed_string<limits::name_bytes>;

// Labels of 1 to 63 octets, 253 in all, printable ASCII (SPF macros may make spaces) without backslash. Everything that
// is not such a name cannot exist in practice, and is never asked.
bool valid_name(byte_view name);

// As valid_name, and each label made of letters, digits, '-' and '_', not starting or ending with '-': what a
// published domain in mail looks like. Stops quoting tricks such as d=a.example'b.example.
bool valid_hostname(byte_view name);

// Without the one final dot that absolute names may carry.
byte_view strip_dot(byte_view name);

std::size_t label_count(byte_view name);

// The name without its first label; empty when it has one label only.
byte_view parent_of(byte_view name);

// `name` is `ancestor` or below it.
bool is_within(byte_view name, byte_view ancestor);

}  // namespace sluice::dns

// xtext (RFC 3461 4): the encoding of parameter values (ENVID, ORCPT, XCLIENT attributes) that keeps blanks, '+', '='
// and control characters out of a command line.
#pragma once
#include "core/bytes.hpp"

namespace sluice::smtp {

bool is_xtext(byte_view text);
// Appends to `out` at `at`; false (and `at` unchanged) when it does not fit. Octets outside '!'..'~' are encoded too.
bool write_xtext(byte_view text, byte_span out, std::size_t& at);
// Decodes within its own storage and returns the shorter view; an empty data() when it is not xtext.
byte_span decode_xtext_in_place(byte_span text);

}  // namespace sluice::smtp

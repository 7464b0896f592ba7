// Reads a DNS response in wire format (RFC 1035 4) into an answer: follows the aliases inside it (CNAME, RFC 1034
// 3.6.2), takes the records of the asked type in their order, and how long they, or their absence, may be remembered
// (RFC 2308 5). The transport (id, port, server, truncation and TCP) is c-ares' work; everything in here is what a
// hostile server may have written.
#pragma once
#include "dns/answer.hpp"

namespace sluice::dns {

// `room` holds the packed records; limits::answer_bytes is enough by definition. Never reads beyond `wire`; any
// contradiction (truncated record, pointer loop, alias loop, another question than `q`) is status::malformed.
answer read_message(byte_view wire, const question& q, byte_span room);

}  // namespace sluice::dns

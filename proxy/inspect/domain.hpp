// Domain names: the registrable part by the public suffix list (libpsl's built-in copy), and comparisons.
#pragma once
#include "core/bytes.hpp"

namespace sluice::inspect {

// The registrable ("organizational") domain of a lower-case ASCII host name: a part of `host`; empty when it has none, as
// public suffixes, addresses and names with an empty label.
byte_view registrable(byte_view host);

// True when the last label is a real top-level domain.
bool known_tld(byte_view host);

// `host` is `domain` or below it; both without trailing dot, any case.
bool within(byte_view host, byte_view domain);

// Same registrable domain, any case; what has none is the same site as itself.
bool same_site(byte_view a, byte_view b);

}  // namespace sluice::inspect

// The one domain that a message's From claims (RFC 9989 5.3.1). Strict on purpose: where readers could disagree about
// who wrote the message, there is no author, and nothing can pass in anybody's name (RFC 9989 4.4). mime::address_reader
// is the tolerant reader for everything that is only shown or searched.
#pragma once
#include <cstdint>

#include "auth/common/header.hpp"
#include "dns/name.hpp"

namespace sluice::auth {

enum class author_state : std::uint8_t {
  one,        // exactly one From with addresses of one domain
  missing,    // no From, or one without any address
  several,    // more than one From, or addresses of different domains
  malformed   // a From, or a line that some readers take for one, that breaks the rules
};
const char* name_of(author_state);

struct author {
  author_state state = author_state::missing;
  dns::name_text domain;  // A-labels, lower case; empty unless state is one
};

author find_author(const header_index& header);

// The value of one From field (RFC 5322 3.6.2, 3.4, with dots in phrases and raw UTF-8; no group, route or comment
// inside of an address).
author parse_author(byte_view value);

}  // namespace sluice::auth

// A stricter look at a pair that somebody brings, before it is kept: what load_credential() lets pass because a box must
// start with what it has (dates, weak keys, a chain in the wrong order) is refused here, with the reason.
#pragma once
#include <boost/system/result.hpp>
#include <cstdint>
#include <string>

#include "tls/context.hpp"

namespace sluice::tls {

// The pair's certificate when it may serve at `now` (seconds since 1970). RFC 8446 4.4.2: each certificate is followed by
// the one that certifies it.
boost::system::result<certificate_info, build_error> check_pair(const key_pair& pair, std::int64_t now);

// The key belongs to the first certificate. Both PEM; false also for what cannot be read.
bool belong_together(const std::string& certificate, const std::string& key);

// The certificate alone, for people; without a look at dates or keys.
boost::system::result<certificate_info, build_error> describe_certificate(const std::string& certificate);

}  // namespace sluice::tls

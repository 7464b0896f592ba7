// A key and a certificate for the first boot, before the administrator has brought real ones.
#pragma once
#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "tls/context.hpp"

namespace sluice::tls {

// ECDSA P-256, CN and subjectAltName = `host_name` (a DNS name), serial random, valid from one day before `now`
// (seconds since 1970; a box without a clock may be behind) for limits::self_signed_days: nobody is there to renew it,
// and mail servers do not verify. Both as PEM text; the caller writes the files (key mode 0600).
boost::system::result<key_pair, build_error> make_self_signed(std::string_view host_name, std::int64_t now);

}  // namespace sluice::tls

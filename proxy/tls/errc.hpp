// Errors of the TLS layer. One category carries two ranges: our own causes (positive, `errc`), which callers branch on,
// and mbedTLS's codes (negative, unchanged), which are for the log. Errors of the transport below keep their own
// category, so `is_tls_error` tells "the peer speaks bad TLS" from "the connection broke".
#pragma once
#include <boost/system/error_code.hpp>

namespace sluice::tls {

enum class errc {
  truncated = 1,         // the transport ended without close_notify: what was read may be incomplete
  out_of_memory,         // the TLS heap is used up; this session ends, the process does not
  handshake_failed,      // negotiation failed for a reason that has no code of its own below
  no_common_parameters,  // no shared version, suite, group or signature algorithm
  peer_alert,            // the peer ended the session by a fatal alert
  bad_record,            // authentication or format of a record is wrong, or it is too long
  certificate_rejected,  // the peer's certificate did not verify (required mode)
  not_tls,               // the first octets are no TLS record (plain text on a TLS port)
  not_started,           // the session could not be set up, or no handshake was made yet
  closed,                // written to after our own close_notify
  no_room_now,           // no memory for a record buffer at this moment; nothing is lost, the same call may be repeated
};

const boost::system::error_category& tls_category() noexcept;
boost::system::error_code make_error_code(errc e) noexcept;

// Turns an mbedTLS return code (negative) into an error: one of `errc` where it has a meaning of its own, otherwise
// the code itself.
boost::system::error_code from_mbedtls(int code) noexcept;

inline bool is_tls_error(const boost::system::error_code& ec) noexcept { return ec.category() == tls_category(); }
inline bool is_truncated(const boost::system::error_code& ec) noexcept {
  return ec == make_error_code(errc::truncated);
}

// Ours alone, and likely to pass: try again later (421/451), do not blame the peer.
inline bool is_out_of_memory(const boost::system::error_code& ec) noexcept {
  return ec == make_error_code(errc::out_of_memory);
}

// Not an end: the same read or write may be tried again when others have given memory back.
inline bool is_no_room_now(const boost::system::error_code& ec) noexcept {
  return ec == make_error_code(errc::no_room_now);
}

// The peer's doing: bad records, alerts, truncation, a certificate that does not verify, nothing in common.
bool is_peer_fault(const boost::system::error_code& ec) noexcept;

}  // namespace sluice::tls

namespace boost::system {
template <>
struct is_error_code_enum<sluice::tls::errc> : std::true_type {};
}  // namespace boost::system

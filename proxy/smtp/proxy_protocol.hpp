// The PROXY protocol header (haproxy.org, proxy-protocol.txt), versions 1 and 2, in front of an SMTP or TLS connection.
// Stateless: called again with all octets so far until it decides. A listener that expects the header must close the
// connection on `malformed`; it never falls back to plain SMTP. TLVs of version 2 are passed over.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"
#include "smtp/ip_text.hpp"

namespace sluice::smtp {

struct proxy_endpoint {
  ip_address ip;  // family none: not told
  std::uint16_t port = 0;
};

struct proxy_header {
  enum class status : std::uint8_t { need_more, done, malformed } what = status::need_more;
  std::size_t size = 0;  // octets that belong to the header; the rest is the client's
  std::uint8_t version = 0;
  // LOCAL (health check of the proxy itself), UNKNOWN and UNIX: the header is good but names no client; use the
  // socket's own addresses.
  bool has_addresses = false;
  proxy_endpoint source{}, destination{};
};

// At most limits::proxy_v2_bytes are ever asked for.
proxy_header parse_proxy_header(byte_view in);

}  // namespace sluice::smtp

// Internal to proxy/tls: mbedTLS's callback into the engine that is in the middle of a handshake.
#pragma once
#include <mbedtls/ssl.h>

#include <string_view>

namespace sluice::tls {

// After the ClientHello, before a certificate is chosen.
int choose_certificate(mbedtls_ssl_context* ssl);

struct engine_access {
  static int choose(void* self, std::string_view sni);
};

}  // namespace sluice::tls

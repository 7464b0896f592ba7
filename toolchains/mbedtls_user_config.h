// Delta on top of mbedTLS 3.6's default configuration (MBEDTLS_USER_CONFIG_FILE).
//
// Server and client for TLS 1.2 and 1.3, ECDHE key exchange only, AES-GCM and ChaCha20-Poly1305, curves X25519,
// P-256 and P-384, RSA and ECDSA certificates. Each switch says why it is set; the cost of one session is measured
// by tests/bench/tls_heap.
#pragma once

// ---- buffers (bytes per session) ----
// A peer may always send 16 KiB records (RFC 8446 5.1), so only our own records can be made smaller.
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
// mbedTLS sends a handshake message in one record, so this must hold the longest certificate chain (three RSA-4096
// certificates: about 5.5 KiB). Our records of data are smaller (proxy/tls/limits.hpp).
#define MBEDTLS_SSL_OUT_CONTENT_LEN 6144
// No padding of TLS 1.3 records to multiples of 16: mail has no length worth hiding, and it would cost a split record.
#define MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY 1
// MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH stays off: with IN > OUT it shrinks the TLS 1.2 input buffer to OUT after the
// handshake although no max_fragment_length was negotiated, and peers with 16 KiB records then fail.

// ---- counted heap: TLS allocates from a budget of its own (proxy/tls/heap) ----
#define MBEDTLS_PLATFORM_MEMORY

// ---- threads: the PSA global state is shared by the event loops ----
#define MBEDTLS_THREADING_C
#define MBEDTLS_THREADING_PTHREAD

// ---- traces: 532 calls that nothing here listens to, a hundredth of the program ----
#undef MBEDTLS_DEBUG_C

// ---- protocol ----
#undef MBEDTLS_SSL_PROTO_DTLS
#undef MBEDTLS_SSL_DTLS_ANTI_REPLAY
#undef MBEDTLS_SSL_DTLS_HELLO_VERIFY
#undef MBEDTLS_SSL_DTLS_CLIENT_PORT_REUSE
#undef MBEDTLS_SSL_DTLS_CONNECTION_ID
#undef MBEDTLS_SSL_DTLS_CONNECTION_ID_COMPAT
#undef MBEDTLS_SSL_RENEGOTIATION
#undef MBEDTLS_SSL_CONTEXT_SERIALIZATION
#undef MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_ENABLED

// ---- key exchanges: forward secrecy with a certificate, nothing else ----
#undef MBEDTLS_KEY_EXCHANGE_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_DHE_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_ECDHE_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_RSA_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_RSA_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_DHE_RSA_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_ECDH_ECDSA_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_ECDH_RSA_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_ECJPAKE_ENABLED
#undef MBEDTLS_DHM_C
#undef MBEDTLS_ECJPAKE_C

// ---- ciphers and hashes that nothing here negotiates ----
#undef MBEDTLS_ARIA_C
#undef MBEDTLS_CAMELLIA_C
#undef MBEDTLS_DES_C
#undef MBEDTLS_CCM_C
#undef MBEDTLS_CMAC_C
#undef MBEDTLS_NIST_KW_C
#undef MBEDTLS_RIPEMD160_C
#undef MBEDTLS_SHA3_C
#undef MBEDTLS_LMS_C
#undef MBEDTLS_CIPHER_MODE_CFB
#undef MBEDTLS_CIPHER_MODE_OFB
#undef MBEDTLS_CIPHER_MODE_XTS
#undef MBEDTLS_PKCS12_C
#undef MBEDTLS_PKCS7_C
#undef MBEDTLS_SELF_TEST
#undef MBEDTLS_PADLOCK_C

// ---- curves ----
#undef MBEDTLS_ECP_DP_SECP192R1_ENABLED
#undef MBEDTLS_ECP_DP_SECP224R1_ENABLED
#undef MBEDTLS_ECP_DP_SECP521R1_ENABLED
#undef MBEDTLS_ECP_DP_SECP192K1_ENABLED
#undef MBEDTLS_ECP_DP_SECP224K1_ENABLED
#undef MBEDTLS_ECP_DP_SECP256K1_ENABLED
#undef MBEDTLS_ECP_DP_BP256R1_ENABLED
#undef MBEDTLS_ECP_DP_BP384R1_ENABLED
#undef MBEDTLS_ECP_DP_BP512R1_ENABLED
#undef MBEDTLS_ECP_DP_CURVE448_ENABLED

// CPU time of TLS handshakes and of bulk data, server side and client side apart, no network.
//   bench_tls_handshake [seconds per cell]
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "support/tls_certificates.hpp"
#include "support/tls_pair.hpp"
#include "tls/context.hpp"
#include "tls/heap.hpp"
#include "tls/self_signed.hpp"

using namespace sluice;

namespace {

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

struct side_times {
  double server = 0, client = 0;
};

struct cell {
  tls::version version;
  tls::group group;
  tls::cipher_order ciphers;
  const tls::key_pair* pair;
  bool resume;
};

std::shared_ptr<const tls::server_context> make_server(const cell& c) {
  tls::server_options o;
  o.pairs = {*c.pair};
  o.min_version = o.max_version = c.version;
  o.ciphers = c.ciphers;
  o.groups = {c.group};
  o.tickets = *tls::make_ticket_keys();
  return *tls::server_context::build(o);
}

std::shared_ptr<const tls::client_context> make_client(const cell& c) {
  tls::client_options o;
  o.min_version = o.max_version = c.version;
  o.ciphers = c.ciphers;
  o.groups = {c.group};
  o.reuse_sessions = c.resume;
  return *tls::client_context::build(o);
}

// One connection; adds each side's time.
void connect(tests::tls_pair& pair, const std::shared_ptr<const tls::server_context>& server,
             const std::shared_ptr<const tls::client_context>& client, side_times& t) {
  const auto timed = [](double& sum, auto&& work) {
    const double began = cpu_seconds();
    auto result = work();
    sum += cpu_seconds() - began;
    return result;
  };
  timed(t.server, [&] { return pair.server.engine = tls::engine(server), 0; });
  timed(t.client, [&] { return pair.client.engine = tls::engine(client, "mx.example.org"), 0; });
  pair.server.arriving.clear();
  pair.client.arriving.clear();
  for (int round = 0; round < 20; ++round) {
    const auto c = timed(t.client, [&] { return pair.client.handshake(pair.server); });
    const auto s = timed(t.server, [&] { return pair.server.handshake(pair.client); });
    if (c.what == tls::status::failed || s.what == tls::status::failed) {
      std::fprintf(stderr, "handshake: %s / %s\n", c.ec.message().c_str(), s.ec.message().c_str());
      std::exit(1);
    }
    if (c.what == tls::status::done && s.what == tls::status::done) break;
  }
  char text[1] = {};
  pair.client.read(pair.server, text);  // takes the ticket
}

void handshakes(const char* name, const cell& c, double seconds) {
  const auto server = make_server(c);
  const auto client = make_client(c);
  tests::tls_pair pair;
  side_times t;
  connect(pair, server, client, t);
  t = {};
  int n = 0;
  for (; t.server < seconds; ++n) connect(pair, server, client, t);
  const bool right = pair.server.engine.resumed() == c.resume;
  std::printf("%-34s %8.0f %12.3f %12.3f%s\n", name, n / t.server, t.server / n * 1e3, t.client / n * 1e3,
              right ? "" : "  (not what was asked for)");
}

void bulk(const char* name, const cell& c, double seconds) {
  tests::tls_pair pair;
  side_times t;
  connect(pair, make_server(c), make_client(c), t);
  const std::string data(16384, 'x');
  std::vector<char> to(16384);
  double in = 0, out = 0, bytes = 0;
  while (in < seconds) {
    for (std::size_t off = 0; off < data.size();) {
      off += pair.client.write(pair.server, std::string_view(data).substr(off)).n;
    }
    double began = cpu_seconds();
    for (std::size_t off = 0; off < data.size();) off += pair.server.read(pair.client, to).n;
    in += cpu_seconds() - began;
    began = cpu_seconds();
    for (std::size_t off = 0; off < data.size();) {
      off += pair.server.write(pair.client, std::string_view(data).substr(off)).n;
    }
    out += cpu_seconds() - began;
    for (std::size_t off = 0; off < data.size();) off += pair.client.read(pair.server, to).n;
    bytes += static_cast<double>(data.size());
  }
  std::printf("%-34s %10.0f %10.0f\n", name, bytes / in / 1e6, bytes / out / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1.0;
  if (!tls::heap::install(64U << 20)) return 1;
  const tls::key_pair ec = *tls::make_self_signed("mx.example.org", 1790000000);
  const tls::key_pair rsa = tests::tls_certificates::pair("mx-rsa");
  using enum tls::version;
  using enum tls::group;
  using enum tls::cipher_order;
  std::printf("%-34s %8s %12s %12s\n", "handshake", "server/s", "server ms", "client ms");
  handshakes("1.3 ECDSA P-256, X25519", {tls13, x25519, aes_first, &ec, false}, seconds);
  handshakes("1.3 ECDSA P-256, P-256", {tls13, secp256r1, aes_first, &ec, false}, seconds);
  handshakes("1.3 ECDSA P-256, P-384", {tls13, secp384r1, aes_first, &ec, false}, seconds);
  handshakes("1.2 ECDSA P-256, X25519", {tls12, x25519, aes_first, &ec, false}, seconds);
  handshakes("1.2 ECDSA P-256, P-256", {tls12, secp256r1, aes_first, &ec, false}, seconds);
  handshakes("1.3 RSA-2048, X25519", {tls13, x25519, aes_first, &rsa, false}, seconds);
  handshakes("1.2 RSA-2048, X25519", {tls12, x25519, aes_first, &rsa, false}, seconds);
  handshakes("1.3 resumed, X25519", {tls13, x25519, aes_first, &ec, true}, seconds);
  handshakes("1.3 resumed, P-256", {tls13, secp256r1, aes_first, &ec, true}, seconds);
  handshakes("1.2 resumed", {tls12, x25519, aes_first, &ec, true}, seconds);
  std::printf("\n%-34s %10s %10s\n", "bulk, MB/s of server CPU", "reading", "writing");
  bulk("1.3 AES-128-GCM", {tls13, x25519, aes_first, &ec, false}, seconds);
  bulk("1.3 ChaCha20-Poly1305", {tls13, x25519, chacha_first, &ec, false}, seconds);
  bulk("1.2 AES-128-GCM", {tls12, x25519, aes_first, &ec, false}, seconds);
  std::printf("\nTLS heap: high-water mark %llu bytes, refused %llu\n",
              static_cast<unsigned long long>(tls::heap::usage().peak()),
              static_cast<unsigned long long>(tls::heap::usage().refused()));
  return 0;
}

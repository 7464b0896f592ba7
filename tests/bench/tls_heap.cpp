// What one TLS session takes from the TLS heap: after setup, at its worst in the handshake, established.
//   bench_tls_heap
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "support/tls_certificates.hpp"
#include "support/tls_pair.hpp"
#include "tls/heap.hpp"
#include "tls/self_signed.hpp"

using namespace sluice;

namespace {

// Octets that one side's calls have taken and not given back, and the highest such figure.
struct meter {
  std::int64_t now = 0, peak = 0;
  template <class Work>
  auto operator()(Work&& work) {
    const std::int64_t before = tls::heap::use_here().now;
    tls::heap::mark_here();
    auto result = work();
    const tls::heap::thread_use after = tls::heap::use_here();
    peak = std::max(peak, now + after.high - before);
    now += after.now - before;
    return result;
  }
};

void row(const char* name, tls::version v, const tls::key_pair& pair, tls::group g) {
  tls::server_options so;
  so.pairs = {pair};
  so.min_version = so.max_version = v;
  so.groups = {g};
  so.tickets = *tls::make_ticket_keys();
  const auto server = *tls::server_context::build(so);
  tls::client_options co;
  co.min_version = co.max_version = v;
  co.reuse_sessions = true;
  const auto client = *tls::client_context::build(co);
  for (int round = 0; round < 2; ++round) {  // the first warms up what is kept per key; the second resumes
    tests::tls_pair p;
    meter s, c;
    s([&] { return p.server.engine = tls::engine(server), 0; });
    c([&] { return p.client.engine = tls::engine(client, "mx.example.org"), 0; });
    const std::int64_t setup = s.now;
    for (int i = 0; i < 10; ++i) {
      const auto cs = c([&] { return p.client.handshake(p.server); });
      const auto ss = s([&] { return p.server.handshake(p.client); });
      if (cs.what == tls::status::done && ss.what == tls::status::done) break;
    }
    char text[1];
    c([&] { return p.client.read(p.server, text); });
    std::printf("%-30s %9lld %9lld %9lld   %9lld %9lld\n",
                (std::string(name) + (p.server.engine.resumed() ? ", resumed" : "")).c_str(),
                static_cast<long long>(setup), static_cast<long long>(s.peak), static_cast<long long>(s.now),
                static_cast<long long>(c.peak), static_cast<long long>(c.now));
  }
}

}  // namespace

int main() {
  if (!tls::heap::install(64U << 20)) return 1;
  std::printf("shared (crypto library): %lld bytes\n", static_cast<long long>(tls::heap::use_here().now));
  const tls::key_pair ec = *tls::make_self_signed("mx.example.org", 1790000000);
  const tls::key_pair rsa = tests::tls_certificates::pair("mx-rsa");
  std::printf("%-30s %9s %9s %9s   %9s %9s\n", "bytes of one session", "setup", "peak", "settled", "cl. peak",
              "settled");
  row("1.3 ECDSA X25519", tls::version::tls13, ec, tls::group::x25519);
  row("1.3 ECDSA P-256", tls::version::tls13, ec, tls::group::secp256r1);
  row("1.2 ECDSA X25519", tls::version::tls12, ec, tls::group::x25519);
  row("1.3 RSA X25519", tls::version::tls13, rsa, tls::group::x25519);
  row("1.2 RSA X25519", tls::version::tls12, rsa, tls::group::x25519);
  return 0;
}

// Two TLS engines joined by two strings instead of a network, for tests and benchmarks. What a side sends lies in the
// other's queue until it is fed, in pieces of at most `piece` octets.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <string>

#include "tls/engine.hpp"

namespace sluice::tests {

struct tls_side {
  tls::engine engine;
  std::string arriving;    // ciphertext on its way to this side
  bool peer_gone = false;  // the transport ends after `arriving`
  std::size_t piece = std::numeric_limits<std::size_t>::max();
  std::size_t sent = 0;  // octets of ciphertext
  std::array<char, tls::limits::gather_out_bytes> area{};

  // Runs `action(engine, output_area&)` until it needs what is not there, or is finished.
  template <class Action>
  tls::step run(tls_side& peer, Action action) {
    for (;;) {
      tls::output_area out{area};
      const tls::step s = action(engine, out);
      peer.arriving += out.filled();
      sent += out.used;
      if (s.what == tls::status::want_output) continue;
      if (s.what != tls::status::want_input || !feed()) return s;
    }
  }

  tls::step handshake(tls_side& peer) {
    return run(peer, [](tls::engine& e, tls::output_area& out) { return e.handshake(out); });
  }
  tls::step read(tls_side& peer, byte_span to) {
    return run(peer, [to](tls::engine& e, tls::output_area& out) { return e.read(to, out); });
  }
  tls::step write(tls_side& peer, byte_view data) {
    return run(peer, [data](tls::engine& e, tls::output_area& out) { return e.write(data, out); });
  }
  tls::step close(tls_side& peer) {
    return run(peer, [](tls::engine& e, tls::output_area& out) { return e.close(out); });
  }

 private:
  // Feeds the next piece; the engine reads it in its next call, so it must stay where it is until then.
  bool feed() {
    const std::size_t n = std::min({engine.input_wanted(), arriving.size(), piece});
    if (n == 0) {
      if (!peer_gone || end_fed_) return false;
      engine.feed_end();
      end_fed_ = true;
      return true;
    }
    std::copy_n(arriving.data(), n, piece_.data());
    arriving.erase(0, n);
    engine.feed({piece_.data(), n});
    return true;
  }
  bool end_fed_ = false;
  std::array<char, tls::limits::record_in_bytes + 512> piece_{};
};

struct tls_pair {
  tls_side server, client;

  // Both handshakes, to their end or the first failure. True: both done.
  bool handshake() {
    tls::step c{}, s{};
    for (int round = 0; round < 20; ++round) {
      c = client.handshake(server);
      s = server.handshake(client);
      if (c.what == tls::status::failed || s.what == tls::status::failed) break;
      if (c.what == tls::status::done && s.what == tls::status::done) return true;
    }
    client_step = c;
    server_step = s;
    return false;
  }
  tls::step client_step, server_step;  // how a failed handshake ended
};

}  // namespace sluice::tests

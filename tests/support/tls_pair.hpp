// Two TLS engines joined by two strings instead of a network, for tests and benchmarks. What a side sends lies in the
// other's queue until it is fed.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <string>

#include "tls/engine.hpp"

namespace sluice::tests {

struct tls_side {
  static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

  tls::engine engine;
  std::string arriving;         // ciphertext on its way to this side
  bool peer_gone = false;       // the transport ends after `arriving`
  std::size_t piece = never;    // octets per feed at most
  std::size_t hold_at = never;  // having fed so many octets, pretend once that there are no more
  std::size_t end_at = never;   // having fed so many octets, the transport ends
  std::size_t area_bytes = tls::limits::gather_out_bytes;
  std::size_t sent = 0;  // octets of ciphertext

  // Runs `action(engine, output_area&)` until it needs what is not there, or is finished.
  template <class Action>
  tls::step run(tls_side& peer, Action action) {
    for (;;) {
      tls::output_area out{byte_span(area_).first(area_bytes)};
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
    if (fed_ == hold_at) {
      hold_at = never;
      return false;
    }
    const std::size_t limit = std::min(hold_at, end_at) - fed_;
    const std::size_t n = std::min({engine.input_wanted(), arriving.size(), piece, limit});
    if (n == 0) {
      if ((!peer_gone && fed_ != end_at) || end_fed_) return false;
      engine.feed_end();
      end_fed_ = true;
      return true;
    }
    std::copy_n(arriving.data(), n, piece_.data());
    arriving.erase(0, n);
    fed_ += n;
    engine.feed({piece_.data(), n});
    return true;
  }
  std::size_t fed_ = 0;
  bool end_fed_ = false;
  std::array<char, tls::limits::gather_out_bytes> area_{};
  std::array<char, tls::limits::record_in_bytes + 512> piece_{};
};

struct tls_pair {
  tls_side server, client;

  // Both handshakes, to their end or the first failure. True: both done.
  bool handshake() {
    for (int round = 0; round < 20; ++round) {
      client_step = client.handshake(server);
      server_step = server.handshake(client);
      if (client_step.what == tls::status::failed || server_step.what == tls::status::failed) return false;
      if (client_step.what == tls::status::done && server_step.what == tls::status::done) return true;
    }
    return false;
  }
  tls::step client_step, server_step;  // how the last round ended
};

}  // namespace sluice::tests

// Contexts with usual settings, for the tests that are about something else.
#pragma once
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <vector>

#include "support/tls_certificates.hpp"
#include "support/tls_pair.hpp"
#include "tls/context.hpp"
#include "tls/errc.hpp"
#include "tls/heap.hpp"

namespace sluice::tests {

using server_ptr = std::shared_ptr<const tls::server_context>;
using client_ptr = std::shared_ptr<const tls::client_context>;

inline server_ptr make_server(const tls::server_options& options) {
  auto made = tls::server_context::build(options);
  if (!made) FAIL(made.error().text);
  return *made;
}

inline client_ptr make_client(const tls::client_options& options) {
  auto made = tls::client_context::build(options);
  if (!made) FAIL(made.error().text);
  return *made;
}

// The ECDSA pair, TLS 1.3 only or 1.2 only; one for the whole run.
inline server_ptr usual_server(tls::version v = tls::version::tls13) {
  static const auto made = [](tls::version only) {
    tls::server_options o;
    o.pairs = {tls_certificates::pair("mx-ec")};
    o.min_version = o.max_version = only;
    return make_server(o);
  };
  static const server_ptr of12 = made(tls::version::tls12), of13 = made(tls::version::tls13);
  return v == tls::version::tls12 ? of12 : of13;
}

inline client_ptr usual_client() {
  static const client_ptr client = make_client({});
  return client;
}

inline void connect(tls_pair& pair, const server_ptr& server, const client_ptr& client,
                    const std::string& host = "mx.example.org") {
  pair.server.engine = tls::engine(server);
  pair.client.engine = tls::engine(client, host);
}

inline std::uint64_t heap_in_use() {
  tls::heap::settle();
  return tls::heap::usage().used();
}

// Reads what is there, until the side wants more, ends or fails; the last step is given back.
inline tls::step read_all(tls_side& from, tls_side& peer, std::string& to, std::size_t chunk = 4096) {
  std::vector<char> buffer(chunk);
  for (;;) {
    const tls::step s = from.read(peer, buffer);
    if (s.what != tls::status::done) return s;
    to.append(buffer.data(), s.n);
  }
}

inline void write_all(tls_side& from, tls_side& peer, std::string_view data) {
  while (!data.empty()) {
    const tls::step s = from.write(peer, data);
    REQUIRE(s.what == tls::status::done);
    data.remove_prefix(s.n);
  }
}

}  // namespace sluice::tests

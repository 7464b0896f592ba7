// Which certificate a client gets, who is believed, and who may come back without a full handshake.
#include "core/wall_clock.hpp"
#include "fixture.hpp"
#include "tls/engine.hpp"

using namespace sluice;
using tests::tls_certificates;
using tests::tls_pair;

namespace {

constexpr tls::version both[] = {tls::version::tls12, tls::version::tls13};

// A client that believes only the test CA and wants this name.
tests::client_ptr strict_client(tls::version v = tls::version::tls13, bool reuse = false) {
  tls::client_options o;
  o.verify = tls::verify_mode::required;
  o.ca_file = tls_certificates::file("ca.crt");
  o.max_version = v;
  o.reuse_sessions = reuse;
  return tests::make_client(o);
}

tests::server_ptr dual_server(std::shared_ptr<tls::ticket_keys> tickets = nullptr) {
  tls::server_options o;
  o.pairs = {tls_certificates::pair("mx-ec"), tls_certificates::pair("mx-rsa"), tls_certificates::pair("shop-ec")};
  o.tickets = std::move(tickets);
  return tests::make_server(o);
}

struct name_row {
  const char* asked;
  bool accepted;
};

}  // namespace

TEST_CASE("the name asked for chooses the certificate") {
  const auto server = dual_server();
  constexpr name_row rows[] = {
      {"mx.example.org", true},     {"MX.Example.Org", true},    {"in.mail.example.org", true},
      {"shop.example.net", true},   {"mail.example.org", false}, {"a.b.mail.example.org", false},
      {"other.example.org", false}, {"shop.example.org", false},
  };
  for (tls::version v : both) {
    const auto client = strict_client(v);
    for (const name_row& row : rows) {
      tls_pair pair;
      tests::connect(pair, server, client, row.asked);
      INFO(row.asked);
      CHECK(pair.handshake() == row.accepted);
      if (row.accepted) {
        CHECK(pair.client.engine.peer_verified() == tls::verify_result::ok);
        continue;
      }
      CHECK(pair.client_step.ec == tls::errc::certificate_rejected);
      // In TLS 1.3 mbedTLS's client sends this alert unprotected, which is a broken record to the server.
      const auto told = v == tls::version::tls12 ? tls::errc::peer_alert : tls::errc::bad_record;
      CHECK(pair.server.handshake(pair.client).ec == told);
      std::array<char, 200> scratch{};
      CHECK(pair.client.engine.verify_text(scratch).find("does not match") != std::string_view::npos);
    }
  }
}

TEST_CASE("a client that asks for no name, or an address, gets the first pair") {
  for (const char* host : {"", "192.0.2.1", "2001:db8::1"}) {
    tls::client_options o;
    o.ca_file = tls_certificates::file("ca.crt");
    tls_pair pair;
    tests::connect(pair, dual_server(), tests::make_client(o), host);
    REQUIRE(pair.handshake());
    CHECK(pair.server.engine.server_name().empty());  // RFC 6066 3
  }
}

TEST_CASE("required mode never connects without a name to verify") {
  tls_pair pair;
  tests::connect(pair, dual_server(), strict_client(), "");
  CHECK(pair.client.handshake(pair.server).ec == tls::errc::certificate_rejected);
  CHECK(pair.server.arriving.empty());
}

TEST_CASE("an unknown authority is refused in required mode, and recorded in opportunistic mode") {
  tls::server_options so;
  so.pairs = {tls_certificates::pair("mx-ec")};
  const auto server = tests::make_server(so);
  tls::client_options o;
  o.ca_file = tls_certificates::file("cn-only.crt");  // some other certificate
  for (tls::version v : both) {
    o.max_version = v;
    o.verify = tls::verify_mode::required;
    tls_pair pair;
    tests::connect(pair, server, tests::make_client(o));
    CHECK_FALSE(pair.handshake());
    CHECK(pair.client_step.ec == tls::errc::certificate_rejected);
    o.verify = tls::verify_mode::opportunistic;
    tls_pair lax;
    tests::connect(lax, server, tests::make_client(o));
    CHECK(lax.handshake());
    CHECK(lax.client.engine.peer_verified() == tls::verify_result::failed);
    std::array<char, 200> scratch{};
    CHECK_FALSE(lax.client.engine.verify_text(scratch).empty());
  }
}

TEST_CASE("a certificate out of its dates is refused in required mode") {
  for (const char* file : {"expired.crt", "future.crt"}) {
    tls::server_options so;
    so.pairs = {tls_certificates::pair(file, "mx-ec.key")};
    tls_pair pair;
    tests::connect(pair, tests::make_server(so), strict_client());
    CHECK_FALSE(pair.handshake());
    std::array<char, 200> scratch{};
    const auto words = pair.client.engine.verify_text(scratch);
    CHECK((words.find("expired") != std::string_view::npos || words.find("future") != std::string_view::npos));
  }
}

TEST_CASE("while the clock cannot be believed dates say nothing, and everything else is judged") {
  struct untrusted_clock {
    untrusted_clock() { wall_clock::trust(false); }
    ~untrusted_clock() { wall_clock::trust(true); }
  };
  for (tls::version v : both)
    for (const char* file : {"expired.crt", "future.crt"}) {
      tls::server_options so;
      so.pairs = {tls_certificates::pair(file, "mx-ec.key")};
      const auto server = tests::make_server(so);
      const untrusted_clock guess;
      tls_pair pair;
      tests::connect(pair, server, strict_client(v));
      CHECK(pair.handshake());
      CHECK(pair.client.engine.peer_verified() == tls::verify_result::ok);
      tls_pair other_name;
      tests::connect(other_name, server, strict_client(v), "other.example.net");
      CHECK_FALSE(other_name.handshake());
      CHECK(other_name.client_step.ec == tls::errc::certificate_rejected);
      tls::client_options o;
      o.verify = tls::verify_mode::required;
      o.ca_file = tls_certificates::file("cn-only.crt");
      o.max_version = v;
      tls_pair stranger;
      tests::connect(stranger, server, tests::make_client(o));
      CHECK_FALSE(stranger.handshake());
      CHECK(stranger.client_step.ec == tls::errc::certificate_rejected);
    }
}

TEST_CASE("a client comes back with its ticket, in both versions, also to the next generation's context") {
  const auto tickets = *tls::make_ticket_keys();
  for (tls::version v : both) {
    const auto client = strict_client(v, true);
    for (int round = 0; round < 3; ++round) {
      tls_pair pair;
      tests::connect(pair, dual_server(tickets), client);  // a new context each time: a reload
      REQUIRE(pair.handshake());
      char to[1];
      pair.client.read(pair.server, to);  // TLS 1.3 tickets come after the handshake
      INFO("round " << round);
      CHECK(pair.client.engine.resumed() == (round > 0));
      CHECK(pair.server.engine.resumed() == (round > 0));
      CHECK(pair.client.engine.peer_verified() == tls::verify_result::ok);
    }
  }
}

TEST_CASE("a ticket of another server, or for another name, means a full handshake") {
  for (tls::version v : both) {
    const auto client = strict_client(v, true);
    const auto first = dual_server(*tls::make_ticket_keys());
    const auto second = dual_server(*tls::make_ticket_keys());
    char to[1];
    for (const auto& [server, host] : {std::pair(first, "mx.example.org"), std::pair(second, "mx.example.org"),
                                       std::pair(second, "in.mail.example.org")}) {
      tls_pair pair;
      tests::connect(pair, server, client, host);
      REQUIRE(pair.handshake());
      pair.client.read(pair.server, to);
      CHECK_FALSE(pair.server.engine.resumed());
    }
  }
}

TEST_CASE("without ticket keys, or without reuse, nobody is resumed") {
  for (tls::version v : both) {
    for (const auto& [tickets, reuse] :
         {std::pair(std::shared_ptr<tls::ticket_keys>(), true), std::pair(*tls::make_ticket_keys(), false)}) {
      const auto client = strict_client(v, reuse);
      const auto server = dual_server(tickets);
      for (int round = 0; round < 2; ++round) {
        tls_pair pair;
        tests::connect(pair, server, client);
        REQUIRE(pair.handshake());
        char to[1];
        CHECK(pair.client.read(pair.server, to).what == tls::status::want_input);
        CHECK_FALSE(pair.server.engine.resumed());
      }
    }
  }
}

TEST_CASE("a client keeps the sessions of sixteen hosts at most") {
  tls::client_options o;
  o.reuse_sessions = true;
  o.max_version = tls::version::tls12;
  const auto client = tests::make_client(o);
  const auto server = dual_server(*tls::make_ticket_keys());
  const auto visit = [&](int n) {
    tls_pair pair;
    tests::connect(pair, server, client, "h" + std::to_string(n) + ".mail.example.org");
    REQUIRE(pair.handshake());
    return pair.server.engine.resumed();
  };
  for (int n = 0; n <= 16; ++n) CHECK_FALSE(visit(n));
  CHECK(visit(16));
  CHECK_FALSE(visit(0));  // was the oldest
}

TEST_CASE("a session outlives the context that it was made from") {
  tls_pair pair;
  {
    tls::server_options so;
    so.pairs = {tls_certificates::pair("mx-ec")};
    tls::client_options co;
    tests::connect(pair, tests::make_server(so), tests::make_client(co));
  }
  REQUIRE(pair.handshake());
  tests::write_all(pair.client, pair.server, "NOOP\r\n");
  std::string got;
  tests::read_all(pair.server, pair.client, got);
  CHECK(got == "NOOP\r\n");
}

// Real sockets on loopback: what the kernel does with a listening socket that is shut down is what this is about.
#include "net/listener_set.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace sluice;
using namespace sluice::net;

namespace {

constexpr const char* host = "127.93.1.1";

listener_settings at(const char* address, std::uint16_t port) {
  listener_settings l;
  l.address = asio::ip::make_address(address);
  l.port = port;
  return l;
}

std::uint16_t free_port() {
  asio::io_context io;
  tcp_acceptor a(io.get_executor());
  a.open(asio::ip::tcp::v4());
  a.bind({asio::ip::make_address(host), 0});
  return a.local_endpoint().port();
}

bool connects(const char* address, std::uint16_t port) {
  asio::io_context io;
  tcp_socket s(io.get_executor());
  error_code ec;
  s.connect({asio::ip::make_address(address), port}, ec);
  return !ec;
}

struct bench {
  asio::io_context io;
  listener_set set{io.get_executor()};
  listener_set::door_list opened;
  std::string change(const std::vector<listener_settings>& wanted) {
    opened.clear();
    return set.change(wanted, opened);
  }
};

}  // namespace

TEST_CASE("listeners come and go; one that stays is not opened anew") {
  bench b;
  const std::uint16_t one = free_port(), two = free_port();
  REQUIRE(b.change({at(host, one)}).empty());
  CHECK(b.opened.size() == 1);
  CHECK(connects(host, one));
  REQUIRE(b.change({at(host, one), at(host, two)}).empty());
  CHECK(b.opened.size() == 1);
  CHECK((connects(host, one) && connects(host, two)));
  REQUIRE(b.change({at(host, two)}).empty());
  CHECK(b.opened.empty());
  CHECK((!connects(host, one) && connects(host, two)));
}

TEST_CASE("a listener that is gone keeps its address until it is settled, and comes back without asking for it") {
  bench b, other;
  const std::uint16_t one = free_port(), two = free_port();
  REQUIRE(b.change({at(host, one)}).empty());
  REQUIRE(b.change({at(host, two)}).empty());
  CHECK_FALSE(connects(host, one));
  REQUIRE(b.change({at(host, one)}).empty());
  CHECK(b.opened.size() == 1);
  CHECK((connects(host, one) && !connects(host, two)));
  b.set.settle();
  CHECK(b.set.doors().size() == 1);
  CHECK(other.change({at(host, two)}).empty());  // free for others now
  CHECK(connects(host, two));
}

TEST_CASE("an address that cannot be had leaves everything as it was") {
  bench b, other;
  const std::uint16_t one = free_port(), two = free_port(), taken = free_port();
  REQUIRE(other.change({at(host, taken)}).empty());
  REQUIRE(b.change({at(host, one)}).empty());
  const std::string error = b.change({at(host, two), at(host, taken)});
  CHECK(error.starts_with(std::string(host) + ":" + std::to_string(taken) + ": "));
  CHECK(connects(host, one));
  CHECK_FALSE(connects(host, two));
  CHECK(b.set.doors().size() == 1);
  CHECK_FALSE(b.set.try_addresses({at(host, taken)}).empty());
  CHECK(b.set.try_addresses({at(host, two)}).empty());
  CHECK(connects(host, one));
}

TEST_CASE("from one address to all of the machine and back, on the same port") {
  bench b;
  const std::uint16_t port = free_port();
  REQUIRE(b.change({at(host, port)}).empty());
  CHECK(b.set.try_addresses({at("0.0.0.0", port)}).empty());
  REQUIRE(b.change({at("0.0.0.0", port)}).empty());
  CHECK((connects(host, port) && connects("127.0.0.1", port)));
  REQUIRE(b.change({at(host, port)}).empty());
  CHECK((connects(host, port) && !connects("127.0.0.1", port)));
}

TEST_CASE("an acceptor works again after it was parked") {
  bench b;
  const std::uint16_t one = free_port(), two = free_port();
  REQUIRE(b.change({at(host, one)}).empty());
  int accepted = 0, ended = 0;
  const auto accept = [&](const std::shared_ptr<door>& d) {
    d->acceptor.async_accept([&](error_code ec, tcp_socket) { ec ? ++ended : ++accepted; });
  };
  accept(b.opened[0]);
  REQUIRE(b.change({at(host, two)}).empty());
  b.io.poll();
  CHECK((accepted == 0 && ended == 1));
  REQUIRE(b.change({at(host, one)}).empty());
  accept(b.opened[0]);
  b.io.restart();
  b.io.poll();
  REQUIRE(connects(host, one));
  b.io.restart();
  b.io.run_for(std::chrono::seconds(2));
  CHECK((accepted == 1 && ended == 1));
}

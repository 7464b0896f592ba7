#include "core/log_ring.hpp"

#include <catch2/catch_test_macros.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

using namespace sluice::log;

namespace {

struct as_sink {
  explicit as_sink(ring& r) : here(r) {
    set_descriptor(-1);
    set_level(level::info);
    add_sink(here);
  }
  ~as_sink() { remove_sink(here); }
  ring& here;
};

}  // namespace

TEST_CASE("the ring keeps the last lines, whole, within its octets") {
  ring r(1000);
  const as_sink s(r);
  for (int i = 0; i < 100; ++i) line(level::info, "tick").with("n", i);
  const std::string text = r.text();
  CHECK(text.size() <= 1000);
  CHECK(text.size() > 900);
  CHECK(text.starts_with("{\"time\":"));
  CHECK(text.ends_with("\"n\":99}\n"));
  CHECK(text.find("\"n\":98}\n") != std::string::npos);
  CHECK(text.find("\"n\":1}") == std::string::npos);
}

TEST_CASE("what is less important than the level is nowhere") {
  ring r(1000);
  const as_sink s(r);
  line(level::debug, "quiet").with("n", 1);
  CHECK(r.text().empty());
}

TEST_CASE("a datagram socket gets one message per event, with priority and tag, and a daemon that comes back is found") {
  char folder[] = "/tmp/sluice-log-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string path = std::string(folder) + "/log";
  const auto daemon = [&] {
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.copy(at.sun_path, sizeof at.sun_path - 1);
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    return fd;
  };
  const auto next = [](int fd) {
    char text[9000];
    const auto n = ::recv(fd, text, sizeof text, 0);
    return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : std::string();
  };
  int fd = daemon();
  set_level(level::info);
  set_format(format::text);
  REQUIRE(set_socket(path) == 0);
  line(level::error, "first").with("n", 1);
  std::string got = next(fd);
  CHECK(got.starts_with("<19>sluice[" + std::to_string(::getpid()) + "]: "));
  CHECK(got.ends_with(" error first n=1"));
  ::close(fd);
  ::unlink(path.c_str());
  line(level::error, "nobody").with("n", 2);  // lost, and nothing waits
  fd = daemon();
  set_format(format::rfc5424);
  line(level::info, "third");
  got = next(fd);
  CHECK(got.starts_with("<22>1 "));
  CHECK(got.ends_with(" third - third"));
  set_format(format::json);
  set_descriptor(2);
  ::close(fd);
  ::unlink(path.c_str());
  ::rmdir(folder);
}

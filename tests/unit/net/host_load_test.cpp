#include "net/host_load.hpp"

#include <catch2/catch_test_macros.hpp>

using sluice::net::host_load;

TEST_CASE("a host gets no more connections than allowed, each host for itself") {
  host_load load;
  CHECK(load.enter("mail.example.net:25", 2));
  CHECK(load.enter("mail.example.net:25", 2));
  CHECK_FALSE(load.enter("mail.example.net:25", 2));
  CHECK(load.enter("backup.example.net:25", 2));
  load.leave("mail.example.net:25");
  CHECK(load.enter("mail.example.net:25", 2));
  CHECK(load.enter("mail.example.net:25", 3));  // a new generation allows more
}

TEST_CASE("a host is wanted as long as somebody waits for it") {
  host_load load;
  CHECK_FALSE(load.wanted("mail.example.net:25"));
  load.begin_wait("mail.example.net:25");
  load.begin_wait("mail.example.net:25");
  CHECK(load.wanted("mail.example.net:25"));
  CHECK_FALSE(load.wanted("backup.example.net:25"));
  load.end_wait("mail.example.net:25");
  CHECK(load.wanted("mail.example.net:25"));
  load.end_wait("mail.example.net:25");
  CHECK_FALSE(load.wanted("mail.example.net:25"));
}

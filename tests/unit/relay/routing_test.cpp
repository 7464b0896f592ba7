#include "relay/routing.hpp"

#include <catch2/catch_test_macros.hpp>

using sluice::relay::domain_list;
using sluice::relay::no_route;
using sluice::relay::route_table;

TEST_CASE("domains match exactly or below a star, without case and final dot") {
  const domain_list list({"Example.org", "*.example.net"});
  CHECK(list.matches("example.ORG"));
  CHECK(list.matches("example.org."));
  CHECK_FALSE(list.matches("sub.example.org"));
  CHECK(list.matches("a.example.net"));
  CHECK(list.matches("a.b.example.net"));
  CHECK_FALSE(list.matches("example.net"));
  CHECK_FALSE(list.matches("badexample.net"));
  CHECK_FALSE(list.matches(".example.net"));
  CHECK_FALSE(list.matches(""));
}

TEST_CASE("the first route whose domains match is taken, then the default") {
  route_table routes;
  routes.add(domain_list({"a.example"}));
  routes.add(domain_list());
  routes.add(domain_list({"b.example"}));
  CHECK(routes.find("a.example") == 0);
  CHECK(routes.find("b.example") == 2);
  CHECK(routes.find("c.example") == 1);

  route_table none;
  none.add(domain_list({"a.example"}));
  CHECK(none.find("c.example") == no_route);
}

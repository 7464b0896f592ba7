// Reputation lists: what is asked for clients and for link hosts, and which answers count.
#include <catch2/catch_test_macros.hpp>
#include <algorithm>
#include <string>

#include "auth/checker.hpp"
#include "unit/auth/rfc8463.hpp"

using namespace sluice;
using namespace sluice::auth;
using namespace sluice::auth::test;

namespace {

const envelope client{ip("192.0.2.1"), "mx.football.example.com", "joe@football.example.com", 1528637909};

struct linked {
  std::string host, registrable;
};

// Runs a message with these links and gives back what was asked of zones that end with ".list".
std::vector<std::string> asked_of_lists(checker& c, const options& o, zone& z, const std::vector<linked>& links) {
  c.begin(o, client);
  z.serve(c);
  const byte_view header = rfc8463_header;
  c.on_header({&header, 1});
  c.feed(rfc8463_body);
  for (const linked& l : links) c.add_link_host(l.host, l.registrable);
  c.finish();
  z.serve(c);
  REQUIRE(c.settled());
  std::vector<std::string> out;
  std::copy_if(z.asked.begin(), z.asked.end(), std::back_inserter(out), [](const std::string& n) { return n.ends_with(".list"); });
  return out;
}

list_zone links(const std::string& name, bool whole_host = false, bool addresses = false) {
  return {list_zone::kind::link_host, name, {}, 25, whole_host, addresses};
}

int score(const checker& c) {
  checker::notice_list list;
  c.list_notices(list);
  int sum = 0;
  for (const notice& n : list) sum += n.weight;
  return sum;
}

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("a list of clients is asked for the address, and only 127.0.0.0/8 counts") {
  workspace shared;
  options o;
  list_zone clients{list_zone::kind::client_address, "zen.list", {}, 0};
  clients.codes.push_back({{ip("127.0.0.2"), 32}, 40});
  clients.codes.push_back({{ip("127.0.0.8"), 30}, 10});
  o.lists = {clients, links("dbl.list")};
  zone z = rfc8463_zone();
  z.a("1.2.0.192.zen.list", "127.0.0.2").a("bad.example.dbl.list", "127.0.1.2").a("parked.example.dbl.list", "198.51.100.1");
  checker c(shared);
  const names asked = asked_of_lists(c, o, z, {{"bad.example", "bad.example"}, {"BAD.example.", "BAD.example."},
                                               {"parked.example", "parked.example"}, {"no host", ""}, {"", ""}});
  CHECK(asked == names{"1.2.0.192.zen.list", "bad.example.dbl.list", "parked.example.dbl.list"});
  REQUIRE(c.hits().size() == 2);
  CHECK(c.hits()[0].weight == 40);
  CHECK(c.hits()[1].subject == "bad.example");
  CHECK(score(c) == 65);
  o.lists.clear();
  checker off(shared);
  CHECK(asked_of_lists(off, o, z, {{"bad.example", "bad.example"}}).size() == asked.size());  // none is new
}

TEST_CASE("a list of domains is asked for the registrable one, once, or for the whole host if it says so") {
  workspace shared;
  options o;
  o.lists = {links("domains.list"), links("hosts.list", true)};
  zone z = rfc8463_zone();
  checker c(shared);
  CHECK(asked_of_lists(c, o, z, {{"a.shop.bad.co.uk", "bad.co.uk"}, {"b.bad.co.uk", "bad.co.uk"}, {"co.uk", ""}}) ==
        names{"bad.co.uk.domains.list", "a.shop.bad.co.uk.hosts.list", "b.bad.co.uk.hosts.list", "co.uk.hosts.list"});
}

TEST_CASE("a link to an address is asked for reversed where the list serves that, otherwise not at all") {
  workspace shared;
  options o;
  o.lists = {links("both.list", false, true), links("names.list"), links("hosts.list", true)};
  zone z = rfc8463_zone();
  z.a("7.113.0.203.both.list", "127.0.0.4");
  checker c(shared);
  CHECK(asked_of_lists(c, o, z, {{"203.0.113.7", "113.7"}, {"203.0.113.7.", ""}, {"[2001:db8::1]", ""}, {"[nonsense]", ""}}) ==
        names{"7.113.0.203.both.list",
              "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.both.list"});
  REQUIRE(c.hits().size() == 1);
  CHECK(c.hits()[0].subject == "203.0.113.7");
}

TEST_CASE("eight names of each kind are asked for, and a crowd of hosts does not hide a domain") {
  workspace shared;
  options o;
  o.lists = {links("domains.list"), links("hosts.list", true)};
  zone z = rfc8463_zone();
  checker c(shared);
  std::vector<linked> crowd;
  for (int i = 0; i < 40; ++i) crowd.push_back({"h" + std::to_string(i) + ".crowd.example", "crowd.example"});
  crowd.push_back({"x.bad.example", "bad.example"});
  const names asked = asked_of_lists(c, o, z, crowd);
  CHECK(asked.size() == limits::listed_hosts + 2);
  CHECK(std::count(asked.begin(), asked.end(), "bad.example.domains.list") == 1);
}

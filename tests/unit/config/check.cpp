#include "config/check.hpp"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/config/support.hpp"

using namespace sluice::config;
using namespace sluice::config::test;
using lines = std::vector<std::string>;

TEST_CASE("without domains, listener or route there is no start") {
  CHECK(errors("") == lines{"-: domains: Sluice does not start without domains: it is never an open relay; list the "
                            "recipient domains it accepts mail for, such as domains = [\"example.org\"]",
                            "-: listener: there is no [[listener]]; add one with address = \"0.0.0.0:25\"",
                            "-: route: there is no [[route]]; add one with host = \"10.0.0.5:25\", your mail server"});
  CHECK(errors("domains = []\n[[listener]]\naddress=\"0.0.0.0:25\"\n[[route]]\nhost=\"10.0.0.5:25\"") ==
        lines{"1:1: domains: Sluice does not start without domains: it is never an open relay; list the recipient "
              "domains it accepts mail for, such as domains = [\"example.org\"]"});
}

TEST_CASE("keys that contradict each other are named with both values") {
  struct row {
    const char *text, *error;  // the text stands in line 6 and further, behind the minimal file
  };
  const row rows[] = {
      // listeners
      {"[[listener]]\naddress = \"0.0.0.0:26\"\ntls = \"off\"\nrequire_tls = true",
       "9:1: listener[2].require_tls: needs TLS, but tls is \"off\"; set tls = \"starttls\""},
      {"[[listener]]\naddress = \"0.0.0.0:26\"\nproxy_protocol = true",
       "8:1: listener[2].proxy_protocol: needs proxy_protocol_from: anybody could claim any address; list the "
       "addresses of your load balancers"},
      {"[[listener]]\naddress = \"0.0.0.0:26\"\nproxy_protocol_from = [\"10.0.0.1\"]",
       "8:1: listener[2].proxy_protocol_from: has no effect while proxy_protocol is false; set proxy_protocol = true"},
      {"[[listener]]\naddress = \"0.0.0.0:26\"\nmax_message_size = \"1GiB\"",
       "8:1: listener[2].max_message_size: must not exceed limit.message_size, which is \"100MiB\""},
      {"[[listener]]\naddress = \"0.0.0.0:25\"",
       "7:1: listener[2].address: \"0.0.0.0:25\" is already taken by listener[1].address"},
      {"[[listener]]\naddress = \"127.0.0.1:25\"",
       "7:1: listener[2].address: \"127.0.0.1:25\" is already taken by listener[1].address"},
      {"[status]\nlisten = \"127.0.0.1:25\"",
       "7:1: status.listen: \"127.0.0.1:25\" is already taken by listener[1].address"},
      // certificates
      {"[status]\nclient_certificates = \"optional\"",
       "6:2: status.client_ca: client certificates are asked for, but there is no CA to verify them; set it to a PEM file"},
      {"[status]\nclient_ca = \"/ca.pem\"",
       "7:1: status.client_ca: has no effect while client_certificates is \"off\"; set that to \"optional\" or remove this"},
      {"[tls.acme]\ndirectory = \"https://ca.example.net/dir\"",
       "6:6: tls.acme.accept_terms: is false, and without it the CA makes no account; read the CA's terms of service, then set it to true"},
      {"[tls.acme]\naccept_terms = true",
       "6:6: tls.acme.directory: is not set, so the rest of [tls.acme] has no effect; set it to the directory of a CA, or remove the rest"},
      {"[tls.acme]\ndirectory = \"https://ca.example.net/dir\"\naccept_terms = true\nnames = [\"*.example.org\"]",
       "9:1: tls.acme.names: \"*.example.org\" would have to be proven in the DNS, which this box cannot change; name each host, or upload a certificate with a wildcard"},
      {"[tls.acme]\ndirectory = \"https://ca.example.net/dir\"\naccept_terms = true\nlisten = \"0.0.0.0:25\"",
       "9:1: tls.acme.listen: \"0.0.0.0:25\" is already taken by listener[1].address"},
      {"[tls]\nexpiry_notice = \"1d\"", "6:2: tls.expiry_alarm: must not exceed tls.expiry_notice, which is \"1d\""},
      // routes
      {"backup = \"10.0.0.5:25\"", "6:1: route[1].backup: is the same as host"},
      {"backup = \"localhost:25\"",
       "6:1: route[1].backup: \"localhost:25\" is Sluice's own listener: mail would go in a circle; name the mail "
       "server behind Sluice"},
      {"tls = \"off\"\nca_file = \"/ca.pem\"",
       "7:1: route[1].ca_file: has no effect while tls is \"off\"; set tls = \"required\""},
      {"connections = 4", "4:1: route[1].idle_connections: must not exceed connections"},
      {"domains = [\"example.org\", \"example.net\"]",
       "6:1: route[1].domains: \"example.net\" is not among the top-level domains, so no mail for it is accepted; add "
       "it there or remove it here"},
      {"[[route]]\nhost = \"10.0.0.6:25\"",
       "6:1: route[2]: is a second default route, the first is route[1]; give one of them domains"},
      {"[[route]]\nhost = \"10.0.0.6:25\"\ndomains = [\"example.org\"]\n[[route]]\nhost = \"10.0.0.7:25\"\ndomains = "
       "[\"example.org\"]",
       "11:1: route[3].domains: \"example.org\" already has route[2]"},
      // management
      {"[management]\nsignature_required = true",
       "7:1: management.signature_required: there is no key to check a signature with; add management.signature_keys"},
      {"[management.pull]\nurl = \"https://config.example.net/mx1.toml\"",
       "7:1: management.pull.url: what is fetched must be signed, and there is no key to check that with; add "
       "management.signature_keys"},
      // times
      {"[deadline]\nend_of_data = \"10s\"",
       "6:2: deadline.end_of_data_dns: must not exceed deadline.end_of_data, which is \"10s\""},
      {"[deadline]\npressure_command = \"10m\"",
       "7:1: deadline.pressure_command: must not exceed deadline.command, which is \"5m\""},
      {"[deadline]\nmessage = \"2m\"", "6:2: deadline.data: must not exceed deadline.message, which is \"2m\""},
      {"[quarantine.retention]\nmaximum = \"1d\"",
       "6:13: quarantine.retention.minimum: must not exceed quarantine.retention.maximum, which is \"1d\""},
      // sizes
      {"[memory]\nwindow_max = \"100KiB\"", "7:1: memory.window_max: \"100KiB\" is no multiple of 16KiB"},
      {"[memory]\nsessions = 600",
       "6:2: memory.window_pool: is too small: 600 sessions x 16KiB guaranteed = 9600KiB, window_pool is 5MiB; raise "
       "window_pool or lower sessions"},
      {"[memory]\nwindow_pool = \"64MiB\"",
       "7:1: memory.window_pool: must not exceed memory.total, which is \"32MiB\""},
      {"[spool]\nsize = \"50MiB\"", "6:2: spool.message_size: must not exceed spool.size, which is \"50MiB\""},
      // scores and quotas
      {"[[policy.weight]]\nname = \"a\"", "6:1: policy.weight[1]: names no rule: add rules = [\"...\"] or classes = [\"...\"]"},
      {"[policy]\ntag_score = 200", "7:1: policy.tag_score: must not exceed policy.quarantine_score, which is 100"},
      {"[policy]\nreject_score = 60", "6:2: policy.quarantine_score: must not exceed policy.reject_score, which is 60"},
      {"[policy]\nquarantine_score = 0\nreject_score = 20",
       "6:2: policy.tag_score: must not exceed policy.reject_score, which is 20"},
      {"[quarantine]\nhistory_messages = 10",
       "7:1: quarantine.history_messages: must not be less than quarantine.messages"},
      {"[[quarantine.recipient_domain]]\ndomain = \"a.org\"\n[[quarantine.recipient_domain]]\ndomain = \"A.org\"",
       "9:1: quarantine.recipient_domain[2].domain: \"a.org\" is there twice"},
      {"[[quarantine.recipient_domain]]\ndomain = \"a.org\"\nmaximum_age = \"1d\"",
       "6:3: quarantine.retention.minimum: must not exceed quarantine.recipient_domain[1].maximum_age, which is "
       "\"1d\""},
      // digests
      {"[[digest.domain]]\ndomain = \"c.org\"",
       "7:1: digest.domain[1].domain: \"c.org\" is not among the top-level domains, so no mail for it is accepted; add it there "
       "or remove it here"},
      {"[digest]\nlink_url = \"https://a.org\"",
       "7:1: digest.link_url: has no effect while digest.link_listen is \"off\"; set link_listen to the address of the links"},
      {"[digest]\nlink_listen = \"0.0.0.0:25\"", "7:1: digest.link_listen: \"0.0.0.0:25\" is already taken by listener[1].address"},
      {"[[digest.recipient]]\naddress = \"b@a.org\"",
       "7:1: digest.recipient[1].address: \"a.org\" has no [[digest.domain]], so nobody there is told anything; add one or remove this"},
  };
  for (const row& r : rows) {
    INFO(r.text);
    CHECK(errors(std::string(minimal) + r.text) == lines{r.error});
  }
}

TEST_CASE("two address families may share a port unless [::] takes both, and a second address of a machine is another address") {
  const auto ok = [](const char* one, const char* other) {
    return errors(std::string("domains = [\"example.org\"]\n[[listener]]\naddress = \"") + one +
                  "\"\n[[listener]]\naddress = \"" + other + "\"\n[[route]]\nhost = \"192.0.2.9:25\"") == lines{};
  };
  CHECK(ok("0.0.0.0:25", "[2001:db8::1]:25"));
  CHECK_FALSE(ok("0.0.0.0:25", "[::]:25"));
  CHECK_FALSE(ok("[::]:25", "192.0.2.1:25"));
  CHECK(ok("192.0.2.1:25", "192.0.2.2:25"));
  CHECK(ok("0.0.0.0:25", "0.0.0.0:26"));
  CHECK_FALSE(ok("192.0.2.1:25", "192.0.2.1:25"));
  CHECK_FALSE(ok("[::]:25", "[::1]:25"));
}

TEST_CASE("every domain needs a route") {
  CHECK(
      errors("domains = [\"a.org\", \"b.org\", \"*.b.org\"]\n[[listener]]\naddress = \"0.0.0.0:25\"\n[[route]]\nhost = "
             "\"10.0.0.5:25\"\ndomains = [\"a.org\", \"*.b.org\"]") ==
      lines{
          "1:1: domains: there is no route for \"b.org\"; add it to a [[route]], or add a [[route]] without domains"});
}

TEST_CASE("a domain takes the exact route, then the longest wildcard, then the default") {
  model m;
  m.routes = {make_route("wild", {"*.example.org"}), make_route("default"), make_route("deep", {"*.deep.example.org"}),
              make_route("exact", {"a.deep.example.org"})};
  struct row {
    const char *domain, *host;
  };
  for (const row& r :
       {row{"example.org", "default"}, row{"x.example.org", "wild"}, row{"a.b.example.org", "wild"},
        row{"deep.example.org", "wild"}, row{"b.deep.example.org", "deep"}, row{"a.deep.example.org", "exact"},
        row{"*.deep.example.org", "deep"}, row{"notexample.org", "default"}}) {
    INFO(r.domain);
    REQUIRE(find_route(m, r.domain));
    CHECK(find_route(m, r.domain)->host.host == r.host);
  }
  m.routes.erase(m.routes.begin() + 1);
  CHECK(find_route(m, "example.org") == nullptr);
}

TEST_CASE("a note does not make a configuration invalid") {
  const std::string text = std::string(minimal) + "tls = \"required\"\n[status]\nlisten = \"off\"\n";
  CHECK(errors(text) == lines{});
  CHECK(notes(text) == lines{"tls.certificates: no certificate is configured, a self-signed one is made and used",
                             "route[1].tls: the certificate must carry the address 10.0.0.5"});
  CHECK(read_toml(text).ok());
}

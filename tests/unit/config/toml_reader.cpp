#include "config/toml_reader.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <catch2/matchers/catch_matchers_vector.hpp>

#include "tests/unit/config/support.hpp"

using namespace sluice::config;
using namespace sluice::config::test;
using Catch::Matchers::StartsWith;
using lines = std::vector<std::string>;

namespace {

std::string with(std::string_view more) { return std::string(minimal) + std::string(more); }

}  // namespace

TEST_CASE("a minimal file gives the defaults and nothing to complain about") {
  const read_result r = read_toml(minimal);
  CHECK(errors(minimal) == lines{});
  REQUIRE(r.ok());
  model expected;
  expected.domains = {"example.org"};
  expected.listeners = {make_listener({"0.0.0.0", 25})};
  expected.routes = {make_route("10.0.0.5")};
  CHECK(r.value == expected);
  CHECK(notes(minimal) == lines{"tls.certificates: no certificate is configured, a self-signed one is made and used"});
}

TEST_CASE("every kind of value arrives in the model") {
  const char* everything = R"(
hostname = "MX.example.org"
domains = ["Example.org", "*.example.net"]
data_directory = '/data/sluice'

[[listener]]
address = "[::]:465"
tls = "implicit"
proxy_protocol = true
proxy_protocol_from = ["10.0.0.0/8", "2001:db8::/32"]
max_message_size = "10MB"

[[listener]]
address = "127.0.0.1:25"
tls = "off"

[[route]]
domains = ["example.org"]
host = "mail.example.com:25"
backup = "10.0.0.6:25"
tls = "required"
connect_timeout = "500ms"

[[route]]
host = "10.0.0.7:25"

[tls]
certificates = [{ certificate = "/etc/a.pem", key = "/etc/a.key" }, { certificate = "/etc/b.pem", key = "/etc/b.key" }]
minimum_version = "1.3"

[deadline]
data_rate = "1KiB/s"

[policy]
observed_rules = ["lure-words"]
unscanned.dns = "defer"

[status]
listen = "off"
)";
  const read_result r = read_toml(everything);
  REQUIRE(errors(everything) == lines{});
  const model& m = r.value;
  CHECK(m.hostname == "mx.example.org");
  CHECK(m.domains == lines{"example.org", "*.example.net"});
  CHECK(m.data_directory == "/data/sluice");
  REQUIRE(m.listeners.size() == 2);
  CHECK(m.listeners[0].address == endpoint{"::", 465});
  CHECK(m.listeners[0].tls == listener_tls::implicit);
  CHECK(m.listeners[0].proxy_protocol);
  REQUIRE(m.listeners[0].proxy_protocol_from.size() == 2);
  CHECK(m.listeners[0].proxy_protocol_from[0] == network{{10}, 8, false});
  CHECK(m.listeners[0].proxy_protocol_from[1] == network{{0x20, 0x01, 0x0d, 0xb8}, 32, true});
  CHECK(m.listeners[0].max_message_size_bytes == 10'000'000);
  CHECK(m.listeners[1].tls == listener_tls::off);
  REQUIRE(m.routes.size() == 2);
  CHECK(m.routes[0].domains == lines{"example.org"});
  CHECK(m.routes[0].host == endpoint{"mail.example.com", 25});
  CHECK(m.routes[0].backup == endpoint{"10.0.0.6", 25});
  CHECK(m.routes[0].tls == relay_tls::required);
  CHECK(m.routes[0].connect_timeout == milliseconds(500));
  CHECK(m.routes[1].domains.empty());
  REQUIRE(m.tls.certificates.size() == 2);
  CHECK(m.tls.certificates[1].key == "/etc/b.key");
  CHECK(m.tls.minimum_version == tls_version::tls_1_3);
  CHECK(m.deadline.data_rate_bytes_per_second == 1024);
  CHECK(m.policy.observed_rules == lines{"lure-words"});
  CHECK(m.policy.unscanned.dns == mail_action::defer);
  CHECK_FALSE(m.status.listen.is_set());
}

TEST_CASE("a wrong key or value is named with its place, what is expected, and what to write") {
  struct row {
    const char *text, *error;  // the text stands in line 6 and further, behind the minimal file
  };
  const row rows[] = {
      // keys
      {"conect_timeout = \"5s\"", "6:1: route[1].conect_timeout: unknown key; did you mean connect_timeout?"},
      {"connect-timeout = \"5s\"", "6:1: route[1].connect-timeout: unknown key; did you mean connect_timeout?"},
      {"\"con nect\" = 1", "6:1: route[1].\"con nect\": unknown key; 'sluice reference' lists the known keys"},
      {"\"\\u001b[1m\" = 1", "6:1: route[1].\"\\u001b[1m\": unknown key; 'sluice reference' lists the known keys"},
      {"message_size = \"5MiB\"",
       "6:1: route[1].message_size: unknown key; did you mean limit.message_size? It belongs in [limit]"},
      {"max_message_size = \"5MiB\"",
       "6:1: route[1].max_message_size: unknown key; did you mean listener.max_message_size? It belongs in "
       "[[listener]]"},
      {"hostname = \"mx\"",
       "6:1: route[1].hostname: unknown key; did you mean hostname? It belongs before the first table"},
      {"[dedline]", "6:2: dedline: unknown key; did you mean deadline?"},
      {"[policy.unscaned]", "6:9: policy.unscaned: unknown key; did you mean unscanned?"},
      {"[deadline.command]", "6:1: deadline.command: is a table, expected is a duration such as \"30s\""},
      {"[quarantine]\nretention = 3",
       "7:1: quarantine.retention: is a table, not a value; write [quarantine.retention] on a line of its own"},
      {"[[limit]]", "6:3: limit: is a table, not a value; write [limit] on a line of its own"},
      {"[tls]\ncertificates = \"/etc/c.pem\"",
       "7:1: tls.certificates: is a list of tables; write [[tls.certificates]] once for each"},
      {"[tls]\ncertificates = [\"/etc/c.pem\"]",
       "7:17: tls.certificates[1]: is a list of tables; write [[tls.certificates]] once for each"},
      {"[[tls.certificates]]\nkey = \"/etc/k\"",
       "6:1: tls.certificates[1]: the key certificate is missing; expected is an absolute path such as "
       "\"/etc/sluice/key.pem\""},
      {"[[listener]]",
       "6:1: listener[2]: the key address is missing; expected is an address with port such as \"0.0.0.0:25\" or "
       "\"[::]:25\""},
      // types
      {"send_xclient = \"true\"",
       "6:16: route[1].send_xclient: is a text, expected is true or false; write it without quotes"},
      {"send_xclient = 1", "6:16: route[1].send_xclient: is a number, expected is true or false"},
      {"tls = false", "6:7: route[1].tls: is true or false, expected is one of the names below"},
      {"tls = [\"off\"]", "6:7: route[1].tls: is a list, expected is one of the names below"},
      {"ca_file = 3",
       "6:11: route[1].ca_file: is a number, expected is an absolute path such as \"/etc/sluice/key.pem\""},
      {"ca_file = 2026-11-23",
       "6:11: route[1].ca_file: is a date or time, expected is an absolute path such as \"/etc/sluice/key.pem\""},
      {"idle_connections = 1.5",
       "6:20: route[1].idle_connections: is a number with a fraction, expected is a whole number without quotes, such "
       "as 100"},
      {"idle_connections = \"16\"",
       "6:20: route[1].idle_connections: is a text, expected is a whole number without quotes, such as 100; write it "
       "without quotes: 16"},
      {"backup = {host = \"x\"}",
       "6:10: route[1].backup: is a table, expected is a host with port such as \"10.0.0.5:25\" or "
       "\"mail.example.net:25\""},
      {"domains = \"example.org\"",
       "6:11: route[1].domains: is a text, expected is a list of domains such as [\"example.org\", \"*.example.org\"]; "
       "write [\"example.org\"]"},
      {"domains = [1]",
       "6:12: route[1].domains: has an entry that is no text, expected is a list of domains such as [\"example.org\", "
       "\"*.example.org\"]"},
      {"domains = [[\"example.org\"]]",
       "6:12: route[1].domains: has an entry that is no text, expected is a list of domains such as [\"example.org\", "
       "\"*.example.org\"]"},
      {"domains = [\"example.org\", \"EXAMPLE.org\"]", "6:27: route[1].domains: \"EXAMPLE.org\" is there twice"},
      // units
      {"connect_timeout = 30",
       "6:19: route[1].connect_timeout: 30 has no unit, expected is a duration such as \"30s\"; write \"30s\""},
      {"connect_timeout = \"30\"",
       "6:19: route[1].connect_timeout: \"30\" has no unit; write for example \"30s\"; units are ms, s, m, h, d"},
      {"connect_timeout = \"30MiB\"",
       "6:19: route[1].connect_timeout: \"30MiB\" is a size, expected is a duration; write for example \"30s\"; units "
       "are ms, s, m, h, d"},
      {"[spool]\nsize = 268435456",
       "7:8: spool.size: 268435456 has no unit, expected is a size such as \"32MiB\"; write \"268435456B\""},
      {"[spool]\nsize = \"256M\"", "7:8: spool.size: \"M\" is not a unit of a size; write \"256MiB\""},
      {"[deadline]\ndata_rate = \"256B\"",
       "7:13: deadline.data_rate: \"256B\" is not a rate, expected is a size per second; write for example \"256B/s\""},
      {"[deadline]\ndata_rate = 256",
       "7:13: deadline.data_rate: 256 has no unit, expected is a size per second such as \"256B/s\"; write \"256B/s\""},
      // ranges
      {"connect_timeout = \"10m\"", "6:19: route[1].connect_timeout: \"10m\" is outside the range 100ms to 5m"},
      {"connect_timeout = \"0s\"", "6:19: route[1].connect_timeout: \"0s\" is outside the range 100ms to 5m"},
      {"transactions_per_connection = 0",
       "6:31: route[1].transactions_per_connection: 0 is outside the range 1 to 100000"},
      {"transactions_per_connection = -1",
       "6:31: route[1].transactions_per_connection: -1 is outside the range 1 to 100000"},
      {"[limit]\nrecipients_per_transaction = 99",
       "7:30: limit.recipients_per_transaction: 99 is outside the range 100 to 1000"},
      {"[limit]\nheader_size = \"2MiB\"", "7:15: limit.header_size: \"2MiB\" is outside the range 4KiB to 1MiB"},
      {"[deadline]\ndownstream_final_reply = \"9m\"",
       "7:26: deadline.downstream_final_reply: \"9m\" is outside the range 10m to 1h"},
      // formats
      {"tls = \"require\"",
       "6:7: route[1].tls: \"require\" is not one of \"off\", \"opportunistic\", \"required\"; did you mean "
       "\"required\"?"},
      {"tls = \"\"", "6:7: route[1].tls: \"\" is not one of \"off\", \"opportunistic\", \"required\""},
      {"ca_file = \"ca.pem\"", "6:11: route[1].ca_file: \"ca.pem\" is not an absolute path; begin it with a slash"},
      {"tls_name = \"*.example.org\"",
       "6:12: route[1].tls_name: \"*.example.org\" is a wildcard, expected is one domain"},
      {"backup = \"10.0.0.6\"",
       "6:10: route[1].backup: \"10.0.0.6\" has no port; write for example \"10.0.0.5:25\", \"[2001:db8::5]:25\" or "
       "\"mail.example.net:25\""},
      {"[status]\nlisten = \"localhost:8443\"",
       "7:10: status.listen: \"localhost\" is not an IP address; write for example \"0.0.0.0:25\", \"[::]:25\" or "
       "\"127.0.0.1:2525\""},
      {"[log]\nlevel = \"warn\"",
       "7:9: log.level: \"warn\" is not one of \"error\", \"warning\", \"info\", \"debug\"; did you mean \"warning\"?"},
      {"[log]\ntarget = \"syslog\"", "7:10: log.target: \"syslog\" is not an absolute path; begin it with a slash"},
      {"[limit]\nexempt_clients = [\"10.0.0.1/8\"]",
       "7:19: limit.exempt_clients: \"10.0.0.1/8\" has bits beyond its prefix; write \"10.0.0.0/8\", or the address "
       "alone"},
      {"[policy]\nobserved_rules = [\"Lure Words\"]",
       "7:19: policy.observed_rules: \"Lure Words\" is not a rule id; ids are lower-case words with hyphens"},
  };
  for (const row& r : rows) {
    INFO(r.text);
    CHECK(errors(with(r.text)) == lines{r.error});
  }
}

TEST_CASE("all problems of a file are found in one run, in order") {
  const lines found = errors(
      "hostnme = \"x\"\n"
      "domains = [\"*\", \"a b\"]\n"
      "[[listener]]\n"
      "address = \"25\"\n"
      "[[route]]\n"
      "host = \"10.0.0.5:25\"\n"
      "[deadline]\n"
      "command = 300\n"
      "[limit]\n"
      "header_size = \"64s\"\n");
  CHECK(found ==
        lines{
            "1:1: hostnme: unknown key; did you mean hostname?",
            "2:12: domains: \"*\" would accept mail for every domain; list your own domains: Sluice is never an open "
            "relay",
            "2:17: domains: \"a b\" is not a domain name; write for example \"example.org\" or \"*.example.org\"",
            "4:11: listener[1].address: \"25\" has no port; write for example \"0.0.0.0:25\", \"[::]:25\" or "
            "\"127.0.0.1:2525\"",
            "8:11: deadline.command: 300 has no unit, expected is a duration such as \"30s\"; write \"300s\"",
            "10:15: limit.header_size: \"64s\" is a duration, expected is a size; write for example \"32MiB\"; units "
            "are B, kB, MB, GB, TB, KiB, MiB, GiB, TiB",
        });
}

TEST_CASE("a line that is no TOML is explained, and the rest is still read") {
  struct row {
    const char* text;
    lines errors;
  };
  const row rows[] = {
      {"a = hello", {"1:5: a: \"hello\" is not a TOML value; texts, sizes and durations need quotes: a = \"hello\""}},
      {"domains = example.org",
       {"1:11: domains: \"example.org\" is not a TOML value; texts, sizes and durations need quotes: domains = "
        "\"example.org\""}},
      {"a = 30s # half", {"1:7: a: \"30s\" is not a TOML value; texts, sizes and durations need quotes: a = \"30s\""}},
      {"a = 10.0.0.5:25",
       {"1:7: a: \"10.0.0.5:25\" is not a TOML value; texts, sizes and durations need quotes: a = \"10.0.0.5:25\""}},
      {"a = /etc/x",
       {"1:5: a: \"/etc/x\" is not a TOML value; texts, sizes and durations need quotes: a = \"/etc/x\""}},
      {"a = Yes", {"1:5: a: \"Yes\" is not a TOML value; write a = true"}},
      {"a = off", {"1:5: a: \"off\" is not a TOML value; write a = false or a = \"off\""}},
      {"a =", {"1:4: a: there is no value behind the equals sign"}},
      {"a = # later", {"1:5: a: there is no value behind the equals sign"}},
      {"a: 1", {"1:2: expected is KEY = VALUE"}},
      {"word", {"1:5: expected is KEY = VALUE"}},
      {"a = \"x", {"1:7: a: the string has no closing quote on its line"}},
      {"a = \"C:\\q\"", {"1:9: a: unknown escape sequence '\\q'; write \\\\ for a backslash, or use single quotes"}},
      {"a = \"\"\"x\n\n", {"3:2: the file ends within a string; look for a missing quote or bracket above"}},
      {"a = [1,\n2\n", {"3:2: the file ends within a list; look for a missing quote or bracket above"}},
      {"domains = [\"a.org\"\n\"b.org\"]",
       {"2:1: expected is a further entry, or the closing bracket of the list that begins above"}},
      {"domains = [\"a.org\"\n[[listener]]",
       {"2:1: expected is a further entry, or the closing bracket of the list that begins above"}},
      {"[listener]\naddress = \"0.0.0.0:25\"\n[listener]",
       {"3:1: this table is there twice; [listener] and [route] are written [[listener]] and [[route]], once for "
        "each"}},
      {"[deadline", {"1:10: expected ']', saw '\\n'"}},
      {"hostname = \"a\"\nhostname = \"b\"\nhostnam = 3\na b\n[deadline]\ncommand = 5m\n",
       {"2:12: hostname: this key is there twice in its table; remove one of them",
        "3:1: hostnam: unknown key; did you mean hostname?", "4:3: expected is KEY = VALUE",
        "6:12: command: \"5m\" is not a TOML value; texts, sizes and durations need quotes: command = \"5m\""}},
  };
  for (const row& r : rows) {
    INFO(r.text);
    lines found = errors(std::string(r.text) + "\n");
    CHECK(found == r.errors);
  }
}

TEST_CASE("a syntax error is not followed by guesses about what is missing") {
  for (const std::string& e : errors("[[listener]]\naddress = 0.0.0.0:25\n")) CHECK_THAT(e, StartsWith("2:"));
}

TEST_CASE("more than fifty problems are counted") {
  std::string text(minimal);
  for (int i = 0; i < 60; ++i) text += "x" + std::to_string(i) + " = 1\n";
  const lines found = errors(text);
  REQUIRE(found.size() == max_problems + 1);
  CHECK(found.back() == "-: and 11 more");
}

TEST_CASE("the number of tables in a list is bounded") {
  std::string text = "domains = [\"example.org\"]\n[[route]]\nhost = \"10.0.0.5:25\"\n";
  for (int i = 0; i < 65; ++i) text += "[[listener]]\naddress = \"0.0.0.0:" + std::to_string(1000 + i) + "\"\n";
  CHECK(errors(text) == lines{"132:1: listener[65]: too many tables of this kind, at most 64"});
}

TEST_CASE("positions of keys can be asked for afterwards") {
  const read_result r = read_toml(with("[tls]\n[[tls.certificates]]\ncertificate = \"/etc/c\"\nkey = \"/etc/k\"\n"));
  CHECK(r.where.find("domains") == position{1, 1});
  CHECK(r.where.find("listener[1].address") == position{3, 1});
  CHECK(r.where.find("tls.certificates[1].key") == position{9, 1});
  CHECK(r.where.find("listener[1].tls") == position{2, 1});  // not written: the table's place
  CHECK(r.where.find("deadline.command") == position{});
}

TEST_CASE("a problem prints as one line that editors understand") {
  CHECK(format({{3, 7}, "listener[1].tls", "is wrong", "write it right", false}, "a.toml") ==
        "a.toml:3:7: error: listener[1].tls: is wrong; write it right");
  CHECK(format({{}, "", "is wrong", "", true}, "a.toml") == "a.toml: note: is wrong");
}

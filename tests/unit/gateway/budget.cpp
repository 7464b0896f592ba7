#include "firmware/gateway/budget.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "config/derive.hpp"
#include "firmware/gateway/acme/limits.hpp"
#include "firmware/gateway/generations/helper_process.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/session_cost.hpp"

using namespace sluice;
using namespace sluice::gateway;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

constexpr std::string_view minimal =
    "domains = [\"example.org\"]\n[[listener]]\naddress = \"0.0.0.0:25\"\n[[route]]\nhost = \"10.0.0.5:25\"\n";

config::model defaults() {
  config::model m;
  config::fill_derived(m, {"mx.example.org", 2});
  return m;
}

const budget_row& row(const budget& b, std::string_view name) {
  for (const budget_row& r : b.process)
    if (r.name == name) return r;
  throw std::runtime_error("no such row");
}

}  // namespace

TEST_CASE("the default configuration fits into its 32 MiB") {
  const budget b = compute_budget(defaults());
  CHECK(b.limit_bytes == 32 * config::mib);
  CHECK(b.fits());
  CHECK(b.process_bytes() > 16 * config::mib);  // and is not a toy
  config::model four = defaults();
  four.memory.loops = 4;
  CHECK(compute_budget(four).fits());
}

TEST_CASE("the sum is the sum of the rows, and every row with a key follows that key") {
  config::model m = defaults();
  const budget b = compute_budget(m);
  std::uint64_t sum = 0;
  for (const budget_row& r : b.process) sum += r.count * r.each_bytes;
  CHECK(b.process_bytes() == sum);

  m.memory.sessions *= 2;
  m.memory.window_pool_bytes += 12345;
  m.memory.history_entries += 7;
  m.memory.sqlite_heap_bytes += 99;
  const budget more = compute_budget(m);
  CHECK(row(more, "mail sessions").count == 512);
  CHECK(row(more, "window pool").total_bytes() == 5 * config::mib + 12345);
  CHECK(row(more, "verdict history").total_bytes() ==
        row(b, "verdict history").total_bytes() + 7 * cost::history_entry_bytes);
  CHECK(row(more, "quarantine index (SQLite)").total_bytes() == 3 * config::mib + 99);
  CHECK(more.kernel_bytes() > b.kernel_bytes());
}

TEST_CASE("the helper process has a row of its own: 8 MiB of work for passwords, and what every program starts with") {
  const budget b = compute_budget(defaults());
  const auto helper = std::ranges::find(b.kernel, "helper process (passwords, parsing)", &budget_row::name);
  REQUIRE(helper != b.kernel.end());
  CHECK(helper_work_octets == 8 * config::mib);
  CHECK(helper->total_bytes() == helper_work_octets + config::mib);
  CHECK_THAT(budget_table(b), ContainsSubstring("helper process"));
}

TEST_CASE("the TLS heap holds every session when the configuration does not set it") {
  config::model m = defaults();
  m.memory.sessions = 100;
  m.memory.relay_tls_sessions = 10;
  const budget computed = compute_budget(m);
  CHECK(computed.tls_heap_bytes >= (100 + 10 + m.memory.status_sessions) * cost::tls_session_bytes);
  m.memory.tls_heap_bytes = 5 * config::mib;
  CHECK(compute_budget(m).tls_heap_bytes == 5 * config::mib);
  CHECK(row(compute_budget(m), "TLS heap").total_bytes() == 5 * config::mib);
}

TEST_CASE("a configuration fits up to the last byte, and one byte more is refused with the arithmetic") {
  config::model m = defaults();
  m.memory.total_bytes = compute_budget(m).process_bytes();
  CHECK(compute_budget(m).fits());
  m.memory.total_bytes -= 1;
  CHECK_FALSE(compute_budget(m).fits());
  m.memory.total_bytes = 16 * config::mib;
  const budget b = compute_budget(m);
  const std::string why = explain_misfit(b);
  CHECK_THAT(why, StartsWith("the parts add up to "));
  CHECK_THAT(why, ContainsSubstring("more than the 16.0MiB allowed: "));
  for (const budget_row& r : b.process) CHECK_THAT(why, ContainsSubstring(r.name));
  CHECK_THAT(budget_table(b), ContainsSubstring("TOO MUCH by "));
}

TEST_CASE("the largest configuration that the schema allows does not overflow the sum") {
  config::model m = defaults();
  m.memory.sessions = 100'000;
  m.memory.relay_tls_sessions = 100'000;
  m.memory.client_entries = 10'000'000;
  m.memory.history_entries = 1'000'000;
  m.memory.storage_ring_entries = 65'536;
  m.memory.window_pool_bytes = m.memory.tls_heap_bytes = 4 * config::gib;
  m.memory.socket_buffer_bytes = 4 * config::mib;
  const budget b = compute_budget(m);
  CHECK(b.process_bytes() > 8 * config::gib);
  CHECK(b.process_bytes() < 64 * config::gib);
  CHECK(b.kernel_bytes() > 700 * config::gib);
}

TEST_CASE("the table has a line for every row and both sums, the JSON form has exact figures") {
  const budget b = compute_budget(defaults());
  const std::string table = budget_table(b), json = budget_json(b);
  for (const auto* rows : {&b.process, &b.kernel})
    for (const budget_row& r : *rows) {
      CHECK_THAT(table, ContainsSubstring("  " + r.name));
      CHECK_THAT(json, ContainsSubstring("\"name\":\"" + r.name + "\",\"count\":" + std::to_string(r.count)));
    }
  CHECK_THAT(json, ContainsSubstring("\"process_bytes\":" + std::to_string(b.process_bytes())));
  CHECK_THAT(json, ContainsSubstring("\"fits\":true"));
}

TEST_CASE("a file that is right but does not fit is refused at memory.total") {
  CHECK(load_config_text(minimal, false).usable);
  const loaded_config big =
      load_config_text(std::string(minimal) + "[memory]\nsessions = 320\ntotal = \"20MiB\"\n", false);
  CHECK_FALSE(big.usable);
  REQUIRE_FALSE(big.problems.empty());
  CHECK(big.problems.back().key == "memory.total");
  CHECK(big.problems.back().at == config::position{8, 1});
  CHECK_THAT(big.problems.back().what, StartsWith("the parts add up to "));
}

TEST_CASE("a loaded configuration is complete") {
  const loaded_config c = load_config_text(minimal, false);
  REQUIRE(c.usable);
  CHECK_FALSE(c.value.hostname.empty());
  CHECK(c.value.memory.loops >= 1);
  CHECK(c.value.listeners[0].max_message_size_bytes == c.value.limit.message_size_bytes);
}

TEST_CASE("a TLS heap that the sessions use up by being there is noted, and is no error") {
  const auto with = [](std::string_view heap) {
    return load_config_text(std::string(minimal) + "[memory]\ntls_heap = \"" + std::string(heap) + "\"\n", false);
  };
  const auto note = [](const loaded_config& c) {
    for (const config::problem& p : c.problems)
      if (p.key == "memory.tls_heap") return p;
    return config::problem{};
  };
  const loaded_config small = with("512KiB");
  CHECK(small.usable);
  CHECK(note(small).is_note);
  CHECK(note(small).at.line == 7);
  CHECK_THAT(note(small).what, ContainsSubstring("512.0KiB is allowed"));
  CHECK(note(with("3MiB")).key.empty());
  CHECK(note(load_config_text(minimal, false)).key.empty());
}

TEST_CASE("a syslog server costs its queue, and a TLS engine when it is asked in TLS") {
  config::model m = defaults();
  const budget none = compute_budget(m);
  m.log.syslog.server = {"syslog.example.net", 6514};
  m.log.syslog.queue_bytes = 100'000;
  m.log.syslog.transport = config::syslog_transport::tcp;
  const budget tcp = compute_budget(m);
  CHECK(row(tcp, "syslog queue").total_bytes() == 100'000 + cost::syslog_batch_bytes);
  CHECK(tcp.tls_heap_bytes == none.tls_heap_bytes);
  m.log.syslog.transport = config::syslog_transport::tls;
  CHECK(compute_budget(m).tls_heap_bytes == none.tls_heap_bytes + cost::tls_relay_bytes + 2 * cost::tls_system_authorities_bytes);
  m.log.syslog.ca_file = "/etc/sluice/syslog-ca.pem";
  CHECK(compute_budget(m).tls_heap_bytes == none.tls_heap_bytes + cost::tls_relay_bytes + 2 * cost::tls_authorities_bytes);
  m.log.recent_bytes *= 2;
  CHECK(row(compute_budget(m), "recent events").total_bytes() == 2 * row(none, "recent events").total_bytes());
}

TEST_CASE("a CA that is asked for certificates costs an order, its questions, and its authorities") {
  config::model m = defaults();
  const budget without = compute_budget(m);
  m.tls.acme.directory = "https://ca.example/dir";
  m.tls.acme.accept_terms = true;
  const budget with = compute_budget(m);
  CHECK(row(with, "certificate order (ACME)").total_bytes() == acme::order_bytes);
  CHECK(row(with, "questions of the CA (ACME)").total_bytes() == 8 * acme::challenge_connection_bytes);
  CHECK(with.tls_heap_bytes == without.tls_heap_bytes + cost::tls_system_authorities_bytes);
  CHECK(with.fits());
  m.tls.acme.ca_file = "/etc/sluice/ca.pem";
  CHECK(compute_budget(m).tls_heap_bytes == without.tls_heap_bytes + cost::tls_authorities_bytes);
}

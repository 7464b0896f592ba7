// What only a configuration other than the default shows: a key whose way into the settings is cut changes nothing.
#include "firmware/gateway/wiring.hpp"

#include <catch2/catch_test_macros.hpp>

#include "config/derive.hpp"

using namespace sluice;
using namespace sluice::gateway;
using namespace std::chrono_literals;

namespace {

config::model defaults() {
  config::model m;
  config::fill_derived(m, {"mx.example.org", 2});
  return m;
}

std::shared_ptr<const net::settings> settings_of(const config::model& m) {
  std::string error;
  auto made = make_settings(m, {}, error);
  REQUIRE(error.empty());
  REQUIRE(made);
  return made;
}

}  // namespace

TEST_CASE("limits of sessions and messages reach the settings") {
  config::model m = defaults();
  std::uint64_t n = 1000;  // a number of its own for each, so that none is taken for another
  for (std::uint64_t* key : {&m.limit.bad_commands_per_session, &m.limit.invalid_recipients_per_session, &m.limit.transactions_per_session,
                             &m.limit.recipients_per_transaction, &m.limit.header_size_bytes, &m.limit.received_fields, &m.limit.own_received_fields,
                             &m.memory.window_max_bytes, &m.memory.socket_buffer_bytes, &m.tls.handshakes_per_core, &m.dns.questions_per_message})
    *key = n++;
  m.auth.check_helo = false;
  const auto s = settings_of(m);
  const net::limit_settings& l = s->limit;
  CHECK(l.bad_commands == 1000);
  CHECK(l.invalid_recipients_per_session == 1001);
  CHECK(l.transactions_per_session == 1002);
  CHECK(l.recipients == 1003);
  CHECK(l.header_bytes == 1004);
  CHECK(l.received_fields == 1005);
  CHECK(l.own_received_fields == 1006);
  CHECK(l.window_max_bytes == 1007);
  CHECK(l.socket_buffer_bytes == 1008);
  CHECK(l.handshakes_per_turn == 1009);
  CHECK(s->auth.lookups == 1010);
  CHECK_FALSE(s->auth.check_helo);
  CHECK(settings_of(defaults())->auth.check_helo);
}

TEST_CASE("every deadline reaches the settings as itself") {
  config::model m = defaults();
  config::deadline_settings& d = m.deadline;
  std::chrono::milliseconds at = 1001ms;
  for (config::milliseconds* key : {&d.proxy_header, &d.handshake, &d.greeting, &d.command, &d.data, &d.message, &d.data_rate_grace, &d.session,
                                    &d.reply_write, &d.end_of_data, &d.end_of_data_dns, &d.downstream_greeting, &d.downstream_command,
                                    &d.downstream_write, &d.downstream_final_reply, &d.stop_grace, &d.pressure_handshake, &d.pressure_greeting,
                                    &d.pressure_command, &d.pressure_data, &m.dns.time_per_message})
    *key = at++;
  d.pressure_percent = 31;
  d.data_rate_bytes_per_second = 77;
  const net::deadline_settings s = settings_of(m)->deadline;
  at = 1001ms;
  for (const auto key : {s.proxy_header, s.handshake, s.greeting, s.command, s.data, s.message, s.data_rate_grace, s.session, s.reply_write, s.end_of_data,
                         s.end_of_data_dns, s.downstream_greeting, s.downstream_command, s.downstream_write, s.downstream_final_reply, s.stop_grace,
                         s.pressure_handshake, s.pressure_greeting, s.pressure_command, s.pressure_data, s.dns_per_message})
    CHECK(key == at++);
  CHECK(s.pressure_percent == 31);
  CHECK(s.data_rate_bytes_per_second == 77);
}

TEST_CASE("memory and quarantine reach what is made of them") {
  config::model m = defaults();
  m.memory.sessions = 31;
  m.memory.relay_tls_sessions = 32;
  m.memory.client_entries = 33;
  m.memory.signature_entries = 34;
  m.memory.storage_ring_entries = 64;
  m.memory.window_pool_bytes = 3 * config::mib;
  m.baseline.domains = 35;
  m.lists.entries = 36;
  const net::shared_options o = shared_options_of(m);
  CHECK(o.sessions == 31);
  CHECK(o.relay_tls_sessions == 32);
  CHECK(o.client_entries == 33);
  CHECK(o.signature_entries == 34);
  CHECK(o.storage_ring == 64);
  CHECK(o.window_pool_bytes == 3 * config::mib);
  CHECK(o.baseline_domains == 35);
  CHECK(o.list_entries == 36);
  m.quarantine.release_retry = 2h;
  m.quarantine.outbox_recipients = 41;
  m.quarantine.history_messages = 42;
  m.quarantine.audit_entries = 43;
  m.quarantine.retention.maximum = 44h;
  m.quarantine.retention.minimum = 45h;
  m.quarantine.recipient_domain_messages = 46;
  m.quarantine.sender_domain_share_percent = 47;
  const quarantine::store_limits q = store_limits_of(m);
  CHECK(q.retry_for_s == 7200);
  CHECK(q.outbox_recipients == 41);
  CHECK(q.history_messages == 42);
  CHECK(q.audit_entries == 43);
  CHECK(q.age_s == 44 * 3600);
  CHECK(q.minimum_age_s == 45 * 3600);
  CHECK(q.per_domain.messages == 46);
  CHECK(q.sender_share_percent == 47);
}

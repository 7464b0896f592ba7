// Schema rows of the parts that talk to clients and to the downstream: top level, listener, route, tls, deadline,
// limit.
#include "config/schema_rows.hpp"

namespace sluice::config::rows {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
constexpr std::uint64_t tib = 1024 * gib;

constexpr std::array top{
    count<&model::serial>("serial", "as a number", 0, 9'007'199'254'740'991, reload::session,
                          "Rises with every generation of this box, when it is used: a pushed generation whose serial is lower than "
                          "that of a confirmed one, or the same with other content, is refused. So nobody can play an old one again."),
    boolean<&model::unconfigured>("unconfigured", reload::session,
                                  "A box as it comes out of its package: only its page and API answer, nothing listens for mail. Goes with "
                                  "neither domains nor [[listener]] nor [[route]]; the first configuration without it makes a mail gateway."),
    derived(text<&model::hostname>(
                "hostname", value_kind::host_name, reload::session,
                "Name of this machine in the greeting, in EHLO and in Received fields. It should resolve to "
                "the address that clients and the downstream see."),
            "the system's host name"),
    required(domains<&model::domains>(
        "domains", reload::session,
        "Recipient domains that mail is accepted for, exact (\"example.org\") or all below one (\"*.example.org\", "
        "which "
        "does not contain example.org itself). Every other recipient gets 550 5.7.1 before the downstream is asked.")),
    text<&model::data_directory>(
        "data_directory", value_kind::path, reload::restart,
        "Directory of everything that must survive a restart: quarantine, spool, made certificates. "
        "Written by Sluice alone."),
    size<&model::data_free_minimum_bytes>(
        "data_free_minimum", 0, tib, reload::restart,
        "Space that is left free on the file system of data_directory; what would pass it "
        "gets 452 4.3.1."),
};

constexpr std::array listener_rows{
    required(address<&listener::address>("address", value_kind::listen_address, reload::reopen,
                                         "Address and port that clients connect to.")),
    choice<&listener::tls>(
        "tls", reload::reopen,
        "starttls offers STARTTLS; implicit begins with the TLS handshake (RFC 8314); off offers no TLS."),
    boolean<&listener::require_tls>("require_tls", reload::session,
                                    "Answer 530 5.7.0 to MAIL as long as the client has not used STARTTLS."),
    boolean<&listener::proxy_protocol>(
        "proxy_protocol", reload::session,
        "Expect a PROXY header, version 1 or 2, before anything else; connections without one, "
        "or from elsewhere than proxy_protocol_from, are closed."),
    networks<&listener::proxy_protocol_from>("proxy_protocol_from", reload::session,
                                             "Load balancers that may send a PROXY header."),
    networks<&listener::xclient_from>(
        "xclient_from", reload::session,
        "Clients that are offered XCLIENT and whose word about the original client is taken."),
    derived(size<&listener::max_message_size_bytes>(
                "max_message_size", 64 * kib, tib, reload::session,
                "Largest message on this listener, announced as SIZE; beyond it 552 5.3.4."),
            "limit.message_size"),
};

constexpr std::array route_rows{
    domains<&route::domains>(
        "domains", reload::session,
        "Recipient domains that take this route, out of the top-level domains. A route without domains is "
        "the default route; there is at most one."),
    required(
        address<&route::host>("host", value_kind::host_and_port, reload::session, "The mail server behind Sluice.")),
    address<&route::backup>("backup", value_kind::host_and_port, reload::session,
                            "Mail server that is used while host fails its health checks."),
    choice<&route::tls>(
        "tls", reload::session,
        "required verifies the certificate against ca_file and tls_name, and defers mail (451) rather than send "
        "it in the clear; opportunistic uses STARTTLS where it is offered, unverified."),
    derived(text<&route::tls_name>("tls_name", value_kind::host_name, reload::session,
                                   "Name that the downstream's certificate must carry."),
            "the host's name"),
    derived(text<&route::ca_file>("ca_file", value_kind::path, reload::session,
                                  "PEM file with the CA certificates that the downstream is verified against."),
            "the system's CA bundle"),
    boolean<&route::send_xclient>("send_xclient", reload::session,
                                  "Tell a downstream that offers XCLIENT who the client is."),
    boolean<&route::send_xforward>(
        "send_xforward", reload::session,
        "Tell a downstream that offers XFORWARD, and not XCLIENT, who the client is, for its log."),
    duration<&route::connect_timeout>("connect_timeout", 100ms, 5min, reload::session,
                                      "Longest wait for a connection to the host."),
    duration<&route::health_check_interval>("health_check_interval", 100ms, 1h, reload::session,
                                            "Pause between two health checks of host and backup."),
    duration<&route::idle_timeout>("idle_timeout", 0s, 5min, reload::session,
                                   "Idle connections are kept this long for the next client; 0s closes them at once."),
    count<&route::idle_connections>("idle_connections", "connections", 0, 1000, reload::session,
                                    "Most idle connections that are kept."),
    derived(count<&route::connections>("connections", "connections", 1, 100'000, reload::session,
                                       "Most connections to each host of this route at a time; who finds none free within 5s "
                                       "gets 451 4.3.2."),
            "memory.sessions"),
    count<&route::transactions_per_connection>("transactions_per_connection", "transactions", 1, 100'000,
                                               reload::session, "A connection is retired after so many transactions."),
    count<&route::refused_commands_per_connection>(
        "refused_commands_per_connection", "commands", 1, 1000, reload::session,
        "A connection is retired after the downstream refused so many commands."),
};

constexpr std::array certificate_rows{
    required(text<&certificate_pair::certificate>("certificate", value_kind::path, reload::session,
                                                  "PEM file: the certificate, then its intermediates.")),
    required(text<&certificate_pair::key>("key", value_kind::path, reload::session,
                                          "PEM file: the private key, ECDSA or RSA.")),
};

constexpr std::array tls_rows{
    choice<&tls_settings::minimum_version>("minimum_version", reload::session,
                                           "Oldest TLS version spoken, with clients and downstream."),
    duration<&tls_settings::ticket_lifetime>(
        "ticket_lifetime", 0s, days(7), reload::session,
        "How long a client may resume a TLS session, and how often the ticket key changes; 0s "
        "offers no resumption."),
    count<&tls_settings::stored_certificates>(
        "stored_certificates", "pairs", 1, 16, reload::restart,
        "Certificates that are uploaded to or requested on this box ('sluice certificate'); one more is refused. They "
        "come after those of [[tls.certificates]]."),
    duration<&tls_settings::expiry_notice>("expiry_notice", 0s, days(365), reload::session,
                                           "A certificate that ends within this time is told once a day, as a warning."),
    duration<&tls_settings::expiry_alarm>("expiry_alarm", 0s, days(365), reload::session,
                                          "A certificate that ends within this time is told once a day, as an error."),
    boolean<&tls_settings::expiry_mail>(
        "expiry_mail", reload::session,
        "Also tell own_mail.administrator by mail: once for each certificate within expiry_notice, once within expiry_alarm and "
        "once when it has ended."),
    count<&tls_settings::handshakes_per_core>(
        "handshakes_per_core", "handshakes", 1, 64, reload::session,
        "Steps of TLS handshakes that an event loop computes before everything else that is ready has its turn: more let "
        "handshakes pass quicker, fewer keep sessions in progress from waiting behind a crowd of new ones. The TLS memory has "
        "room for so many handshakes per loop beside a full house of sessions; when it is used up STARTTLS gets 454 4.7.0 and "
        "a connection with implicit TLS is closed."),
};

constexpr std::array deadline_rows{
    duration<&deadline_settings::proxy_header>("proxy_header", 100ms, 5min, reload::session,
                                               "For a load balancer's PROXY header."),
    duration<&deadline_settings::handshake>("handshake", 100ms, 5min, reload::session,
                                            "For a whole TLS handshake, on either side."),
    duration<&deadline_settings::greeting>("greeting", 100ms, 1h, reload::session,
                                           "From our greeting to the first command."),
    duration<&deadline_settings::command>(
        "command", 100ms, 1h, reload::session,
        "For the next command (RFC 5321 section 4.5.3.2.7: at least 5m); then 421 4.4.2."),
    duration<&deadline_settings::data>("data", 100ms, 1h, reload::session,
                                       "Longest silence within a message; then 421 4.4.2."),
    duration<&deadline_settings::message>("message", 1s, days(1), reload::session,
                                          "For the whole content of a message; then 421 4.4.2."),
    rate<&deadline_settings::data_rate_bytes_per_second>(
        "data_rate", 0, mib, reload::session,
        "Least average rate of a message's content, seen over data_rate_grace; slower clients get 421 4.4.2. 0B/s: no "
        "minimum."),
    duration<&deadline_settings::data_rate_grace>("data_rate_grace", 100ms, 1h, reload::session,
                                                  "Time over which data_rate is averaged."),
    duration<&deadline_settings::session>("session", 1s, days(7), reload::session,
                                          "Age after which a session gets 421 at the end of its transaction."),
    duration<&deadline_settings::reply_write>("reply_write", 100ms, 1h, reload::session,
                                              "For the client to take a reply; then the connection is closed."),
    duration<&deadline_settings::end_of_data>(
        "end_of_data", 100ms, 10min, reload::session,
        "From the client's end of data to ours, inspection and DNS included (RFC 1047); then "
        "451 4.4.7."),
    duration<&deadline_settings::end_of_data_dns>("end_of_data_dns", 0s, 5min, reload::session,
                                                  "Part of end_of_data that DNS answers are waited for."),
    duration<&deadline_settings::downstream_greeting>("downstream_greeting", 100ms, 5min, reload::session,
                                                      "For the downstream's greeting."),
    duration<&deadline_settings::downstream_command>("downstream_command", 100ms, 5min, reload::session,
                                                     "For the downstream's reply to a command; then 451 4.4.2."),
    duration<&deadline_settings::downstream_write>("downstream_write", 100ms, 1h, reload::session,
                                                   "For the downstream to take a piece of content."),
    duration<&deadline_settings::downstream_final_reply>(
        "downstream_final_reply", 10min, 1h, reload::session,
        "For the downstream's reply to our end of data (RFC 5321 section "
        "4.5.3.2.6: at least 10m)."),
    duration<&deadline_settings::stop_grace>(
        "stop_grace", 0s, 1h, reload::session,
        "On stop, running transactions may finish within this time; idle sessions get 421 at "
        "once."),
    count<&deadline_settings::pressure_percent>(
        "pressure_percent", "percent of memory.sessions", 1, 100, reload::session,
        "From this many sessions in use on, the pressure_ deadlines hold and, for each new client, the "
        "session without an accepted recipient that has been silent the longest gets 421 4.3.2; "
        "when there is none, one that has said nothing for 3s after its recipients."),
    duration<&deadline_settings::pressure_handshake>("pressure_handshake", 100ms, 5min, reload::session,
                                                     "handshake under pressure."),
    duration<&deadline_settings::pressure_greeting>("pressure_greeting", 100ms, 1h, reload::session,
                                                    "greeting under pressure."),
    duration<&deadline_settings::pressure_command>("pressure_command", 100ms, 1h, reload::session,
                                                   "command under pressure."),
    duration<&deadline_settings::pressure_data>("pressure_data", 100ms, 1h, reload::session, "data under pressure."),
};

constexpr std::array limit_rows{
    count<&limit_settings::connections_per_client>(
        "connections_per_client", "connections", 1, 100'000, reload::session,
        "Open connections per client, an IPv4 address or an IPv6 /64; beyond it 421 4.7.0."),
    count<&limit_settings::connections_per_client_per_minute>(
        "connections_per_client_per_minute", "connections", 1, 1'000'000, reload::session,
        "New connections per client in a minute; beyond it 421 4.7.0."),
    count<&limit_settings::invalid_recipients_per_session>("invalid_recipients_per_session", "recipients", 1, 10'000,
                                                           reload::session,
                                                           "Refused recipients after which a session gets 421 4.7.0."),
    count<&limit_settings::invalid_recipients_per_client_per_minute>(
        "invalid_recipients_per_client_per_minute", "recipients", 1, 1'000'000, reload::session,
        "Refused recipients of all sessions of a client in a minute, after which its next RCPT gets 421 4.7.0."),
    networks<&limit_settings::exempt_clients>(
        "exempt_clients", reload::session,
        "Clients that the limits per client do not hold for, for example a provider's relay in "
        "front of Sluice."),
    count<&limit_settings::bad_commands_per_session>(
        "bad_commands_per_session", "commands", 1, 1000, reload::session,
        "Unknown, malformed or misplaced commands after which a session gets 421 4.7.0."),
    count<&limit_settings::transactions_per_session>("transactions_per_session", "transactions", 1, 1'000'000,
                                                     reload::session, "Messages after which a session gets 421 4.7.0."),
    count<&limit_settings::recipients_per_transaction>(
        "recipients_per_transaction", "recipients", 100, 1000, reload::session,
        "Recipients of one message (RFC 5321 section 4.5.3.1.8: at least 100); beyond "
        "it 452 4.5.3."),
    size<&limit_settings::message_size_bytes>("message_size", 64 * kib, tib, reload::session,
                                              "Largest message, announced as SIZE (RFC 1870); beyond it 552 5.3.4."),
    size<&limit_settings::header_size_bytes>("header_size", 4 * kib, mib, reload::session,
                                             "Largest message header; beyond it 552 5.3.4."),
    count<&limit_settings::received_fields>("received_fields", "fields", 10, 1000, reload::session,
                                            "Most Received fields; beyond it the message is in a loop, 554 5.4.6."),
    count<&limit_settings::own_received_fields>(
        "own_received_fields", "fields", 1, 50, reload::session,
        "A message with so many Received fields of our own is in a loop, 554 5.4.6."),
};

}  // namespace

std::span<const key> top_keys() { return top; }
std::span<const key> listener_keys() { return listener_rows; }
std::span<const key> route_keys() { return route_rows; }
std::span<const key> certificate_keys() { return certificate_rows; }
std::span<const key> tls_keys() { return tls_rows; }
std::span<const key> deadline_keys() { return deadline_rows; }
std::span<const key> limit_keys() { return limit_rows; }

}  // namespace sluice::config::rows

// Schema rows of everything behind the sessions: memory, inspect, dns, auth, policy, spool, quarantine, status, log.
#include "config/schema_rows.hpp"

namespace sluice::config::rows {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
constexpr std::uint64_t tib = 1024 * gib;

constexpr std::array memory_rows{
    size<&memory_settings::total_bytes>(
        "total", 8 * mib, 16 * gib, reload::session,
        "Most memory the process may use. A configuration whose parts add up to more is refused; "
        "'sluice budget' prints the sum."),
    count<&memory_settings::sessions>(
        "sessions", "sessions", 1, 100'000, reload::session,
        "Clients at a time; a slot is taken before TLS starts, without one the client gets 421 4.3.2. More than at the start of "
        "the program takes a restart."),
    count<&memory_settings::status_sessions>("status_sessions", "sessions", 1, 100, reload::session,
                                             "Connections to the status page at a time, apart from the mail sessions."),
    derived(
        count<&memory_settings::loops>("loops", "event loops", 1, 64, reload::restart, "Threads that carry sessions."),
        "one per core, at most 4"),
    size<&memory_settings::window_pool_bytes>(
        "window_pool", 16 * kib, 4 * gib, reload::restart,
        "Memory for the beginnings of messages that wait for a verdict. 16KiB per session are "
        "guaranteed out of it, the rest is shared."),
    size<&memory_settings::window_max_bytes>(
        "window_max", 16 * kib, 256 * kib, reload::session,
        "Most of one message that is held in memory; a multiple of 16KiB. Longer messages spill "
        "or stream."),
    count<&memory_settings::relay_tls_sessions>(
        "relay_tls_sessions", "sessions", 0, 100'000, reload::session,
        "TLS sessions with downstreams at a time; beyond it a route with tls = \"required\" gets 451 4.7.5, an "
        "opportunistic one goes on in the clear."),
    derived(size<&memory_settings::tls_heap_bytes>(
                "tls_heap", 256 * kib, 4 * gib, reload::session,
                "Memory of all TLS sessions and certificates. A session needs 7KiB, and 17KiB more while a "
                "TLS record of its client is half received. When it is used up, STARTTLS gets 454 4.7.0 and "
                "sessions wait before they read on."),
            "enough for every session"),
    size<&memory_settings::sqlite_heap_bytes>("sqlite_heap", mib, gib, reload::session,
                                              "Memory of the quarantine's index (SQLite)."),
    size<&memory_settings::socket_buffer_bytes>(
        "socket_buffer", 4 * kib, 4 * mib, reload::session,
        "Send and receive buffer, each, of a mail connection. Kernel memory, a row of its own "
        "outside total."),
    count<&memory_settings::history_entries>("history_entries", "verdicts", 0, 1'000'000, reload::restart,
                                             "Last verdicts that the status page shows."),
    count<&memory_settings::signature_entries>("signature_entries", "signatures", 0, 1'000'000, reload::restart,
                                               "DKIM signatures of recent mail that are remembered, to see one that is delivered to many. "
                                               "0: none."),
    count<&memory_settings::client_entries>(
        "client_entries", "clients", 64, 10'000'000, reload::restart,
        "Clients whose connections and rates are counted at a time; the oldest idle one leaves."),
    count<&memory_settings::storage_ring_entries>("storage_ring_entries", "jobs", 4, 65'536, reload::restart,
                                                  "Jobs that may wait for the storage thread."),
};

constexpr std::array inspect_rows{
    derived(text<&inspect_settings::profiles_directory>(
                "profiles_directory", value_kind::path, reload::session,
                "Directory of sender profiles (*.toml) that replace the ones built in."),
            "the profiles built in"),
    derived(text<&inspect_settings::pack>(
                "pack", value_kind::path, reload::session,
                "Signed profile pack (sluice profile pack build): replaces and adds to the built-in profiles. A bad or older one is "
                "refused, the last good one stays in force."),
            "none"),
    derived(text<&inspect_settings::pack_key>("pack_key", value_kind::path, reload::session,
                                              "File with the public key that the pack must be signed with."),
            "none"),
    boolean<&inspect_settings::pack_observe>(
        "pack_observe", reload::session,
        "Try the pack out: mail of the senders that it adds is forwarded and its findings are shown; what it would replace stays as it is."),
    count<&inspect_settings::pack_new_holds>("pack_new_holds", "messages", 0, 1'000'000, reload::session,
                                             "A new pack is tried on the newest 2000 messages of the history before it acts; when it would newly hold more "
                                             "of them, it is only observed."),
};

constexpr std::array dns_rows{
    derived(servers<&dns_settings::servers>("servers", reload::reopen, "Resolvers, with or without port; a resolver near "
                                            "by, such as unbound on the box itself, is best."),
            "the system's"),
    duration<&dns_settings::try_timeout>("try_timeout", 100ms, 30s, reload::reopen,
                                         "For one try at one server; later rounds wait longer."),
    count<&dns_settings::tries>("tries", "rounds", 1, 10, reload::reopen, "Rounds through the servers."),
    duration<&dns_settings::outage_after>(
        "outage_after", 100ms, 1min, reload::reopen,
        "No server has answered anything for so long although asked: from then on questions end at once as timed out, "
        "until a probe is answered. Mail does not wait for a DNS that is gone."),
    size<&dns_settings::cache_bytes>("cache", 16 * kib, gib, reload::reopen, "Remembered answers, of all event loops together."),
    duration<&dns_settings::ttl_min>("ttl_min", 0s, 1h, reload::reopen, "Answers are remembered at least so long."),
    duration<&dns_settings::ttl_max>("ttl_max", 1s, days(7), reload::reopen, "Answers are remembered at most so long."),
    duration<&dns_settings::negative_ttl_max>("negative_ttl_max", 0s, days(1), reload::reopen,
                                              "That there is no record is remembered at most so long (RFC 2308)."),
    duration<&dns_settings::failure_ttl>("failure_ttl", 1s, 5min, reload::reopen,
                                         "Failures and timeouts are remembered so long (RFC 9520)."),
    count<&dns_settings::questions>("questions", "questions", 1, 10'000, reload::reopen,
                                    "Under way at once, of all event loops together; further ones wait their turn."),
    count<&dns_settings::questions_per_message>(
        "questions_per_message", "questions", 10, 10'000, reload::session,
        "Of SPF, DKIM, ARC, DMARC and lists together; what is missing beyond is temperror."),
    duration<&dns_settings::time_per_message>(
        "time_per_message", 100ms, 10min, reload::session,
        "From the end of the header on; what is open then is temperror. deadline.end_of_data_dns bounds the wait at the "
        "end of the message as well."),
};

constexpr std::array auth_rows{
    boolean<&auth_settings::enabled>(
        "enabled", reload::reopen,
        "Verify SPF, DKIM, DMARC and ARC. Without it Authentication-Results says none and a From that claims a known "
        "sender is believed."),
    boolean<&auth_settings::check_helo>("check_helo", reload::session, "SPF of the HELO name as well (RFC 7208 2.3)."),
    choice<&auth_settings::dmarc>(
        "dmarc", reload::session,
        "What a failed DMARC policy of quarantine or reject leads to: honour does as it says, tag forwards with verdict "
        "header fields, ignore leaves it to the findings."),
    networks<&auth_settings::trusted_relays>(
        "trusted_relays", reload::session,
        "Relays of ours in front of Sluice: the client is the one that the topmost Received field below them names."),
    domains<&auth_settings::trusted_authserv_ids>(
        "trusted_authserv_ids", reload::session,
        "Names in Authentication-Results of those relays whose passes are accepted. They must remove such fields from "
        "mail of others (RFC 8601 section 5)."),
    domains<&auth_settings::trusted_sealers>(
        "trusted_sealers", reload::session,
        "d= of ARC sealers (lists, forwarders) whose word counts that DMARC passed before they changed the message."),
    derived(text<&auth_settings::seal_domain>("seal_domain", value_kind::domain, reload::session,
                                              "d= of the ARC set that is added to tagged mail."),
            "nothing is sealed"),
    derived(text<&auth_settings::seal_selector>("seal_selector", value_kind::host_name, reload::session, "s= of it."),
            "nothing is sealed"),
    derived(text<&auth_settings::seal_key>(
                "seal_key", value_kind::path, reload::session,
                "File with its private key: RSA in PEM, or \"ed25519:\" and the seed in base64."),
            "nothing is sealed"),
};

constexpr std::array reputation_list_rows{
    required(text<&reputation_list::zone>("zone", value_kind::domain, reload::session, "The list's domain.")),
    choice<&reputation_list::subject>(
        "subject", reload::session,
        "What it lists: client addresses (DNSBL), or the hosts of links in the message (domain list)."),
    choice<&reputation_list::names>(
        "names", reload::session,
        "With subject = \"link\", what the list is asked for: the host's registrable domain, as SURBL, URIBL and DBL want it, "
        "or the whole host name."),
    boolean<&reputation_list::addresses>(
        "addresses", reload::session,
        "With subject = \"link\": the list is also asked for links to an address, reversed. Lists of names alone may answer "
        "to that that the question was wrong."),
    networks<&reputation_list::codes>("codes", reload::session,
                                      "Answers that count, such as [\"127.0.0.2\", \"127.0.0.4/30\"]; without any, all within "
                                      "127.0.0.0/8."),
    count<&reputation_list::points>("points", "points", 0, 1000, reload::session, "Points of the finding 'listed'."),
};

constexpr std::array policy_rows{
    count<&policy_settings::tag_score>(
        "tag_score", "points", 0, 100'000, reload::session,
        "From this score on mail is forwarded with verdict header fields that say so. 0: never."),
    count<&policy_settings::quarantine_score>("quarantine_score", "points", 0, 100'000, reload::session,
                                              "From this score on mail is held in the quarantine. 0: never."),
    count<&policy_settings::reject_score>("reject_score", "points", 0, 100'000, reload::session,
                                          "From this score on mail is refused, 550 5.7.1. 0: never."),
    boolean<&policy_settings::observe>("observe", reload::session,
                                       "Judge and show, but forward everything: for the first days at a site."),
    row<&policy_settings::observed_rules, std::vector<std::string>>(
        "observed_rules", value_kind::id_list, 0, 100, reload::session,
        "Ids of rules whose findings are shown but do not count."),
    domains<&policy_settings::always_hold>(
        "always_hold", reload::session,
        "Domains, of a recipient or of the From field, whose mail is never streamed: it spills and is judged as a whole."),
    choice<&policy_settings::stream_refusal>(
        "stream_refusal", reload::session,
        "Reply when a streamed message turns out bad at its end: reject is 550 5.7.1, defer "
        "451 4.7.1. The downstream gets nothing in either case."),
    derived(text<&policy_settings::authserv_id>(
                "authserv_id", value_kind::host_name, reload::session,
                "Our name in Authentication-Results (RFC 8601 section 2.5); fields of others that "
                "claim it are removed."),
            "hostname"),
};

constexpr std::array exception_rows{
    required(text<&policy_exception::name>("name", value_kind::host_name, reload::session, "What this table is called.")),
    row<&policy_exception::profiles, std::vector<std::string>>(
        "profiles", value_kind::id_list, 0, 100, reload::session,
        "Ids of sender profiles whose mail it is about; without any, all mail."),
    domains<&policy_exception::recipient_domains>(
        "recipient_domains", reload::session,
        "Domains that all recipients of the message must be in; without any, all recipients."),
    row<&policy_exception::classes, std::vector<std::string>>(
        "classes", value_kind::id_list, 0, 5, reload::session,
        "What the mail is above all, by the points of its findings: slot (an outsider's text in the sender's template), takeover (a "
        "foreign body), resent (a genuine message given to others), spoofed, other (also all mail of senders without a profile); without any, all mail."),
    count<&policy_exception::tag_score>("tag_score", "points", 0, 100'000, reload::session, "Instead of policy.tag_score."),
    count<&policy_exception::quarantine_score>("quarantine_score", "points", 0, 100'000, reload::session,
                                               "Instead of policy.quarantine_score."),
    count<&policy_exception::reject_score>("reject_score", "points", 0, 100'000, reload::session,
                                           "Instead of policy.reject_score."),
    boolean<&policy_exception::observe>("observe", reload::session,
                                        "Judge and show, but forward; what would have been held is counted."),
};

constexpr std::array weight_rows{
    required(text<&policy_weight::name>("name", value_kind::host_name, reload::session, "What this table is called.")),
    row<&policy_weight::rules, std::vector<std::string>>("rules", value_kind::id_list, 0, 100, reload::session, "Ids of rules."),
    row<&policy_weight::classes, std::vector<std::string>>("classes", value_kind::id_list, 0, 5, reload::session,
                                                           "All rules of a class: slot, takeover, resent, spoofed, other."),
    count<&policy_weight::percent>("percent", "percent", 0, 1000, reload::session,
                                   "Of the points that their findings have by themselves."),
};

constexpr std::array unscanned_rows{
    choice<&unscanned_settings::budget>("budget", reload::session,
                                        "A fixed amount of memory, parts or time was used up."),
    choice<&unscanned_settings::broken_mime>("broken_mime", reload::session, "The MIME structure cannot be followed: more than 1000 parts or 16 levels, or a fragment of a message "
                                             "(message/partial). What mail clients read in different ways is read in each, and is the finding "
                                             "mime-ambiguous: a multipart without a boundary, junk inside base64."),
    choice<&unscanned_settings::encrypted>("encrypted", reload::session, "Something in it is encrypted: PGP, S/MIME that does not begin as only signed, a ZIP or RAR archive "
                                           "whose first octets say so."),
    choice<&unscanned_settings::dns>("dns", reload::session, "DNS did not answer in time."),
};

constexpr std::array baseline_rows{
    count<&baseline_settings::domains>("domains", "domains", 0, 100'000, reload::restart,
                                       "Sender domains whose usual links, names and texts are remembered, 584B each in memory and in "
                                       "data_directory. Senders known for days are never pushed out by new ones. 0: nothing is learned."),
    duration<&baseline_settings::save_interval>("save_interval", 10min, 168h, reload::session,
                                                "What was learned is written at most so often, and when Sluice stops; a power cut loses no more."),
};

constexpr std::array spool_rows{
    size<&spool_settings::size_bytes>(
        "size", mib, tib, reload::session,
        "Space in data_directory for messages that outgrow their window and must be judged as a whole; "
        "when it is used up they get 452 4.3.1."),
    size<&spool_settings::message_size_bytes>("message_size", 64 * kib, tib, reload::session,
                                              "Largest message that is spooled; beyond it 452 4.3.1."),
    size<&spool_settings::daily_write_alarm_bytes>(
        "daily_write_alarm", 0, tib, reload::session,
        "Spooled bytes per day (UTC) from which on flash-daily-write is logged as a warning and the metric "
        "sluice_daily_write_alarms_total grows, once a day; 0B: never."),
};

constexpr std::array quarantine_rows{
    size<&quarantine_settings::size_bytes>("size", mib, tib, reload::session, "Space for the held messages."),
    count<&quarantine_settings::messages>("messages", "messages", 1, 10'000'000, reload::session,
                                          "Most held messages."),
    count<&quarantine_settings::sender_domain_share_percent>(
        "sender_domain_share", "percent of size", 1, 100, reload::session,
        "Most that the mail of one sender domain may hold; beyond it 452 4.3.1."),
    derived(size<&quarantine_settings::recipient_domain_size_bytes>("recipient_domain_size", mib, tib, reload::session,
                                                                    "Space for the mail of one recipient domain."),
            "quarantine.size"),
    derived(count<&quarantine_settings::recipient_domain_messages>("recipient_domain_messages", "messages", 1,
                                                                   10'000'000, reload::session,
                                                                   "Most held messages of one recipient domain."),
            "quarantine.messages"),
    count<&quarantine_settings::history_messages>("history_messages", "messages", 1, 10'000'000, reload::session,
                                                  "Messages kept in the index, with those whose content is gone."),
    count<&quarantine_settings::audit_entries>("audit_entries", "entries", 100, 10'000'000, reload::session,
                                               "Newest entries of the audit that are kept."),
    count<&quarantine_settings::outbox_recipients>("outbox_recipients", "recipients", 1, 100'000, reload::session,
                                                   "Most recipients whose release is under way."),
    duration<&quarantine_settings::release_retry>(
        "release_retry", 1h, days(30), reload::session,
        "How long a release that meets temporary failures is tried again (RFC 5321 section "
        "4.5.4.1: 4 to 5 days)."),
    choice<&quarantine_settings::unavailable>(
        "unavailable", reload::session,
        "What happens to mail that should be held while the data partition cannot be written, or could not be used at the start: defer answers 451 4.3.0, so that "
        "senders keep it; tag forwards it with verdict header fields; forward does so without. A quarantine or a partition that is full always answers 452 4.3.1."),
};

constexpr std::array retention_rows{
    duration<&retention_settings::minimum>(
        "minimum", 0s, days(3650), reload::session,
        "Nothing younger is removed to make room; when only such mail is left, what would be "
        "quarantined gets 452 4.3.1."),
    duration<&retention_settings::maximum>("maximum", 1h, days(3650), reload::session,
                                           "Held mail is deleted at this age."),
};

constexpr std::array recipient_domain_rows{
    required(row<&domain_quota::domain, std::string>("domain", value_kind::domain, 1, 253, reload::session,
                                                     "The recipient domain.")),
    derived(size<&domain_quota::size_bytes>("size", mib, tib, reload::session, "Space for its mail."),
            "quarantine.recipient_domain_size"),
    derived(
        count<&domain_quota::messages>("messages", "messages", 1, 10'000'000, reload::session, "Most held messages."),
        "quarantine.recipient_domain_messages"),
    derived(duration<&domain_quota::maximum_age>("maximum_age", 1h, days(3650), reload::session,
                                                 "Its held mail is deleted at this age."),
            "quarantine.retention.maximum"),
};

constexpr std::array probe_rows{
    derived(text<&probe_settings::recipient>(
                "recipient", value_kind::mail_address, reload::session,
                "Whom test mails are for; within domains. The mail server behind is asked whether it takes mail for this address, and "
                "told RSET before any content."),
            "postmaster of the first domain"),
    duration<&probe_settings::timeout>("timeout", 1s, 5min, reload::session, "For all test mails of one run together."),
    duration<&probe_settings::interval>("interval", 0s, days(1), reload::session,
                                        "Test mails are sent so often while nothing is changed, for /health/mail-path and the metrics; 0s: "
                                        "only for a new configuration, or when asked for."),
    boolean<&probe_settings::verdicts>("verdicts", reload::session,
                                       "A configuration that judges a test mail wrong (the clean one held, or the scam let through) is taken "
                                       "back. Without it that is only reported."),
};

constexpr std::array own_mail_rows{
    derived(text<&own_mail_settings::from>("from", value_kind::mail_address, reload::session,
                                           "From of it. Replies go there, so somebody should read it."),
            "postmaster@ the first of domains"),
    derived(text<&own_mail_settings::administrator>("administrator", value_kind::mail_address, reload::session,
                                                    "Who is told by mail what needs an administrator: certificates that end."),
            "own_mail.from"),
    derived(text<&own_mail_settings::route_domain>(
                "route_domain", value_kind::domain, reload::session,
                "Mail to other domains than ours takes the route of this domain; its mail server must relay it for us."),
            "the default route"),
    count<&own_mail_settings::messages>("messages", "messages", 1, 100'000, reload::session,
                                        "Most that wait to be sent; what would be more is refused."),
    size<&own_mail_settings::size_bytes>("size", 64 * kib, tib, reload::session, "Space for those that wait."),
    size<&own_mail_settings::message_size_bytes>(
        "message_size", 16 * kib, gib, reload::session,
        "Of one. A report about a longer mail carries its header only."),
    boolean<&own_mail_settings::redact>(
        "redact", reload::session,
        "Reports carry the header only, and a keyed hash instead of the local parts of its recipients (RFC 6590)."),
};

constexpr std::array status_rows{
    address<&status_settings::listen>("listen", value_kind::listen_or_off, reload::reopen,
                                      "Address of the status page and of /metrics (HTTPS); \"off\" for none."),
    derived(text<&status_settings::token_file>("token_file", value_kind::path, reload::session,
                                               "File with the bearer token that the status page asks for."),
            "made in data_directory at the first start"),
    duration<&status_settings::request_timeout>("request_timeout", 100ms, 5min, reload::session,
                                                "For one request and its response."),
    duration<&status_settings::session_idle>("session_idle", 1min, days(1), reload::session,
                                             "Who is logged in and asks for nothing is logged out after this."),
    duration<&status_settings::session_longest>("session_longest", 5min, days(30), reload::session,
                                                "Who is logged in is logged out after this."),
    choice<&status_settings::ask_certificates>(
        "client_certificates", reload::session,
        "Whether the page and the API ask for a client certificate. A name in it (CN, mail address, DNS name, URI) that is a "
        "user's is that user; one that does not verify is refused in the handshake. required: nobody without one gets in."),
    derived(text<&status_settings::client_ca>("client_ca", value_kind::path, reload::session,
                                              "PEM file with the CA certificates that client certificates are verified against."),
            "none"),
    derived(text<&status_settings::client_crl>(
                "client_crl", value_kind::path, reload::session,
                "PEM file with the CA's list of revoked certificates, read again on reload; one past its date refuses everybody."),
            "none"),
};

constexpr std::array log_rows{
    choice<&log_settings::format>("format", reload::reopen,
                                  "text for people, json one object per line, rfc5424 for syslog."),
    choice<&log_settings::addresses>("addresses", reload::session,
                                     "hashed: addresses of senders, authors and recipients are written as names made with a key of this box."),
    choice<&log_settings::subjects>("subjects", reload::session, "dropped: subjects and the words of findings are not written."),
    choice<&log_settings::level>("level", reload::session, "Least important events that are logged."),
    text<&log_settings::target>("target", value_kind::log_target, reload::reopen,
                                "\"stderr\", \"stdout\", or the path of a file or of a datagram socket (/dev/log)."),
    size<&log_settings::recent_bytes>("recent", 4 * kib, 16 * mib, reload::restart,
                                      "The last events that are kept in memory for the support bundle, without addresses and subjects."),
};

constexpr std::array syslog_rows{
    derived(address<&syslog_settings::server>("server", value_kind::host_and_port, reload::reopen, "Host and port of the syslog server."),
            "none"),
    choice<&syslog_settings::transport>("transport", reload::reopen,
                                        "udp: a datagram per event (RFC 5426); tcp: octet counting (RFC 6587); tls: the same within TLS (RFC "
                                        "5425), with the server's certificate checked. Only tls keeps addresses and subjects from others."),
    derived(text<&syslog_settings::tls_name>("tls_name", value_kind::host_name, reload::reopen, "Name that its certificate must have."),
            "the host of server"),
    derived(text<&syslog_settings::ca_file>("ca_file", value_kind::path, reload::reopen, "PEM file with the authorities that may have signed it."),
            "the system's"),
    size<&syslog_settings::queue_bytes>("queue", 16 * kib, 16 * mib, reload::reopen, "Events that wait for the server."),
    count<&syslog_settings::enterprise_number>(
        "enterprise_number", "number", 1, 4'294'967'295, reload::reopen,
        "N of the structured data sluice@N: your private enterprise number; 32473 is the one for documentation (RFC 5612)."),
};

}  // namespace

std::span<const key> memory_keys() { return memory_rows; }
std::span<const key> inspect_keys() { return inspect_rows; }
std::span<const key> dns_keys() { return dns_rows; }
std::span<const key> auth_keys() { return auth_rows; }
std::span<const key> reputation_list_keys() { return reputation_list_rows; }
std::span<const key> policy_keys() { return policy_rows; }
std::span<const key> exception_keys() { return exception_rows; }
std::span<const key> weight_keys() { return weight_rows; }
std::span<const key> unscanned_keys() { return unscanned_rows; }
std::span<const key> baseline_keys() { return baseline_rows; }
std::span<const key> spool_keys() { return spool_rows; }
std::span<const key> quarantine_keys() { return quarantine_rows; }
std::span<const key> retention_keys() { return retention_rows; }
std::span<const key> recipient_domain_keys() { return recipient_domain_rows; }
std::span<const key> probe_keys() { return probe_rows; }
std::span<const key> own_mail_keys() { return own_mail_rows; }
std::span<const key> status_keys() { return status_rows; }
std::span<const key> log_keys() { return log_rows; }
std::span<const key> syslog_keys() { return syslog_rows; }

}  // namespace sluice::config::rows

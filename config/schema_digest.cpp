// Schema rows of what recipients are told: digest, digest.domain, digest.recipient.
#include "config/schema_rows.hpp"

namespace sluice::config::rows {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr std::array digest_rows{
    count<&digest_settings::rows>("rows", "messages", 1, 100, reload::session,
                                  "Most messages that one digest lists; of the others it tells the number."),
    count<&digest_settings::notices_per_recipient_per_hour>(
        "notices_per_recipient_per_hour", "mails", 1, 1000, reload::session,
        "Most notices to one recipient; what comes beyond is left to the digest."),
    address<&digest_settings::link_listen>(
        "link_listen", value_kind::listen_or_off, reload::restart,
        "Address of the links in digests and notices (HTTPS). Nothing else is served there. \"off\": mails without links."),
    derived(row<&digest_settings::link_url, std::string>("link_url", value_kind::https_url, 1, 300, reload::session,
                                                         "What links begin with: the name and port by which recipients reach link_listen."),
            "https:// with hostname and the port of link_listen"),
    duration<&digest_settings::link_lifetime>("link_lifetime", 1min, days(60), reload::session,
                                              "A link older than this does nothing."),
    count<&digest_settings::link_sessions>("link_sessions", "connections", 1, 100, reload::restart,
                                           "Connections to link_listen at a time, apart from those of mail and of the status page."),
    count<&digest_settings::link_requests_per_client_per_minute>(
        "link_requests_per_client_per_minute", "requests", 1, 10'000, reload::session,
        "Requests of one client (IPv4 address, IPv6 /64) to link_listen; beyond it 429."),
    row<&digest_settings::operator_rules, std::vector<std::string>>(
        "operator_rules", value_kind::id_list, 0, 100, reload::session,
        "Mail with a finding of one of these rules is not released by its recipients: their link asks an operator."),
};

constexpr std::array domain_rows{
    required(row<&digest_domain::domain, std::string>("domain", value_kind::domain, 1, 253, reload::session,
                                                      "The recipient domain.")),
    row<&digest_domain::times, std::vector<std::string>>("times", value_kind::clock_list, 0, 24, reload::session,
                                                         "Times of day (UTC) of the digest; without any it comes by interval."),
    duration<&digest_domain::interval>("interval", 1min, days(31), reload::session,
                                       "How often a digest comes, counted from 1970-01-01 00:00 UTC; of no meaning with times."),
    boolean<&digest_domain::notice>("notice", reload::session,
                                    "Tell the recipient at once when a message is held; the digest then leaves it out."),
    row<&digest_domain::notice_rules, std::vector<std::string>>(
        "notice_rules", value_kind::id_list, 0, 100, reload::session,
        "Only messages with a finding of one of these rules are told at once; without any all are."),
};

constexpr std::array recipient_rows{
    required(row<&digest_recipient::address, std::string>("address", value_kind::mail_address, 1, 320, reload::session,
                                                          "The recipient's address; upper and lower case are the same.")),
    boolean<&digest_recipient::digest>("digest", reload::session, "Whether digests come."),
    boolean<&digest_recipient::notice>("notice", reload::session, "Whether notices come, where the domain has them."),
};

}  // namespace

std::span<const key> digest_keys() { return digest_rows; }
std::span<const key> digest_domain_keys() { return domain_rows; }
std::span<const key> digest_recipient_keys() { return recipient_rows; }

}  // namespace sluice::config::rows

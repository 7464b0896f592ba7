// Schema rows of what happens to a judged message: scores, exceptions, weights, and mail that could not be inspected.
#include "config/schema_rows.hpp"

namespace sluice::config::rows {
namespace {

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

}  // namespace

std::span<const key> policy_keys() { return policy_rows; }
std::span<const key> exception_keys() { return exception_rows; }
std::span<const key> weight_keys() { return weight_rows; }
std::span<const key> unscanned_keys() { return unscanned_rows; }

}  // namespace sluice::config::rows

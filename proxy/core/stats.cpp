#include "core/stats.hpp"

namespace sluice {
namespace {

struct row {
  std::string_view name, help;
};

constexpr std::array<row, static_cast<std::size_t>(counter::count_)> rows{{
    {"connections", "SMTP connections accepted"},
    {"connections_refused", "SMTP connections answered 421 at once: no slot, or a limit of that client"},
    {"sessions_evicted", "Sessions without an accepted recipient that were ended to make room"},
    {"deadline_hits", "Sessions ended by a deadline"},
    {"tls_handshakes", "TLS handshakes completed with clients"},
    {"tls_failures", "TLS handshakes with clients that failed"},
    {"tls_resumed", "TLS handshakes with clients that resumed a session"},
    {"tls_handshake_waits", "Steps of TLS handshakes that waited for a later turn of their loop (tls.handshakes_per_core)"},
    {"tls_no_room", "TLS handshakes with clients that were refused because the TLS memory had no room for one more"},
    {"transactions", "MAIL commands accepted"},
    {"messages", "Messages received to the end of their data"},
    {"octets_in", "Content octets received from clients"},
    {"octets_out", "Content octets sent downstream"},
    {"forwarded", "Messages the downstream accepted"},
    {"tagged", "Messages forwarded with a tag"},
    {"tag_missed", "Messages that should have been tagged after they were already streaming"},
    {"observed_holds", "Messages that observe mode forwarded and that would have been held or refused"},
    {"quarantined", "Messages held in the quarantine"},
    {"not_held", "Messages forwarded that should have been held while nothing could be (quarantine.unavailable)"},
    {"rejected", "Messages rejected by verdict"},
    {"deferred", "Messages deferred by verdict"},
    {"spilled", "Messages that outgrew their window and went to the spool"},
    {"spilled_octets", "Octets written to the spool"},
    {"daily_write_alarms", "Days (UTC) on which the spool wrote more than spool.daily_write_alarm"},
    {"streamed", "Messages that outgrew their window and were streamed"},
    {"window_shrunk", "Times a window stopped growing because the shared pool was used up"},
    {"recipients_accepted", "Recipients accepted by the downstream"},
    {"recipients_refused", "Recipients refused by Sluice or the downstream"},
    {"content_violations", "Messages refused for bare CR, bare LF or NUL"},
    {"downstream_connects", "Connections made to downstream servers"},
    {"downstream_failures", "Downstream connections that could not be made or broke"},
    {"downstream_reconnects", "Envelopes replayed on a new downstream connection"},
    {"unscanned", "Messages that could not be inspected completely"},
    {"internal_errors", "Sessions ended by an unexpected error of our own"},
    {"auth_spf_pass", "Messages whose client may use its MAIL FROM domain (SPF)"},
    {"auth_spf_fail", "Messages whose client may not (SPF fail and softfail)"},
    {"auth_dkim_pass", "Messages with a DKIM signature that verified"},
    {"auth_dkim_fail", "Messages with DKIM signatures of which none verified"},
    {"auth_arc_pass", "Messages with a valid ARC chain"},
    {"auth_arc_fail", "Messages with a broken ARC chain"},
    {"auth_dmarc_pass", "Messages whose author's domain vouches for them (DMARC)"},
    {"auth_dmarc_fail", "Messages whose author's domain does not vouch for them (DMARC)"},
    {"auth_temperror", "Messages whose authentication ended in a temporary error"},
    {"auth_listed", "Messages with a hit in a reputation list"},
    {"auth_sealed", "Messages sealed with an ARC set of ours"},
    {"lists_blocked", "Recipients and messages refused because of the administrator's block list"},
    {"lists_allowed", "Messages whose findings an entry of the allow list has silenced"},
    {"lists_excepted", "Findings that an exception has silenced"},
    {"role_mail", "Messages to postmaster or abuse, which are observed and never held"},
}};

}  // namespace

std::string_view name_of(counter c) { return rows[static_cast<std::size_t>(c)].name; }
std::string_view help_of(counter c) { return rows[static_cast<std::size_t>(c)].help; }

}  // namespace sluice

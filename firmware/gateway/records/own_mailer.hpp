// Sends mail of our own: gives it From, Date and Message-ID, chooses its route, and queues it in the quarantine's outbox,
// from where the release task takes it. Reports, digests and notices go this way.
//
// On the control loop only; the queueing itself is a job of the storage thread. A full outbox is an answer, never a wait.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "firmware/gateway/records/pseudonym.hpp"
#include "net/worker.hpp"

namespace sluice::gateway {

struct own_letter {
  std::string kind;   // "report", "digest", "notice"
  std::string about;  // id of the held message it is about, or empty
  std::string to;     // one address, without <>
  std::string who;    // for the audit
  bool smtputf8 = false;
};

struct own_queued {
  std::string id;   // of the queued mail; empty when it was refused
  std::string why;  // then
  bool full = false;  // refused because the outbox is full or the mail too large: try later, or make it shorter
  bool ok() const { return !id.empty(); }
};

// From, To, Subject, Date, Message-ID, Auto-Submitted, MIME-Version; Content-Type is the caller's to add.
std::string own_mail_head(const config::own_mail_settings& s, std::string_view to, std::string_view subject,
                          std::string_view from_name = "Sluice");
// Mail to our own readers goes where their mail goes, everything else by the route that was named for it.
std::string own_mail_route(const relay::domain_list& ours, const config::own_mail_settings& s, std::string_view to);
std::string random_word();  // 128 bits, for Message-ID and boundaries

class own_mailer {
 public:
  own_mailer(net::worker& home, const config::model& m, const pseudonyms& names) : home_(home), names_(names) { reconfigure(m); }
  void reconfigure(const config::model& m) {
    settings_ = m.own_mail;
    hide_addresses_ = m.log.addresses == config::log_addresses::hashed;
    ours_ = relay::domain_list(m.domains);
  }
  const config::own_mail_settings& settings() const { return settings_; }

  std::string head(std::string_view to, std::string_view subject, std::string_view from_name = "Sluice") const {
    return own_mail_head(settings_, to, subject, from_name);
  }

  // `pieces` and what they refer to must live until the call has ended.
  net::awaitable<own_queued> queue(const own_letter& letter, std::span<const quarantine::own_piece> pieces);
  // A whole message, CRLF line ends, with its head.
  net::awaitable<own_queued> queue(const own_letter& letter, const std::string& message);

 private:
  net::worker& home_;
  const pseudonyms& names_;
  bool hide_addresses_ = false;  // in log lines
  config::own_mail_settings settings_;
  relay::domain_list ours_;
};

}  // namespace sluice::gateway

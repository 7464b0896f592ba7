#include "firmware/gateway/manage/quarantine_report.hpp"

#include <sodium.h>

#include <array>
#include <cstdio>
#include <ctime>

#include "firmware/gateway/manage/abuse_report.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/records/own_mailer.hpp"
#include "firmware/gateway/records/pack_store.hpp"
#include "firmware/gateway/commands/terminal.hpp"

namespace sluice::gateway {
namespace {

int complain(const std::string& why) {
  std::fprintf(stderr, "sluice: quarantine: %s\n", printable(why).c_str());
  return exit_code::failed;
}

std::string printed(std::string text) {
  std::string out;
  for (const char c : text)
    if (c != '\r') out += c;
  return out;
}

}  // namespace

int report_from_shell(quarantine::store& store, const quarantine::volume& volume, const config::model& m, hal::files& files,
                      const shell_report& r) {
  if (sodium_init() < 0) return complain("libsodium could not start");
  std::string error;
  const auto rules = load_rules(files, m, error);
  if (!rules) return complain(error);
  const auto message = store.show(r.id);
  if (!message) return complain(r.id + ": " + message.error().message());
  const abuse_desk desk = abuse_desk_of(*message, *rules);
  const std::string to = r.to.empty() ? desk.to : r.to;
  if (to.empty())
    return complain("no abuse desk is known for this sender; name one with --to" +
                    (desk.suggested.empty() ? std::string() : ", RFC 2142 suggests " + desk.suggested));
  if (!is_report_address(to)) return complain(to + " is not a plain mail address");
  abuse_report_options o;
  o.to = to;
  o.hostname = m.hostname;
  o.version = SLUICE_VERSION;
  o.message_bytes = m.own_mail.message_size_bytes;
  o.redact = m.own_mail.redact;
  o.head = own_mail_head(m.own_mail, to, abuse_subject(*message));
  o.boundary = random_word();
  o.pseudonym = [&store](std::string_view text) { return store.pseudonym(text); };
  const abuse_report text = write_abuse_report(*message, o);
  if (r.dry_run) {
    std::printf("To: %s\nCarries: %s\n\n%s\n%s", to.c_str(), text.header_only ? "the header of the message only" : "the whole message",
                printed(text.letter).c_str(), printed(text.fields).c_str());
    return exit_code::ok;
  }
  std::array<quarantine::own_piece, 3> pieces;
  pieces[0].text = text.before;
  pieces[1].held = r.id;
  pieces[1].header_only = text.header_only;
  pieces[1].replaced = text.replaced;
  pieces[2].text = text.after;
  const std::string route = own_mail_route(relay::domain_list(m.domains), m.own_mail, to);
  const byte_view recipient = to;
  quarantine::new_own_mail mail;
  mail.kind = "report";
  mail.about = r.id;
  mail.route_domain = route;
  mail.recipients = {&recipient, 1};
  mail.smtputf8 = text.smtputf8;
  const auto queued = store.queue_own(mail, pieces, r.who, std::time(nullptr));
  if (!queued) return complain(queued.error().message() + ": " + volume.last_error());
  std::printf("queued as %s to %s\n", queued->c_str(), to.c_str());
  return exit_code::ok;
}

}  // namespace sluice::gateway

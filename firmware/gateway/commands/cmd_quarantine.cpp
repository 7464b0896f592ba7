// sluice quarantine: list, search, show, release, delete, report and stats of the mail held on this machine. Works beside a running
// daemon, which makes the deliveries, and without one; every action names its recipients and is audited.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <thread>

#include "core/concat.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/json_text.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/manage/quarantine_report.hpp"
#include "firmware/gateway/commands/quarantine_text.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "firmware/gateway/wiring.hpp"
#include "hal/linux/files.hpp"
#include "quarantine/store.hpp"

namespace sluice::gateway {
namespace {

namespace q = quarantine;
constexpr std::size_t rows_shown = 50;
constexpr const char* other_exits = ", 2 wrong usage, 3 bad configuration, 4 the quarantine cannot be used.";
constexpr const char* message_exits = ", 2 wrong usage, 3 bad configuration, 4 no such message, or the quarantine cannot be used.";
constexpr auto poll_period = std::chrono::milliseconds(500);

struct options {
  std::string config = default_config_file;
  bool json = false;
  // list
  q::list_filter filter;
  std::string state;
  bool every_state = false;
  std::size_t limit = 0;  // 0: rows_shown, or all of them in JSON
  std::int64_t before = 0;
  // one message
  std::string id;
  std::vector<std::string> recipients;
  bool all_recipients = false;
  bool raw = false;
  bool wait = false;
  long wait_seconds = 600;
  // report
  std::string to;
  bool dry_run = false;
};

// The store as a guest of the daemon; says why not on standard error.
struct opened_store {
  hal::linux_files files;
  std::unique_ptr<q::volume> volume;
  std::unique_ptr<q::store> store;
  config::model settings;

  bool open(const options& o, int& code) {
    const auto m = load_config(o.config, false, code);
    if (!m) return false;
    settings = *m;
    code = exit_code::failed;
    auto v = q::volume::open(files, {.directory = concat(m->data_directory, "/quarantine"), .as = q::role::guest});
    if (!v) return complain(v.error(), concat(m->data_directory, "/quarantine"));
    volume = std::move(*v);
    auto s = q::store::open(*volume, store_limits_of(*m), std::time(nullptr));
    if (!s) return complain(s.error(), volume->last_error());
    store = std::move(*s);
    code = exit_code::ok;
    return true;
  }

  bool complain(const boost::system::error_code& why, const std::string& what) const {
    std::fprintf(stderr, "sluice: quarantine: %s%s%s\n", why.message().c_str(), what.empty() ? "" : ": ",
                 printable(what).c_str());
    return false;
  }
};

std::string operator_name() {
  const char* name = ::getenv("SUDO_USER");
  if (name == nullptr) name = ::getenv("USER");
  return concat("cli:", (name != nullptr ? std::string(name) : std::to_string(::getuid())));
}

int list(options& o) {
  int code = exit_code::ok;
  opened_store s;
  if (!s.open(o, code)) return code;
  if (!o.state.empty()) {
    q::recipient_state state{};
    if (!q::parse_state(o.state, state)) {
      std::fprintf(stderr, "sluice: unknown state '%s': held, releasing, released, refused, deleted, expired\n",
                   printable(o.state).c_str());
      return exit_code::usage;
    }
    o.filter.state = state;
  }
  o.filter.live_only = !o.every_state && o.state.empty();
  // A script wants them all; a person a page at a time.
  const bool every_page = o.json && o.limit == 0;
  auto page = s.store->list(o.filter, o.before, o.limit != 0 ? o.limit : every_page ? q::page_rows_max : rows_shown);
  while (page && every_page && page->next != 0) {
    std::fputs(rows_json(page->rows).c_str(), stdout);
    page = s.store->list(o.filter, page->next, q::page_rows_max);
  }
  if (!page) return s.complain(page.error(), s.volume->last_error()), exit_code::failed;
  std::fputs(o.json ? rows_json(page->rows).c_str() : rows_table(page->rows, ::isatty(1) != 0).c_str(), stdout);
  if (!o.json && page->next != 0)
    std::printf("more: sluice quarantine list --before %lld\n", static_cast<long long>(page->next));
  return page->rows.empty() ? exit_code::negative : exit_code::ok;
}

int show_raw(opened_store& s, const std::string& id) {
  auto content = s.store->read(id);
  if (!content) return s.complain(content.error(), id), exit_code::failed;
  std::vector<char> block(q::frame_bytes);
  for (;;) {
    const auto n = content->read(block);
    if (!n) return s.complain(n.error(), id), exit_code::failed;
    if (*n == 0) return exit_code::ok;
    if (std::fwrite(block.data(), 1, *n, stdout) != *n) return exit_code::failed;
  }
}

int show(options& o) {
  int code = exit_code::ok;
  opened_store s;
  if (!s.open(o, code)) return code;
  if (o.raw) return show_raw(s, o.id);
  const auto m = s.store->show(o.id);
  if (!m) return s.complain(m.error(), o.id), exit_code::failed;
  std::fputs(o.json ? detail_json(*m).c_str() : detail_text(*m, wants_colour(1)).c_str(), stdout);
  return exit_code::ok;
}

// Named recipients, all of them on request, or the only one there is.
bool choose(opened_store& s, const options& o, q::selection& out) {
  out.all = o.all_recipients;
  out.addresses = o.recipients;
  if (out.all || !out.addresses.empty()) return true;
  const auto m = s.store->show(o.id);
  if (!m) return s.complain(m.error(), o.id);
  if (m->recipients.size() == 1) {
    out.all = true;
    return true;
  }
  std::fprintf(stderr, "sluice: this message has %zu recipients: name them with --recipient, or say --all\n",
               m->recipients.size());
  return false;
}

int report(const options& o, const std::vector<q::action_result>& results) {
  bool any = false;
  for (const q::action_result& r : results) any = any || r.changed;
  std::fputs(o.json ? actions_json(o.id, results).c_str() : actions_text(results).c_str(), stdout);
  return any ? exit_code::ok : exit_code::negative;
}

// Until no recipient is on its way any more.
int wait_for_release(opened_store& s, const options& o) {
  const std::time_t end = std::time(nullptr) + o.wait_seconds;
  for (;;) {
    const auto m = s.store->show(o.id);
    if (!m) return s.complain(m.error(), o.id), exit_code::failed;
    bool under_way = false, refused = false;
    for (const q::recipient_status& r : m->recipients) {
      under_way = under_way || r.state == q::recipient_state::releasing;
      refused = refused || r.state == q::recipient_state::refused;
    }
    if (!under_way || std::time(nullptr) >= end) {
      std::fputs(recipients_text(*m).c_str(), stdout);
      return under_way || refused ? exit_code::negative : exit_code::ok;
    }
    std::this_thread::sleep_for(poll_period);
  }
}

int act(options& o, bool release) {
  int code = exit_code::ok;
  opened_store s;
  if (!s.open(o, code)) return code;
  q::selection who;
  if (!choose(s, o, who)) return exit_code::usage;
  const auto now = static_cast<q::unix_time>(std::time(nullptr));
  const auto done = release ? s.store->release(o.id, who, operator_name(), now)
                            : s.store->remove(o.id, who, operator_name(), now);
  if (!done) return s.complain(done.error(), o.id), exit_code::failed;
  code = report(o, *done);
  if (release && o.wait && code == exit_code::ok) return wait_for_release(s, o);
  return code;
}

int stats(options& o) {
  int code = exit_code::ok;
  opened_store s;
  if (!s.open(o, code)) return code;
  const auto n = s.store->stats();
  if (!n) return s.complain(n.error(), s.volume->last_error()), exit_code::failed;
  std::fputs(o.json ? stats_json(*n).c_str() : stats_text(*n).c_str(), stdout);
  return exit_code::ok;
}

int report_abuse(options& o) {
  int code = exit_code::ok;
  opened_store s;
  if (!s.open(o, code)) return code;
  shell_report r;
  r.id = o.id;
  r.to = o.to;
  r.who = operator_name();
  r.dry_run = o.dry_run;
  return report_from_shell(*s.store, *s.volume, s.settings, s.files, r);
}

void add_common(CLI::App* c, const std::shared_ptr<options>& o) {
  c->add_option("-c,--config", o->config, "configuration file")->capture_default_str();
  c->add_flag("--json", o->json, "JSON lines instead of text");
}

void add_one(CLI::App* c, const std::shared_ptr<options>& o) {
  add_common(c, o);
  c->add_option("ID", o->id, "id of the message, as the log and the list name it")->required();
}

void add_choice(CLI::App* c, const std::shared_ptr<options>& o) {
  add_one(c, o);
  auto* named = c->add_option("-r,--recipient", o->recipients, "act on this recipient only; may be given several times");
  c->add_flag("--all", o->all_recipients, "act on all recipients (the default when there is only one)")->excludes(named);
}

}  // namespace

void add_quarantine_command(CLI::App& app, command_result& result) {
  auto o = std::make_shared<options>();
  CLI::App* top = app.add_subcommand("quarantine", "look at held mail, release, delete and report it");
  top->require_subcommand(1);
  top->footer("Examples:\n"
              "  sluice quarantine list --config /etc/sluice/sluice.toml\n"
              "  sluice quarantine release vabc123 --recipient anna@example.org --wait\n"
              "'sluice quarantine COMMAND --help' tells the options and the exit status of each.");

  CLI::App* c = top->add_subcommand("list", "list held messages, newest first");
  add_common(c, o);
  c->add_option("-r,--recipient", o->filter.recipient, "only for this address, or @domain");
  c->add_option("--sender", o->filter.sender, "part of the sender's address or From field");
  c->add_option("--rule", o->filter.rule, "only with a finding of this rule");
  c->add_option("--state", o->state, "held, releasing, released, refused, deleted or expired");
  c->add_flag("--all", o->every_state, "also messages that are done with");
  c->add_option("--limit", o->limit, "rows; without it 50, or all with --json")
      ->check(CLI::Range(std::size_t{1}, q::page_rows_max));
  c->add_option("--before", o->before, "go on after the last row of the page before");
  c->footer(concat("Example: sluice quarantine list --recipient @example.org --rule slot-phone\nExit status: 0, 1 when there is none", other_exits));
  c->callback([o, &result] { result.code = list(*o); });

  c = top->add_subcommand("search", "list messages with a word in sender, subject, recipient or rule, newest first");
  add_common(c, o);
  c->add_option("TEXT", o->filter.text, "the word, any case; or a message's id")->required();
  c->add_flag("--all", o->every_state, "also messages that are done with");
  c->add_option("--limit", o->limit, "rows; without it 50, or all with --json")
      ->check(CLI::Range(std::size_t{1}, q::page_rows_max));
  c->add_option("--before", o->before, "go on after the last row of the page before");
  c->footer(concat("Example: sluice quarantine search paypal\nExit status: 0, 1 when there is none", other_exits));
  c->callback([o, &result] { result.code = list(*o); });

  c = top->add_subcommand("report", "report to the abuse desk of the sender (RFC 5965)");
  c->add_option("-c,--config", o->config, "configuration file")->capture_default_str();
  c->add_option("ID", o->id, "id of the message, as the log and the list name it")->required();
  c->add_option("--to", o->to, "report to this address; without it to the one that the sender's profile names");
  c->add_flag("--dry-run", o->dry_run, "print what would be sent, send nothing");
  c->footer("Example: sluice quarantine report vabc123 --dry-run\n"
            "Exit status: 0 queued, 2 wrong usage, 3 bad configuration, 4 no such message, no abuse desk is known, or it could not be queued.");
  c->callback([o, &result] { result.code = report_abuse(*o); });

  c = top->add_subcommand("show", "show one message: envelope, findings with their words, state, audit");
  add_one(c, o);
  c->add_flag("--raw", o->raw, "write the message as it came in, byte for byte");
  c->footer(concat("Example: sluice quarantine show vabc123 --raw > message.eml\nExit status: 0", message_exits));
  c->callback([o, &result] { result.code = show(*o); });

  c = top->add_subcommand("release", "deliver to the mail server behind, past the inspection");
  add_choice(c, o);
  c->add_flag("--wait", o->wait, "wait until it was delivered or refused");
  c->add_option("--wait-seconds", o->wait_seconds, "longest wait")->capture_default_str();
  c->footer(concat("Example: sluice quarantine release vabc123 --recipient anna@example.org --wait\n"
                   "Exit status: 0 done, 1 nothing changed, refused or still waiting", message_exits));
  c->callback([o, &result] { result.code = act(*o, true); });

  c = top->add_subcommand("delete", "delete for good: the key and, after its last recipient, the message");
  add_choice(c, o);
  c->footer(concat("Example: sluice quarantine delete vabc123 --all\nExit status: 0 done, 1 nothing changed", message_exits));
  c->callback([o, &result] { result.code = act(*o, false); });

  c = top->add_subcommand("stats", "how much is held, by sender and recipient domain");
  add_common(c, o);
  c->footer(concat("Example: sluice quarantine stats --json\nExit status: 0", other_exits));
  c->callback([o, &result] { result.code = stats(*o); });
}

}  // namespace sluice::gateway

#include "firmware/gateway/manage/manage_support.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <boost/version.hpp>
#include <ctime>
#include <memory>

#include "core/concat.hpp"
#include "firmware/gateway/budget.hpp"
#include "firmware/gateway/manage/support_bundle.hpp"
#include "firmware/gateway/manage/tar_entry.hpp"
#include "status/pages/frame.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using text_reply = net::awaitable<std::string>;

constexpr const char* bundle_path = "/api/v1/support-bundle";
constexpr std::string_view promise =
    "It holds no keys, tokens, passwords, mail addresses, subjects or words of mail; paths, host names, domains and network addresses of your own machines are in it. "
    "Look through it before you give it away.";

// What is in it, in the order of the archive.
constexpr std::pair<const char*, const char*> contents[] = {
    {"version.json", "program, libraries, kernel"},
    {"config.toml", "the configuration in force; what could hold a secret is left out"},
    {"budget.txt", "the memory that it can take at most"},
    {"metrics.txt", "all metrics (firmware/docs/metrics.md)"},
    {"downstreams.json", "the mail servers behind"},
    {"events.jsonl", "the last events; texts of strangers are left out"},
    {"audit.jsonl", "the last actions of management, newest first"},
    {"quarantine.json", "how many messages are in which state, and how much the index takes"},
    {"generations.json", "configurations: when, who, result"},
    {"machine.txt", "memory, processors, load, limits of the process"},
};

std::string readme() {
  std::string out = concat("A support bundle of Sluice. ", promise, "\n\n");
  for (const auto& [file, what] : contents) append_to(out, file, ": ", what, "\n");
  return out;
}

std::string version_json(const snapshot& s) {
  utsname u{};
  ::uname(&u);
  return concat("{\"version\":", json(s.version), ",\"compiler\":", json(__VERSION__), ",\"boost\":", json(BOOST_LIB_VERSION),
         ",\"kernel\":", json(u.release), ",\"machine\":", json(u.machine), ",\"now\":", json(utc(s.now)),
         ",\"started\":", json(utc(s.started)), ",\"generation\":", std::to_string(s.generation), "}\n");
}

std::string downstreams_json(const snapshot& s) {
  std::string out;
  for (const downstream_host& h : s.hosts)
    append_to(out, std::string(out.empty() ? "" : ",\n"), "{\"host\":", json(h.host), ",\"state\":", json(h.state), ",\"since\":", json(utc(h.since)),
           ",\"offers\":", json(h.offers), ",\"error\":", json(without_addresses(h.last_error)), "}");
  return concat("[", out, "]\n");
}

// Numbers only: domains of senders and recipients stay here.
std::string quarantine_json(const quarantine::store_stats& q) {
  std::string states;
  for (std::size_t i = 0; i < std::size(q.recipients); ++i)
    append_to(states, std::string(i == 0 ? "" : ","), json(quarantine::name_of(static_cast<quarantine::recipient_state>(i))), ":", std::to_string(q.recipients[i]));
  const auto number = [](const char* name, std::uint64_t n) { return concat(",\"", name, "\":", std::to_string(n)); };
  return concat("{\"recipients\":{", states, "}", number("messages", q.messages), number("bytes", q.bytes), number("lost", q.lost),
         number("damaged", q.damaged), number("audit_entries", q.audit_entries), number("rows", q.rows), number("index_bytes", q.index_bytes),
         number("wal_bytes", q.wal_bytes), number("sqlite_heap", q.sqlite_heap), number("sqlite_heap_peak", q.sqlite_heap_peak), ",\"oldest\":",
         json(q.oldest == 0 ? std::string() : utc(q.oldest)), "}\n");
}

text_reply quarantine_text(net::worker& home) {
  std::string out = "{}\n";
  auto work = [&] {
    if (home.all().store == nullptr) return;
    if (const auto q = home.all().store->stats()) out = quarantine_json(*q);
  };
  const net::job_ref job(work);
  [[maybe_unused]] const bool ran = co_await home.all().storage.run(home.loop(), job);
  co_return out;
}

text_reply machine_text(net::worker& home) {
  std::string out;
  auto work = [&] { out = support_machine(); };
  const net::job_ref job(work);
  [[maybe_unused]] const bool ran = co_await home.all().storage.run(home.loop(), job);
  co_return out;
}

text_reply audit_text(access_service& access) {
  const std::vector<std::string> lines = co_await access.audit_page(0, audit_page_entries);
  std::string out;
  for (const std::string& l : lines) append_to(out, without_addresses(l), "\n");
  co_return out;
}

// What the history of generations is for an administrator; "{}" when nothing is served there.
text_reply answer_text(const web_routes& routes, std::vector<std::string> path) {
  const web_routes::match m = routes.find(http::verb::get, path);
  if (m.route == nullptr) co_return std::string("{}\n");
  web_request q;
  for (const std::string& s : path) append_to(q.path, "/", s);
  q.who = {"support bundle", role::admin, "local", {}, {}};
  q.client_ip = "local";
  const web_reply r = co_await m.route->run(q);
  co_return without_addresses(r.body);
}

text_reply ready(std::string text) { co_return text; }

struct bundle {
  bundle(support_parts p, gauge& g) : parts(std::move(p)), place(g) {}
  ~bundle() { place.give_back(1); }
  bundle(const bundle&) = delete;
  bundle& operator=(const bundle&) = delete;

  support_parts parts;
  gauge& place;
  std::size_t next = 0;  // of contents
  bool explained = false, ended = false;
};

text_reply text_of(bundle& b, const std::string& name) {
  if (name == "version.json") return ready(version_json(b.parts.look()));
  if (name == "config.toml") return ready(support_config(b.parts.config()));
  if (name == "budget.txt") return ready(budget_table(compute_budget(b.parts.config())));
  if (name == "metrics.txt") return ready(metrics_of(b.parts.look()));
  if (name == "downstreams.json") return ready(downstreams_json(b.parts.look()));
  if (name == "events.jsonl") return ready(b.parts.events());
  if (name == "audit.jsonl") return audit_text(b.parts.access);
  if (name == "quarantine.json") return quarantine_text(b.parts.home);
  if (name == "generations.json") return answer_text(b.parts.routes, {"api", "v1", "config", "history"});
  return machine_text(b.parts.home);
}

// The next file with its header; behind the last one the archive's end, then nothing.
text_reply next_piece(std::shared_ptr<bundle> b) {
  if (b->ended) co_return std::string();
  if (!b->explained) {
    b->explained = true;
    co_return tar_entry("sluice-support/README", readme(), std::time(nullptr));
  }
  if (b->next == std::size(contents)) {
    b->ended = true;
    co_return tar_end();
  }
  const std::string name = contents[b->next++].first;
  auto asked = text_of(*b, name);
  std::string text = co_await std::move(asked);
  if (text.size() > support_file_octets) text.erase(0, text.size() - support_file_octets);
  co_return tar_entry(concat("sluice-support/", name), text, std::time(nullptr));
}

net::awaitable<web_reply> start(const support_parts& parts, gauge& bundles) {
  if (!bundles.try_take(1)) co_return problem(503, "Busy", "Another support bundle is being made.");
  const auto b = std::make_shared<bundle>(parts, bundles);
  web_reply r;
  r.content_type = "application/x-tar";
  r.headers.emplace_back("Content-Disposition", "attachment; filename=\"sluice-support.tar\"");
  r.audit = "get a support bundle";
  r.more = [b]() -> net::awaitable<std::string> { return next_piece(b); };
  co_return r;
}

// What is in it, before anybody has it.
web_reply page(const principal& who) {
  std::string rows;
  for (const auto& [file, what] : contents) rows += row_of({concat("<code>", html(file), "</code>"), html(what)});
  return html_reply(framed("Support bundle", view::system, who,
                           section_of("For those who help", concat("<p>One tar archive of plain texts. ", html(promise), "</p>", table_of("What is in it", {"File", "What"}, rows, ""),
                                                                   "<p class=\"more\"><a class=\"button\" href=\"", bundle_path, "\" download>Download a support bundle</a></p>"))));
}

}  // namespace

void add_support_routes(web_routes& routes, support_parts parts, gauge& bundles) {
  routes.add({http::verb::get, bundle_path, role::admin, no_body,
              {"Get a support bundle without secrets, as a tar archive", "", "", "application/x-tar"},
              [parts, &bundles](const web_request&) -> net::awaitable<web_reply> { return start(parts, bundles); }});
  routes.add({http::verb::get, "/support", role::admin, no_body, "Show what a support bundle holds",
              [](const web_request& q) -> net::awaitable<web_reply> { co_return page(q.who); }});
}

}  // namespace sluice::gateway

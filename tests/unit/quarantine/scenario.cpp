#include "scenario.hpp"

#include <algorithm>
#include <cstdlib>

#include "quarantine/telling.hpp"

namespace sluice::quarantine::test {
namespace {

result<void> act_put(bench& b, message m, unix_time at) { return b.put(m, at); }

result<void> act_put_spooled(bench& b, message m, unix_time at) {
  spool s(*b.vol, b.spool_budget, 1024 * 1024);
  auto f = s.create();
  if (!f) return f.error();
  for (std::size_t done = 0; done < m.content.size(); done += frame_bytes) {
    if (const auto r = f->append(byte_view(m.content).substr(done, frame_bytes)); !r) return r;
  }
  return b.store->put(m.view(), *f, at);
}

result<void> act_release(bench& b, const char* id, selection who, unix_time at) {
  const auto r = b.store->release(id, who, "admin", at);
  return r ? result<void>() : r.error();
}

result<void> act_remove(bench& b, const char* id, selection who) {
  const auto r = b.store->remove(id, who, "admin", start);
  return r ? result<void>() : r.error();
}

// Takes the next job and records the same outcome for all its recipients. Two transactions, of which the first cannot
// be seen from outside after a restart.
result<void> act_deliver(bench& b, delivery outcome, unix_time at) {
  auto job = b.store->next_due(at);
  if (!job) return job.error();
  if (!*job) return errc::not_found;
  std::vector<delivery_result> results;
  for (const auto& r : (*job)->envelope.recipients) results.push_back({r.position, outcome, "the reply"});
  return b.store->record_attempt((*job)->attempt, results, at);
}

result<void> act_own(bench& b, unix_time at) {
  const byte_view to[] = {"abuse@sender.example", "second@sender.example"};
  own_piece head, text;
  head.text = "Subject: report\r\n\r\n";
  const std::string body = pattern(20'000, 3);
  text.text = body;
  const own_piece pieces[] = {head, text};
  new_own_mail m;
  m.kind = "report";
  m.recipients = to;
  const auto r = b.store->queue_own(m, pieces, "admin", at);
  return r ? result<void>() : r.error();
}

// A digest tells its recipient of what was held before `at`: the mail and the mark, both or neither.
result<void> act_tell(bench& b, unix_time at) {
  own_piece text;
  text.text = "Subject: held\r\n\r\nOne message.\r\n";
  const byte_view to = "alice@example.com";
  const told_mark mark{std::string(to), at + 1, 0};
  new_own_mail m;
  m.kind = "digest";
  m.recipients = {&to, 1};
  m.told = &mark;
  const auto r = b.store->queue_own(m, {&text, 1}, "sluice", at);
  return r ? result<void>() : r.error();
}

result<void> act_link(bench& b, const char* id, link_deed deed, unix_time at) {
  link_use u;
  u.mark.fill(static_cast<char>(deed));
  u.expires = at + day_s;
  u.id = id;
  u.deed = deed;
  const auto r = b.store->told().use(u, "link", at);
  return r ? result<void>() : r.error();
}

result<void> act_upkeep(bench& b, unix_time at) {
  const auto r = b.store->upkeep(at);
  return r ? result<void>() : r.error();
}

message big(std::string id, std::size_t octets) {
  message m(std::move(id));
  m.content = pattern(octets, 99);
  return m;
}

std::string describe(quarantine::store& s, const message_summary& row) {
  std::string out = name_of(row.content);
  const auto d = s.show(row.id);
  if (!d) return "cannot be shown";
  for (const auto& r : d->recipients) out += " " + r.who.address + "=" + name_of(r.state) + "(" + r.reply + ")";
  for (const auto& r : d->recipients) {
    link_use u;
    u.id = row.id;
    u.position = r.who.position;
    const auto seen = s.told().subject_of(u);
    if (!seen || !*seen) return "cannot be shown by a link";
    if ((*seen)->told != 0) out += " told";
    if ((*seen)->asked != 0) out += " asked";
  }
  if (row.content == content_state::removed) return out;
  auto reader = s.read(row.id);
  if (!reader) return out + " UNREADABLE " + reader.error().message();
  std::string content, buffer(frame_bytes, '\0');
  for (;;) {
    const auto n = reader->read(buffer);
    if (!n) return out + " DAMAGED";
    if (*n == 0) return out + " content " + std::to_string(std::hash<std::string>()(content));
    content.append(buffer, 0, *n);
  }
}

}  // namespace

picture look_at(quarantine::store& s) {
  picture p;
  std::int64_t before = 0;
  do {
    const auto page = s.list({}, before, 100);
    REQUIRE(page.has_value());
    for (const auto& row : page->rows) p[row.id] = describe(s, row);
    before = page->next;
  } while (before != 0);
  const auto used = s.told().used_links();
  REQUIRE(used.has_value());
  if (*used > 0) p["used links"] = std::to_string(*used);
  const auto own = s.own_list();
  REQUIRE(own.has_value());
  for (const auto& m : *own) {  // its id is random: another run has another
    std::string& what = p["own " + m.kind];
    for (const auto& r : m.recipients) what += " " + r.address + "=" + name_of(r.state) + "(" + r.reply + ")";
  }
  return p;
}

store_limits scenario_limits() {
  store_limits l;
  l.messages = 3;
  l.sqlite_heap_bytes = 0;  // the limit is one of the whole process, and tests hold several stores
  return l;
}

std::vector<step> scenario() {
  const unix_time later = start + 20 * day_s, late = start + 60 * day_s;
  return {
      {"put two recipients",
       [](bench& b) {
         return act_put(b, message("a", {"alice@example.com", "bob@example.org"}), start);
       }},
      {"put from the spool", [](bench& b) { return act_put_spooled(b, big("b", 40'000), start); }},
      {"put a small one", [](bench& b) { return act_put(b, message("c"), start); }},
      {"put into a full store of young mail", [](bench& b) { return act_put(b, message("x"), start); }},
      {"release one recipient", [](bench& b) { return act_release(b, "a", only({"alice@example.com"}), start); }},
      {"deliver it", [](bench& b) { return act_deliver(b, delivery::delivered, start); }},
      {"delete the spooled one", [](bench& b) { return act_remove(b, "b", everyone()); }},
      {"release the small one", [](bench& b) { return act_release(b, "c", everyone(), start); }},
      {"deferred by the downstream", [](bench& b) { return act_deliver(b, delivery::temporary, start); }},
      {"refused by the downstream", [](bench& b) { return act_deliver(b, delivery::permanent, start + hour_s); }},
      {"delete the other recipient", [](bench& b) { return act_remove(b, "a", only({"bob@example.org"})); }},
      {"put d", [=](bench& b) { return act_put(b, message("d"), later); }},
      {"put e", [=](bench& b) { return act_put(b, message("e"), later); }},
      {"tell of both", [=](bench& b) { return act_tell(b, later); }},
      {"ask an operator by a link", [=](bench& b) { return act_link(b, "d", link_deed::ask, later); }},
      {"put that evicts the refused one", [=](bench& b) { return act_put(b, message("f"), later); }},
      {"delete by a link", [=](bench& b) { return act_link(b, "e", link_deed::remove, later); }},
      {"upkeep", [=](bench& b) { return act_upkeep(b, late); }, false},
      {"queue a report", [=](bench& b) { return act_own(b, late); }},
      {"the report is deferred", [=](bench& b) { return act_deliver(b, delivery::temporary, late); }},
      {"the report is sent", [=](bench& b) { return act_deliver(b, delivery::delivered, late + hour_s); }},
      {"queue another", [=](bench& b) { return act_own(b, late); }},
      {"put after all", [=](bench& b) { return act_put_spooled(b, big("g", 20'000), late); }},
  };
}

std::size_t every(std::size_t n) {
  if (std::getenv("SLUICE_LONG") != nullptr) return 1;
#ifdef SLUICE_SANITIZED
  return n * 5;
#else
  return n;
#endif
}

void check_consistent(bench& b) {
  CHECK(b.report.lost == 0);
  CHECK(b.report.damaged == 0);
  std::vector<std::string> expected;
  for (const auto& [id, what] : look_at(*b.store)) {
    INFO(id << ": " << what);
    CHECK(what.find("UNREADABLE") == std::string::npos);
    CHECK(what.find("DAMAGED") == std::string::npos);
    if (what.starts_with("stored")) expected.push_back(id + ".msg");
  }
  const auto own = b.store->own_list();
  REQUIRE(own.has_value());
  for (const auto& m : *own) {
    const bool waits = std::any_of(m.recipients.begin(), m.recipients.end(),
                                   [](const own_recipient& r) { return r.state == recipient_state::releasing; });
    if (waits) expected.push_back(m.id + ".own");
  }
  std::sort(expected.begin(), expected.end());
  CHECK(files_in(b.directory + "/mail") == expected);
}

}  // namespace sluice::quarantine::test

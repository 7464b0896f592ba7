#include "scenario.hpp"

#include <algorithm>
#include <cstdlib>

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
      {"put that evicts the refused one", [=](bench& b) { return act_put(b, message("f"), later); }},
      {"upkeep", [=](bench& b) { return act_upkeep(b, late); }, false},
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
  std::sort(expected.begin(), expected.end());
  CHECK(files_in(b.directory + "/mail") == expected);
}

}  // namespace sluice::quarantine::test

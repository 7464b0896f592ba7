#include "firmware/gateway/records/list_store.hpp"

#include <cstring>
#include <ctime>

#include "core/log.hpp"

namespace sluice::gateway {

using policy::list_entry;
using policy::list_fault;
using policy::list_table;

std::string list_store::open() {
  switch (load_lists(files_, directory_, all_.listed, std::time(nullptr))) {
    case list_file_state::good:
    case list_file_state::missing: return {};
    case list_file_state::damaged: return "damaged: what could be read of it is in force";
    case list_file_state::unreadable: return "cannot be read";
  }
  return {};
}

list_store::result list_store::fault_of(list_entry& e, std::int64_t now) const {
  result r;
  r.fault = !policy::normalise(e) ? list_fault::bad_what : policy::check(e, now);
  r.detail = policy::text_of(r.fault);
  const auto rules = all_.current();
  if (r.fault == list_fault::none && !e.profile.empty() && rules && rules->rules->find_id(e.profile) == nullptr) {
    r.fault = list_fault::bad_rule;
    r.detail = "there is no profile of that name";
  }
  return r;
}

net::awaitable<int> list_store::write(net::asio::io_context& loop) {
  int error = 0;
  auto work = [&] { error = save_lists(files_, directory_, all_.listed); };
  const net::job_ref job(work);
  const bool ran = co_await all_.storage.run(loop, job);
  if (!ran) error = EAGAIN;
  if (error != 0) log::line(log::level::error, "lists-not-saved").with("why", std::strerror(error));
  co_return error;
}

net::awaitable<list_store::result> list_store::add(net::asio::io_context& loop, list_entry e) {
  std::vector<list_entry> one;
  one.push_back(std::move(e));
  co_return co_await add_all(loop, std::move(one));
}

net::awaitable<list_store::result> list_store::add_all(net::asio::io_context& loop, std::vector<list_entry> entries) {
  const std::int64_t now = std::time(nullptr);
  result r;
  std::vector<std::string> added;
  for (list_entry& e : entries) {
    if (e.created == 0) e.created = now;
    r = fault_of(e, now);
    if (r.ok()) r.fault = all_.listed.with([&](list_table& t) { return t.add(e); });
    // An import may hold what is there already; a single entry is told.
    if (r.fault == list_fault::known && entries.size() > 1) r.fault = list_fault::none, e.id.clear();
    if (!r.ok()) {
      if (r.detail.empty()) r.detail = policy::text_of(r.fault);
      if (entries.size() > 1) r.detail += " (entry " + std::to_string(&e - entries.data() + 1) + ": " + e.what + ")";
      break;
    }
    if (!e.id.empty()) added.push_back(e.id);
    r.id = e.id;
  }
  if (r.ok() && !added.empty()) r.disk = co_await write(loop);
  if (r.disk != 0) r.detail = std::string("the disk said: ") + std::strerror(r.disk);
  if (!r.ok())
    for (const std::string& id : added) all_.listed.with([&](list_table& t) { return t.remove(id); });
  co_return r;
}

net::awaitable<list_store::result> list_store::remove(net::asio::io_context& loop, std::string id) {
  result r;
  r.id = id;
  auto before = all_.listed.with([&](list_table& t) { return t.find(id); });
  r.fault = all_.listed.with([&](list_table& t) { return t.remove(id); });
  r.detail = policy::text_of(r.fault);
  if (!r.ok()) co_return r;
  r.disk = co_await write(loop);
  if (r.ok()) co_return r;
  r.detail = std::string("the disk said: ") + std::strerror(r.disk);
  all_.listed.with([&](list_table& t) { return t.add(*before); });
  co_return r;
}

net::awaitable<list_store::result> list_store::change(net::asio::io_context& loop, std::string id, std::int64_t expires, std::string note) {
  result r;
  r.id = id;
  const auto before = all_.listed.with([&](list_table& t) { return t.find(id); });
  if (!before) r.fault = list_fault::missing;
  if (r.ok()) {
    list_entry after = *before;
    after.expires = expires;
    after.note = note;
    r.fault = policy::check(after, std::time(nullptr));
  }
  if (r.ok()) r.fault = all_.listed.with([&](list_table& t) { return t.change(id, expires, note); });
  r.detail = policy::text_of(r.fault);
  if (!r.ok()) co_return r;
  r.disk = co_await write(loop);
  if (r.ok()) co_return r;
  r.detail = std::string("the disk said: ") + std::strerror(r.disk);
  all_.listed.with([&](list_table& t) { return t.change(id, before->expires, before->note); });
  co_return r;
}

void list_store::purge(std::int64_t now) {
  const std::size_t gone = all_.listed.with([now](list_table& t) { return t.purge(now); });
  if (gone == 0) return;
  const int error = save_lists(files_, directory_, all_.listed);
  log::line(log::level::info, "lists-expired").with("entries", static_cast<std::int64_t>(gone));
  if (error != 0) log::line(log::level::error, "lists-not-saved").with("why", std::strerror(error));
}

}  // namespace sluice::gateway

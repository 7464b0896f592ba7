#include "firmware/gateway/records/privacy_keeper.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "core/ascii.hpp"
#include "core/log.hpp"
#include "firmware/gateway/health/data_state.hpp"
#include "inspect/domain.hpp"

namespace sluice::gateway {
namespace {

constexpr std::int64_t keep_period_s = 60, hour_s = 3600;

std::int64_t seconds_of(config::milliseconds ms) { return std::chrono::duration_cast<std::chrono::seconds>(ms).count(); }

bool is_over(std::int64_t when, std::int64_t after, std::int64_t now) { return after != 0 && when < now - after; }

bool same_address(byte_view one, const std::string& plain) {
  const auto other = policy::plain_address(one);
  return !other.empty() && sluice::view(other) == plain;
}

bool mentions(byte_view text, const std::string& address) {
  for (std::size_t i = 0; i + address.size() <= text.size(); ++i)
    if (ascii::iequals(text.substr(i, address.size()), address)) return true;
  return false;
}

// Without what the message said.
void bare(status::history_entry& e) {
  e.subject.clear();
  e.message_id.clear();
  e.foreign.clear();
  for (status::history_finding& f : e.findings) f.words.clear();
}

}  // namespace

privacy_times privacy_of(const config::privacy_settings& p) {
  return {seconds_of(p.addresses_after), seconds_of(p.subjects_after), seconds_of(p.history_age), seconds_of(p.trace_age),
          p.method == config::privacy_method::drop};
}

trace_limits trace_limits_of(const config::model& m) {
  trace_limits out;
  out.octets = m.trace.size_bytes;
  if (!data_trouble().empty()) out.octets = std::min(out.octets, trace_octets_in_memory);
  out.free_floor = m.data_free_minimum_bytes;
  for (const auto ms : {m.privacy.addresses_after, m.privacy.subjects_after, m.privacy.trace_age})
    if (ms.count() != 0) out.segment_age_s = std::min(out.segment_age_s, std::max(hour_s, seconds_of(ms) / 8));
  return out;
}

void privacy_keeper::keep(std::int64_t now) {
  if (now < next_) return;
  next_ = now + keep_period_s;
  {
    const std::lock_guard lock(guard_);
    times_ = set_;
  }
  keep_history(now);
  keep_trace(now);
}

void privacy_keeper::keep_history(std::int64_t now) {
  past_.each([&](status::history_entry& e) {
    if (is_over(e.unix_seconds, times_.history_age, now)) {
      e = {};
      return;
    }
    if (is_over(e.unix_seconds, times_.addresses_after, now)) {
      assign_cut(e.from, times_.drop ? byte_view{} : sluice::view(names_.of(sluice::view(e.from))));
      assign_cut(e.recipient, times_.drop ? byte_view{} : sluice::view(names_.of(sluice::view(e.recipient))));
      e.from_name.clear();
      if (e.reply.find('@') != e.reply.npos) e.reply.clear();
    }
    if (is_over(e.unix_seconds, times_.subjects_after, now)) {
      bare(e);
    }
  });
}

// The texts of `r` are views: what replaces them lies in `joined` and `kept`.
void privacy_keeper::hide(trace_record& r, fixed_string<trace_text_octets>& joined, std::array<pseudonym_text, 2>& kept) const {
  using enum trace_text;
  joined.clear();
  kept = {};
  if (!times_.drop) {
    kept = {names_.of(r[from]), names_.of(r[author])};
    names_.of_list(r[recipients], joined);
  }
  r[from] = sluice::view(kept[0]);
  r[author] = sluice::view(kept[1]);
  r[recipients] = sluice::view(joined);
  // Mail servers repeat addresses in their replies; the code is enough by then.
  for (const trace_text t : {reply, downstream})
    if (r[t].find('@') != byte_view::npos) r[t] = {};
}

void privacy_keeper::keep_trace(std::int64_t now) {
  trace_files& files = trace_.files();
  if (times_.trace_age != 0) files.remove_before(now - times_.trace_age);
  for (const trace_files::segment& s : files.segments()) {
    const bool addresses = is_over(s.last, times_.addresses_after, now), subjects = is_over(s.last, times_.subjects_after, now);
    if ((!addresses || s.addresses_hidden) && (!subjects || s.subjects_hidden)) continue;
    fixed_string<trace_text_octets> joined;
    std::array<pseudonym_text, 2> kept;
    const auto change = [&](trace_record& r, bool& changed) {
      changed = true;
      if (addresses) hide(r, joined, kept);
      if (subjects) r[trace_text::subject] = {};
      return true;
    };
    const int error = files.rewrite(s.number, change, addresses, subjects);
    if (error == 0) break;  // `s` is gone; the next one has its turn in a minute
    log::line(log::level::warning, "privacy-failed").with("what", "trace").with("segment", static_cast<std::int64_t>(s.number)).with("why", std::strerror(error));
  }
}

std::uint32_t privacy_keeper::erase_history(const std::string& address, byte_view name) {
  std::uint32_t n = 0;
  past_.each([&](status::history_entry& e) {
    const bool sent = same_address(sluice::view(e.from), address), got = same_address(sluice::view(e.recipient), address);
    if (!sent && !got) return;
    if (sent) assign_cut(e.from, name);
    if (got) assign_cut(e.recipient, name);
    e.from_name.clear();
    e.reply.clear();
    bare(e);
    ++n;
  });
  return n;
}

int privacy_keeper::erase_segment(std::uint64_t number, const std::string& address, byte_view name, std::uint32_t& changed_lines) {
  using enum trace_text;
  fixed_string<trace_text_octets> joined;
  const auto change = [&](trace_record& r, bool& changed) {
    for (const trace_text t : {from, author}) {
      if (!same_address(r[t], address)) continue;
      r[t] = name;
      changed = true;
    }
    bool among = false;
    joined.clear();
    for (byte_view rest = r[recipients]; !rest.empty();) {
      const std::size_t blank = rest.find(' ');
      const byte_view one = rest.substr(0, blank);
      const bool is_it = same_address(one, address);
      among = among || is_it;
      append_cut(joined, joined.empty() ? "" : " ");
      append_cut(joined, is_it ? name : one);
      rest.remove_prefix(blank == byte_view::npos ? rest.size() : blank + 1);
    }
    if (among) r[recipients] = sluice::view(joined);
    changed = changed || among;
    for (const trace_text t : {reply, downstream, subject}) {
      const bool told = mentions(r[t], address);
      if (told || (changed && t == subject)) r[t] = {};
      changed = changed || told;
    }
    changed_lines += changed ? 1 : 0;
    return true;
  };
  return trace_.files().rewrite(number, change, false, false);
}

// Notes that name the address go; an entry for the address itself is the administrator's decision and is only counted.
net::awaitable<void> privacy_keeper::erase_notes(net::asio::io_context& loop, std::string address, erased& out) {
  std::uint64_t after = 0;
  for (;;) {
    const auto e = all_.listed.with([&](policy::list_table& t) { return t.next(after); });
    if (!e) co_return;
    if (e->what == address) ++out.entries_named;
    if (!mentions(e->note, address)) continue;
    const list_store::result r = co_await lists_.change(loop, e->id, e->expires, std::string());
    if (r.disk != 0) out.error = r.disk;
    if (r.ok()) ++out.notes;
  }
}

net::awaitable<erased> privacy_keeper::erase(net::asio::io_context& loop, std::string address, bool held_too, std::string who) {
  erased out;
  const pseudonym_text name = names_.of(address);
  out.name = std::string(sluice::view(name));
  std::vector<std::uint64_t> numbers;
  auto first = [&] {
    if (all_.store != nullptr) {
      const auto r = all_.store->erase(address, sluice::view(name), held_too, who, std::time(nullptr));
      if (!r) out.error = EIO;
      if (!r) return;
      out.held = r->held;
      out.messages = r->messages;
      out.recipients = r->recipients;
    }
    if (out.held != 0) return;
    trace_.flush();
    for (const trace_files::segment& s : trace_.files().segments()) numbers.push_back(s.number);
  };
  trace_.seal_now();
  const net::job_ref first_job(first);
  bool ran = co_await all_.storage.run(loop, first_job);
  if (!ran) out.error = EAGAIN;
  if (out.error != 0 || out.held != 0) co_return out;
  out.history = erase_history(address, sluice::view(name));
  all_.learned.with([&](inspect::baseline_table& t) { return t.forget_names(inspect::registrable(byte_view(address).substr(address.rfind('@') + 1))); });
  for (const std::uint64_t number : numbers) {
    int error = 0;
    auto work = [&] { error = erase_segment(number, address, sluice::view(name), out.trace); };
    const net::job_ref job(work);
    ran = co_await all_.storage.run(loop, job);
    if (!ran) out.error = EAGAIN;
    if (error != 0 && error != ENOENT) out.error = error;
  }
  co_await erase_notes(loop, address, out);
  co_return out;
}

}  // namespace sluice::gateway

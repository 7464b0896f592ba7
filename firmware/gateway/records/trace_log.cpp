#include "firmware/gateway/records/trace_log.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>

#include "core/ascii.hpp"
#include "core/log.hpp"

namespace sluice::gateway {
namespace {

constexpr net::milliseconds look_period{100};  // with the blocks there are: half a megabyte of lines a second

byte_view leading(byte_view text, std::size_t n) { return text.substr(0, n); }

bool has_part(byte_view text, std::string_view part) {
  if (part.size() > text.size()) return false;
  for (std::size_t i = 0; i + part.size() <= text.size(); ++i)
    if (ascii::iequals(text.substr(i, part.size()), part)) return true;
  return false;
}

}  // namespace

std::string trace_log::open(const trace_limits& limits) {
  files_.use(limits);
  const int error = files_.open();
  octets_ = files_.octets();
  return error == 0 ? std::string() : std::strerror(error);
}

void trace_log::use(net::milliseconds write_interval, const trace_limits& limits) {
  on_ = limits.octets != 0;
  limit_ = limits.octets;
  interval_s_ = std::chrono::duration_cast<std::chrono::seconds>(write_interval).count();
  const std::lock_guard lock(guard_);
  limits_ = limits;
}

void trace_log::put(const trace_record& r) {
  const std::lock_guard lock(guard_);
  bool kept = !full_[filling_] && blocks_[filling_].add(r);
  if (!kept && !full_[filling_]) {
    full_[filling_] = true;
    filling_ = (filling_ + 1) % trace_blocks;
    kept = !full_[filling_] && blocks_[filling_].add(r);
  }
  (kept ? records_ : dropped_).fetch_add(1, std::memory_order_relaxed);
}

// The block that fills is closed, unless only what is full anyway is asked for.
bool trace_log::seal(bool full_ones_only) {
  const std::lock_guard lock(guard_);
  if (!full_ones_only && !full_[filling_] && !blocks_[filling_].empty()) {
    full_[filling_] = true;
    filling_ = (filling_ + 1) % trace_blocks;
  }
  return full_[oldest_];
}

void trace_log::flush() {
  for (;;) {
    {
      const std::lock_guard lock(guard_);
      files_.use(limits_);
      if (!full_[oldest_]) break;
    }
    const int error = files_.append(blocks_[oldest_], std::time(nullptr));  // nobody else touches a full block
    if (error != 0) dropped_.fetch_add(blocks_[oldest_].header().records, std::memory_order_relaxed);
    if (error != 0 && !complained_) log::line(log::level::warning, "trace-not-written").with("why", std::strerror(error));
    complained_ = error != 0;
    const std::lock_guard lock(guard_);
    blocks_[oldest_].clear();
    full_[oldest_] = false;
    oldest_ = (oldest_ + 1) % trace_blocks;
  }
  octets_ = files_.octets();
  written_ = files_.written();
}

// A message's recipients that do not fit into one record go on in the next: all the rest is the same and takes nothing.
void trace_log::on_message(const net::message_event& e) {
  if (!on_.load(std::memory_order_relaxed) || e.probe) return;
  using enum trace_text;
  trace_record r;
  r.when = e.unix_seconds;
  r.outcome = static_cast<std::uint8_t>(e.end);
  r.action = static_cast<std::uint8_t>(e.verdict->act);
  r.reply_code = e.reply_code;
  r.downstream_code = e.downstream_code;
  r.score = e.verdict->found.score;
  r.octets = e.octets;
  r.recipient_count = static_cast<std::uint32_t>(e.envelope->recipients());
  r[id] = sluice::view(e.verdict->id);
  r[client] = e.client_ip;
  r[helo] = leading(e.helo, 100);
  r[tls] = e.tls_version;
  if (e.envelope->open()) r[from] = e.envelope->mail().from.text;
  if (e.facts != nullptr) r[author] = sluice::view(e.facts->from);
  if (e.facts != nullptr) r[subject] = leading(sluice::view(e.facts->subject), 120);
  r[list] = sluice::view(e.verdict->list);
  r[reply] = e.reply_text;
  if (e.downstream_code != 0) r[downstream] = e.reply_text;
  r[host] = e.route_host;
  r[profile] = sluice::view(e.verdict->found.profile);
  fixed_string<trace_text_octets> to;
  for (std::size_t i = 0; i < e.envelope->recipients(); ++i) {
    const byte_view address = e.envelope->recipient(i).to.text;
    if (!to.empty() && to.size() + 1 + address.size() > to.capacity()) {
      r[recipients] = sluice::view(to);
      put(r);
      to.clear();
    }
    append_cut(to, to.empty() ? "" : " ");
    append_cut(to, address);
  }
  r[recipients] = sluice::view(to);
  put(r);
}

void trace_log::on_refusal(const net::refusal_event& e) {
  if (!on_.load(std::memory_order_relaxed)) return;
  using enum trace_text;
  trace_record r;
  r.when = e.unix_seconds;
  r.kind = static_cast<trace_kind>(static_cast<int>(e.what) + 1);
  r.reply_code = e.reply_code;
  r.downstream_code = e.downstream_code;
  r.recipient_count = e.rcpt.empty() ? 0 : 1;
  r[client] = e.client_ip;
  r[helo] = leading(e.helo, 100);
  r[tls] = e.tls_version;
  r[from] = e.mail_from;
  r[recipients] = e.rcpt;
  r[cause] = e.cause;
  r[list] = e.list_entry;
  r[reply] = e.reply_text;
  r[downstream] = e.downstream_text;
  r[host] = e.route_host;
  put(r);
}

net::awaitable<void> trace_log::run(net::asio::io_context& loop) {
  net::timer wait(loop.get_executor());
  std::int64_t sealed = std::time(nullptr);
  while (!all_.stopping) {
    const std::int64_t now = std::time(nullptr);
    const bool due = now - sealed >= interval_s_ || now < sealed;
    if (due) sealed = now;
    if (seal(!due)) {
      auto work = [this] { flush(); };
      const net::job_ref job(work);
      [[maybe_unused]] const bool ran = co_await all_.storage.run(loop, job);
    }
    wait.expires_after(look_period);
    [[maybe_unused]] auto [ec] = co_await wait.async_wait(net::use);
  }
}

bool fits(const trace_query& q, const pseudonyms& names, const trace_record& r) {
  using enum trace_text;
  if (q.from != 0 && r.when < q.from) return false;
  if (q.to != 0 && r.when >= q.to) return false;
  if (!q.client.empty() && !r[client].starts_with(q.client)) return false;
  if (q.text.empty()) return true;
  if (r[id] == q.text || has_part(r[from], q.text) || has_part(r[recipients], q.text) || has_part(r[author], q.text)) return true;
  if (q.text.find('@') == std::string::npos) return false;
  const auto hidden = names.of(q.text);  // addresses that are names by now are found by the whole address
  return r[from] == sluice::view(hidden) || r[author] == sluice::view(hidden) || has_part(r[recipients], sluice::view(hidden));
}

trace_log::place trace_log::place_of(const std::string& cursor) {
  place p;
  const char* at = cursor.data();
  const char* end = at + cursor.size();
  for (std::uint64_t* part : {&p.segment, &p.block, &p.record}) {
    const auto [next, ec] = std::from_chars(at, end, *part);
    if (ec != std::errc()) return place{};
    at = next + (next != end);
  }
  return p;
}

// Newest first: blocks from the last, and of each block the last records that fit and are still wanted.
void trace_log::look_at_segment(const trace_query& q, std::uint64_t number, place& at, trace_page& out) {
  std::vector<std::uint32_t> offsets;
  out.error = files_.blocks_of(number, offsets);
  if (out.error != 0) {
    if (out.error == ENOENT) out.error = 0;  // removed meanwhile
    return;
  }
  const auto room = std::make_unique<std::array<char, trace_block_octets>>();
  std::uint64_t b = std::min<std::uint64_t>(offsets.size(), at.block == UINT64_MAX ? UINT64_MAX : at.block + 1);
  for (; b > 0 && out.rows.size() < q.limit; --b) {
    const byte_view bytes = files_.read_block(number, offsets[b - 1], *room);
    const std::uint64_t stop = at.block == b - 1 ? at.record : UINT64_MAX;
    std::vector<std::uint16_t> matches;
    trace_record r;
    std::uint64_t i = 0;
    for (trace_block_reader in(bytes); in.next(r) && i < stop; ++i)
      if (fits(q, names_, r)) matches.push_back(static_cast<std::uint16_t>(i));
    const std::size_t wanted = std::min(matches.size(), q.limit - out.rows.size());
    if (wanted == 0) continue;
    const std::uint64_t first = matches[matches.size() - wanted];
    std::vector<std::string> rows;
    i = 0;
    for (trace_block_reader in(bytes); in.next(r) && i < stop; ++i)
      if (i >= first && fits(q, names_, r)) rows.push_back(trace_json(r));
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) out.rows.push_back(std::move(*row));
    out.next = std::to_string(number) + "." + std::to_string(b - 1) + "." + std::to_string(first);
  }
}

net::awaitable<trace_page> trace_log::look(net::asio::io_context& loop, trace_query q) {
  trace_page out;
  if (looking_) {
    out.error = EBUSY;
    co_return out;
  }
  looking_ = true;
  place at = place_of(q.before);
  std::vector<trace_files::segment> segments;
  seal(false);
  auto begin = [&] {
    flush();
    segments = files_.segments();
  };
  const net::job_ref begin_job(begin);
  bool ran = co_await all_.storage.run(loop, begin_job);
  for (auto s = segments.rbegin(); ran && s != segments.rend() && out.rows.size() < q.limit && out.error == 0; ++s) {
    if (s->number > at.segment || (q.from != 0 && s->last < q.from) || (q.to != 0 && s->first >= q.to)) continue;
    if (s->number != at.segment) at = place{s->number, UINT64_MAX, UINT64_MAX};
    const std::uint64_t number = s->number;
    auto work = [&] { look_at_segment(q, number, at, out); };
    const net::job_ref job(work);
    ran = co_await all_.storage.run(loop, job);  // one segment at a time: mail waits for the medium, too
  }
  if (!ran) out.error = EAGAIN;
  if (out.rows.size() < q.limit) out.next.clear();
  looking_ = false;
  co_return out;
}

}  // namespace sluice::gateway

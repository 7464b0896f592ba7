#include "net/release_task.hpp"

#include <algorithm>
#include <ctime>
#include <optional>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "net/session_message.hpp"
#include "relay/trace_fields.hpp"

namespace sluice::net {
namespace {

constexpr milliseconds poll_period{1'000};

std::string text_of(const smtp::reply& r) {
  std::string out = concat(std::to_string(r.code), " ");
  if (r.status.klass != 0)
    append_to(out, std::to_string(r.status.klass), ".", std::to_string(r.status.subject), ".",
           std::to_string(r.status.detail), " ");
  return concat(out, r.text);
}

quarantine::delivery kind_of(const smtp::reply& r) {
  if (r.positive()) return quarantine::delivery::delivered;
  return r.permanent() ? quarantine::delivery::permanent : quarantine::delivery::temporary;
}

smtp::path path_of(const std::string& address, std::string& storage) {
  storage = concat("<", address, ">");
  byte_view in = storage;
  smtp::path out;
  smtp::take_path(in, out, {.null_allowed = true, .bare_postmaster = true});
  return out;
}

}  // namespace

struct release_task::delivery_state {
  std::optional<quarantine::release_job> job;
  std::shared_ptr<const settings> rules;
  std::size_t route = 0;
  std::unique_ptr<downstream> connection;
  std::vector<quarantine::delivery_result> results;
  std::vector<std::size_t> accepted;  // indexes into results
  std::unique_ptr<char[]> block;
  byte_view piece;
  std::uint64_t offset = 0;  // of piece in the content
  std::vector<inspect::header_range> removed;
  bool headerless = false;  // an empty line goes between our fields and it, as without the detour
  bool damaged = false;
};

void release_task::wake() {
  if (timer_) timer_->cancel();
}

awaitable<void> release_task::run() {
  timer_ = std::make_unique<timer>(home_.loop().get_executor());
  while (!all_.stopping.load(std::memory_order_relaxed)) {
    const bool delivered = co_await deliver_one();
    if (delivered) continue;
    timer_->expires_after(poll_period);
    [[maybe_unused]] auto [ec] = co_await timer_->async_wait(use);
  }
}

awaitable<bool> release_task::deliver_one() {
  delivery_state d;
  d.rules = all_.current();
  auto fetch = [&] {
    if (all_.store == nullptr || !d.rules) return;
    auto due = all_.store->next_due(std::time(nullptr));
    if (due && *due) d.job.emplace(std::move(**due));
  };
  const job_ref fetch_job(fetch);
  const bool ran = co_await all_.storage.run(home_.loop(), fetch_job);
  if (!ran || !d.job) co_return false;
  co_await deliver(d);
  if (d.connection) home_.retire(std::move(d.connection));
  auto record = [&] {
    const auto now = static_cast<quarantine::unix_time>(std::time(nullptr));
    const auto attempt = d.job->attempt;
    const auto done = d.damaged ? all_.store->record_damage(attempt, now)
                                : all_.store->record_attempt(attempt, d.results, now);
    if (!done) log::line(log::level::error, "release-not-recorded").with("why", all_.volume->last_error());
    d.job.reset();
  };
  const job_ref record_job(record);
  while (!co_await all_.storage.run(home_.loop(), record_job)) {
    timer wait(home_.loop().get_executor());
    wait.expires_after(std::chrono::milliseconds(100));
    [[maybe_unused]] auto [ec] = co_await wait.async_wait(use);
  }
  co_return true;
}

// Every recipient without a word of its own gets this one.
void release_task::answer_open(delivery_state& d, const answer& a) {
  const smtp::reply r = a.failure == smtp::cause::none ? a.reply : smtp::reply_of(a.failure);
  for (const std::size_t i : d.accepted) {
    d.results[i].outcome = a.failure == smtp::cause::none ? kind_of(r) : quarantine::delivery::temporary;
    d.results[i].reply = text_of(r);
  }
  d.accepted.clear();
}

awaitable<void> release_task::deliver(delivery_state& d) {
  const quarantine::envelope& e = d.job->envelope;
  for (const auto& r : e.recipients) {
    d.accepted.push_back(d.results.size());
    d.results.push_back({.position = r.position, .outcome = quarantine::delivery::temporary, .reply = {}});
  }
  d.route = d.rules->route_of.find(e.route_domain);
  if (d.route == relay::no_route) d.route = 0;
  const bool ready = co_await connect(d);
  if (!ready) co_return;
  const bool sent = co_await send_envelope(d);
  if (!sent || d.accepted.empty()) co_return;
  const bool complete = co_await send_content(d);
  for (const auto& r : d.results) {
    // Mail servers repeat addresses in their replies.
    const bool bare = d.rules->log_hides_addresses && r.reply.find('@') != std::string::npos;
    log::line(log::level::info, d.job->own ? "own-mail" : "release").with("id", d.job->id).with("reply", byte_view(r.reply).substr(0, bare ? 3 : r.reply.size()));
  }
  if (!complete && d.connection) d.connection->drop();
}

awaitable<bool> release_task::connect(delivery_state& d) {
  answer a;
  if (d.route >= d.rules->routes.size()) {  // a box that is not configured has no mail server: it waits
    a.failure = smtp::cause::downstream_unreachable;
    answer_open(d, a);
    co_return false;
  }
  const route_settings& route = d.rules->routes[d.route];
  for (const host_settings& host : route.hosts) {
    d.connection = std::make_unique<downstream>(home_.loop(), home_.scratch(), all_, until_);
    a.failure = co_await d.connection->open(route, host, d.rules->hostname, d.rules->deadline);
    if (a.failure == smtp::cause::none && d.job->own) co_return true;  // we are the client
    if (a.failure == smtp::cause::none) {
      // The downstream is to see the original client, as it would have without the detour.
      using enum smtp::client_attribute;
      using kind = smtp::client_value::kind;
      const quarantine::envelope& e = d.job->envelope;
      smtp::client_info facts;
      facts[addr] = {kind::given, e.client_ip};
      facts[name] = e.client_name.empty() ? smtp::client_value{kind::unavailable, {}}
                                          : smtp::client_value{kind::given, e.client_name};
      if (!e.helo.empty()) facts[helo] = {kind::given, e.helo};
      a.failure = co_await d.connection->introduce(facts, route);
      if (a.failure == smtp::cause::none) co_return true;
    }
    d.connection.reset();
  }
  answer_open(d, a);
  co_return false;
}

awaitable<bool> release_task::send_envelope(delivery_state& d) {
  const quarantine::envelope& e = d.job->envelope;
  std::string storage;
  smtp::mail_command mail;
  mail.from = path_of(e.reverse_path, storage);
  mail.size = d.job->content.size();
  mail.has_size = true;
  mail.body = static_cast<smtp::body_type>(e.body);
  mail.smtputf8 = e.smtputf8;
  mail.ret = static_cast<smtp::return_type>(e.ret);
  mail.envid = e.envid;
  std::array<char, smtp::limits::command_line_bytes> text;
  smtp::command_writer out(text);
  answer a;
  a.failure = smtp::missing_for(mail, d.connection->offers());
  if (a.failure == smtp::cause::none) {
    if (out.mail(mail, d.connection->offers()))
      a = co_await d.connection->command(out.text());
    else
      a.failure = smtp::cause::internal_error;
  }
  if (!a.ok()) {
    answer_open(d, a);
    co_return false;
  }
  std::vector<std::size_t> accepted;
  for (std::size_t i = 0; i < e.recipients.size(); ++i) {
    std::string rcpt_storage;
    smtp::rcpt_command rcpt;
    rcpt.to = path_of(e.recipients[i].address, rcpt_storage);
    rcpt.notify = e.recipients[i].notify;
    rcpt.orcpt = e.recipients[i].orcpt;
    out.clear();
    if (!out.rcpt(rcpt, d.connection->offers())) continue;
    a = co_await d.connection->command(out.text());
    if (a.failure != smtp::cause::none) {
      answer_open(d, a);
      co_return false;
    }
    if (a.reply.positive()) {
      accepted.push_back(i);
    } else {
      d.results[i].outcome = kind_of(a.reply);
      d.results[i].reply = text_of(a.reply);
    }
  }
  d.accepted = std::move(accepted);
  co_return true;
}

// The header is looked at again for the fields that may not pass (P2); the content is read a second time for that, so
// that their places are known before the first octet goes out.
awaitable<bool> release_task::find_removed_fields(delivery_state& d) {
  inspector_lease lease = home_.take_inspector(d.rules);
  lease.inspector->begin({});
  std::optional<quarantine::content_reader> reader;
  bool good = true;
  auto read = [&] {
    if (!reader) {
      auto opened = all_.store->read(d.job->id);
      good = opened.has_value();
      if (good) reader.emplace(std::move(*opened));
    }
    if (!good) return;
    const auto got = reader->read({d.block.get(), block_bytes});
    good = got.has_value();
    d.piece = good ? byte_view(d.block.get(), *got) : byte_view{};
  };
  const job_ref read_job(read);
  do {
    const bool ran = co_await all_.storage.run(home_.loop(), read_job);
    good = good && ran;
    if (good) lease.inspector->feed(d.piece);
  } while (good && !d.piece.empty() && !lease.inspector->header_seen());
  auto close = [&] { reader.reset(); };
  const job_ref close_job(close);
  const bool closed = co_await all_.storage.run(home_.loop(), close_job);
  const auto ranges = lease.inspector->removed_ranges();
  d.removed.assign(ranges.begin(), ranges.end());
  d.headerless = lease.inspector->header_seen() && lease.inspector->facts().header_bytes == 0;
  home_.give_inspector(std::move(lease));
  d.piece = {};
  if (closed && !good) d.damaged = true;
  co_return closed && good;
}

// The next octets of the block that go out; what is in between is left out.
byte_view release_task::take_passing(delivery_state& d) {
  byte_view pass = d.piece;
  std::uint64_t skip = 0;
  for (const inspect::header_range& r : d.removed) {
    const std::uint64_t end = std::uint64_t{r.offset} + r.length;
    if (end <= d.offset || r.offset >= d.offset + pass.size()) continue;
    if (r.offset > d.offset) {
      pass = pass.substr(0, static_cast<std::size_t>(r.offset - d.offset));
    } else {
      skip = std::min<std::uint64_t>(end - d.offset, d.piece.size());
      pass = {};
    }
    break;
  }
  const std::uint64_t taken = skip > 0 ? skip : pass.size();
  d.offset += taken;
  d.piece.remove_prefix(static_cast<std::size_t>(taken));
  return pass;
}

awaitable<bool> release_task::read_block(delivery_state& d) {
  bool good = false;
  auto read = [&] {
    const auto got = d.job->content.read({d.block.get(), block_bytes});
    good = got.has_value();
    d.piece = good ? byte_view(d.block.get(), *got) : byte_view{};
  };
  const job_ref job(read);
  const bool ran = co_await all_.storage.run(home_.loop(), job);
  if (ran && !good) d.damaged = true;
  co_return ran && good;
}

// Our fields above what was held.
awaitable<smtp::cause> release_task::send_trace(delivery_state& d) {
  const quarantine::envelope& e = d.job->envelope;
  auto trace = std::make_unique<relay::trace_text>();
  relay::trace_facts facts{};
  facts.hostname = d.rules->hostname;
  facts.authserv_id = d.rules->authserv_id;
  facts.helo = e.helo;
  facts.client_ip = e.client_ip;
  facts.client_name = e.client_name;
  facts.tls_version = e.tls_version;
  facts.tls_cipher = e.tls_cipher;
  facts.only_recipient = e.recipients.size() == 1 ? byte_view(e.recipients[0].address) : byte_view{};
  facts.auth_results = e.auth_results;  // of the reception: keys and records may be others by now
  facts.unix_seconds = std::time(nullptr);
  facts.smtputf8 = e.smtputf8;
  relay::write_trace(*trace, facts, d.job->id, nullptr);
  append_cut(*trace, "X-Sluice-Verdict: released; id=");
  append_cut(*trace, d.job->id);
  append_cut(*trace, d.headerless ? "\r\n\r\n" : "\r\n");
  const byte_view head = view(*trace);
  co_return co_await d.connection->write({&head, 1});
}

awaitable<bool> release_task::send_content(delivery_state& d) {
  d.block = std::make_unique<char[]>(block_bytes);
  bool readable = true;
  if (!d.job->own) readable = co_await find_removed_fields(d);
  if (!readable) co_return false;
  answer a = co_await d.connection->command("DATA\r\n");
  if (a.failure != smtp::cause::none || a.reply.code != 354) {
    if (a.failure == smtp::cause::none && a.reply.positive()) a.failure = smtp::cause::downstream_malformed;
    answer_open(d, a);
    co_return false;
  }
  if (!d.job->own) a.failure = co_await send_trace(d);
  smtp::dot_stuffer stuffer;
  std::array<byte_view, 16> pieces;
  bool more = a.failure == smtp::cause::none;
  while (more && a.failure == smtp::cause::none) {
    more = co_await read_block(d);
    if (!more) break;
    if (d.piece.empty()) break;
    while (!d.piece.empty() && a.failure == smtp::cause::none) {
      byte_view pass = take_passing(d);
      while (!pass.empty() && a.failure == smtp::cause::none) {
        const std::size_t n = stuffer.next(pass, pieces);
        a.failure = co_await d.connection->write({pieces.data(), n});
      }
    }
  }
  if (!more || a.failure != smtp::cause::none) {
    if (a.failure == smtp::cause::none) a.failure = smtp::cause::local_error;
    d.connection->drop();
    answer_open(d, a);
    co_return false;
  }
  const byte_view end = stuffer.terminator();
  a.failure = co_await d.connection->write({&end, 1});
  if (a.failure == smtp::cause::none) a = co_await d.connection->read_reply(d.rules->deadline.downstream_final_reply);
  answer_open(d, a);
  co_return a.failure == smtp::cause::none;
}

}  // namespace sluice::net

#include "firmware/gateway/manage/desk.hpp"

#include <array>
#include <boost/system/system_error.hpp>
#include <ctime>

#include "core/log.hpp"
#include "firmware/gateway/records/list_store.hpp"
#include "quarantine/telling.hpp"

namespace sluice::gateway {
namespace {

namespace q = quarantine;

constexpr std::chrono::milliseconds turn_poll{20}, turn_longest{3'000};

q::unix_time now() { return std::time(nullptr); }

}  // namespace

// One frame is in memory at a time. The file is closed wherever the last owner lets go, which no lock has to know.
class desk::download {
 public:
  download(desk& of, q::content_reader r) : home(of.home_), downloads(of.downloads_), reader(std::move(r)) {}
  ~download() { downloads.give_back(1); }
  download(const download&) = delete;
  download& operator=(const download&) = delete;

  net::worker& home;
  gauge& downloads;
  q::content_reader reader;
};

desk::desk(net::worker& home, own_mailer& mailer, list_store& lists, std::string version)
    : home_(home), mailer_(mailer), lists_(lists), version_(std::move(version)), work_(1), downloads_(desk_downloads) {}

template <class T, class Call>
net::awaitable<desk::result<T>> desk::on_storage(Call& call) {
  std::optional<result<T>> out;
  net::shared& all = home_.all();
  auto work = [&] { out.emplace(call(*all.store)); };
  const net::job_ref job(work);
  const bool ran = co_await all.storage.run(home_.loop(), job);
  if (!ran || !out) co_return q::make_error_code(q::errc::busy);
  co_return std::move(*out);
}

net::awaitable<desk::turn> desk::enter() {
  net::timer wait(home_.loop().get_executor());
  const auto until = net::clock::now() + turn_longest;
  while (!work_.try_take(1)) {
    if (net::clock::now() >= until || home_.all().stopping) co_return turn();
    wait.expires_after(turn_poll);
    [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
  }
  co_return turn(work_);
}

net::awaitable<desk::result<q::list_page>> desk::list(const q::list_filter& filter, std::int64_t before, std::size_t limit) {
  auto call = [&](q::store& s) { return s.list(filter, before, limit); };
  co_return co_await on_storage<q::list_page>(call);
}

net::awaitable<desk::result<q::message_detail>> desk::show(const std::string& id) {
  auto call = [&](q::store& s) {
    auto m = s.show(id);
    if (m && m->recipients.size() > desk_recipients_shown) m->recipients.resize(desk_recipients_shown);
    if (m && m->audit.size() > desk_recipients_shown)
      m->audit.erase(m->audit.begin(), m->audit.end() - static_cast<std::ptrdiff_t>(desk_recipients_shown));
    return m;
  };
  co_return co_await on_storage<q::message_detail>(call);
}

// Read on the storage thread, looked at on this loop: neither has to wait for the other longer than a frame takes.
net::awaitable<desk::result<std::unique_ptr<text_preview>>> desk::preview(const std::string& id) {
  std::optional<q::content_reader> reader;
  auto open = [&](q::store& s) -> result<bool> {
    auto r = s.read(id);
    if (!r) return r.error();
    reader.emplace(std::move(*r));
    return true;
  };
  const auto opened = co_await on_storage<bool>(open);
  if (!opened) co_return opened.error();
  auto out = std::make_unique<text_preview>();
  std::vector<char> frame(q::frame_bytes);
  auto read = [&](q::store&) { return reader->read(frame); };
  while (out->wants_more()) {
    const auto n = co_await on_storage<std::size_t>(read);
    if (!n) co_return n.error();
    if (*n == 0) break;
    out->feed({frame.data(), *n});
  }
  out->finish();
  co_return std::move(out);
}

net::awaitable<desk_outcome> desk::act(desk_action what, const std::string& id, const q::selection& who, const std::string& by) {
  desk_outcome out;
  out.id = id;
  auto call = [&](q::store& s) {
    auto done = what == desk_action::release ? s.release(id, who, by, now()) : s.remove(id, who, by, now());
    if (!done) out.words = done.error().message();
    return done;
  };
  auto done = co_await on_storage<std::vector<q::action_result>>(call);
  if (done) out.results = std::move(*done);
  else out.why = done.error();
  if (!done && out.words.empty()) out.words = done.error().message();
  co_return out;
}

net::awaitable<desk_allowed> desk::release_and_allow(const q::message_detail& m, const std::vector<std::string>& recipients, std::int64_t days,
                                                     const std::string& by) {
  desk_allowed out;
  const allow_plan plan = plan_allow(m, recipients, days, by, now());
  out.why = plan.refused;
  std::vector<std::string> added;
  for (const policy::list_entry& e : plan.entries) {
    if (!out.why.empty()) break;
    policy::list_entry one = e;
    const list_store::result done = co_await lists_.add(home_.loop(), std::move(one));
    if (done.ok()) added.push_back(done.id);
    else if (done.fault != policy::list_fault::known) out.why = done.detail;
    out.entries += out.why.empty();
  }
  if (out.why.empty()) {
    q::selection who;
    who.addresses = recipients;
    out.released = co_await act(desk_action::release, m.summary.id, who, by);
    if (!out.released.ok()) out.why = out.released.words;
  }
  if (out.why.empty()) co_return out;
  for (const std::string& id : added) {
    std::string one = id;
    const list_store::result undone = co_await lists_.remove(home_.loop(), std::move(one));
    if (!undone.ok()) log::line(log::level::error, "exception-not-taken-back").with("entry", id).with("why", undone.detail);
  }
  co_return out;
}

net::awaitable<desk::result<desk_report>> desk::report_for(const std::string& id, const std::string& to) {
  auto m = co_await show(id);
  if (!m) co_return m.error();
  desk_report out;
  const auto rules = home_.all().current();
  out.message = std::move(*m);
  out.desk = abuse_desk_of(out.message, *rules->rules);
  out.to = to.empty() ? out.desk.to : to;
  if (out.to.empty()) co_return out;
  // Only the addresses that are known here can be replaced in it: the others would go out as they are.
  if (mailer_.settings().redact && out.message.summary.recipients > out.message.recipients.size()) {
    out.refused = "The message has " + std::to_string(out.message.summary.recipients) + " recipients. With own_mail.redact a report replaces the address of each, of " +
                  std::to_string(desk_recipients_shown) + " at most; this one would tell the others.";
    co_return out;
  }
  abuse_report_options o;
  o.to = out.to;
  o.hostname = rules->hostname;
  o.version = version_;
  o.message_bytes = mailer_.settings().message_size_bytes;
  o.redact = mailer_.settings().redact;
  o.head = mailer_.head(out.to, abuse_subject(out.message));
  o.boundary = random_word();
  // The key never changes while the store is open; nothing of the store is written or read for it.
  o.pseudonym = [this](std::string_view text) { return home_.all().store->pseudonym(text); };
  out.text = write_abuse_report(out.message, o);
  co_return out;
}

net::awaitable<own_queued> desk::send(const desk_report& r, const std::string& by) {
  std::array<q::own_piece, 3> pieces;
  pieces[0].text = r.text.before;
  pieces[1].held = r.message.summary.id;
  pieces[1].header_only = r.text.header_only;
  pieces[1].replaced = r.text.replaced;
  pieces[2].text = r.text.after;
  own_letter letter;
  letter.kind = "report";
  letter.about = r.message.summary.id;
  letter.to = r.to;
  letter.who = by;
  letter.smtputf8 = r.text.smtputf8;
  const std::span<const q::own_piece> all(pieces);
  co_return co_await mailer_.queue(letter, all);
}

net::awaitable<desk::result<std::vector<q::release_request>>> desk::requests(std::int64_t before, std::uint32_t position, std::size_t limit) {
  auto call = [&](q::store& s) { return s.told().requests(before, position, limit); };
  co_return co_await on_storage<std::vector<q::release_request>>(call);
}

net::awaitable<desk::result<q::action_result>> desk::refuse_request(const std::string& id, const std::string& address, const std::string& by) {
  auto call = [&](q::store& s) { return s.told().refuse_request(id, address, by, now()); };
  co_return co_await on_storage<q::action_result>(call);
}

net::awaitable<desk::result<std::vector<q::own_summary>>> desk::own_list(std::int64_t before) {
  auto call = [&](q::store& s) { return s.own_list(before, desk_rows); };
  co_return co_await on_storage<std::vector<q::own_summary>>(call);
}

net::awaitable<desk::result<bool>> desk::drop_own(const std::string& id, const std::string& by) {
  auto call = [&](q::store& s) -> result<bool> {
    const auto done = s.drop_own(id, by, now());
    if (!done) return done.error();
    return true;
  };
  co_return co_await on_storage<bool>(call);
}

net::awaitable<desk::result<std::shared_ptr<desk::download>>> desk::open(const std::string& id) {
  using opened = std::shared_ptr<download>;
  if (!downloads_.try_take(1)) co_return q::make_error_code(q::errc::busy);
  auto call = [&](q::store& s) -> result<opened> {
    auto r = s.read(id);
    if (!r) return r.error();
    return std::make_shared<download>(*this, std::move(*r));
  };
  auto out = co_await on_storage<opened>(call);
  if (!out) downloads_.give_back(1);
  co_return out;
}

net::awaitable<std::string> desk::next(std::shared_ptr<download> d) {
  std::string frame(q::frame_bytes, '\0');
  result<std::size_t> got = q::make_error_code(q::errc::busy);
  auto read = [&] { got = d->reader.read(frame); };
  const net::job_ref job(read);
  [[maybe_unused]] const bool ran = co_await d->home.all().storage.run(d->home.loop(), job);
  if (!got) {
    // What broke off must not look complete: the connection ends without its last chunk.
    log::line(log::level::error, "download-broken").with("why", got.error().message());
    throw boost::system::system_error(got.error());
  }
  frame.resize(*got);
  co_return frame;
}

}  // namespace sluice::gateway

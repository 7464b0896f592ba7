#include "firmware/gateway/generations/test_mails.hpp"

#include <algorithm>
#include <ctime>

#include "core/log.hpp"
#include "net/downstream.hpp"

namespace sluice::gateway {
namespace {

constexpr int tries = 3;  // of one test mail, where it fails for want of memory
constexpr net::milliseconds pause_between{500};
constexpr net::milliseconds place_poll{5};  // until the session of the test mail before has ended
constexpr net::milliseconds ask_at_most{5'000};  // for a mail server's word about the recipient; at most a quarter of the whole time

struct run_mark {
  explicit run_mark(bool& r) : running(r) { running = true; }
  ~run_mark() { running = false; }
  bool& running;
};

void tell(const test_report& r) {
  for (const test_mail_result& m : r.mails)
    log::line(m.went_through() ? log::level::debug : log::level::warning, "test-mail")
        .with("listener", m.listener)
        .with("sample", name_of(m.sample))
        .with("failed", m.failed)
        .with("why", m.why)
        .with("tls", m.tls)
        .with("verdict", m.found.judged ? inspect::name_of(m.found.would) : "")
        .with("score", m.found.score)
        .with("rules", view(m.found.rules))
        .with("ms", m.milliseconds);
  log::line(r.good ? log::level::info : log::level::warning, "test-mails")
      .with("generation", static_cast<std::int64_t>(r.generation))
      .with("good", r.good ? "yes" : "no")
      .with("to_blame", r.to_blame ? "yes" : "no")
      .with("text", r.text)
      .with("ms", r.milliseconds);
}

}  // namespace

// A pattern names no mailbox: the first exact domain is meant, or what is below the first pattern.
std::string test_recipient(const config::model& m) {
  if (!m.probe.recipient.empty()) return m.probe.recipient;
  for (const std::string& d : m.domains)
    if (!d.starts_with("*.")) return "postmaster@" + d;
  return m.domains.empty() ? "postmaster" : "postmaster@mail" + m.domains.front().substr(1);
}

net::awaitable<std::optional<test_report>> test_mails::run(std::shared_ptr<const net::settings> rules, const config::model& m, std::uint64_t generation,
                                                           std::shared_ptr<const net::settings> before) {
  if (running_) co_return std::nullopt;
  const run_mark mark(running_);
  const auto began = net::clock::now(), last = began + m.probe.timeout;
  test_report out;
  out.unix_seconds = std::time(nullptr);
  out.generation = generation;
  out.recipient = test_recipient(m);
  co_await send_all(rules, out, m.probe.timeout, last);
  const auto no = [](const test_mail_result& r) { return r.found.asked && !word_of(r.found).accepted; };
  if (before && std::any_of(out.mails.begin(), out.mails.end(), no)) out.before = co_await ask(before, out.recipient, net::clock::now() + ask_at_most);
  downstream_word again;
  if (out.before.accepted) again = co_await ask(rules, out.recipient, net::clock::now() + ask_at_most);
  judge(out, rules->policy, m.probe.verdicts, again);
  out.milliseconds = static_cast<std::uint32_t>(std::chrono::duration_cast<net::milliseconds>(net::clock::now() - began).count());
  ++runs_;
  failures_ += !out.good;
  tell(out);
  last_ = out;
  co_return out;
}

net::awaitable<void> test_mails::send_all(std::shared_ptr<const net::settings> rules, test_report& out, net::milliseconds timeout, net::clock::time_point last) {
  net::milliseconds ask_within = std::min(ask_at_most, timeout / 4);
  net::timer wait(server_.control_loop().get_executor());
  for (std::size_t l = 0; l < rules->listeners.size(); ++l) {
    for (const test_sample s : {test_sample::clean, test_sample::scam}) {
      test_mail_result r;
      while (home_.all().probe_slots.used() != 0 && net::clock::now() < last && !home_.all().stopping) {
        wait.expires_after(place_poll);
        [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
      }
      for (int i = 0; i < tries; ++i) {
        r = co_await send_test_mail(home_, rules, l, s, out.recipient, ask_within, last);
        if (!r.may_try_again() || net::clock::now() + pause_between >= last || home_.all().stopping) break;
        wait.expires_after(pause_between);
        [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
      }
      if (r.found.asked && !word_of(r.found).accepted) ask_within = {};  // its word is known
      out.mails.push_back(std::move(r));
      if (net::clock::now() >= last || home_.all().stopping) co_return;
    }
  }
}

// The former generation's way, without its listeners: does a mail server of its route take the recipient now?
net::awaitable<downstream_word> test_mails::ask(std::shared_ptr<const net::settings> rules, std::string recipient, net::clock::time_point last) {
  downstream_word out;
  out.asked = true;
  std::size_t route = rules->route_of.find(recipient.substr(std::min(recipient.size(), recipient.rfind('@') + 1)));
  if (route == relay::no_route) route = 0;
  if (route >= rules->routes.size()) {  // a box that had no configuration reached nobody
    out.text = "it had no mail server";
    co_return out;
  }
  until_.set_not_after(last);
  for (const net::host_settings& host : rules->routes[route].hosts) {
    net::downstream connection(home_.loop(), home_.scratch(), home_.all(), until_);
    connection.discreet = true;
    const smtp::cause failure = co_await connection.open(rules->routes[route], host, rules->hostname, rules->deadline);
    out.host = net::key_of(host);
    out.text = smtp::name_of(failure);
    if (failure != smtp::cause::none) continue;
    net::answer a = co_await connection.command("MAIL FROM:<>\r\n");
    if (a.ok()) {
      const std::string rcpt = "RCPT TO:<" + recipient + ">\r\n";
      a = co_await connection.command(rcpt);
    }
    out.accepted = a.ok();
    out.text = a.failure != smtp::cause::none ? smtp::name_of(a.failure) : std::to_string(a.reply.code) + " " + std::string(a.reply.text);
    if (!connection.broken()) a = co_await connection.command("RSET\r\n");
    co_await connection.quit();
    if (out.accepted) break;
  }
  co_return out;
}

}  // namespace sluice::gateway

#include "firmware/gateway/commands/probe.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <csignal>
#include <cstdio>

#include "core/concat.hpp"
#include "firmware/gateway/budget.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "firmware/gateway/wiring.hpp"
#include "net/downstream.hpp"
#include "net/worker.hpp"
#include "tls/heap.hpp"

namespace sluice::gateway {
namespace {

constexpr const char* foreign_recipient = "RCPT TO:<sluice-probe@foreign-domain.invalid>\r\n";
constexpr net::milliseconds patience{20'000};  // per reply: a person waits

struct finding {
  bool good = false;
  std::string text;
};

std::string reply_text(const net::answer& a) {
  if (a.failure != smtp::cause::none) return smtp::name_of(a.failure);
  return concat(std::to_string(a.reply.code), " ", a.reply.text);
}

net::awaitable<void> probe_host(net::worker& home, const net::settings& rules, std::size_t route, std::size_t host,
                                finding& out) {
  net::deadline until;
  home.watch(until);
  net::downstream connection(home.loop(), home.scratch(), home.all(), until);
  net::deadline_settings limits = rules.deadline;
  limits.downstream_greeting = limits.downstream_command = limits.downstream_write = limits.handshake = patience;
  net::route_settings how = rules.routes[route];
  how.connect_timeout = std::min(how.connect_timeout, patience);
  const smtp::cause failure = co_await connection.open(how, how.hosts[host], rules.hostname, limits);
  if (failure != smtp::cause::none) {
    for (const auto& r : home.all().capabilities.snapshot())
      if (r.host == net::key_of(how.hosts[host])) out.text = r.last_error;
    if (out.text.empty()) out.text = smtp::name_of(failure);
    co_return;
  }
  const net::answer mail = co_await connection.command("MAIL FROM:<>\r\n");
  if (!mail.ok()) {
    out.text = concat("refuses MAIL FROM:<>: ", reply_text(mail));
    co_return;
  }
  const net::answer rcpt = co_await connection.command(foreign_recipient);
  if (rcpt.failure != smtp::cause::none) {
    out.text = "ended the connection at RCPT";
  } else if (rcpt.reply.positive()) {
    out.text = "accepts a foreign recipient from us: it would relay to anywhere; take Sluice's address out of its "
               "trusted networks (Postfix: mynetworks)";
  } else {
    out.good = true;
    out.text = concat("ok, refuses a foreign recipient (", reply_text(rcpt), ")");
  }
  co_await connection.quit();
}

net::awaitable<void> probe_all(net::worker& home, std::shared_ptr<const net::settings> rules, bool& good) {
  for (std::size_t r = 0; r < rules->routes.size(); ++r) {
    for (std::size_t h = 0; h < rules->routes[r].hosts.size(); ++h) {
      finding found;
      co_await probe_host(home, *rules, r, h, found);
      good = good && found.good;
      std::printf("route %zu, %s: %s\n", r + 1, printable(net::key_of(rules->routes[r].hosts[h])).c_str(),
                  printable(found.text).c_str());
      std::fflush(stdout);
    }
  }
  home.stop(net::milliseconds(0));
}

}  // namespace

bool probe_routes(const config::model& m) {
  std::signal(SIGPIPE, SIG_IGN);
  std::string error;
  if (!tls::heap::install(compute_budget(m).tls_heap_bytes)) error = "the crypto library could not start";
  const auto rules = error.empty() ? make_settings(m, {}, error) : nullptr;
  if (!rules) {
    std::fprintf(stderr, "sluice: %s\n", printable(error).c_str());
    return false;
  }
  net::shared all(shared_options_of(m), client_limits_of(m));
  std::vector<std::string> hosts;
  for (const net::route_settings& r : rules->routes)
    for (const net::host_settings& h : r.hosts) hosts.push_back(net::key_of(h));
  all.capabilities.set_hosts(hosts);
  bool good = true;
  net::worker home(all);
  auto work = probe_all(home, rules, good);
  net::asio::co_spawn(home.loop(), std::move(work), net::asio::detached);
  home.run();
  return good;
}

}  // namespace sluice::gateway

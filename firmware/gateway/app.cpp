#include "firmware/gateway/app.hpp"

#include <malloc.h>
#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <vector>

#include "config/choices.hpp"
#include "core/concat.hpp"
#include "core/log.hpp"
#include "core/program_pages.hpp"
#include "firmware/gateway/budget.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/generations/data_directory.hpp"
#include "firmware/gateway/health/data_state.hpp"
#include "firmware/gateway/health/safe_start.hpp"
#include "firmware/gateway/health/service_manager.hpp"
#include "firmware/gateway/health/test_hooks.hpp"
#include "firmware/gateway/log_target.hpp"
#include "firmware/gateway/system/data_format.hpp"
#include "firmware/gateway/trust/restore.hpp"
#include "tls/heap.hpp"

namespace sluice::gateway {
namespace {

constexpr std::uint64_t envelope_pool_bytes = 1 << 20;

std::atomic<bool>* in_a_hurry = nullptr;  // what the handler of a second signal sets

// glibc keeps an arena per thread and raises its mmap threshold by itself; both make resident memory wander.
void steady_malloc() {
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_MMAP_THRESHOLD, 256 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 512 * 1024);
}

// Two sockets per session and the files of everything else; service managers start programs with 1024.
void allow_descriptors(std::uint64_t sessions) {
  constexpr rlim_t others = 256;
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0) return;
  const rlim_t wanted = 2 * static_cast<rlim_t>(sessions) + others;
  if (now.rlim_cur >= wanted) return;
  now.rlim_cur = now.rlim_max == RLIM_INFINITY ? wanted : std::min(wanted, now.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur < wanted)
    log::line(log::level::warning, "few-descriptors")
        .with("limit", static_cast<std::int64_t>(now.rlim_cur))
        .with("wanted", static_cast<std::int64_t>(wanted));
}

// The record says by now that another generation is to run: the same program from the start, with it. Sockets that listen by
// now would outlive the exec and keep their addresses from it; ignored signals would stay ignored.
[[noreturn]] void begin_anew(const std::string& config_file, bool safe, bool sandboxed) {
  ::closefrom(3);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGHUP, SIG_DFL);
  std::vector<const char*> words{"sluice", "run", "--config", config_file.c_str()};
  if (safe) words.push_back("--safe-mode");
  if (!sandboxed) words.push_back("--no-sandbox");
  words.push_back(nullptr);
  ::execv("/proc/self/exe", const_cast<char* const*>(words.data()));
  ::_exit(exit_code::failed);
}

}  // namespace

app::~app() = default;

int app::run() {
  int code = exit_code::ok;
  if (!machine_watch::wait_for_entropy()) return fail("entropy", "the kernel has no random numbers yet", exit_code::failed);
  if (sodium_init() < 0) return exit_code::failed;
  if (const std::string error = claim_data_format(files_, data_directory_of(config_file_)); !error.empty()) return fail("data_directory", error, exit_code::failed);
  // A restore that a power cut ended brings its generations along: before one is chosen.
  if (const std::string error = finish_restore(files_, data_directory_of(config_file_)); !error.empty()) return fail("restore", error, exit_code::failed);
  auto first = generations_.choose(config_file_, code);
  if (!first && safe_) first = generations_.choose(factory_config, code);  // the page, to bring another one
  if (!first) return code;
  if (safe_) first->model = safe_version_of(std::move(first->model));
  const config::model* const m = &first->model;
  std::signal(SIGPIPE, SIG_IGN);
  steady_malloc();
  logs_.open(*m);
  if (safe_) enter_safe_mode(*m);
  code = build(*m, first->number);
  if (code != exit_code::ok && !safe_ && generations_.start_failed(failure_)) return start_again();
  if (code != exit_code::ok) return code;
  auto signals = handle_signals();
  net::asio::co_spawn(server_->control_loop(), std::move(signals), net::asio::detached);
  auto house = keep_house();
  net::asio::co_spawn(server_->control_loop(), std::move(house), net::asio::detached);
  auto tracing = trace_->run(server_->control_loop());
  net::asio::co_spawn(server_->control_loop(), std::move(tracing), net::asio::detached);
  auto releases = releases_->run();
  net::asio::co_spawn(server_->control_loop(), std::move(releases), net::asio::detached);
  logs_.start(*server_->workers().front(), *m);
  auto generations = generations_.run();
  net::asio::co_spawn(server_->control_loop(), std::move(generations), net::asio::detached);
  auto pull = puller_->run();
  net::asio::co_spawn(server_->control_loop(), std::move(pull), net::asio::detached);
  auto box = box_.run();
  net::asio::co_spawn(server_->control_loop(), std::move(box), net::asio::detached);
  if (!safe_) {
    auto probes = live_->send_them_regularly();
    net::asio::co_spawn(server_->control_loop(), std::move(probes), net::asio::detached);
  }
  if (status_) status_->start();
  if (digests_) digests_->start();
  tell_manager(*m);  // before there are threads: a generation that is applied tells of its own
  server_->start();
  announce(*m);
  shed_start_pages();
  start_votes(*m);
  server_->join();
  std::signal(SIGTERM, SIG_IGN);  // what is left takes milliseconds
  std::signal(SIGINT, SIG_IGN);
  again_ = again_ && !shared_->in_a_hurry;  // a signal meanwhile is of somebody who wants it to end
  close_storage();
  log::line(log::level::info, "stopped");
  return again_ ? start_again() : exit_code::ok;
}

// By whatever manages it, so that it has a sandbox of its own; otherwise by itself, within the one that it closed.
int app::start_again() {
  if (service_manager().is_there()) return exit_start_again;
  begin_anew(config_file_, safe_, sandboxed_);
}

int app::fail(const char* what, const std::string& why, int code) {
  log::line(log::level::error, "start-failed").with("what", what).with("why", why);
  failure_ = concat(what, ": ", why);
  return code;
}

int app::build(const config::model& m, std::uint64_t number) {
  allow_descriptors(m.memory.sessions);
  if (!safe_) box_.begin(m);  // safe mode leaves the network as it is
  const budget sums = compute_budget(m);
  if (!tls::heap::install(sums.tls_heap_bytes)) return fail("tls", "the crypto library could not start: no entropy", exit_code::failed);
  if (::mkdir(m.data_directory.c_str(), 0700) != 0 && errno != EEXIST) return fail("data_directory", concat(m.data_directory, ": ", std::strerror(errno)), exit_code::failed);
  if (const std::string why = claim_data_format(files_, m.data_directory); !why.empty()) return fail("data_directory", why, exit_code::failed);
  backup_source::clean(m.data_directory);
  machine_ = std::make_unique<machine_watch>(m.data_directory);
  expiry_mails_ = std::make_unique<expiry_mailer>(files_, m.data_directory);
  machine_->judge_clock();
  // Before the first thread: files and capabilities are given up by threads, not by the process.
  if (sandboxed_) sandbox_ = close_sandbox(rules_of(m, config_file_));
  log::line(log::level::info, "sandbox").with("what", sandboxed_ ? sandbox_.text() : "off: --no-sandbox");
  std::string error;
  live_generation first;
  first.number = number;
  if (!build_generation(files_, m, make_tickets(m), first, error)) return fail("configuration", error, exit_code::bad_config);
  const auto rules = first.settings;
  net::shared_options options = shared_options_of(m);
  options.envelope_pool_bytes = envelope_pool_bytes;
  baseline_secret(files_, m.data_directory, options.baseline_secret);
  shared_ = std::make_unique<net::shared>(options, client_limits_of(m));
  history_ = std::make_unique<status::history>(m.memory.history_entries);
  open_desk(m);
  messages_ = std::make_unique<message_log>(*history_, *shared_, *trace_, names_, meter_);
  use_desk_settings(m);
  shared_->events = messages_.get();
  shared_->holds_nothing = !data_trouble().empty();
  if (shared_->holds_nothing) log::line(log::level::error, "data-in-memory").with("why", data_trouble()).with("then", config::name_of(m.quarantine.unavailable));
  open_baseline(m);
  error = open_storage(m);
  if (!error.empty()) return fail("quarantine", error, exit_code::failed);
  server_ = std::make_unique<net::server>(*shared_, static_cast<unsigned>(m.memory.loops));
  error = open_authentication(m, sums);
  if (!error.empty()) return fail("dns", error, exit_code::failed);
  server_->apply(rules);
  load_capabilities(m);
  error = server_->listen(rules->listeners);
  if (!error.empty()) return fail("listener", error, exit_code::failed);
  votes_ = std::make_unique<votes>(*server_, *shared_);
  releases_ = std::make_unique<net::release_task>(*server_->workers().front());
  runner_parts parts{files_, *shared_, *server_, *learned_, *dns_heap_, *history_, [this](const config::model& to) {
                        use_desk_settings(to);
                        logs_.apply(to);
                        if (digests_) digests_->reconfigure(to);
                        tell_manager(to);
                      },
                     [this] {
                       again_ = true;
                       std::raise(SIGTERM);
                     }};
  live_ = std::make_unique<generation_runner>(std::move(parts), std::move(first));
  started_ = std::time(nullptr);
  box_.attach(*server_, *live_);
  error = open_status(m);
  if (!error.empty()) return fail("status", error, exit_code::failed);
  generations_.attach(*server_->workers().front(), status_->helper(), box_.generations());
  puller_ = std::make_unique<generation_puller>(*server_->workers().front(), generations_);
  return exit_code::ok;
}

void app::open_desk(const config::model& m) {
  lists_ = std::make_unique<list_store>(files_, m.data_directory, *shared_);
  if (const std::string lost = lists_->open(); !lost.empty()) log::line(log::level::error, "lists-lost").with("why", lost);
  if (const std::string why = names_.open(files_, m.data_directory); !why.empty()) log::line(log::level::error, "privacy-key").with("why", why);
  trace_ = std::make_unique<trace_log>(files_, m.data_directory, *shared_, names_);
  if (const std::string why = trace_->open(trace_limits_of(m)); !why.empty()) log::line(log::level::error, "trace-lost").with("why", why);
  privacy_ = std::make_unique<privacy_keeper>(*shared_, *history_, *trace_, *lists_, names_);
}

void app::use_desk_settings(const config::model& m) {
  messages_->hide(m.log.addresses == config::log_addresses::hashed, m.log.subjects == config::log_subjects::dropped);
  trace_->use(m.trace.write_interval, trace_limits_of(m));
  privacy_->use(privacy_of(m.privacy));
}

// Without a resolver nothing is authenticated, but mail flows: only servers that cannot be understood stop the start.
std::string app::open_authentication(const config::model& m, const budget& sums) {
  const net::auth_service_options options = auth_service_of(m);
  static gauge heap;  // c-ares keeps its allocator until the process ends
  heap.set_limit(sums.dns_heap_bytes);
  dns_heap_ = &heap;
  if (!dns::count_ares_heap(heap)) return "c-ares could not start";
  if (!options.enabled) return {};
  for (const auto& w : server_->workers()) {
    std::string error = w->start_authentication(options);
    if (!error.empty()) return error;
  }
  return {};
}

net::awaitable<void> app::handle_signals() {
  net::asio::basic_signal_set<net::executor> signals(server_->control_loop().get_executor(), SIGTERM, SIGINT, SIGHUP);
  for (;;) {
    auto [ec, number] = co_await signals.async_wait(net::use);
    if (ec) co_return;
    if (number == SIGHUP) {
      if (const std::string why = open_log(running()); !why.empty()) log::line(log::level::error, "log-file").with("why", why);
      generations_.take_file();
      continue;
    }
    // A second signal is of those who will not wait: the grace ends, everything else stays as it is. Not by Asio, whose
    // waiting for it would keep the loop alive. First of all, as what Asio still took would be lost with its set.
    signals.clear(ec);
    in_a_hurry = &shared_->in_a_hurry;
    std::signal(SIGTERM, [](int) { in_a_hurry->store(true, std::memory_order_relaxed); });
    std::signal(SIGINT, [](int) { in_a_hurry->store(true, std::memory_order_relaxed); });
    std::signal(SIGHUP, SIG_IGN);
    log::line(log::level::info, "stopping").with("grace_ms", running().deadline.stop_grace.count());
    votes_->stopping();
    votes_->manager().say("STOPPING=1");
    server_->stop(running().deadline.stop_grace);
    if (status_) status_->stop();
    if (digests_) digests_->stop();
    if (releases_) releases_->wake();
    co_return;
  }
}

void app::start_votes([[maybe_unused]] const config::model& m) {
  votes_->start();
  votes_->manager().say(concat("READY=1\nSTATUS=", (safe_ ? "safe mode" : "serving"), "; ", (sandboxed_ ? sandbox_.text() : "no sandbox")));
#ifdef SLUICE_TEST_HOOKS
  auto hooks = obey_test_hooks(*server_, *shared_, m.data_directory);
  net::asio::co_spawn(server_->control_loop(), std::move(hooks), net::asio::detached);
#endif
}

void app::tell_manager(const config::model& m) const {
  const budget b = compute_budget(m);
  if (votes_) votes_->manager().say(concat("X_SLUICE_MEMORY=", std::to_string(b.limit_bytes + b.kernel_bytes())));
}

void app::announce(const config::model& m) {
  const auto ports = server_->ports();
  for (std::size_t i = 0; i < ports.size(); ++i)
    log::line(log::level::info, "listening")
        .with("address", m.listeners[i].address.host)
        .with("port", ports[i])
        .with("tls", m.listeners[i].tls == config::listener_tls::off ? "off"
                     : m.listeners[i].tls == config::listener_tls::implicit ? "implicit" : "starttls");
  if (status_ && status_->port() != 0)
    log::line(log::level::info, "status-page")
        .with("url", concat("https://", m.status.listen.host, ":", std::to_string(status_->port()), "/"))
        .with("token_file", m.status.token_file.empty() ? concat(m.data_directory, "/status.token") : m.status.token_file);
  log::line(log::level::info, "started").with("sessions", static_cast<std::int64_t>(m.memory.sessions));
}

}  // namespace sluice::gateway

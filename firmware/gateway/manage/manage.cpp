#include "firmware/gateway/manage/manage.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/ascii.hpp"
#include "core/log.hpp"
#include "firmware/gateway/manage/manage_access.hpp"
#include "firmware/gateway/manage/manage_acme.hpp"
#include "firmware/gateway/manage/manage_appliance.hpp"
#include "firmware/gateway/manage/manage_config.hpp"
#include "firmware/gateway/manage/manage_certificates.hpp"
#include "firmware/gateway/manage/manage_quarantine.hpp"
#include "firmware/gateway/manage/manage_lists.hpp"
#include "firmware/gateway/manage/manage_privacy.hpp"
#include "firmware/gateway/records/privacy_keeper.hpp"
#include "firmware/gateway/manage/manage_trace.hpp"
#include "status/pages/frame.hpp"
#include "firmware/gateway/manage/manage_support.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t least_token_bytes = 16;

// The token of the file; a new random one is made when the default file is missing.
std::string read_token(const std::string& path, bool may_create, std::string& error) {
  std::string token;
  if (std::ifstream in(path); in) {
    std::getline(in, token);
    token = std::string(ascii::trim(token));
    if (token.size() < least_token_bytes) error = path + ": holds no token of at least 16 characters in its first line";
    return token;
  }
  if (!may_create) {
    error = path + ": " + std::strerror(errno);
    return {};
  }
  std::array<unsigned char, 32> secret;
  randombytes_buf(secret.data(), secret.size());
  std::array<char, 65> text;
  sodium_bin2hex(text.data(), text.size(), secret.data(), secret.size());
  token.assign(text.data());
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const std::string line = token + "\n";
  if (fd < 0 || ::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || ::fsync(fd) != 0)
    error = path + ": " + std::strerror(errno);
  if (fd >= 0) ::close(fd);
  return token;
}

std::int64_t seconds_of(std::chrono::milliseconds ms) { return std::chrono::duration_cast<std::chrono::seconds>(ms).count(); }

status::password_work passwords_by(helper_process& helper) {
  status::password_work out;
  out.make = [&helper](std::string password) -> net::awaitable<std::optional<std::string>> {
    std::string input = "make\n" + password;
    helper_result r = co_await helper.run(helper_kind::hash, std::move(input));
    if (!r.ok() && !r.why.empty()) log::line(log::level::error, "helper-failed").with("kind", "hash").with("why", r.why);
    if (!r.ok()) co_return std::nullopt;
    co_return std::move(r.output);
  };
  out.check = [&helper](std::string hash, std::string password) -> net::awaitable<std::optional<bool>> {
    std::string input = "check\n" + hash + "\n" + password;
    const helper_result r = co_await helper.run(helper_kind::hash, std::move(input));
    if (!r.ok() && !r.why.empty()) log::line(log::level::error, "helper-failed").with("kind", "hash").with("why", r.why);
    if (!r.ok()) co_return std::nullopt;
    co_return r.output == "yes";
  };
  return out;
}

net::awaitable<void> note_in_audit(status::access_service& access, status::web_request q, std::string what, unsigned status) {
  co_await access.done(q, std::move(what), status);
}

net::awaitable<void> note_of_acme(status::access_service& access, std::string what, unsigned status) {
  status::web_request q;
  q.method = status::http::verb::post;
  q.path = "/acme";
  q.client_ip = "local";
  q.who.name = "acme";
  q.who.via = "box";
  co_await access.done(q, std::move(what), status);
}

// On the console, where only those see it who stand before the box: never in the log.
void tell_setup(const std::string& secret) {
  log::line(log::level::warning, "not-set-up").with("help", "open the page and give the secret of setup.secret in data_directory");
  const std::string text = "\nSluice is not set up yet. Open its page and give this set-up secret: " + secret + "\n\n";
  const int fd = ::isatty(2) != 0 ? ::dup(2) : ::open("/dev/console", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return;
  if (::isatty(fd) != 0) [[maybe_unused]] const ssize_t n = ::write(fd, text.data(), text.size());
  ::close(fd);
}

}  // namespace

management::management(manage_parts parts) : parts_(std::move(parts)), helper_(parts_.server.workers().front()->loop()) {}
management::~management() = default;

std::unique_ptr<management> management::open(const config::model& m, manage_parts parts, std::string& error) {
  if (sodium_init() < 0) {
    error = "libsodium could not start";
    return nullptr;
  }
  std::unique_ptr<management> out(new management(std::move(parts)));
  const bool own = m.status.token_file.empty();
  const bool pages = m.status.listen.is_set();
  status::access_options access;
  access.directory = m.data_directory + "/access";
  access.setup_file = m.data_directory + "/setup.secret";
  if (pages) access.status_token = read_token(own ? m.data_directory + "/status.token" : m.status.token_file, own, error);
  access.idle_s = seconds_of(m.status.session_idle);
  access.longest_s = seconds_of(m.status.session_longest);
  access.pages = pages;
  if (!error.empty()) return nullptr;
  net::worker& home = *out->parts_.server.workers().front();
  out->mailer_ = std::make_unique<own_mailer>(home, m, out->parts_.privacy.names());
  out->access_ = std::make_unique<status::access_service>(home, out->parts_.files, std::move(access), passwords_by(out->helper_));
  out->access_->use_queue([helper = &out->helper_] { return helper->is_full(); });
  error = out->access_->open();
  if (!error.empty()) return nullptr;
  status::context_of_pages().hostname = m.hostname;
  add_status_routes(out->routes_, out->parts_.look, out->parts_.past);
  add_message_routes(out->routes_, out->parts_);
  add_profile_routes(out->routes_, out->parts_);
  const appliance_parts box{out->parts_.box, out->parts_.look, out->parts_.config};
  add_system_routes(out->routes_, out->parts_.look, *out->access_, [box](const status::principal& who) { return appliance_section(box, who); });
  add_appliance_api(out->routes_, box);
  add_appliance_pages(out->routes_, box);
  status::access_service* const audit = out->access_.get();
  box.box.use_audit([audit](status::web_request q, std::string what, unsigned status) { return note_in_audit(*audit, std::move(q), std::move(what), status); });
  out->streams_.set_limit(std::max<std::uint64_t>(1, m.memory.status_sessions / 2));
  const snapshot_source look = out->parts_.look;
  const event_parts events{out->parts_.server, out->parts_.files, *out->access_, look, [look, box] { return with_update(live_numbers(look()), box.box); },
                           m.data_directory, m.data_free_minimum_bytes, out->parts_.live};
  add_event_routes(out->routes_, events, out->streams_);
  add_test_mail_routes(out->routes_, out->parts_.live);
  add_access_pages(out->routes_, *out->access_);
  add_access_api(out->routes_, *out->access_);
  add_config_api(out->routes_, out->parts_.generations);
  add_config_pages(out->routes_, out->parts_.generations);
  status::context_of_pages().banner = [of_configuration = status::context_of_pages().banner, box](const status::principal& who) {
    std::string text = of_configuration(who);
    return text.empty() ? appliance_banner(box) : text;
  };
  const certificate_options certificates{m.data_directory, m.hostname, m.tls.stored_certificates};
  out->certificates_ = std::make_unique<certificate_desk>(out->parts_.server, out->parts_.files, out->parts_.certificates, out->helper_, certificates);
  add_certificate_api(out->routes_, *out->certificates_);
  generation_keeper* const generations = &out->parts_.generations;
  acme::service_parts for_acme{home, out->parts_.files, *out->certificates_, [generations] { return generations->look().at != generations::state::idle; },
                               [audit](std::string what, unsigned status) { return note_of_acme(*audit, std::move(what), status); }};
  out->acme_ = std::make_unique<acme::service>(std::move(for_acme), m);
  add_certificate_pages(out->routes_, *out->certificates_, *out->acme_);
  add_acme_routes(out->routes_, *out->acme_);
  out->backup_ = std::make_unique<backup_desk>(out->parts_.server, out->parts_.files, out->helper_, out->parts_.config_file, m);
  add_backup_routes(out->routes_, *out->backup_);
  out->desk_ = std::make_unique<desk>(home, *out->mailer_, out->parts_.lists, SLUICE_VERSION);
  add_quarantine_api(out->routes_, *out->desk_);
  add_request_routes(out->routes_, *out->desk_);  // before /quarantine/{id}
  add_quarantine_pages(out->routes_, *out->desk_);
  add_list_api(out->routes_, out->parts_.lists, home.loop());
  add_list_page(out->routes_, out->parts_.lists, home.loop());
  add_trace_routes(out->routes_, out->parts_.trace, home.loop());
  add_privacy_routes(out->routes_, out->parts_.privacy, home.loop());
  add_support_routes(out->routes_, {home, *out->access_, out->routes_, look, out->parts_.config, out->parts_.events}, out->bundles_);
  add_openapi_route(out->routes_, out->routes_, SLUICE_VERSION);
  status::server_options options;
  options.address = pages ? m.status.listen.host : std::string();
  options.port = m.status.listen.port;
  options.sessions = m.memory.status_sessions;
  options.request_timeout = m.status.request_timeout;
  options.control_socket = m.data_directory + "/control.sock";
  out->server_ = std::make_unique<status::web_server>(home, options, out->routes_, *out->access_);
  return out;
}

void management::start() {
  server_->start();
  acme_->start();
  if (access_->in_setup()) tell_setup(access_->setup_secret());
}

void management::reconfigure(const config::model& to, const config::model& from) {
  mailer_->reconfigure(to);
  status::context_of_pages().hostname = to.hostname;
  access_->set_session_times(seconds_of(to.status.session_idle), seconds_of(to.status.session_longest));
  server_->set_limits(to.memory.status_sessions, to.status.request_timeout);
  streams_.set_limit(std::max<std::uint64_t>(1, to.memory.status_sessions / 2));
  certificates_->use_hostname(to.hostname);
  acme_->reconfigure(to);
  backup_->reconfigure(to);
  if (to.status.listen.is_set() && !from.status.listen.is_set() && !access_->in_setup()) {
    if (const std::string why = access_->offer_setup(); !why.empty()) log::line(log::level::error, "set-up-secret").with("why", why);
    if (access_->in_setup()) tell_setup(access_->setup_secret());
  }
  const bool other_token = to.status.token_file != from.status.token_file || to.status.listen.is_set() != from.status.listen.is_set();
  if (!other_token || !to.status.listen.is_set()) return;
  std::string error;
  const bool own = to.status.token_file.empty();
  std::string token = read_token(own ? to.data_directory + "/status.token" : to.status.token_file, own, error);
  if (error.empty()) access_->set_status_token(std::move(token));
  else log::line(log::level::error, "status-token").with("why", error);
}

std::string management::add_address(const config::endpoint& at) { return at.is_set() ? server_->listen_on(at.host, at.port) : std::string(); }

std::string management::try_address(const config::endpoint& at) const {
  if (!at.is_set() || server_->listens_on(at.host, at.port)) return {};
  net::error_code ec;
  const net::asio::ip::tcp::endpoint where(net::asio::ip::make_address(at.host, ec), at.port);
  net::tcp_acceptor trial(parts_.server.control_loop().get_executor());
  if (!ec) trial.open(where.protocol(), ec);
  if (!ec) trial.set_option(net::asio::socket_base::reuse_address(true), ec);
  if (!ec) trial.bind(where, ec);
  return ec ? "status.listen: " + at.host + ":" + std::to_string(at.port) + ": " + ec.message() : std::string();
}

void management::settle(const config::model& m) { server_->keep_only(m.status.listen.host, m.status.listen.port); }

}  // namespace sluice::gateway

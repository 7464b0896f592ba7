#include "firmware/gateway/trust/backup_desk.hpp"

#include <sodium.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <ctime>

#include "core/ascii.hpp"
#include "core/log.hpp"
#include "net/shared.hpp"
#include "status/access/store.hpp"

namespace sluice::gateway {

using status::problem;
using status::web_reply;

// One download. Its source is used by storage jobs only, and goes with one: a client that leaves in the middle must not
// make the loop wait for the disk.
struct backup_desk::download {
  download(backup_desk& d, std::unique_ptr<backup_source> s) : desk(d), source(std::move(s)) {}
  ~download() {
    auto work = desk.drop(std::move(source));
    net::asio::co_spawn(desk.server_.control_loop(), std::move(work), net::asio::detached);
  }
  download(const download&) = delete;
  download& operator=(const download&) = delete;
  backup_desk& desk;
  std::unique_ptr<backup_source> source;
};

backup_desk::backup_desk(net::server& server, hal::files& files, helper_process& helper, std::string config_file, const config::model& m)
    : server_(server), files_(files), helper_(helper) {
  options_.config_file = std::move(config_file);
  options_.program = SLUICE_VERSION;
  reconfigure(m);
}

void backup_desk::reconfigure(const config::model& m) {
  recipient_file_ = m.backup.recipient_key;
  options_.data_directory = m.data_directory;
  options_.hostname = m.hostname;
  options_.free_floor_bytes = m.data_free_minimum_bytes;
  options_.referenced.clear();
  const auto keep = [this](const std::string& path) {
    if (!path.empty()) options_.referenced.push_back(path);
  };
  for (const config::certificate_pair& p : m.tls.certificates) keep(p.certificate), keep(p.key);
  for (const config::route& r : m.routes) keep(r.ca_file);
  for (const std::string& path : {m.auth.seal_key, m.status.token_file, m.status.client_ca, m.status.client_crl, m.backup.recipient_key, m.inspect.pack, m.inspect.pack_key,
                                  m.log.syslog.ca_file, m.management.pull.ca_file}) keep(path);
}

net::awaitable<void> backup_desk::drop(std::unique_ptr<backup_source> source) {
  auto work = [&] { source.reset(); };
  const net::job_ref job(work);
  net::worker& home = *server_.workers().front();
  const bool ran = co_await home.all().storage.run(home.loop(), job);
  if (!ran) source.reset();
  busy_ = false;
}

net::awaitable<std::string> backup_desk::next(std::shared_ptr<download> d) {
  net::worker& home = *d->desk.server_.workers().front();
  backup_source& source = *d->source;
  std::string out;
  while (out.empty() && !source.done() && source.error().empty()) {
    auto work = [&] {
      do out += source.next(std::time(nullptr));
      while (!out.empty() && out.size() < backup_piece_octets && !source.done() && source.error().empty());
    };
    const net::job_ref job(work);
    const bool ran = co_await home.all().storage.run(home.loop(), job);
    if (!ran) {  // mail has the storage: wait, then go on
      net::timer wait(home.loop().get_executor());
      wait.expires_after(std::chrono::milliseconds(50));
      [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
    }
    if (home.all().stopping) break;
  }
  if (!source.error().empty()) {
    log::line(log::level::error, "backup-failed").with("why", source.error());
    co_return std::string();  // without its last frame nobody takes it for a backup
  }
  if (source.done()) {
    for (const std::string& name : source.skipped_names()) log::line(log::level::warning, "backup-skipped").with("file", name);
    log::line(log::level::info, "backup-made")
        .with("files", static_cast<std::int64_t>(source.files()))
        .with("octets", static_cast<std::int64_t>(source.octets()))
        .with("skipped", static_cast<std::int64_t>(source.skipped()));
  }
  co_return out;
}

net::awaitable<web_reply> backup_desk::begin(backup_lock lock, backup_key key) {
  if (busy_) {
    web_reply r = problem(503, "Busy", "Another backup is on its way out.");
    r.headers.emplace_back("Retry-After", "60");
    co_return r;
  }
  busy_ = true;
  quarantine::store* store = server_.workers().front()->all().store;
  const auto d = std::make_shared<download>(*this, std::make_unique<backup_source>(files_, store, options_, lock, key));
  sodium_memzero(key.data(), key.size());
  web_reply r;
  r.body = co_await next(d);
  if (!d->source->error().empty()) co_return problem(507, "Not possible", "A backup cannot be made: " + d->source->error() + ".");
  std::array<char, 16> day{};
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  std::strftime(day.data(), day.size(), "%Y%m%d-%H%M", ::gmtime_r(&now, &parts));
  std::string name = options_.hostname;
  for (char& c : name)
    if (!ascii::is_alnum(c) && c != '.' && c != '-') c = '-';
  r.content_type = "application/octet-stream";
  r.headers.emplace_back("Content-Disposition", "attachment; filename=\"" + name + "-" + day.data() + ".sluice-backup\"");
  r.more = [d]() -> net::awaitable<std::string> { return next(d); };
  co_return r;
}

net::awaitable<web_reply> backup_desk::by_recipient() {
  if (recipient_file_.empty()) co_return problem(409, "No recipient", "backup.recipient_key is not set; POST a passphrase instead.");
  std::string text;
  int error = 0;
  auto work = [&] { error = status::read_file(files_, recipient_file_, 256, text); };
  const net::job_ref job(work);
  net::worker& home = *server_.workers().front();
  const bool ran = co_await home.all().storage.run(home.loop(), job);
  backup_key key{};
  const auto lock = ran && error == 0 ? lock_for_recipient(ascii::trim(text), key) : std::nullopt;
  if (!lock) co_return problem(409, "No recipient", "The file of backup.recipient_key cannot be read, or holds no public key (44 characters of base64).");
  web_reply r = co_await begin(*lock, key);
  sodium_memzero(key.data(), key.size());
  co_return r;
}

net::awaitable<web_reply> backup_desk::by_passphrase(std::string passphrase) {
  if (passphrase.size() < least_passphrase_octets || passphrase.size() > 1024)
    co_return problem(422, "Bad passphrase", "A passphrase has 12 to 1024 characters: whoever has the file can try as many as they like.");
  const backup_lock lock = lock_for_passphrase();
  std::string task = std::to_string(lock.passes) + " " + std::to_string(lock.memory_bytes) + " " + lock.salt_hex + "\n" + passphrase;
  sodium_memzero(passphrase.data(), passphrase.size());
  helper_result made = co_await helper_.run(helper_kind::derive, std::move(task));
  backup_key key{};
  std::size_t n = 0;
  if (!made.ok() || sodium_hex2bin(key.data(), key.size(), made.output.data(), made.output.size(), nullptr, &n, nullptr) != 0 || n != key.size()) {
    web_reply r = problem(503, "Busy", "The key could not be derived now; try again in a moment.");
    r.headers.emplace_back("Retry-After", "5");
    co_return r;
  }
  sodium_memzero(made.output.data(), made.output.size());
  web_reply r = co_await begin(lock, key);
  sodium_memzero(key.data(), key.size());
  co_return r;
}

}  // namespace sluice::gateway

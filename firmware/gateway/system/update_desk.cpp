#include "firmware/gateway/system/update_desk.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <fstream>
#include <vector>

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "core/log.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using status::problem;
using status::web_reply;
using state = update_view::state;

constexpr std::size_t piece_octets = 16 * 1024;
constexpr std::uint64_t sync_octets = 4 * 1024 * 1024;         // what may wait to be written
constexpr std::uint64_t free_margin_octets = 8 * 1024 * 1024;  // of the medium, that mail goes on with
constexpr std::chrono::milliseconds install_patience{1'800'000}, ring_pause{50};
constexpr const char* upload_name = "/upload.raucb";

}  // namespace

std::string_view name_of(state s) {
  switch (s) {
    case state::idle: return "idle";
    case state::receiving: return "receiving";
    case state::installing: return "installing";
    case state::installed: return "installed";
    case state::failed: return "failed";
  }
  return "";
}

std::string short_text(const update_view& v) {
  switch (v.at) {
    case state::idle: return "none";
    case state::receiving: return concat("receiving, ", status::bytes(v.octets), " of ", status::bytes(v.octets_at_most));
    case state::installing: return concat("installing, ", std::to_string(v.percent), " %", (v.text.empty() ? "" : concat(": ", v.text)));
    case state::installed: return concat("version ", v.version, " is installed; the next start tries it");
    case state::failed: return concat("failed: ", v.text);
  }
  return "";
}

std::optional<std::uint64_t> available_memory(const std::string& meminfo) {
  std::ifstream in(meminfo);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("MemAvailable:")) continue;
    const std::string_view digits = ascii::trim(std::string_view(line).substr(13));
    std::uint64_t kibibytes = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), kibibytes);
    return kibibytes * 1024;
  }
  return {};
}

struct update_desk::target {
  std::string path;
  int fd = -1, error = 0;
  std::uint64_t octets = 0, unsynced = 0;
};

void update_desk::enter(state s, std::string text) {
  view_.at = s;
  view_.text = std::move(text);
  view_.since = std::time(nullptr);
}

net::awaitable<bool> update_desk::on_storage(std::function<void()> work) {
  const net::job_ref job(work);
  net::timer wait(parts_.home.loop().get_executor());
  for (;;) {
    const bool ran = co_await parts_.home.all().storage.run(parts_.home.loop(), job);
    if (ran) co_return true;
    if (parts_.home.all().stopping) co_return false;
    wait.expires_after(ring_pause);
    [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
  }
}

void update_desk::clear_leftovers() {
  if (!parts_.box.exists()) return;
  const std::string directory = parts_.settings().directory;
  parts_.files.remove((directory + upload_name).c_str());
}

// Everything that can be said before the first octet is taken.
net::awaitable<std::optional<web_reply>> update_desk::objection(std::uint64_t octets) {
  if (!parts_.box.exists()) co_return problem(409, "Not an appliance", "There is no supervisor here: the program is updated by the operating system's packages.");
  if (view_.busy()) co_return problem(409, "Busy", concat("Another update is under way: ", short_text(view_), "."));
  const config::update_settings set = parts_.settings();
  if (octets > set.max_size_bytes) co_return problem(413, "Too large", concat("An update has at most ", status::bytes(set.max_size_bytes), " (update.max_size)."));
  enter(state::receiving, {});  // from here on nobody else begins
  std::string verb = "status";
  named_values none;
  const supervisor_answer box = co_await parts_.box.ask(parts_.home.loop(), std::move(verb), std::move(none));
  if (!box.good) co_return problem(503, "No answer", box.text);
  if (value_of(box.values, "install").starts_with("running")) co_return problem(409, "Busy", "The supervisor is installing already.");
  if (value_of(box.values, "slot_state") == "trying")
    co_return problem(409, "On trial", "The running system is itself on trial: a further update would overwrite the one that works. Wait until it is marked good, or mark it.");
  const auto memory = available_memory("/proc/meminfo");
  if (memory && *memory < set.memory_minimum_bytes)
    co_return problem(507, "Too little memory",
                      concat("An update needs ", status::bytes(set.memory_minimum_bytes), " available (update.memory_minimum), and this machine has ", status::bytes(*memory), "."));
  hal::volume_space space;
  int failed = 0;
  std::function<void()> look = [&] { failed = parts_.files.space_of(set.directory.c_str(), space); };
  [[maybe_unused]] const bool ran = co_await on_storage(std::move(look));
  if (failed != 0) co_return problem(507, "No place", concat(set.directory, ": ", std::strerror(failed)));
  if (space.free_bytes < octets + free_margin_octets)
    co_return problem(507, "No room", concat(set.directory, " has ", status::bytes(space.free_bytes), " free, and this update needs ", status::bytes(octets + free_margin_octets), "."));
  co_return std::nullopt;
}

net::awaitable<web_reply> update_desk::receive(status::body_stream& body, target& file) {
  std::vector<char> piece(piece_octets);
  std::function<void()> open = [&] {
    parts_.files.remove(file.path.c_str());
    file.error = parts_.files.create(file.path.c_str(), file.fd);
  };
  bool ran = co_await on_storage(std::move(open));
  while (ran && file.error == 0) {
    std::size_t held = 0;
    std::ptrdiff_t n = 1;
    while (held < piece.size() && n > 0) {
      n = co_await body.read(piece.data() + held, piece.size() - held);
      if (n > 0) held += static_cast<std::size_t>(n);
    }
    if (n < 0) co_return problem(400, "Cut off", "The upload ended before it was complete.");
    if (file.octets + held > most_octets()) co_return problem(413, "Too large", concat("An update has at most ", status::bytes(most_octets()), " (update.max_size)."));
    std::function<void()> write = [&] {
      if (held > 0) file.error = parts_.files.write(file.fd, file.octets, piece.data(), held);
      file.unsynced += held;
      if (file.error == 0 && (n == 0 || file.unsynced >= sync_octets)) {
        file.error = parts_.files.sync(file.fd);
        file.unsynced = 0;
      }
    };
    ran = co_await on_storage(std::move(write));
    file.octets += held;
    view_.octets = file.octets;
    if (n == 0) break;
  }
  if (!ran) co_return problem(503, "Stopping", "The program is stopping.");
  if (file.error != 0) co_return problem(507, "Not written", concat(file.path, ": ", std::strerror(file.error)));
  if (file.octets == 0) co_return problem(400, "No body", "The update is empty.");
  co_return web_reply();
}

net::awaitable<web_reply> update_desk::take(const status::web_request& q, status::body_stream& body, bool reboots) {
  const bool was_busy = view_.busy();
  const update_view before = view_;
  auto no = co_await objection(body.octets_at_most());
  if (no) {
    if (!was_busy) view_ = before;
    co_return std::move(*no);
  }
  view_ = {};
  enter(state::receiving, {});
  view_.octets_at_most = body.octets_at_most();
  view_.who = q.who.name;
  view_.reboots = reboots;
  target file;
  file.path = parts_.settings().directory + upload_name;
  web_reply r = co_await receive(body, file);
  const bool good = r.status == 200;
  std::function<void()> close = [&] {
    if (file.fd >= 0) parts_.files.close(file.fd);
    if (!good) parts_.files.remove(file.path.c_str());
  };
  [[maybe_unused]] const bool ran = co_await on_storage(std::move(close));
  if (!good) {
    enter(state::failed, concat("the upload failed with ", std::to_string(r.status)));
    view_.code = "upload";
    co_return r;
  }
  enter(state::installing, {});
  log::line(log::level::info, "update-taken").with("octets", static_cast<std::int64_t>(file.octets)).with("who", q.who.name);
  status::web_request asked;
  asked.method = q.method;
  asked.path = q.path;
  asked.client_ip = q.client_ip;
  asked.who = q.who;
  auto work = install(std::move(asked), file.path);
  net::asio::co_spawn(parts_.home.loop(), std::move(work), net::asio::detached);
  r = status::json_reply(concat("{\"state\":\"installing\",\"octets\":", std::to_string(file.octets), "}\n"));
  r.status = 202;
  r.headers.emplace_back("Location", "/api/v1/system/update");
  r.audit = concat("upload an update of ", std::to_string(file.octets), " octets");
  co_return r;
}

net::awaitable<void> update_desk::install(status::web_request q, std::string file) {
  std::string verb = "install";
  named_values values{{"path", file}};
  supervisor_client::progress_taker progress = [this](unsigned percent, const std::string& text) {
    view_.percent = percent;
    view_.text = text;
  };
  const supervisor_answer a = co_await parts_.box.ask(parts_.home.loop(), std::move(verb), std::move(values), install_patience, std::move(progress));
  std::function<void()> remove = [&] { parts_.files.remove(file.c_str()); };
  [[maybe_unused]] const bool ran = co_await on_storage(std::move(remove));
  std::string what;
  if (a.good) {
    view_.version = value_of(a.values, "version");
    view_.percent = 100;
    enter(state::installed, {});
    log::line(log::level::info, "update-installed").with("version", view_.version);
    what = concat("install version ", view_.version);
  } else {
    view_.code = a.code.empty() ? "no-answer" : a.code;
    enter(state::failed, a.text.empty() ? a.code : a.text);
    log::line(log::level::error, "update-failed").with("code", view_.code).with("why", view_.text);
    what = concat("install an update: ", view_.text);
  }
  if (parts_.audit) co_await parts_.audit(std::move(q), std::move(what), a.good ? 200u : 422u);
  if (a.good && view_.reboots && parts_.reboot) co_await parts_.reboot();
}

}  // namespace sluice::gateway

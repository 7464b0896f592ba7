#include "firmware/gateway/system/network_host.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "firmware/gateway/health/service_manager.hpp"
#include "firmware/gateway/system/network_text.hpp"
#include "status/access/store.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t most_octets = 8 * 1024;  // of the text; apply-network takes twice as much
constexpr std::chrono::milliseconds network_patience{130'000};  // the supervisor gives its tool 120 s

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : file.substr(0, slash);
}

std::string words_of(const supervisor_answer& a) { return a.code.empty() ? a.text : a.text.empty() ? a.code : a.text; }

}  // namespace

std::vector<std::string> ethernets_of(const std::string& folder) {
  std::vector<std::string> out;
  DIR* const all = ::opendir(folder.c_str());
  if (all == nullptr) return out;
  while (const dirent* const one = ::readdir(all)) {
    const std::string name = one->d_name, path = concat(folder, "/", name);
    int type = 0;
    std::ifstream(concat(path, "/type")) >> type;
    constexpr int ethernet = 1;  // ARPHRD_ETHER
    if (type != ethernet || name.find('.') != std::string::npos || ::access((concat(path, "/bridge")).c_str(), F_OK) == 0) continue;
    out.push_back(name);
  }
  ::closedir(all);
  std::ranges::sort(out);
  return out;
}

network_host::network_host(hal::files& files, const supervisor_client& box, const std::string& config_file)
    : files_(files), box_(box), file_(folder_of(config_file) + "/network.applied"), mark_(folder_of(config_file) + "/network.changing") {}

// A machine whose network was never set here keeps what its image does by itself.
std::string network_host::wanted(const config::model& m) const {
  if (!m.network_of_machine.is_set() && applied_.empty()) return {};
  return network_text(m.network_of_machine, ethernets_of("/sys/class/net"));
}

int network_host::write_down(const std::string& text) {
  int error = status::replace_file(files_, mark_, "1\n");
  if (error == 0) error = status::replace_file(files_, file_, text);
  return error;
}

std::string network_host::begin(const config::model& m) {
  if (!box_.exists()) {
    if (m.network_of_machine.is_set()) log::line(log::level::error, "network-not-applied").with("why", "this is no appliance: there is no supervisor");
    return {};
  }
  status::read_file(files_, file_, most_octets, applied_);
  std::uint64_t mark_octets = 0;
  const bool changing = files_.size_of(mark_.c_str(), mark_octets) == 0;
  const std::string text = wanted(m);
  if (text == applied_ && !changing) return {};
  std::string error;
  if (const int e = write_down(text); e != 0) error = concat(file_, ": ", std::strerror(e));
  if (error.empty()) {
    const supervisor_answer a = box_.ask_now("network", {{"path", file_}}, network_patience);
    if (!a.good) error = words_of(a);
  }
  if (error.empty()) files_.remove(mark_.c_str());
  applied_ = text;
  log::line(error.empty() ? log::level::info : log::level::error, error.empty() ? "network-made" : "network-not-applied").with("when", "start").with("why", error);
  return error;
}

void network_host::attach(net::worker& home, generation_host& inner) {
  home_ = &home;
  inner_ = &inner;
}

net::awaitable<std::string> network_host::make(std::string text) {
  int failed = 0;
  auto work = [&] { failed = write_down(text); };
  const net::job_ref job(work);
  const bool ran = co_await home_->all().storage.run(home_->loop(), job);
  if (!ran) co_return "the storage thread has too much to do";
  if (failed != 0) co_return concat(file_, ": ", std::strerror(failed));
  named_values values{{"path", file_}};
  std::string verb = "network";
  const supervisor_answer a = co_await box_.ask(home_->loop(), std::move(verb), std::move(values), network_patience);
  if (!a.good) co_return concat("the network was refused: ", words_of(a));
  applied_ = text;
  auto done = [&] { files_.remove(mark_.c_str()); };
  const net::job_ref last(done);
  [[maybe_unused]] const bool ignored = co_await home_->all().storage.run(home_->loop(), last);
  co_return std::string();
}

net::awaitable<fit> network_host::fits_beside(const config::model& next) {
  fit out = co_await inner_->fits_beside(next);
  if (!next.network_of_machine.is_set()) co_return out;
  if (!box_.exists())
    out.problems.push_back({{}, "network", "this is no appliance: its operating system has the network", "set the network there, and remove [network]", false});
  else if (network_text(next.network_of_machine, ethernets_of("/sys/class/net")).size() > most_octets)
    out.problems.push_back({{}, "network", "is longer than 8 KiB as the file that the image reads", "fewer routes or addresses", false});
  co_return out;
}

// The network first: listeners may need its addresses.
net::awaitable<std::string> network_host::apply(const config::model& next, std::uint64_t generation) {
  const std::string before = applied_, text = box_.exists() ? wanted(next) : before;
  if (text != before) {
    std::string error = co_await make(text);
    log::line(error.empty() ? log::level::info : log::level::error, error.empty() ? "network-made" : "network-not-applied")
        .with("generation", static_cast<std::int64_t>(generation))
        .with("why", error);
    if (!error.empty()) {
      if (const std::string again = co_await make(before); !again.empty()) log::line(log::level::error, "network-not-applied").with("why", again);
      co_return error;
    }
  }
  std::string error = co_await inner_->apply(next, generation);
  if (!error.empty() && text != before)
    if (const std::string again = co_await make(before); !again.empty()) log::line(log::level::error, "network-not-applied").with("why", again);
  co_return error;
}

net::awaitable<proof> network_host::prove() { return inner_->prove(); }
void network_host::restart() { inner_->restart(); }
// The supervisor keeps a copy of what is confirmed, beside the data partition.
void network_host::settled() {
  inner_->settled();
  [[maybe_unused]] const bool heard = service_manager().say("X_SLUICE_CONFIRMED=1");
}

}  // namespace sluice::gateway

// Takes an update in and has the supervisor install it: the body goes straight to a file in update.directory, never into
// memory; then `install`, with its progress; at the end the file is removed, whatever came of it. One at a time.
//
// On the control loop; files on the storage thread.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "config/model.hpp"
#include "firmware/gateway/system/supervisor_client.hpp"
#include "hal/include/hal/files.hpp"
#include "net/worker.hpp"
#include "status/http/body_stream.hpp"
#include "status/http/route.hpp"

namespace sluice::gateway {

struct update_view {
  enum class state { idle, receiving, installing, installed, failed };
  state at = state::idle;
  std::uint64_t octets = 0, octets_at_most = 0;  // received
  unsigned percent = 0;                          // of the installation
  std::string text;     // what it is doing, or why it failed
  std::string code;     // of a failure, as the supervisor calls it
  std::string version;  // installed
  std::string who;
  std::int64_t since = 0;  // of this state, UTC seconds
  bool reboots = false;    // by itself after it is installed
  bool busy() const { return at == state::receiving || at == state::installing; }
};
std::string_view name_of(update_view::state s);
std::string short_text(const update_view& v);  // "installing, 40 %: Copying image"

struct update_parts {
  net::worker& home;
  hal::files& files;
  const supervisor_client& box;
  std::function<config::update_settings()> settings;
  // What became of it, for the audit log; and the reboot that was asked for together with it.
  std::function<net::awaitable<void>(status::web_request, std::string, unsigned)> audit;
  std::function<net::awaitable<void>()> reboot;
};

// Memory that programs may take without swapping (MemAvailable); nothing when the kernel does not say.
std::optional<std::uint64_t> available_memory(const std::string& meminfo);

class update_desk {
 public:
  explicit update_desk(update_parts parts) : parts_(std::move(parts)) {}

  // 202 when it is being installed; the problem otherwise.
  net::awaitable<status::web_reply> take(const status::web_request& q, status::body_stream& body, bool reboots);
  const update_view& look() const { return view_; }
  std::uint64_t most_octets() const { return parts_.settings().max_size_bytes; }
  void clear_leftovers();  // of a cut; before anything runs

 private:
  struct target;
  net::awaitable<std::optional<status::web_reply>> objection(std::uint64_t octets);
  net::awaitable<status::web_reply> receive(status::body_stream& body, target& file);
  net::awaitable<void> install(status::web_request q, std::string file);
  net::awaitable<bool> on_storage(std::function<void()> work);
  void enter(update_view::state s, std::string text);

  update_parts parts_;
  update_view view_;
};

}  // namespace sluice::gateway

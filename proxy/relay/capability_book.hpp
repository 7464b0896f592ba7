// What each downstream host offered in its last EHLO reply, and whether it answers at present. Sluice offers its clients
// only what every known host supports (capability mirroring); without any knowledge it accepts no mail yet. Kept across
// restarts as text, so that a reboot with the downstream away does not close the door. Thread safe; touched per
// connection, not per octet.
#pragma once
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/extension_set.hpp"

namespace sluice::relay {

enum class host_state : std::uint8_t { unknown, up, down };

struct host_record {
  std::string host;  // "name:port"
  std::optional<smtp::extension_set> offers;
  host_state state = host_state::unknown;
  std::int64_t since = 0;    // UTC seconds of the last change of state
  std::string last_error;    // why it is down; ours, not the peer's text
};

class capability_book {
 public:
  // Hosts of the running generation; knowledge of hosts that stay is kept.
  void set_hosts(const std::vector<std::string>& hosts);

  void learned(std::string_view host, const smtp::extension_set& offers, std::int64_t now);
  void failed(std::string_view host, std::string_view why, std::int64_t now);

  host_state state_of(std::string_view host) const;
  std::optional<smtp::extension_set> offers_of(std::string_view host) const;

  // `own` reduced to what every host with known offers supports; nothing when no host is known.
  std::optional<smtp::extension_set> mirror(const smtp::extension_set& own) const;

  std::vector<host_record> snapshot() const;
  std::uint64_t changes() const;  // grows whenever save() would give another text

  std::string save() const;
  void load(std::string_view text);  // lines that cannot be read are skipped: the next probe repairs them

 private:
  host_record* find(std::string_view host);
  const host_record* find(std::string_view host) const;

  mutable std::mutex mutex_;
  std::vector<host_record> hosts_;
  std::uint64_t changes_ = 0;
};

}  // namespace sluice::relay

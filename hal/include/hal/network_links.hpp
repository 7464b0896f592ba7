// The network interfaces as the kernel sees them: is a cable in, and how fast. Addresses and routes are not here.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace sluice::hal {

struct network_link {
  std::string name;                      // "eth0"
  std::string state;                     // RFC 2863: "up", "down", "lowerlayerdown", "unknown"
  std::optional<bool> carrier;
  std::optional<unsigned> megabits;      // of wired links that are up
};

inline constexpr std::size_t max_links = 16;

class network_links {
 public:
  virtual ~network_links() = default;
  virtual std::vector<network_link> look() = 0;  // without the loopback, by name, at most max_links
};

}  // namespace sluice::hal

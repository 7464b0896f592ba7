// The last events, in RAM, in their discreet form (log_format.hpp): for the support bundle. Bounded by octets; the oldest
// make room. Any thread may log while another one reads.
#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "core/log.hpp"

namespace sluice::log {

class ring final : public sink {
 public:
  explicit ring(std::size_t octets) : octets_(octets) {}
  void take(const record& r) noexcept override;

  std::string text() const;  // JSON lines, oldest first
  std::size_t octets() const { return octets_.size(); }

 private:
  void drop_oldest();
  void put(std::string_view text);

  mutable std::mutex mutex_;
  std::vector<char> octets_;  // lines, each with its '\n'; begins at begin_ and wraps around
  std::size_t begin_ = 0, used_ = 0;
};

}  // namespace sluice::log

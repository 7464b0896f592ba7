#include "net/syslog_queue.hpp"

#include <limits>

#include "core/concat.hpp"

namespace sluice::net {
namespace {

constexpr std::size_t length_octets = 2;

}  // namespace

std::size_t syslog_queue::length_at(std::size_t offset) const {
  return static_cast<std::size_t>(static_cast<unsigned char>(at(offset))) << 8 | static_cast<unsigned char>(at(offset + 1));
}

bool syslog_queue::append(std::string_view message) {
  if (message.size() > std::numeric_limits<std::uint16_t>::max()) return false;
  if (ring_.size() - used_ < message.size() + length_octets) return false;
  at(used_) = static_cast<char>(message.size() >> 8);
  at(used_ + 1) = static_cast<char>(message.size() & 0xff);
  used_ += length_octets;
  for (const char c : message) at(used_++) = c;
  return true;
}

void syslog_queue::resize(std::size_t octets) {
  const std::lock_guard lock(mutex_);
  if (octets == ring_.size()) return;
  std::string all;
  for (std::size_t i = 0; i < used_; ++i) all += at(i);
  ring_.assign(octets, 0);
  ring_.shrink_to_fit();
  begin_ = used_ = 0;
  for (std::size_t i = 0; i + length_octets <= all.size();) {
    const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(all[i])) << 8 | static_cast<unsigned char>(all[i + 1]);
    if (!append(std::string_view(all).substr(i + length_octets, length))) ++lost_;
    i += length_octets + length;
  }
}

bool syslog_queue::put(std::string_view message) {
  const std::lock_guard lock(mutex_);
  const bool done = append(message);
  if (!done && !ring_.empty()) ++lost_;
  return done;
}

std::size_t syslog_queue::peek(std::string& out, std::size_t most, bool counted) const {
  const std::lock_guard lock(mutex_);
  std::size_t taken = 0;
  for (std::size_t offset = 0; offset < used_;) {
    const std::size_t length = length_at(offset);
    const std::string count = counted ? concat(std::to_string(length), " ") : std::string();
    if (taken > 0 && (!counted || out.size() + count.size() + length > most)) break;
    out += count;
    offset += length_octets;
    for (std::size_t i = 0; i < length; ++i) out += at(offset + i);
    offset += length;
    ++taken;
  }
  return taken;
}

void syslog_queue::remove(std::size_t messages) {
  const std::lock_guard lock(mutex_);
  for (; messages > 0 && used_ > 0; --messages) {
    const std::size_t whole = length_at(0) + length_octets;
    begin_ = (begin_ + whole) % ring_.size();
    used_ -= whole;
  }
}

std::uint64_t syslog_queue::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}
std::size_t syslog_queue::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}
std::size_t syslog_queue::size() const {
  const std::lock_guard lock(mutex_);
  return ring_.size();
}

}  // namespace sluice::net

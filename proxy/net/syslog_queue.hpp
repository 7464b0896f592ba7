// Messages that wait for the syslog server, in a ring of fixed size. Any thread puts, one takes. When it is full the new
// message is the one that is lost, and counted: those that wait are told to nobody yet, and their order stays.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::net {

class syslog_queue {
 public:
  void resize(std::size_t octets);  // keeps what waits as far as it fits; 0: takes nothing
  bool put(std::string_view message);

  // Appends messages to `out`, oldest first, until it has `most` octets; at least one when one waits. They stay here until
  // remove(). With `counted` each has its length in front (RFC 6587 3.4.1), otherwise only one is taken.
  std::size_t peek(std::string& out, std::size_t most, bool counted) const;
  void remove(std::size_t messages);

  std::uint64_t lost() const;
  std::size_t used() const;
  std::size_t size() const;

 private:
  std::size_t length_at(std::size_t offset) const;
  char& at(std::size_t offset) { return ring_[(begin_ + offset) % ring_.size()]; }
  char at(std::size_t offset) const { return ring_[(begin_ + offset) % ring_.size()]; }
  bool append(std::string_view message);

  mutable std::mutex mutex_;
  std::vector<char> ring_;  // two octets of length, the message, and so on
  std::size_t begin_ = 0, used_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace sluice::net

// One long-running program of the system (the updater, the network script): started, its lines read as they come, its
// end told. The loop polls its descriptor; nothing here waits.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "firmware/supervisor/life.hpp"

namespace sluice::supervisor {

class tool_job {
 public:
  ~tool_job();
  bool start(const std::vector<std::string>& words, milliseconds now, milliseconds longest);
  bool is_running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  int descriptor() const { return fd_; }
  std::vector<std::string> lines();    // that came since the last call, standard output and error alike
  const std::string& last_line() const { return last_; }
  const std::string& output() const { return all_; }  // the first 64 KiB
  void look_at_clock(milliseconds now);               // ends it when it takes too long
  void ended();                                       // the loop has waited for it

 private:
  pid_t pid_ = -1;
  int fd_ = -1;
  milliseconds end_{0};
  std::string piece_, last_, all_;
};

}  // namespace sluice::supervisor

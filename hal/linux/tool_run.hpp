// Runs a small program of the system to its end and keeps what it said. Blocking, for tools that answer at once
// (fw_printenv, sluice budget); the supervisor follows long ones itself.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace sluice::hal {

struct tool_result {
  int status = -1;     // exit code; 128 + signal; -1: it could not be started or took too long
  std::string output;  // of standard output, at most text_file_bytes
};

struct tool_user {
  uid_t uid;
  gid_t gid;
};

tool_result run_tool(const std::vector<std::string>& words, std::chrono::milliseconds longest, std::optional<tool_user> as = {});

}  // namespace sluice::hal

// The process of the service: started as another user, with one capability, a clean environment and a cgroup of its own.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::supervisor {

struct child_plan {
  std::vector<std::string> words, environment;
  uid_t uid = 0;
  gid_t gid = 0;
  bool change_user = false;  // only root can
  std::string cgroup;        // folder; empty: none
};

// -1 with errno. What fails within the child before the program runs ends it with one of these codes.
pid_t start_child(const child_plan& plan);
inline constexpr int exit_no_user = 125, exit_no_program = 127;

// The service ended in good order, to be started again at once (a generation that only a start can try). Its number in the
// service: exit_start_again (app.hpp).
inline constexpr int exit_start_again = 5;
bool asks_to_start_again(int wait_status);

std::string how_it_ended(int wait_status);  // "exit code 3, the configuration is wrong", "signal 11, Segmentation fault"

// The cgroup: made, with swap off and a limit; empty on success, else why not. Without one the service runs unlimited.
std::string make_cgroup(const std::string& folder);
std::string limit_cgroup(const std::string& folder, std::uint64_t memory_bytes);
void empty_cgroup(const std::string& folder);  // ends whatever is left in it

}  // namespace sluice::supervisor

#include "firmware/supervisor/child.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/concat.hpp"
#include "hal/linux/text_file.hpp"

namespace sluice::supervisor {
namespace {

// Ambient, so that it survives the exec of a program without file capabilities; everything else goes from the bounding
// set, so that nothing can bring it back.
bool keep_only_bind() {
  for (int c = 0; c <= 63; ++c)
    if (c != CAP_NET_BIND_SERVICE) ::prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
  return ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0;
}

bool raise_bind() {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  const auto bit = 1U << CAP_NET_BIND_SERVICE;
  sets[0] = {bit, bit, bit};
  return ::syscall(SYS_capset, &head, sets.data()) == 0 && ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0) == 0;
}

[[noreturn]] void become(const child_plan& plan, std::vector<char*>& words, std::vector<char*>& environment, pid_t parent) {
  ::setsid();
  if (!plan.cgroup.empty()) hal::write_text(concat(plan.cgroup, "/cgroup.procs"), "0");
  hal::write_text("/proc/self/oom_score_adj", "0");
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, 0);
  ::umask(077);
  if (plan.change_user && (!keep_only_bind() || ::setgroups(0, nullptr) != 0 || ::setresgid(plan.gid, plan.gid, plan.gid) != 0 ||
                           ::setresuid(plan.uid, plan.uid, plan.uid) != 0 || !raise_bind()))
    ::_exit(exit_no_user);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);  // a supervisor that is gone can feed nothing and restart nothing
  if (::getppid() != parent) ::_exit(exit_no_user);  // it went before that was set
  ::closefrom(3);
  ::execve(words[0], words.data(), environment.data());
  ::_exit(exit_no_program);
}

std::vector<char*> pointers(const std::vector<std::string>& in) {
  std::vector<char*> out;
  for (const std::string& s : in) out.push_back(const_cast<char*>(s.c_str()));
  out.push_back(nullptr);
  return out;
}

const char* meaning_of(int code) {
  switch (code) {
    case 0: return "without being asked to stop";
    case 2: return "wrong usage";
    case 3: return "the configuration is wrong";
    case 4: return "a port or the data directory cannot be used";
    case exit_start_again: return "to be started again";
    case exit_no_user: return "its user cannot be taken";
    case exit_no_program: return "the program cannot be started";
    default: return "";
  }
}

}  // namespace

pid_t start_child(const child_plan& plan) {
  std::vector<char*> words = pointers(plan.words), environment = pointers(plan.environment);
  const pid_t parent = ::getpid(), child = ::fork();
  if (child == 0) become(plan, words, environment, parent);
  return child;
}

bool asks_to_start_again(int status) { return WIFEXITED(status) && WEXITSTATUS(status) == exit_start_again; }

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return concat("signal ", std::to_string(WTERMSIG(status)), ", ", ::strsignal(WTERMSIG(status)));
  const int code = WEXITSTATUS(status);
  const std::string meaning = meaning_of(code);
  return concat("exit code ", std::to_string(code), (meaning.empty() ? "" : concat(", ", meaning)));
}

std::string make_cgroup(const std::string& folder) {
  const std::string parent = folder.substr(0, folder.rfind('/'));
  if (!hal::read_text(concat(parent, "/cgroup.controllers"))) return concat(parent, ": no cgroup v2 there");
  const std::string controllers = hal::first_line(concat(parent, "/cgroup.controllers"));
  if ((concat(" ", controllers, " ")).find(" memory ") == std::string::npos) return concat(parent, ": no memory controller");
  hal::write_text(concat(parent, "/cgroup.subtree_control"), "+memory");
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return concat(folder, ": ", std::strerror(errno));
  hal::write_text(concat(folder, "/memory.swap.max"), "0");
  hal::write_text(concat(folder, "/memory.oom.group"), "1");
  return {};
}

std::string limit_cgroup(const std::string& folder, std::uint64_t memory_bytes) {
  const int error = hal::write_text(concat(folder, "/memory.max"), std::to_string(memory_bytes));
  return error == 0 ? "" : concat(folder, "/memory.max: ", std::strerror(error));
}

void empty_cgroup(const std::string& folder) {
  if (!folder.empty()) hal::write_text(concat(folder, "/cgroup.kill"), "1");
}

}  // namespace sluice::supervisor

// SIGKILL between any two writes: a child runs the scenario and reports each finished step; the parent reopens what the
// child left behind and finds each finished step, whole.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "scenario.hpp"
#include "watched_vfs.hpp"

using namespace sluice;
using namespace sluice::quarantine;
using namespace sluice::quarantine::test;
using hal::fake::fault_point;

namespace {

// Never returns. Writes one octet per finished step.
[[noreturn]] void be_killed(const std::string& directory, std::uint64_t after, int report_to) {
  fault_point fault(after, fault_point::mode::kill);
  watched_vfs vfs(fault);
  bench b(bench::closed, directory, scenario_limits());
  b.fs.watch_with(fault);
  b.reopen();
  for (const step& s : scenario()) {
    (void)s.act(b);
    if (::write(report_to, "", 1) != 1) ::_exit(2);
  }
  ::_exit(0);
}

// How many steps the child finished, and whether it was killed.
std::pair<std::size_t, bool> run_child(const std::string& directory, std::uint64_t after) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ends[0]);
    be_killed(directory, after, ends[1]);
  }
  ::close(ends[1]);
  std::size_t steps = 0;
  char octets[64];
  for (ssize_t n; (n = ::read(ends[0], octets, sizeof octets)) > 0;) steps += static_cast<std::size_t>(n);
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE((WIFSIGNALED(status) || WEXITSTATUS(status) == 0));
  return {steps, WIFSIGNALED(status)};
}

}  // namespace

TEST_CASE("after SIGKILL between any two writes every finished step is there", "[crash]") {
  std::vector<picture> after_step{{}};
  {
    scratch_directory dir;
    bench b(dir / "q", scenario_limits());
    for (const step& s : scenario()) {
      (void)s.act(b);
      after_step.push_back(look_at(*b.store));
    }
  }
  std::uint64_t n = 0;
  for (bool killed = true; killed; n += every(5)) {
    scratch_directory dir;
    std::size_t steps = 0;
    std::tie(steps, killed) = run_child(dir / "q", n);
    bench b(dir / "q", scenario_limits());
    const picture seen = look_at(*b.store);
    INFO("killed before operation " << n << ", " << steps << " steps done");
    const bool upkeep_under_way = steps < scenario().size() && !scenario()[steps].is_one_transaction;
    CHECK((seen == after_step[steps] || (steps + 1 < after_step.size() && seen == after_step[steps + 1]) ||
           upkeep_under_way));
    check_consistent(b);
  }
  CHECK(n > 200);
}

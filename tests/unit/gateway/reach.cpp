// Files of a later generation that the sandbox of the start keeps closed.
#include "firmware/gateway/sandbox/reach.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <fstream>
#include <functional>

#include "firmware/gateway/sandbox/named_files.hpp"
#include "support/scratch_folder.hpp"

using namespace sluice;
using namespace sluice::gateway;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

struct places {
  test::scratch_folder dir;
  places() {
    for (const char* folder : {"open", "closed", "data"}) fs::create_directory(dir / folder);
    for (const char* file : {"open/ca.pem", "closed/ca.pem"}) std::ofstream(dir / file) << "x";
    fs::create_symlink(dir / "open/ca.pem", dir / "closed/link.pem");
    fs::create_symlink(dir / "closed/ca.pem", dir / "open/link.pem");
  }
};

// What `say` tells in a child whose files are restricted to `rules`; empty without Landlock.
std::string in_sandbox(const file_rules& rules, const std::function<std::string()>& say) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string out = restrict_files(rules) > 0 ? say() : std::string();
    [[maybe_unused]] const ssize_t n = ::write(ends[1], out.data(), out.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string out;
  char piece[512];
  for (ssize_t n = 0; (n = ::read(ends[0], piece, sizeof piece)) > 0;) out.append(piece, static_cast<std::size_t>(n));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return out;
}

}  // namespace

TEST_CASE("what a later generation names outside of what was open at the start is refused with key, path and remedy") {
  const places at;
  const file_rules rules{{at.dir / "data"}, {at.dir / "open", "/proc"}};
  config::model m;
  m.routes.resize(2);
  m.routes[0].ca_file = at.dir / "open/ca.pem";
  m.routes[1].ca_file = at.dir / "closed/ca.pem";
  m.log.target = at.dir / "closed/log";
  m.backup.recipient_key = at.dir / "open/link.pem";   // leads out of what is open
  m.status.client_ca = at.dir / "closed/link.pem";     // leads into it
  m.status.client_crl = at.dir / "closed/missing.pem";  // its own problem
  m.inspect.profiles_directory = at.dir / "closed";
  m.inspect.pack = at.dir / "data/pack";
  const std::string told = in_sandbox(rules, [&] {
    std::vector<config::problem> problems{{{}, "route[2].ca_file", "cannot read", "", false}, {{}, "status.client_crl", "cannot read", "", false}};
    check_reach(rules, m, config::positions(), problems);
    std::string out;
    for (const config::problem& p : problems) out += config::format(p, "f") + "\n";
    return out;
  });
  if (told.empty()) SKIP("this kernel has no Landlock");
  CHECK_THAT(told, ContainsSubstring("f: error: status.client_crl: cannot read\n"));
  for (const char* key : {"route[2].ca_file", "log.target", "backup.recipient_key", "inspect.profiles_directory"})
    CHECK_THAT(told, ContainsSubstring("f: error: " + std::string(key) + ": \"" + at.dir.path()));
  CHECK(std::count(told.begin(), told.end(), '\n') == 5);
  CHECK_THAT(told, ContainsSubstring("route[2].ca_file: \"" + (at.dir / "closed/ca.pem") + "\" is in a folder that the running program gave up when it started (its sandbox); restart with this configuration, or "));
  CHECK_THAT(told, ContainsSubstring("such as " + (at.dir / "data")));  // of the log, which is written
  CHECK_THAT(told, ContainsSubstring("such as /etc/sluice"));
}

TEST_CASE("without a sandbox nothing is out of reach") {
  CHECK(rules_of_sandbox() == nullptr);
  const places at;
  config::model m;
  m.status.client_ca = at.dir / "closed/ca.pem";
  std::vector<config::problem> problems;
  check_reach({{}, {"/proc"}}, m, {}, problems);  // it can be opened
  CHECK(problems.empty());
}

TEST_CASE("the folder behind a link is open, too: the next certificate of certbot will be there") {
  const places at;
  fs::create_directories(at.dir / "archive/mx");
  fs::create_directories(at.dir / "live/mx");
  std::ofstream(at.dir / "archive/mx/key1.pem") << "x";
  fs::create_symlink("../../archive/mx/key1.pem", at.dir / "live/mx/key.pem");
  config::model m;
  m.tls.certificates.push_back({at.dir / "live/mx/key.pem", at.dir / "live/mx/key.pem"});
  const file_rules r = rules_of(m, "/etc/sluice/sluice.toml");
  for (const char* folder : {"live/mx", "archive/mx"}) CHECK(std::find(r.readable.begin(), r.readable.end(), at.dir / folder) != r.readable.end());
}

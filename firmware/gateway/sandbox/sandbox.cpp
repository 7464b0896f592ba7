#include "firmware/gateway/sandbox/sandbox.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "firmware/gateway/sandbox/named_files.hpp"
#include "firmware/gateway/sandbox/reach.hpp"

namespace sluice::gateway {
namespace {

std::unique_ptr<const file_rules> closed_by;  // set once, before the first thread

}  // namespace

const file_rules* rules_of_sandbox() { return closed_by.get(); }

file_rules rules_of(const config::model& m, const std::string& config_file) {
  file_rules out;
  out.writable = {m.data_directory, "/dev/null"};
  // On an appliance what the machine has lies beside the configuration (system/network_host).
  if (std::getenv("SLUICE_SUPERVISOR") != nullptr) out.writable.push_back(containing_folder(config_file));
  // What libraries and the C library read; /proc and /sys for the figures of the page.
  out.readable = {"/etc/resolv.conf", "/run/resolv.conf", "/run/systemd/resolve", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/services", "/etc/localtime", "/etc/timezone",
                  "/etc/ssl", "/etc/sluice", "/etc/ld.so.cache", "/etc/ld.so.preload", "/usr/share", "/usr/lib", "/usr/local/share", "/lib", "/lib64", "/dev/urandom", "/dev/random", "/proc", "/sys"};
  out.readable.push_back(containing_folder(config_file));
  for (const named_file& f : named_files(m)) {
    std::vector<std::string>& to = f.is_written ? out.writable : out.readable;
    to.push_back(f.is_folder ? f.path : containing_folder(f.path));
    // A link leads to another folder, where the next one will be, too (certbot's live/ and archive/).
    if (const std::string real = f.is_folder ? std::string() : folder_behind(f.path); !real.empty() && real != to.back()) to.push_back(real);
  }
  return out;
}

// Permitted, effective and inheritable become the one that is there of "bind"; ambient follows. What cannot be dropped was
// never held.
bool drop_capabilities() {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> now{};
  if (::syscall(SYS_capget, &head, now.data()) != 0) return false;
  constexpr auto bind = 1U << CAP_NET_BIND_SERVICE;
  // Root keeps what its files need: it owns nothing of another user's data directory. Services do not run as root.
  const std::uint32_t files = ::geteuid() == 0 ? 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH | 1U << CAP_FOWNER | 1U << CAP_CHOWN : 0;
  if (::geteuid() == 0)
    for (int c = 0; c <= 63; ++c)
      if (c > 31 || ((bind | files) >> c & 1U) == 0) ::prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
  std::array<__user_cap_data_struct, 2> kept{};
  kept[0].permitted = now[0].permitted & (bind | files);
  kept[0].effective = kept[0].permitted;
  kept[0].inheritable = now[0].inheritable & bind;
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (::syscall(SYS_capset, &head, kept.data()) != 0) return false;
  // So that beginning anew (the same program, by exec) can open its ports again.
  if ((kept[0].permitted & kept[0].inheritable & bind) != 0) ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0);
  return true;
}

sandbox_state close_sandbox(const file_rules& rules) {
  sandbox_state out;
  out.no_new_privileges = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  out.capabilities = drop_capabilities();
  out.landlock = restrict_files(rules);
  if (out.landlock > 0) closed_by = std::make_unique<const file_rules>(rules);
  out.seccomp = forbid_system_calls();
  return out;
}

std::string sandbox_state::text() const {
  std::string out = landlock > 0 ? "landlock " + std::to_string(landlock) : "no landlock";
  out += seccomp ? ", seccomp" : ", no seccomp";
  out += no_new_privileges ? ", no new privileges" : "";
  out += capabilities ? ", capabilities dropped" : ", capabilities kept";
  return out;
}

}  // namespace sluice::gateway

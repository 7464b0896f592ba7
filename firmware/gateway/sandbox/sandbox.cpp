#include "firmware/gateway/sandbox/sandbox.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace sluice::gateway {
namespace {

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : file.substr(0, slash);
}

}  // namespace

file_rules rules_of(const config::model& m, const std::string& config_file) {
  file_rules out;
  out.writable = {m.data_directory, "/dev/null", m.update.directory};
  // On an appliance what the machine has lies beside the configuration (system/network_host).
  if (std::getenv("SLUICE_SUPERVISOR") != nullptr) out.writable.push_back(folder_of(config_file));
  if (m.log.target.starts_with('/')) out.writable.push_back(folder_of(m.log.target));
  // What libraries and the C library read; /proc and /sys for the figures of the page.
  out.readable = {"/etc/resolv.conf", "/run/resolv.conf", "/run/systemd/resolve", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/services", "/etc/localtime", "/etc/timezone",
                  "/etc/ssl", "/etc/sluice", "/etc/ld.so.cache", "/etc/ld.so.preload", "/usr/share", "/usr/lib", "/usr/local/share", "/lib", "/lib64", "/dev/urandom", "/dev/random", "/proc", "/sys"};
  const auto name = [&out](const std::string& file) {
    if (!file.empty()) out.readable.push_back(folder_of(file));
  };
  name(config_file);
  name(m.status.token_file);
  name(m.status.client_ca);
  name(m.status.client_crl);
  name(m.backup.recipient_key);
  name(m.auth.seal_key);
  name(m.log.syslog.ca_file);
  name(m.management.pull.ca_file);
  name(m.tls.acme.ca_file);
  name(m.tls.acme.account_binding);
  for (const auto& c : m.tls.certificates) {
    name(c.certificate);
    name(c.key);
  }
  for (const config::route& r : m.routes) name(r.ca_file);
  if (!m.inspect.profiles_directory.empty()) out.readable.push_back(m.inspect.profiles_directory);
  name(m.inspect.pack);
  name(m.inspect.pack_key);
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

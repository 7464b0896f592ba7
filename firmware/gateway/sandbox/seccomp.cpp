// System calls that are refused (EPERM), for every thread. Numbers by their names, so that each architecture has its own;
// a call that an architecture lacks is left out.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <vector>

#include "firmware/gateway/sandbox/sandbox.hpp"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

namespace sluice::gateway {
namespace {

#if defined(__x86_64__)
constexpr unsigned filter_arch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned filter_arch = AUDIT_ARCH_AARCH64;
#elif defined(__arm__)
constexpr unsigned filter_arch = AUDIT_ARCH_ARM;
#else
#error "seccomp: name the architecture"
#endif

constexpr unsigned no = SECCOMP_RET_ERRNO | EPERM, unknown = SECCOMP_RET_ERRNO | ENOSYS;
constexpr unsigned namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME;

const std::vector<long>& refused() {
  static const std::vector<long> list = {
      // other processes
#ifndef SLUICE_SANITIZED  // its leak checker looks at its own threads so
      SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
#endif
      SYS_kcmp, SYS_perf_event_open, SYS_bpf, SYS_userfaultfd,
#ifdef SYS_pidfd_getfd
      SYS_pidfd_getfd,
#endif
#ifdef SYS_process_madvise
      SYS_process_madvise,
#endif
      // what the machine is made of
      SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_swapon, SYS_swapoff, SYS_reboot, SYS_init_module, SYS_finit_module, SYS_delete_module,
      SYS_acct, SYS_quotactl, SYS_sethostname, SYS_setdomainname, SYS_syslog, SYS_vhangup, SYS_fanotify_init, SYS_open_by_handle_at,
#ifdef SYS_kexec_load
      SYS_kexec_load,
#endif
#ifdef SYS_kexec_file_load
      SYS_kexec_file_load,
#endif
#ifdef SYS_open_tree
      SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick,
#endif
#ifdef SYS_mount_setattr
      SYS_mount_setattr,
#endif
#ifdef SYS_iopl
      SYS_iopl, SYS_ioperm,
#endif
#ifdef SYS_lookup_dcookie
      SYS_lookup_dcookie,
#endif
#ifdef SYS_nfsservctl
      SYS_nfsservctl,
#endif
      // time
#ifdef SYS_settimeofday
      SYS_settimeofday,
#endif
      SYS_clock_settime,
#ifdef SYS_clock_settime64
      SYS_clock_settime64,
#endif
#ifdef SYS_stime
      SYS_stime,
#endif
      // keys, namespaces, rings that pass by filters like this one
      SYS_keyctl, SYS_add_key, SYS_request_key, SYS_unshare, SYS_setns,
#ifdef SYS_io_uring_setup
      SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
#endif
  };
  return list;
}

}  // namespace

bool forbid_system_calls() {
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, filter_arch, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, no),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
#if defined(__x86_64__)
  constexpr unsigned x32 = 0x40000000;
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, x32, 0, 1));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, no));
#endif
  for (const long number : refused()) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, no));
  }
  // clone3 has its flags in memory, where no filter sees them; libc does without it when it is told that there is none.
#ifdef SYS_clone3
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, unknown));
#endif
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3));
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)));  // flags, lower half: little endian
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, namespaces, 0, 1));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, no));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0;
}

}  // namespace sluice::gateway

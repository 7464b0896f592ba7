// The child's side of helper_process: first it gives up what it will not need (memory, time, files, system calls), then
// it reads its whole input, works, answers "ok\n" and the result, and exits. It opens nothing.
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/gateway/generations/helper_process.hpp"
#include "firmware/gateway/generations/parse_child.hpp"
#include "tls/heap.hpp"
#include "tls/request.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t argon2_memory_bytes = 7 << 20;  // with 5 passes: more than OWASP's 7 MiB, 5 passes, 1 lane asks for
constexpr unsigned long long argon2_passes = 5;
constexpr rlim_t cpu_seconds = 10, key_cpu_seconds = 170;
constexpr std::uint64_t key_heap_bytes = 1 << 20;  // of mbedTLS

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool instrumented = true;  // shadow memory needs address space and system calls of its own
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool instrumented = true;
#else
constexpr bool instrumented = false;
#endif
#else
constexpr bool instrumented = false;
#endif

void limit(__rlimit_resource_t what, rlim_t value) {
  const rlimit l{value, value};
  ::setrlimit(what, &l);
}

rlim_t address_space_now() {
  std::array<char, 128> text{};
  const int fd = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t n = ::read(fd, text.data(), text.size() - 1);
  ::close(fd);
  unsigned long pages = 0;
  return n > 0 && std::sscanf(text.data(), "%lu", &pages) == 1 ? static_cast<rlim_t>(pages) * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

#if defined(__x86_64__)
constexpr unsigned own_arch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned own_arch = AUDIT_ARCH_AARCH64;
#elif defined(__arm__)
constexpr unsigned own_arch = AUDIT_ARCH_ARM;
#endif

// Only what computing, allocating and writing an answer needs; anything else kills. False: this kernel has no filters.
bool forbid_system_calls() {
  const std::vector<int> allowed = {
      SYS_read, SYS_write, SYS_exit, SYS_exit_group, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_brk, SYS_madvise, SYS_futex,
      SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_clock_gettime, SYS_getrandom,
      SYS_getpid,  // mbedTLS asks whether it was forked
#ifdef SYS_mmap
      SYS_mmap,
#endif
#ifdef SYS_mmap2
      SYS_mmap2,
#endif
#ifdef SYS_clock_gettime64
      SYS_clock_gettime64,
#endif
  };
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, own_arch, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (const int call : allowed) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

void lock_in(bool makes_key) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, makes_key ? key_cpu_seconds : cpu_seconds);
  limit(RLIMIT_FSIZE, 0);
  if (instrumented) return;
  if (const rlim_t now = address_space_now(); now != 0) limit(RLIMIT_AS, now + helper_work_octets);
  limit(RLIMIT_NOFILE, 0);
  if (!forbid_system_calls()) {
    constexpr std::string_view note = "helper: this kernel has no seccomp filters; going on with rlimits alone\n";
    [[maybe_unused]] const ssize_t n = ::write(2, note.data(), note.size());
  }
}

bool read_all(std::string& out) {
  std::array<char, 4096> piece;
  for (;;) {
    const ssize_t n = ::read(0, piece.data(), piece.size());
    if (n == 0) return true;
    if (n < 0 || out.size() + static_cast<std::size_t>(n) > helper_input_octets) return false;
    out.append(piece.data(), static_cast<std::size_t>(n));
  }
}

bool write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(1, text.data(), text.size());
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// "make\nPASSWORD" -> "$argon2id$..."; "check\nHASH\nPASSWORD" -> "yes" or "no".
bool hash(std::string_view input, std::string& out) {
  if (input.starts_with("make\n")) {
    const std::string_view password = input.substr(5);
    std::array<char, crypto_pwhash_STRBYTES> text{};
    if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), argon2_passes, argon2_memory_bytes,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
      return false;
    out = text.data();
    return true;
  }
  if (!input.starts_with("check\n")) return false;
  input.remove_prefix(6);
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos || end >= crypto_pwhash_STRBYTES) return false;
  std::array<char, crypto_pwhash_STRBYTES> known{};
  input.copy(known.data(), end);
  const std::string_view password = input.substr(end + 1);
  errno = 0;
  const bool right = crypto_pwhash_str_verify(known.data(), password.data(), password.size()) == 0;
  if (!right && errno == ENOMEM) return false;
  out = right ? "yes" : "no";
  return true;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view out = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return out;
}

// "KIND\nORGANIZATION\nCOUNTRY\nNAME NAME " -> the key and the request, both PEM; or why not, without either.
bool make_request(std::string_view input, std::string& out) {
  const auto kind = tls::key_kind_named(take_line(input));
  tls::request_subject subject;
  subject.organization = take_line(input);
  subject.country = take_line(input);
  for (std::size_t end = input.find(' '); end != std::string_view::npos; end = input.find(' ')) {
    subject.names.emplace_back(input.substr(0, end));
    input.remove_prefix(end + 1);
  }
  if (!kind) return false;
  auto key = tls::make_key(*kind);
  if (!key) return out = key.error().text, true;
  const auto made = tls::make_request(*key, subject);
  out = made ? *key + made->pem : made.error().text;
  sodium_memzero(key->data(), key->size());
  return true;
}

// "PASSES BYTES SALT-IN-HEX\nPASSPHRASE" -> the key in hex, 64 digits.
bool derive(std::string_view input, std::string& out) {
  const std::string how(take_line(input));
  unsigned long long passes = 0;
  unsigned long bytes = 0;
  std::array<char, 2 * crypto_pwhash_SALTBYTES + 1> salt_text{};
  if (std::sscanf(how.c_str(), "%llu %lu %32[0-9a-f]", &passes, &bytes, salt_text.data()) != 3) return false;
  std::array<unsigned char, crypto_pwhash_SALTBYTES> salt{};
  std::size_t n = 0;
  if (sodium_hex2bin(salt.data(), salt.size(), salt_text.data(), 2 * salt.size(), nullptr, &n, nullptr) != 0 || n != salt.size()) return false;
  std::array<unsigned char, 32> key{};
  if (bytes > argon2_memory_bytes || crypto_pwhash(key.data(), key.size(), input.data(), input.size(), salt.data(), passes, bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) return false;
  std::array<char, 65> text{};
  sodium_bin2hex(text.data(), text.size(), key.data(), key.size());
  out = text.data();
  sodium_memzero(key.data(), key.size());
  return true;
}

}  // namespace

int run_internal(const char* kind) {
  if (sodium_init() < 0) return 1;
  const bool makes_key = std::string_view(kind) == name_of(helper_kind::request);
  if (makes_key && !tls::heap::install(key_heap_bytes)) return 1;
  lock_in(makes_key);
  std::string input, output;
  if (!read_all(input)) ::_exit(1);
  bool done = false;
  if (std::string_view(kind) == name_of(helper_kind::hash)) done = hash(input, output);
  if (std::string_view(kind) == name_of(helper_kind::parse)) {
    output = parse_in_child(input);
    done = true;
  }
  if (makes_key) done = make_request(input, output);
  if (std::string_view(kind) == name_of(helper_kind::derive)) done = derive(input, output);
  sodium_memzero(input.data(), input.size());
  ::_exit(done && write_all("ok\n" + output) ? 0 : 1);
}

}  // namespace sluice::gateway

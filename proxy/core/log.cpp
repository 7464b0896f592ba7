#include "core/log.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <mutex>
#include <string>

#include "core/log_format.hpp"
#include "core/utf8.hpp"

namespace sluice::log {
namespace {

std::atomic<format> the_format{format::json};
std::atomic<level> the_level{level::info};
std::atomic<int> the_descriptor{2};
std::atomic<int> the_socket{-1};  // instead of the descriptor when it is one

std::mutex mutex;  // for what follows
fixed_vector<sink*, max_sinks> sinks;
origin here;
sockaddr_un socket_address{};

constexpr std::size_t closing_room = 32;  // kept free for the mark of a cut line and its end

bool must_escape(char32_t c) {
  return c < 0x20 || c == '"' || c == '\\' || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0x061c || c == 0xfeff;
}

std::string_view timestamp(std::array<char, 40>& out) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm utc{};
  ::gmtime_r(&now.tv_sec, &utc);
  std::size_t n = std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%S.", &utc);
  const long ms = now.tv_nsec / 1'000'000;
  out[n++] = static_cast<char>('0' + ms / 100);
  out[n++] = static_cast<char>('0' + ms / 10 % 10);
  out[n++] = static_cast<char>('0' + ms % 10);
  out[n++] = 'Z';
  return {out.data(), n};
}

// A log that cannot be written must not stop mail; there is nowhere left to report it.
void put(std::string_view text) {
  [[maybe_unused]] const auto n = ::write(the_descriptor.load(std::memory_order_relaxed), text.data(), text.size());
}
// To the address each time: a syslog daemon that was started anew is found again.
void put_datagram(std::string_view text) {
  sockaddr_un to{};
  {
    const std::lock_guard lock(mutex);
    to = socket_address;
  }
  [[maybe_unused]] const auto n = ::sendto(the_socket.load(std::memory_order_relaxed), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                           reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

void write_syslog(const record& r, bool datagram) {
  syslog_message out;
  origin from;
  {
    const std::lock_guard lock(mutex);
    from = here;
  }
  from.process = static_cast<std::uint32_t>(::getpid());
  append_syslog(out, r, from);
  if (datagram) return put_datagram(view(out));
  append_cut(out, "\n");
  put(view(out));
}

// A local syslog socket wants a priority and a tag in front (RFC 3164 4.1).
void write_tagged(const record& r, format f) {
  rendered out;
  append_cut(out, "<");
  append_cut(out, std::to_string(priority_of(r.how)));
  append_cut(out, ">sluice[");
  append_cut(out, std::to_string(::getpid()));
  append_cut(out, "]: ");
  if (f == format::json) append_json(out, r);
  else append_text(out, r);
  put_datagram(view(out));
}

void write_line(const record& r, format f) {
  rendered out;
  if (f == format::json) append_json(out, r);
  else append_text(out, r);
  append_cut(out, "\n");
  put(view(out));
}

}  // namespace

void set_format(format f) { the_format = f; }
void set_level(level l) { the_level = l; }
void set_descriptor(int fd) {
  the_descriptor = fd;
  if (const int former = the_socket.exchange(-1); former >= 0) ::close(former);
}
int set_socket(std::string_view path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path) return ENAMETOOLONG;
  std::memcpy(to.sun_path, path.data(), path.size());
  int fd = the_socket.load();
  if (fd < 0) fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  {
    const std::lock_guard lock(mutex);
    socket_address = to;
  }
  the_socket = fd;
  return 0;
}
void set_origin(std::string_view host_name, std::uint32_t enterprise_number) {
  const std::lock_guard lock(mutex);
  assign_cut(here.host, host_name);
  here.enterprise = enterprise_number;
}
bool enabled(level l) { return l >= the_level.load(std::memory_order_relaxed); }

bool add_sink(sink& s) {
  const std::lock_guard lock(mutex);
  if (sinks.size() == max_sinks) return false;
  sinks.push_back(&s);
  return true;
}
void remove_sink(sink& s) {
  const std::lock_guard lock(mutex);
  const auto at = std::ranges::find(sinks, &s);
  if (at != sinks.end()) sinks.erase(at);
}

bool append_escaped(fixed_string<line_bytes>& out, std::string_view in) {
  while (!in.empty()) {
    const utf8::decoded c = utf8::decode(in);
    char escape[8];
    std::string_view piece = in.substr(0, c.length);
    if (!c.valid) {
      piece = "\xef\xbf\xbd";
    } else if (c.code == '"' || c.code == '\\') {
      escape[0] = '\\';
      escape[1] = static_cast<char>(c.code);
      piece = {escape, 2};
    } else if (must_escape(c.code)) {
      constexpr std::string_view hex = "0123456789abcdef";
      escape[0] = '\\';
      escape[1] = 'u';
      for (int i = 0; i < 4; ++i) escape[2 + i] = hex[(c.code >> (12 - 4 * i)) & 15];
      piece = {escape, 6};
    }
    if (out.size() + piece.size() + closing_room > line_bytes) return false;
    out.append(piece.data(), piece.size());
    in.remove_prefix(c.length);
  }
  return true;
}

line::line(level l, std::string_view event) : event_(event), level_(l) {}

line::~line() {
  if (!enabled(level_)) return;
  if (cut_) append_cut(members_, R"(,"cut":true)");
  std::array<char, 40> when;
  const record r{level_, timestamp(when), event_, view(members_)};
  const format f = the_format.load(std::memory_order_relaxed);
  const bool datagram = the_socket.load(std::memory_order_relaxed) >= 0;
  if (f == format::rfc5424) write_syslog(r, datagram);
  else if (datagram) write_tagged(r, f);
  else write_line(r, f);
  const std::lock_guard lock(mutex);
  for (sink* s : sinks) s->take(r);
}

bool line::fits(std::size_t octets) {
  if (!enabled(level_) || cut_) return false;
  cut_ = members_.size() + octets + 2 * closing_room > line_bytes;
  return !cut_;
}

line& line::with(std::string_view key, std::string_view value) {
  if (!fits(key.size())) return *this;
  append_cut(members_, ",\"");
  append_cut(members_, key);
  append_cut(members_, "\":\"");
  cut_ = !append_escaped(members_, value);
  append_cut(members_, "\"");
  return *this;
}

line& line::with(std::string_view key, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return with_json(key, {digits, static_cast<std::size_t>(end - digits)});
}

line& line::with_json(std::string_view key, std::string_view json) {
  if (!fits(key.size() + json.size())) return *this;
  append_cut(members_, ",\"");
  append_cut(members_, key);
  append_cut(members_, "\":");
  append_cut(members_, json);
  return *this;
}

}  // namespace sluice::log

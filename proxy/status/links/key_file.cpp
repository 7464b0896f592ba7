#include "status/links/key_file.hpp"

#include <sodium.h>

#include <cerrno>
#include <charconv>
#include <vector>

#include "core/concat.hpp"

namespace sluice::status {
namespace {

constexpr std::string_view heading = "sluice link keys 1\n";
constexpr std::size_t file_octets_max = 512;

std::string line_of(const link_key& key, std::int64_t until) {
  std::string hex(2 * key.secret.size() + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), key.secret.data(), key.secret.size());
  hex.pop_back();
  return concat(std::to_string(key.id), " ", std::to_string(until), " ", hex, "\n");
}

template <class Number>
bool take_number(std::string_view& text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end == text.data() + text.size() || *end != ' ') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

bool take_line(std::string_view& text, link_key& key, std::int64_t& until) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return false;
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  std::size_t n = 0;
  if (!take_number(line, key.id) || !take_number(line, until) || line.size() != 2 * key.secret.size()) return false;
  return sodium_hex2bin(key.secret.data(), key.secret.size(), line.data(), line.size(), nullptr, &n, nullptr) == 0 && n == key.secret.size();
}

}  // namespace

std::string text_of(const kept_link_keys& k) {
  std::string out(heading);
  out += line_of(k.keys.current, 0);
  if (k.keys.former) out += line_of(*k.keys.former, k.former_until);
  return out;
}

bool read_link_keys(std::string_view text, kept_link_keys& out) {
  if (!text.starts_with(heading)) return false;
  text.remove_prefix(heading.size());
  std::int64_t none = 0;
  if (!take_line(text, out.keys.current, none)) return false;
  if (text.empty()) return true;
  link_key former;
  if (!take_line(text, former, out.former_until) || !text.empty() || former.id == out.keys.current.id) return false;
  out.keys.former = former;
  return true;
}

void expire_former(kept_link_keys& k, std::int64_t now) {
  if (!k.keys.former || now <= k.former_until) return;
  k.keys.former.reset();
  k.former_until = 0;
}

int link_key_file::open(kept_link_keys& out, key_file_state& state) {
  std::string text(file_octets_max, '\0');
  int fd = -1;
  int error = files_.open(path_.c_str(), fd);
  if (error == 0) {
    std::size_t got = 0;
    error = files_.read(fd, 0, text.data(), text.size(), got);
    files_.close(fd);
    if (error != 0) return error;
    const bool good = read_link_keys(std::string_view(text).substr(0, got), out);
    sodium_memzero(text.data(), text.size());
    state = good ? key_file_state::read : key_file_state::damaged;
    if (good) return 0;
  } else if (error == ENOENT) {
    state = key_file_state::made;
  } else {
    return error;
  }
  out = {};
  randombytes_buf(out.keys.current.secret.data(), out.keys.current.secret.size());
  out.keys.current.id = static_cast<std::uint8_t>(randombytes_uniform(256));
  return save(out);
}

int link_key_file::rotate(kept_link_keys& keys, std::int64_t keep_s, std::int64_t now) {
  kept_link_keys next;
  next.keys.current.id = static_cast<std::uint8_t>(keys.keys.current.id + 1);
  randombytes_buf(next.keys.current.secret.data(), next.keys.current.secret.size());
  if (keep_s > 0) {
    next.keys.former = keys.keys.current;
    next.former_until = now + keep_s;
  }
  const int error = save(next);
  if (error == 0) keys = next;
  return error;
}

int link_key_file::save(const kept_link_keys& keys) {
  const std::string next = concat(path_, ".new");
  std::string text = text_of(keys);
  int fd = -1;
  files_.remove(next.c_str());
  int error = files_.create(next.c_str(), fd);
  if (error != 0) return error;
  error = files_.write(fd, 0, text.data(), text.size());
  if (error == 0) error = files_.sync(fd);
  files_.close(fd);
  sodium_memzero(text.data(), text.size());
  if (error == 0) error = files_.rename(next.c_str(), path_.c_str());
  if (error == 0) error = files_.sync_directory(path_.substr(0, path_.rfind('/')).c_str());
  return error;
}

}  // namespace sluice::status

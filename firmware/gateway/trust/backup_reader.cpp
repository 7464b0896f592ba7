// Reading of backups: nothing is believed before its tag was right, and nothing is complete before the last one.
#include <sodium.h>

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "firmware/gateway/trust/backup_format.hpp"

namespace sluice::gateway {
namespace {

namespace json_lib = boost::json;

constexpr std::string_view name_line = "SLUICE-BACKUP ";
constexpr std::size_t most_line_octets = 1024, most_kdf_bytes = 256 << 20;
constexpr unsigned long long most_kdf_passes = 64;

bool pull_line(const backup_pull& pull, std::string& line) {
  line.clear();
  for (char c = 0; line.size() < most_line_octets;) {
    if (pull(&c, 1) != 1) return false;
    line += c;
    if (c == '\n') return true;
  }
  return false;
}

bool pull_all(const backup_pull& pull, char* to, std::size_t n) {
  while (n != 0) {
    const std::size_t got = pull(to, n);
    if (got == 0) return false;
    to += got;
    n -= got;
  }
  return true;
}

std::string text(const json_lib::object& o, const char* key) {
  const json_lib::value* v = o.if_contains(key);
  return v != nullptr && v->is_string() ? std::string(v->as_string().data(), v->as_string().size()) : std::string();
}

std::uint64_t number(const json_lib::object& o, const char* key) {
  const json_lib::value* v = o.if_contains(key);
  boost::system::error_code ec;
  const auto n = v != nullptr ? v->to_number<std::uint64_t>(ec) : 0;
  return ec ? 0 : n;
}

std::optional<json_lib::object> object_of(std::string_view octets) {
  boost::system::error_code ec;
  json_lib::parse_options options;
  options.max_depth = 4;
  json_lib::value v = json_lib::parse(octets, ec, {}, options);
  if (ec || !v.is_object()) return std::nullopt;
  return std::move(v.as_object());
}

std::uint32_t number_at(std::string_view s) {
  std::uint32_t n = 0;
  for (int i = 3; i >= 0; --i) n = n << 8 | static_cast<unsigned char>(s[static_cast<std::size_t>(i)]);
  return n;
}

constexpr const char* truncated = "the file ends too early: it is not the whole backup";
constexpr const char* damaged = "the file is damaged, or the passphrase or key is not the right one";
constexpr const char* not_ours = "what is inside is not a backup of Sluice";

// The plaintext as a stream; takes it out of frames as it is wanted.
class opened {
 public:
  opened(const backup_pull& pull, const std::string& lines) : pull_(pull), lines_(lines) {}
  ~opened() { sodium_memzero(&state_, sizeof state_); }
  opened(const opened&) = delete;
  opened& operator=(const opened&) = delete;

  const char* begin(const backup_key& key) {
    std::array<char, crypto_secretstream_xchacha20poly1305_HEADERBYTES> header{};
    if (!pull_all(pull_, header.data(), header.size())) return truncated;
    return crypto_secretstream_xchacha20poly1305_init_pull(&state_, reinterpret_cast<const unsigned char*>(header.data()), key.data()) == 0 ? nullptr : damaged;
  }

  // Up to n octets that lie together, at least one; empty: error() says why.
  std::string_view some(std::size_t n) {
    if (at_ == plain_.size() && !next()) return {};
    const std::string_view out = std::string_view(plain_).substr(at_, n);
    at_ += out.size();
    return out;
  }
  bool exactly(std::size_t n, std::string& to) {
    to.clear();
    while (to.size() < n) {
      const std::string_view s = some(n - to.size());
      if (s.empty()) return false;
      to += s;
    }
    return true;
  }
  // The frame just used up was the last, and so is the file.
  bool at_end() {
    char c = 0;
    return final_ && at_ == plain_.size() && pull_(&c, 1) == 0;
  }
  const char* error() const { return error_; }

 private:
  bool next() {
    if (final_) return error_ = not_ours, false;
    std::array<char, 4> length{};
    if (!pull_all(pull_, length.data(), length.size())) return error_ = truncated, false;
    const std::size_t n = number_at({length.data(), length.size()});
    if (n <= crypto_secretstream_xchacha20poly1305_ABYTES || n > backup_frame_octets) return error_ = damaged, false;
    sealed_.resize(n);
    if (!pull_all(pull_, sealed_.data(), n)) return error_ = truncated, false;
    plain_.resize(n - crypto_secretstream_xchacha20poly1305_ABYTES);
    unsigned char tag = 0;
    const bool bind = std::exchange(first_, false);
    const int bad = crypto_secretstream_xchacha20poly1305_pull(&state_, reinterpret_cast<unsigned char*>(plain_.data()), nullptr, &tag,
                                                               reinterpret_cast<const unsigned char*>(sealed_.data()), n,
                                                               bind ? reinterpret_cast<const unsigned char*>(lines_.data()) : nullptr, bind ? lines_.size() : 0);
    if (bad != 0) return error_ = damaged, false;
    final_ = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    at_ = 0;
    return true;
  }

  const backup_pull& pull_;
  const std::string& lines_;
  crypto_secretstream_xchacha20poly1305_state state_;
  std::string sealed_, plain_;
  std::size_t at_ = 0;
  bool first_ = true, final_ = false;
  const char* error_ = nullptr;
};

std::string read_content(opened& in, std::uint64_t size, const backup_events& events) {
  crypto_generichash_state hash;
  crypto_generichash_init(&hash, nullptr, 0, crypto_generichash_BYTES);
  for (std::uint64_t left = size; left != 0;) {
    const std::string_view piece = in.some(static_cast<std::size_t>(std::min<std::uint64_t>(left, backup_frame_octets)));
    if (piece.empty()) return in.error();
    crypto_generichash_update(&hash, reinterpret_cast<const unsigned char*>(piece.data()), piece.size());
    if (std::string wrong = events.on_piece(piece); !wrong.empty()) return wrong;
    left -= piece.size();
  }
  std::string told;
  std::array<char, crypto_generichash_BYTES> found{};
  if (!in.exactly(found.size(), told)) return in.error();
  crypto_generichash_final(&hash, reinterpret_cast<unsigned char*>(found.data()), found.size());
  if (sodium_memcmp(told.data(), found.data(), found.size()) != 0) return damaged;
  return events.on_file_end();
}

backup_manifest manifest_of(const json_lib::object& o) {
  backup_manifest m;
  m.format = static_cast<int>(std::min<std::uint64_t>(number(o, "format"), 1'000'000));
  m.schema = static_cast<int>(std::min<std::uint64_t>(number(o, "schema"), 1'000'000));
  m.program = text(o, "program");
  m.hostname = text(o, "hostname");
  m.created = static_cast<std::int64_t>(number(o, "created"));
  return m;
}

}  // namespace

std::string read_backup_lock(const backup_pull& pull, backup_lock& lock, std::string& lines) {
  std::string line;
  if (!pull_line(pull, line) || !line.starts_with(name_line)) return "this is no backup of Sluice";
  if (line != std::string(name_line) + "1\n") return "this backup was made by a newer version of Sluice";
  lines = line;
  if (!pull_line(pull, line)) return "this is no backup of Sluice";
  lines += line;
  const auto o = object_of(line);
  if (!o) return "this is no backup of Sluice";
  lock = {};
  lock.recipient = text(*o, "recipient");
  lock.sealed_hex = text(*o, "sealed");
  if (!lock.recipient.empty()) return {};
  if (text(*o, "kdf") != "argon2id") return "this backup was made by a newer version of Sluice";
  lock.salt_hex = text(*o, "salt");
  lock.passes = number(*o, "passes");
  lock.memory_bytes = static_cast<std::size_t>(std::min<std::uint64_t>(number(*o, "memory"), SIZE_MAX));
  const bool sane = lock.passes >= 1 && lock.passes <= most_kdf_passes && lock.memory_bytes <= most_kdf_bytes && !lock.salt_hex.empty();
  return sane ? std::string() : damaged;
}

std::string read_backup(const backup_pull& pull, const std::string& lines, const backup_key& key, const backup_events& events, backup_summary& sum) {
  opened in(pull, lines);
  if (const char* wrong = in.begin(key)) return wrong;
  sum = {};
  bool named = false;
  for (std::string head, meta;;) {
    if (!in.exactly(5, head)) return in.error();
    const std::size_t n = number_at(std::string_view(head).substr(1));
    if (n > backup_meta_octets) return not_ours;
    if (!in.exactly(n, meta)) return in.error();
    const auto o = object_of(meta);
    if (!o) return not_ours;
    std::string wrong;
    if (head[0] == 'M' && !named) {
      named = true;
      wrong = events.on_manifest(manifest_of(*o));
    } else if (head[0] == 'F' && named) {
      const std::string path = text(*o, "path");
      const std::uint64_t size = number(*o, "size");
      if (!is_backup_path(path)) return not_ours;
      wrong = events.on_file(path, size);
      if (wrong.empty()) wrong = read_content(in, size, events);
      ++sum.files;
      sum.octets += size;
    } else if (head[0] == 'E' && named) {
      if (number(*o, "files") != sum.files || number(*o, "octets") != sum.octets || !in.at_end()) return damaged;
      return {};
    } else {
      return not_ours;
    }
    if (!wrong.empty()) return wrong;
  }
}

}  // namespace sluice::gateway

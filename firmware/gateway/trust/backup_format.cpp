// Writing of backups, and the ways to their key.
#include "firmware/gateway/trust/backup_format.hpp"

#include <algorithm>
#include <utility>

#include "core/concat.hpp"
#include "core/utf8.hpp"
#include "firmware/gateway/json_text.hpp"

namespace sluice::gateway {
namespace {

constexpr std::string_view first_line = "SLUICE-BACKUP 1\n";
constexpr int base64 = sodium_base64_VARIANT_ORIGINAL;

std::string hex_of(const unsigned char* from, std::size_t n) {
  std::string out(2 * n + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), from, n);
  out.pop_back();
  return out;
}

template <std::size_t N>
bool from_base64(std::string_view text, std::array<unsigned char, N>& out) {
  std::size_t n = 0;
  const bool good = sodium_base642bin(out.data(), N, text.data(), text.size(), " \r\n", &n, nullptr, base64) == 0;
  return good && n == N;
}

template <std::size_t N>
std::string to_base64(const std::array<unsigned char, N>& from) {
  std::string out(sodium_base64_ENCODED_LEN(N, base64), '\0');
  sodium_bin2base64(out.data(), out.size(), from.data(), N, base64);
  out.pop_back();
  return out;
}

std::string little_endian(std::uint32_t n) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += static_cast<char>((n >> (8 * i)) & 0xff);
  return out;
}

}  // namespace

backup_lock lock_for_passphrase() {
  std::array<unsigned char, crypto_pwhash_SALTBYTES> salt;
  randombytes_buf(salt.data(), salt.size());
  backup_lock lock;
  lock.salt_hex = hex_of(salt.data(), salt.size());
  return lock;
}

std::optional<backup_lock> lock_for_recipient(std::string_view public_key_base64, backup_key& key) {
  std::array<unsigned char, crypto_box_PUBLICKEYBYTES> recipient{};
  if (!from_base64(public_key_base64, recipient)) return std::nullopt;
  crypto_secretstream_xchacha20poly1305_keygen(key.data());
  std::array<unsigned char, std::tuple_size_v<backup_key> + crypto_box_SEALBYTES> sealed{};
  if (crypto_box_seal(sealed.data(), key.data(), key.size(), recipient.data()) != 0) return std::nullopt;
  backup_lock lock;
  lock.recipient = to_base64(recipient);
  lock.sealed_hex = hex_of(sealed.data(), sealed.size());
  return lock;
}

bool open_lock(const backup_lock& lock, std::string_view passphrase, backup_key& key) {
  std::array<unsigned char, crypto_pwhash_SALTBYTES> salt{};
  std::size_t n = 0;
  if (sodium_hex2bin(salt.data(), salt.size(), lock.salt_hex.data(), lock.salt_hex.size(), nullptr, &n, nullptr) != 0 || n != salt.size()) return false;
  return crypto_pwhash(key.data(), key.size(), passphrase.data(), passphrase.size(), salt.data(), lock.passes, lock.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

bool open_lock_with(const backup_lock& lock, std::string_view secret_key_base64, backup_key& key) {
  std::array<unsigned char, crypto_box_SECRETKEYBYTES> secret{};
  std::array<unsigned char, crypto_box_PUBLICKEYBYTES> own{};
  std::array<unsigned char, std::tuple_size_v<backup_key> + crypto_box_SEALBYTES> sealed{};
  std::size_t n = 0;
  const bool read = from_base64(secret_key_base64, secret) && crypto_scalarmult_base(own.data(), secret.data()) == 0 &&
                    sodium_hex2bin(sealed.data(), sealed.size(), lock.sealed_hex.data(), lock.sealed_hex.size(), nullptr, &n, nullptr) == 0 && n == sealed.size();
  const bool good = read && crypto_box_seal_open(key.data(), sealed.data(), sealed.size(), own.data(), secret.data()) == 0;
  sodium_memzero(secret.data(), secret.size());
  return good;
}

void make_recipient(std::string& public_key_base64, std::string& secret_key_base64) {
  std::array<unsigned char, crypto_box_PUBLICKEYBYTES> own{};
  std::array<unsigned char, crypto_box_SECRETKEYBYTES> secret{};
  crypto_box_keypair(own.data(), secret.data());
  public_key_base64 = to_base64(own);
  secret_key_base64 = to_base64(secret);
  sodium_memzero(secret.data(), secret.size());
}

bool is_backup_path(std::string_view path) {
  if (path.empty() || path.size() > backup_path_octets) return false;
  for (std::string_view rest = path; !rest.empty();) {
    const utf8::decoded one = utf8::decode(rest);
    if (!one.valid || one.code < 0x20 || (one.code >= 0x7f && one.code < 0xa0) || one.code == '\\') return false;
    rest.remove_prefix(one.length);
  }
  for (;;) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

std::string_view section_of_path(std::string_view path) {
  const std::string_view top = path.substr(0, path.find('/'));
  if (top == "quarantine") return "quarantine";
  if (top.starts_with("baseline")) return "baseline";
  for (const std::string_view name : {"config", "restored", "profile-pack"})
    if (top == name) return "config";
  for (const std::string_view name : {"tls", "certificates", "acme", "access", "status.token", "setup.secret", "links.keys"})
    if (top == name) return "identity";
  return "state";
}

backup_writer::backup_writer(const backup_lock& lock, const backup_key& key) {
  lines_ = std::string(first_line);
  if (lock.by_passphrase())
    append_to(lines_, "{\"kdf\":\"argon2id\",\"passes\":", std::to_string(lock.passes), ",\"memory\":", std::to_string(lock.memory_bytes), ",\"salt\":", json_string(lock.salt_hex), "}\n");
  else
    append_to(lines_, "{\"recipient\":", json_string(lock.recipient), ",\"sealed\":", json_string(lock.sealed_hex), "}\n");
  crypto_secretstream_xchacha20poly1305_init_push(&state_, header_.data(), key.data());
}

backup_writer::~backup_writer() { sodium_memzero(&state_, sizeof state_); }

std::string backup_writer::prologue() { return concat(lines_, std::string(reinterpret_cast<const char*>(header_.data()), header_.size())); }

std::string backup_writer::frame(std::string_view plain, bool final) {
  const std::size_t n = plain.size() + crypto_secretstream_xchacha20poly1305_ABYTES;
  std::string out = little_endian(static_cast<std::uint32_t>(n));
  out.resize(4 + n);
  const bool bind = std::exchange(first_, false);
  crypto_secretstream_xchacha20poly1305_push(&state_, reinterpret_cast<unsigned char*>(out.data()) + 4, nullptr, reinterpret_cast<const unsigned char*>(plain.data()), plain.size(),
                                             bind ? reinterpret_cast<const unsigned char*>(lines_.data()) : nullptr, bind ? lines_.size() : 0,
                                             final ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
  return out;
}

std::string backup_writer::record(char kind, std::string_view meta_json) {
  crypto_generichash_init(&hash_, nullptr, 0, crypto_generichash_BYTES);
  return frame(concat(std::string(1, kind), little_endian(static_cast<std::uint32_t>(meta_json.size())), meta_json), false);
}

std::string backup_writer::piece(std::string_view content) {
  crypto_generichash_update(&hash_, reinterpret_cast<const unsigned char*>(content.data()), content.size());
  return frame(content, false);
}

std::string backup_writer::end_of_file() {
  std::array<char, crypto_generichash_BYTES> hash{};
  crypto_generichash_final(&hash_, reinterpret_cast<unsigned char*>(hash.data()), hash.size());
  return frame({hash.data(), hash.size()}, false);
}

std::string backup_writer::last(std::uint64_t files, std::uint64_t octets) {
  const std::string meta = concat("{\"files\":", std::to_string(files), ",\"octets\":", std::to_string(octets), "}");
  return frame(concat("E", little_endian(static_cast<std::uint32_t>(meta.size())), meta), true);
}

}  // namespace sluice::gateway

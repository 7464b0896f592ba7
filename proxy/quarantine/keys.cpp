#include "quarantine/keys.hpp"

#include <sodium/crypto_aead_xchacha20poly1305.h>
#include <sodium/crypto_generichash.h>
#include <sodium/randombytes.h>
#include <sodium/utils.h>

#include <cerrno>
#include <cstring>

#include "core/concat.hpp"

namespace sluice::quarantine {
namespace {

constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
static_assert(wrapped_key_bytes == nonce_bytes + 32 + crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == 32 && message_key::size() == 32);

std::string key_path(const volume& v) { return concat(v.directory(), "/master.key"); }
unsigned char* octets(char* p) { return reinterpret_cast<unsigned char*>(p); }
const unsigned char* octets(const char* p) { return reinterpret_cast<const unsigned char*>(p); }

}  // namespace

master_key::~master_key() { sodium_memzero(bytes_.data(), bytes_.size()); }

result<void> master_key::load(volume& v) {
  const std::string path = key_path(v);
  int fd = -1;
  if (const int error = v.fs().open(path.c_str(), fd)) {
    return error == ENOENT ? v.fail(errc::master_key_missing, path) : v.fail_errno(error, path);
  }
  char raw[33];
  std::size_t got = 0;
  const int error = v.fs().read(fd, 0, raw, sizeof raw, got);
  v.fs().close(fd);
  if (error == 0 && got == bytes_.size()) std::memcpy(bytes_.data(), raw, got);
  sodium_memzero(raw, sizeof raw);
  if (error != 0) return v.fail_errno(error, path);
  if (got != bytes_.size()) return v.fail(errc::master_key_wrong, concat(path, " must have 32 octets"));
  return {};
}

result<void> master_key::create(volume& v) {
  randombytes_buf(bytes_.data(), bytes_.size());
  const std::string path = key_path(v), part = concat(path, ".part");
  v.fs().remove(part.c_str());  // of a start that was cut off
  int fd = -1;
  int error = v.fs().create(part.c_str(), fd);
  if (error != 0) return v.fail_errno(error, part);
  error = v.fs().write(fd, 0, reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
  if (error == 0) error = v.fs().sync(fd);
  v.fs().close(fd);
  if (error == 0) error = v.fs().rename(part.c_str(), path.c_str());
  if (error == 0) error = v.fs().sync_directory(v.directory().c_str());
  if (error != 0) return v.fail_errno(error, path);
  return {};
}

std::string master_key::check_value() const {
  constexpr std::string_view purpose = "sluice quarantine master key";
  std::string out(crypto_generichash_BYTES_MIN, '\0');
  crypto_generichash(octets(out.data()), out.size(), octets(purpose.data()), purpose.size(), bytes_.data(),
                     bytes_.size());
  return out;
}

std::string master_key::pseudonym(std::string_view text) const {
  std::string input = "sluice pseudonym";
  input.append(1, '\0').append(text);
  std::array<unsigned char, 16> hash;
  crypto_generichash(hash.data(), hash.size(), octets(input.data()), input.size(), bytes_.data(), bytes_.size());
  std::array<char, 2 * hash.size() + 1> out;
  sodium_bin2hex(out.data(), out.size(), hash.data(), hash.size());
  return out.data();
}

std::string master_key::wrap(const message_key& key, std::string_view id) const {
  std::string out(wrapped_key_bytes, '\0');
  randombytes_buf(out.data(), nonce_bytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(octets(out.data() + nonce_bytes), nullptr, key.data(), key.size(),
                                             octets(id.data()), id.size(), nullptr, octets(out.data()), bytes_.data());
  return out;
}

result<message_key> master_key::unwrap(std::string_view wrapped, std::string_view id) const {
  message_key key;
  if (wrapped.size() != wrapped_key_bytes ||
      crypto_aead_xchacha20poly1305_ietf_decrypt(key.data(), nullptr, nullptr, octets(wrapped.data() + nonce_bytes),
                                                 wrapped.size() - nonce_bytes, octets(id.data()), id.size(),
                                                 octets(wrapped.data()), bytes_.data()) != 0) {
    return errc::damaged;
  }
  return key;
}

}  // namespace sluice::quarantine

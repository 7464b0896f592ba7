#include "status/access/secret.hpp"

#include <sodium.h>

#include <vector>

namespace sluice::status {

std::string random_hex(std::size_t octets) {
  std::vector<unsigned char> raw(octets);
  randombytes_buf(raw.data(), raw.size());
  std::string out(2 * octets + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), raw.data(), raw.size());
  sodium_memzero(raw.data(), raw.size());
  out.pop_back();
  return out;
}

digest digest_of(std::string_view secret) {
  digest out;
  crypto_hash_sha256(out.data(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
  return out;
}

bool same(const digest& a, const digest& b) { return sodium_memcmp(a.data(), b.data(), a.size()) == 0; }

bool same_text(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hex_of(const digest& d) {
  std::string out(2 * d.size() + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), d.data(), d.size());
  out.pop_back();
  return out;
}

std::optional<digest> digest_from(std::string_view hex) {
  digest out;
  std::size_t n = 0;
  if (sodium_hex2bin(out.data(), out.size(), hex.data(), hex.size(), nullptr, &n, nullptr) != 0 || n != out.size() ||
      hex.size() != 2 * out.size())
    return std::nullopt;
  return out;
}

}  // namespace sluice::status

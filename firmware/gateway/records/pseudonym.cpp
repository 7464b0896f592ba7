#include "firmware/gateway/records/pseudonym.hpp"

#include <sodium.h>

#include <cerrno>
#include <cstring>

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "policy/lists.hpp"
#include "status/access/store.hpp"

namespace sluice::gateway {
namespace {

constexpr char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t letters = 13;  // 64 bits

}  // namespace

bool is_pseudonym(byte_view text) {
  if (text.size() != 2 + letters || !text.starts_with("h:")) return false;
  for (const char c : text.substr(2))
    if (std::strchr(alphabet, c) == nullptr) return false;
  return true;
}

std::string pseudonyms::open(hal::files& files, const std::string& directory) {
  const std::string path = concat(directory, "/privacy.key");
  std::string text;
  const int error = status::read_file(files, path, 64, text);
  if (error == 0 && text.size() == key_.size()) {
    std::memcpy(key_.data(), text.data(), key_.size());
    return {};
  }
  if (error != 0 && error != ENOENT) return concat(path, ": ", std::strerror(error));
  randombytes_buf(key_.data(), key_.size());  // a damaged one cannot be had back: names from now on are new ones
  const int written = status::replace_file(files, path, {reinterpret_cast<const char*>(key_.data()), key_.size()});
  return written == 0 ? std::string() : concat(path, ": ", std::strerror(written));
}

pseudonym_text pseudonyms::of(byte_view address) const {
  pseudonym_text out;
  if (address.empty() || is_pseudonym(address)) {
    assign_cut(out, address);
    return out;
  }
  const auto plain = policy::plain_address(address);
  const byte_view named = plain.empty() ? address : sluice::view(plain);
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash;
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(named.data()), named.size(), key_.data(), key_.size());
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | hash[i];
  append_cut(out, "h:");
  for (std::size_t i = 0; i < letters; ++i) out.push_back(alphabet[bits >> (5 * i) & 31]);
  return out;
}

}  // namespace sluice::gateway

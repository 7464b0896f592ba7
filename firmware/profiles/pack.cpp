// See pack.hpp. Ed25519 and base64 are libsodium's.
#include "firmware/profiles/pack.hpp"

#include <sodium.h>

#include <algorithm>

#include "core/concat.hpp"

namespace sluice::profiles {
namespace {

constexpr std::string_view magic = "SLPACK1\n", domain = "sluice profile pack 1\n";
constexpr std::size_t content_at = 72, head_octets = 18;

const unsigned char* octets(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

template <class Number>
void put(std::string& out, Number value, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 255);
}

std::uint64_t take(std::string_view& in, std::size_t n) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < n; ++i) value |= static_cast<std::uint64_t>(static_cast<unsigned char>(in[i])) << (8 * i);
  in.remove_prefix(n);
  return value;
}

bool good_id(std::string_view id) {
  return !id.empty() && id.size() <= 32 && id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

// What is signed: the domain keeps a signature for another purpose from being one for this.
std::string signed_text(std::string_view content) { return concat(domain, content); }

}  // namespace

bool parse_pack_content(std::string_view in, pack& out, std::string& error) {
  if (in.size() < head_octets) return error = "cut off in its head", false;
  out.serial = take(in, 8);
  out.made = static_cast<std::int64_t>(take(in, 8));
  const std::size_t count = static_cast<std::size_t>(take(in, 2));
  if (count == 0 || count > max_pack_profiles) return error = concat("has ", std::to_string(count), " profiles; 1 to ", std::to_string(max_pack_profiles), " are allowed"), false;
  out.profiles.clear();
  for (std::size_t i = 0; i < count; ++i) {
    if (in.empty()) return error = concat("cut off before profile ", std::to_string(i + 1)), false;
    const std::size_t name = static_cast<std::size_t>(take(in, 1));
    if (in.size() < name + 4) return error = concat("cut off in profile ", std::to_string(i + 1)), false;
    packed_profile one;
    one.id = in.substr(0, name);
    in.remove_prefix(name);
    const std::uint64_t length = take(in, 4);
    if (!good_id(one.id)) return error = concat("profile ", std::to_string(i + 1), " has a name that is not 1 to 32 of a-z, 0-9 and -"), false;
    if (length > in.size()) return error = concat("cut off in profile ", one.id), false;
    const bool twice = std::any_of(out.profiles.begin(), out.profiles.end(), [&one](const packed_profile& p) { return p.id == one.id; });
    if (twice) return error = concat("has profile ", one.id, " twice"), false;
    one.text = in.substr(0, static_cast<std::size_t>(length));
    in.remove_prefix(static_cast<std::size_t>(length));
    out.profiles.push_back(std::move(one));
  }
  if (!in.empty()) return error = "has octets behind its last profile", false;
  return true;
}

bool read_pack(std::string_view file, const pack_key& trusted, pack& out, std::string& error) {
  if (file.size() > max_pack_bytes) return error = "larger than 256 KiB", false;
  if (!file.starts_with(magic)) return error = "this is no profile pack", false;
  if (file.size() < content_at) return error = "cut off in its signature", false;
  const std::string text = signed_text(file.substr(content_at));
  if (sodium_init() < 0) return error = "the crypto library could not start", false;
  if (crypto_sign_verify_detached(octets(file.substr(magic.size())), octets(text), text.size(), trusted.data()) != 0) {
    return error = "its signature is not of the trusted key, or the file was changed", false;
  }
  return parse_pack_content(file.substr(content_at), out, error);
}

std::string build_pack(const pack& from, const pack_secret& secret, std::string& error) {
  std::string content;
  put(content, from.serial, 8);
  put(content, from.made, 8);
  put(content, from.profiles.size(), 2);
  for (const packed_profile& p : from.profiles) {
    put(content, p.id.size(), 1);
    content += p.id;
    put(content, p.text.size(), 4);
    content += p.text;
  }
  pack check;
  if (from.profiles.size() > max_pack_profiles || !parse_pack_content(content, check, error)) {
    if (error.empty()) error = concat("more than ", std::to_string(max_pack_profiles), " profiles");
    return {};
  }
  if (content_at + content.size() > max_pack_bytes) return error = "larger than 256 KiB", std::string();
  unsigned char key[crypto_sign_SECRETKEYBYTES], ignored[crypto_sign_PUBLICKEYBYTES], signature[crypto_sign_BYTES];
  if (sodium_init() < 0) return error = "the crypto library could not start", std::string();
  crypto_sign_seed_keypair(ignored, key, secret.data());
  const std::string text = signed_text(content);
  crypto_sign_detached(signature, nullptr, octets(text), text.size(), key);
  sodium_memzero(key, sizeof key);
  return concat(magic, std::string(reinterpret_cast<const char*>(signature), sizeof signature), content);
}

bool make_pack_keys(pack_secret& secret, pack_key& key) {
  if (sodium_init() < 0) return false;
  randombytes_buf(secret.data(), secret.size());
  key = key_of(secret);
  return true;
}

pack_key key_of(const pack_secret& secret) {
  pack_key key;
  unsigned char both[crypto_sign_SECRETKEYBYTES];
  crypto_sign_seed_keypair(key.data(), both, secret.data());
  sodium_memzero(both, sizeof both);
  return key;
}

std::string format_key(const std::array<unsigned char, 32>& key) {
  char text[64];
  sodium_bin2base64(text, sizeof text, key.data(), key.size(), sodium_base64_VARIANT_ORIGINAL);
  return text;
}

bool parse_key(std::string_view text, std::array<unsigned char, 32>& out) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  std::size_t n = 0;
  const char* end = nullptr;
  return sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &n, &end, sodium_base64_VARIANT_ORIGINAL) == 0 && n == out.size() &&
         end == text.data() + text.size();
}

}  // namespace sluice::profiles

// Addresses of crypto wallets, accepted only when their checksum holds, so that no order number is taken for one:
// Base58Check (Bitcoin, Litecoin, Dogecoin, Tron), bech32 and bech32m (BIP 173, BIP 350), EIP-55 (mixed-case hex). With
// blanks, hyphens or line ends inside, too. An Ethereum address in one case only has no checksum: see wallet_text.hpp.
// Called by scan_text.
#include <mbedtls/sha256.h>

#include <algorithm>

#include "core/ascii.hpp"
#include "inspect/keccak.hpp"
#include "inspect/octet_class.hpp"
#include "inspect/signals.hpp"
#include "inspect/wallet_text.hpp"

namespace sluice::inspect {
namespace {

constexpr byte_view base58_alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr byte_view bech32_alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

const char* base58_kind(unsigned char version) {
  switch (version) {
    case 0x00:
    case 0x05: return "Bitcoin";
    case 0x1E:
    case 0x16: return "Dogecoin";
    case 0x30:
    case 0x32: return "Litecoin";
    case 0x41: return "Tron";
    default: return nullptr;
  }
}

// 25 octets: version, hash, four octets of the double SHA-256.
const char* base58check(byte_view text) {
  std::array<unsigned char, 25> value{};
  for (char c : text) {
    const std::size_t digit = base58_alphabet.find(c);
    if (digit == byte_view::npos) return nullptr;
    unsigned carry = static_cast<unsigned>(digit);
    for (std::size_t i = value.size(); i-- > 0;) {
      carry += 58u * value[i];
      value[i] = static_cast<unsigned char>(carry & 0xFF);
      carry >>= 8;
    }
    if (carry != 0) return nullptr;
  }
  std::array<unsigned char, 32> once{}, twice{};
  if (mbedtls_sha256(value.data(), 21, once.data(), 0) != 0 || mbedtls_sha256(once.data(), 32, twice.data(), 0) != 0) return nullptr;
  return std::equal(twice.begin(), twice.begin() + 4, value.begin() + 21) ? base58_kind(value[0]) : nullptr;
}

std::uint32_t polymod(std::uint32_t chk, std::uint32_t value) {
  static constexpr std::uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  const std::uint32_t top = chk >> 25;
  chk = (chk & 0x1ffffff) << 5 ^ value;
  for (std::size_t i = 0; i < 5; ++i) {
    if (top >> i & 1) chk ^= generator[i];
  }
  return chk;
}

const char* bech32(byte_view text) {
  const std::size_t one = text.rfind('1');
  if (one == byte_view::npos || one == 0 || text.size() - one < 7) return nullptr;
  std::uint32_t chk = 1;
  bool upper = false, lower = false;
  for (char c : text) {
    upper = upper || (c >= 'A' && c <= 'Z');
    lower = lower || (c >= 'a' && c <= 'z');
  }
  if (upper && lower) return nullptr;
  for (char c : text.substr(0, one)) chk = polymod(chk, static_cast<unsigned char>(ascii::lower(c)) >> 5);
  chk = polymod(chk, 0);
  for (char c : text.substr(0, one)) chk = polymod(chk, static_cast<unsigned char>(ascii::lower(c)) & 31);
  for (char c : text.substr(one + 1)) {
    const std::size_t value = bech32_alphabet.find(ascii::lower(c));
    if (value == byte_view::npos) return nullptr;
    chk = polymod(chk, static_cast<std::uint32_t>(value));
  }
  if (chk != 1 && chk != 0x2bc830a3) return nullptr;
  if (ascii::iequals(text.substr(0, one), "bc")) return "Bitcoin";
  if (ascii::iequals(text.substr(0, one), "ltc")) return "Litecoin";
  return nullptr;
}

const char* eip55(byte_view text) {
  std::array<char, 40> lower{};
  bool has_upper = false, has_lower = false;
  for (std::size_t i = 0; i < 40; ++i) {
    const char c = text[i + 2];
    if (!ascii::is_digit(c) && !(ascii::lower(c) >= 'a' && ascii::lower(c) <= 'f')) return nullptr;
    has_upper = has_upper || (c >= 'A' && c <= 'F');
    has_lower = has_lower || (c >= 'a' && c <= 'f');
    lower[i] = ascii::lower(c);
  }
  if (!has_upper || !has_lower) return nullptr;  // no checksum in it
  const auto digest = keccak256({lower.data(), lower.size()});
  for (std::size_t i = 0; i < 40; ++i) {
    const unsigned nibble = i % 2 == 0 ? digest[i / 2] >> 4 : digest[i / 2] & 15u;
    if (ascii::is_alpha(lower[i]) && (nibble >= 8) != (text[i + 2] != lower[i])) return nullptr;
  }
  return "Ethereum";
}

const char* kind_of(byte_view token) {
  if (token.size() == 42 && token[0] == '0' && ascii::lower(token[1]) == 'x') return eip55(token);
  if (token.size() >= 26 && token.size() <= 35) {
    if (const char* kind = base58check(token)) return kind;
  }
  if (token.size() >= 42 && token.size() <= 90) return bech32(token);
  return nullptr;
}

constexpr std::size_t shortest = 26, longest = 90;

// Addresses in pieces: "1BvB MSEY ...". Looked for where a token has digits and letters; every token begins one at most, so
// that the time is linear, and only so many checksums are computed for one text.
class split_wallets {
 public:
  split_wallets(byte_view text, fixed_vector<wallet_hit, 2>& out) : text_(text), out_(out) {}

  void run() {
    for (std::size_t digit = octet::next_digit(text_, 0); digit < text_.size() && checks_ < most_checks;) {
      std::size_t begin = digit;
      while (begin > next_ && is_alnum(begin - 1)) --begin;
      const std::size_t end = end_of(digit);
      bool letters = false;
      for (std::size_t i = begin; i < end; ++i) letters = letters || ascii::is_alpha(text_[i]);
      if (letters) {
        std::size_t at = begin;
        for (int back = 0; back < pieces_before; ++back) at = piece_before(at);
        for (; at <= begin && out_.size() < out_.capacity(); at = std::max(end_of(at) + 1, next_)) from(at);
        next_ = std::max(next_, std::min(end + 1, text_.size()));
      }
      digit = octet::next_digit(text_, std::max(end, next_));
    }
  }

 private:
  static constexpr int pieces_before = 3, most_pieces = 24;
  static constexpr std::size_t most_checks = 32, least_piece = 3, least_digits_in = 12;

  bool is_alnum(std::size_t i) const { return i < text_.size() && octet::is(text_[i], octet::alnum); }
  bool separates(std::size_t i) const { return i < text_.size() && (text_[i] == ' ' || text_[i] == '-' || text_[i] == '\n'); }
  std::size_t end_of(std::size_t i) const {
    while (is_alnum(i)) ++i;
    return i;
  }
  // The piece before the one at `i`, not before what was tried; `i` when there is none.
  std::size_t piece_before(std::size_t i) const {
    if (i < next_ + 2 || !separates(i - 1) || !is_alnum(i - 2)) return i;
    std::size_t begin = i - 1;
    while (begin > next_ && i - begin < shortest && is_alnum(begin - 1)) --begin;
    return begin > 0 && is_alnum(begin - 1) ? i : begin;
  }

  static bool may_be(byte_view joined) {
    const auto begins = [joined](byte_view prefix) { return ascii::istarts_with(joined, prefix); };
    if (begins("0x")) return joined.size() == 42;
    if (begins("bc1") || begins("ltc1")) return joined.size() >= 42;
    return joined.size() >= shortest && joined.size() <= 35 && byte_view("139TDALM").find(joined.front()) != byte_view::npos;
  }

  void from(std::size_t start) {
    if (byte_view("139TDALM0bBlL").find(text_[start]) == byte_view::npos) return;
    char joined[longest];
    std::size_t n = 0, at = start;
    bool digit = false;
    for (int pieces = 1; pieces <= most_pieces; ++pieces) {
      const std::size_t end = end_of(at), size = end - at;
      if (size == 0 || n + size > longest) return;
      for (; at < end; ++at) {
        joined[n++] = text_[at];
        digit = digit || ascii::is_digit(text_[at]);
      }
      if (pieces > 1 && may_be({joined, n})) {
        if (++checks_ > most_checks) return;
        if (const char* kind = kind_of({joined, n})) {
          out_.push_back({{static_cast<std::uint16_t>(start), static_cast<std::uint16_t>(end)}, kind});
          next_ = end;
          return;
        }
      }
      if (size < least_piece || (n >= least_digits_in && !digit) || !separates(end)) return;
      at = end + 1;
    }
  }

  byte_view text_;
  fixed_vector<wallet_hit, 2>& out_;
  std::size_t next_ = 0;  // what stands before was tried
  std::size_t checks_ = 0;
};

}  // namespace

bool without_checksum(byte_view address) {
  if (address.size() != 42 || address[0] != '0' || ascii::lower(address[1]) != 'x') return false;
  bool upper = false, lower = false;
  for (const char c : address.substr(2)) {
    if (!ascii::is_digit(c) && (ascii::lower(c) < 'a' || ascii::lower(c) > 'f')) return false;
    upper = upper || (c >= 'A' && c <= 'F');
    lower = lower || (c >= 'a' && c <= 'f');
  }
  return upper != lower;
}

void drop_unchecked(const folded& seen, fixed_vector<wallet_hit, 2>& wallets) {
  for (std::size_t i = wallets.size(); i-- > 0;) {
    const extent e = wallets[i].where;
    if (without_checksum(seen.view().substr(e.begin, static_cast<std::size_t>(e.end - e.begin)))) wallets.erase(wallets.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void find_wallets(const folded& view, fixed_vector<wallet_hit, 2>& out) {
  out.clear();
  const byte_view text = view.view();
  // A run of 26 or more has an octet at one of every 26 places: the others need not be looked at.
  for (std::size_t probe = shortest - 1; probe < text.size() && out.size() < out.capacity();) {
    if (!octet::is(text[probe], octet::alnum)) {
      probe += shortest;
      continue;
    }
    std::size_t i = probe;
    while (i > 0 && octet::is(text[i - 1], octet::alnum)) --i;
    std::size_t end = probe;
    while (end < text.size() && octet::is(text[end], octet::alnum)) ++end;
    probe = end + shortest;
    if (end - i >= shortest && end - i <= longest) {
      if (const char* kind = kind_of(text.substr(i, end - i))) {
        out.push_back({{static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(end)}, kind});
      } else if (without_checksum(text.substr(i, end - i))) {
        out.push_back({{static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(end)}, "Ethereum"});
      }
    }
  }
}

void find_split_wallets(const folded& view, fixed_vector<wallet_hit, 2>& out) {
  if (out.size() < out.capacity()) split_wallets(view.view(), out).run();
}

}  // namespace sluice::inspect

// Profile packs: sender profiles that travel apart from firmware, as one signed file. The signature covers everything;
// nothing of a file is looked at before it was right. Layout, integers little-endian:
//
//   0   "SLPACK1\n"
//   8   Ed25519 signature over "sluice profile pack 1\n" and all octets from 72 on
//   72  serial (u64, the anti-rollback number), made (u64, seconds since 1970), number of profiles (u16)
//   90  each profile: length of its name (u8), name without ".toml", length (u32), TOML
//
// At most 256 KiB and 200 profiles. Whole in memory; read at start and when a generation is applied.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::profiles {

inline constexpr std::size_t max_pack_bytes = 256 * 1024;
inline constexpr std::size_t max_pack_profiles = 200;

using pack_key = std::array<unsigned char, 32>;     // Ed25519 public key
using pack_secret = std::array<unsigned char, 32>;  // its seed

struct packed_profile {
  std::string id, text;
};

struct pack {
  std::uint64_t serial = 0;
  std::int64_t made = 0;
  std::vector<packed_profile> profiles;
};

// False with a reason. `read_pack` needs the signature to be right first; the other takes what is signed.
bool read_pack(std::string_view file, const pack_key& trusted, pack& out, std::string& error);
bool parse_pack_content(std::string_view content, pack& out, std::string& error);

// Empty with a reason when it does not fit or a name is wrong.
std::string build_pack(const pack& from, const pack_secret& secret, std::string& error);

bool make_pack_keys(pack_secret& secret, pack_key& key);
pack_key key_of(const pack_secret& secret);
// 44 characters of base64.
std::string format_key(const std::array<unsigned char, 32>& key);
bool parse_key(std::string_view text, std::array<unsigned char, 32>& out);

}  // namespace sluice::profiles

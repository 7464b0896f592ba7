// A backup as octets, without I/O. Everything in it is encrypted and authenticated (libsodium's secretstream, XChaCha20-
// Poly1305), so that a damaged, truncated or foreign file is recognised before anything of it is used:
//
//   "SLUICE-BACKUP 1\n"
//   one line of JSON: how the key is found, {"kdf":"argon2id","passes":5,"memory":7340032,"salt":"HEX"} or
//                     {"recipient":"BASE64","sealed":"HEX"} (crypto_box_seal of the key)
//   24 octets         header of the secretstream
//   frames            u32 little endian length, then ciphertext; both lines above are bound to the first one; the last one
//                     has the tag FINAL
//
// The plaintext is a row of records: one octet kind, u32 little endian length of its JSON, the JSON, then for a file its
// content and the 32 octets of its BLAKE2b hash.
//
//   M manifest  {"format":1,"program":"...","schema":3,"created":1700000000,"hostname":"..."}
//   F file      {"path":"quarantine/index.db","size":4096}
//   E end       {"files":12,"octets":123456}
//
// Why it is no tar: firmware/docs/adr/0018-backup-and-restore.md.
#pragma once
#include <sodium.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::gateway {

inline constexpr int backup_format = 1;
inline constexpr std::size_t backup_piece_octets = 16 * 1024;     // of content in one frame
inline constexpr std::size_t backup_frame_octets = 64 * 1024;     // most that a reader takes
inline constexpr std::size_t backup_meta_octets = 4 * 1024;       // most JSON of one record
inline constexpr std::size_t backup_path_octets = 512;
inline constexpr std::size_t least_passphrase_octets = 12;
inline constexpr unsigned long long backup_kdf_passes = 5;
inline constexpr std::size_t backup_kdf_bytes = 7 << 20;  // what the helper process may take, and a small box has to restore

using backup_key = std::array<unsigned char, crypto_secretstream_xchacha20poly1305_KEYBYTES>;

// How a reader comes to the key.
struct backup_lock {
  std::string salt_hex;        // passphrase
  unsigned long long passes = backup_kdf_passes;
  std::size_t memory_bytes = backup_kdf_bytes;
  std::string recipient, sealed_hex;  // public key
  bool by_passphrase() const { return !salt_hex.empty(); }
};

backup_lock lock_for_passphrase();                                            // with a new salt
std::optional<backup_lock> lock_for_recipient(std::string_view public_key_base64, backup_key& key);  // with a new key
// False: wrong secret, or not enough memory.
bool open_lock(const backup_lock& lock, std::string_view passphrase, backup_key& key);
bool open_lock_with(const backup_lock& lock, std::string_view secret_key_base64, backup_key& key);
void make_recipient(std::string& public_key_base64, std::string& secret_key_base64);

// A path within a data directory that a backup may name: relative, UTF-8 without control characters and backslashes, of at
// most backup_path_octets, no empty part, no part "." or "..".
bool is_backup_path(std::string_view path);
// Which part of the box a path belongs to: "config", "identity", "quarantine", "baseline" or "state".
std::string_view section_of_path(std::string_view path);

class backup_writer {
 public:
  backup_writer(const backup_lock& lock, const backup_key& key);
  ~backup_writer();
  std::string prologue();  // the first octets of the file
  std::string record(char kind, std::string_view meta_json);
  std::string piece(std::string_view content);  // of the file last named
  std::string end_of_file();                    // its hash
  std::string last(std::uint64_t files, std::uint64_t octets);

 private:
  std::string frame(std::string_view plain, bool final);

  std::string lines_;
  bool first_ = true;
  std::array<unsigned char, crypto_secretstream_xchacha20poly1305_HEADERBYTES> header_{};
  crypto_secretstream_xchacha20poly1305_state state_;
  crypto_generichash_state hash_;
};

struct backup_manifest {
  int format = 0, schema = 0;
  std::string program, hostname;
  std::int64_t created = 0;
};

// What a reader tells. Returning text from on_* ends the reading with it as the error.
struct backup_events {
  std::function<std::string(const backup_manifest&)> on_manifest;
  std::function<std::string(const std::string& path, std::uint64_t size)> on_file;
  std::function<std::string(std::string_view piece)> on_piece;
  std::function<std::string()> on_file_end;  // the hash was right
};

struct backup_summary {
  std::uint64_t files = 0, octets = 0;
};

// Reads the two lines. Empty, or what is wrong. `pull` gives up to n octets, 0 at the end.
using backup_pull = std::function<std::size_t(char* to, std::size_t n)>;
std::string read_backup_lock(const backup_pull& pull, backup_lock& lock, std::string& lines);
// Everything after it. Empty when the file is whole and genuine to its last octet, otherwise what is wrong.
std::string read_backup(const backup_pull& pull, const std::string& lines, const backup_key& key, const backup_events& events, backup_summary& sum);

}  // namespace sluice::gateway

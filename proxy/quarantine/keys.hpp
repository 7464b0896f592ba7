// The master key: 32 random octets in DIR/master.key (mode 0600), made by the owner at first start. It wraps the key of
// each message (XChaCha20-Poly1305, bound to the message's id), so that the index alone opens nothing, and a factory
// reset destroys everything with one small file. Why so: firmware/docs/adr/0007-quarantine-keys.md.
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "quarantine/errc.hpp"
#include "quarantine/sealed_file.hpp"
#include "quarantine/volume.hpp"

namespace sluice::quarantine {

inline constexpr std::size_t wrapped_key_bytes = 24 + 32 + 16;  // nonce, key, tag

class master_key {
 public:
  master_key() { bytes_.fill(0); }
  ~master_key();
  master_key(const master_key&) = delete;
  master_key& operator=(const master_key&) = delete;

  // Reads DIR/master.key. ENOENT is errc::master_key_missing.
  result<void> load(volume&);
  // Makes a new one; durable when it returns.
  result<void> create(volume&);
  std::string check_value() const;  // 16 octets in the index that tell a wrong key from damaged messages

  // 16 octets as hexadecimal digits that stand for `text` and tell nothing of it without this key.
  std::string pseudonym(std::string_view text) const;

  std::string wrap(const message_key&, std::string_view id) const;
  // damaged: the wrapped key was changed, or belongs to another message.
  result<message_key> unwrap(std::string_view wrapped, std::string_view id) const;

 private:
  std::array<unsigned char, 32> bytes_;
};

}  // namespace sluice::quarantine

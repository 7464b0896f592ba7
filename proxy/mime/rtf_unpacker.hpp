// Undoes the compression of Outlook's RTF bodies (MS-OXRTFCP, "LZFu") while they stream. The 4 KiB that back references
// reach into are lent by the loop's pool: charset_pool.hpp. The checksum is not looked at: Outlook does not either.
#pragma once
#include <array>
#include <cstdint>

#include "mime/limits.hpp"
#include "mime/sink.hpp"

namespace sluice::mime {

using rtf_dictionary = std::array<char, limits::rtf_dictionary_bytes>;

class rtf_unpacker {
 public:
  void start(rtf_dictionary& room);
  void feed(byte_view packed, octet_sink& rtf);

 private:
  enum class state : std::uint8_t { header, flags, octet, reference, stored, done };

  void next_token();

  rtf_dictionary* room_ = nullptr;
  state state_ = state::done;
  std::uint8_t flags_ = 0, tokens_ = 0;  // of the current run of eight
  std::uint8_t filled_ = 0;              // octets of the header, or of a reference
  std::uint16_t write_ = 0;              // in the dictionary
  std::uint32_t number_ = 0;             // being read
};

}  // namespace sluice::mime

#include "mime/rtf_unpacker.hpp"

#include <cstring>

namespace sluice::mime {
namespace {

// What the dictionary holds at the beginning (section 2.1.2.1).
constexpr char beginning[] =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArial"
    "Times New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
constexpr std::size_t beginning_octets = sizeof beginning - 1;
static_assert(beginning_octets == 207);

constexpr std::uint16_t wrap = limits::rtf_dictionary_bytes - 1;
constexpr std::uint32_t packed_kind = 0x75465A4C, stored_kind = 0x414C454D;  // "LZFu", "MELA"
constexpr std::uint8_t kind_at = 8, header_octets = 16;

}  // namespace

void rtf_unpacker::start(rtf_dictionary& room) {
  room_ = &room;
  room.fill(0);
  std::memcpy(room.data(), beginning, beginning_octets);
  write_ = beginning_octets;
  filled_ = tokens_ = 0;
  number_ = 0;
  state_ = state::header;
}

void rtf_unpacker::next_token() {
  number_ = filled_ = 0;
  if (tokens_ == 0) {
    state_ = state::flags;
    return;
  }
  state_ = (flags_ & 1) != 0 ? state::reference : state::octet;
  flags_ = static_cast<std::uint8_t>(flags_ >> 1);
  --tokens_;
}

void rtf_unpacker::feed(byte_view packed, octet_sink& rtf) {
  char out[256];
  std::size_t size = 0;
  const auto put = [&](char c) {
    (*room_)[write_] = c;
    write_ = static_cast<std::uint16_t>((write_ + 1) & wrap);
    if (size == sizeof out) {
      rtf.put({out, size});
      size = 0;
    }
    out[size++] = c;
  };
  for (std::size_t i = 0; i < packed.size() && state_ != state::done; ++i) {
    const auto octet = static_cast<unsigned char>(packed[i]);
    switch (state_) {
      case state::header:
        if (filled_ >= kind_at && filled_ < kind_at + 4) number_ |= static_cast<std::uint32_t>(octet) << (8 * (filled_ - kind_at));
        if (++filled_ < header_octets) break;
        if (number_ == packed_kind) {
          next_token();
        } else {
          state_ = number_ == stored_kind ? state::stored : state::done;
        }
        break;
      case state::stored: put(packed[i]); break;
      case state::flags:
        flags_ = octet;
        tokens_ = 8;
        next_token();
        break;
      case state::octet:
        put(packed[i]);
        next_token();
        break;
      case state::reference: {
        number_ = number_ << 8 | octet;
        if (++filled_ < 2) break;
        const auto from = static_cast<std::uint16_t>(number_ >> 4);
        if (from == write_) {  // the end
          state_ = state::done;
          break;
        }
        for (std::uint32_t n = 0; n < (number_ & 15) + 2; ++n) put((*room_)[(from + n) & wrap]);
        next_token();
        break;
      }
      case state::done: break;
    }
  }
  if (size > 0) rtf.put({out, size});
}

}  // namespace sluice::mime

// Compressed RTF, at once and octet by octet: the same text, and all of it UTF-8.
#include <cstdlib>
#include <string>

#include "core/utf8.hpp"
#include "mime/rtf_reader.hpp"
#include "mime/rtf_unpacker.hpp"

using namespace sluice;

struct collected final : mime::octet_sink {
  void put(byte_view utf8) override { text += utf8; }
  std::string text;
};
struct into_reader final : mime::octet_sink {
  void put(byte_view rtf) override { reader.feed(rtf, shown, hidden); }
  mime::rtf_reader reader;
  collected shown, hidden;
};

static std::string read(byte_view packed, std::size_t step) {
  static mime::rtf_dictionary room;
  mime::rtf_unpacker unpacker;
  into_reader out;
  unpacker.start(room);
  for (std::size_t i = 0; i < packed.size(); i += step) unpacker.feed(packed.substr(i, step), out);
  return out.shown.text + out.hidden.text;
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const byte_view packed(reinterpret_cast<const char*>(data), size);
  const std::string text = read(packed, size + 1);
  if (read(packed, 1) != text) std::abort();
  for (byte_view rest = text; !rest.empty(); rest.remove_prefix(utf8::decode(rest).length))
    if (!utf8::decode(rest).valid) std::abort();
  return 0;
}

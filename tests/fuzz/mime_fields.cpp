// The readers of single field values: encoded words, addresses, parameters with a boundary, dates. The first octet chooses.
#include <cstdlib>

#include "core/utf8.hpp"
#include "mime/address.hpp"
#include "mime/boundary.hpp"
#include "mime/date.hpp"
#include "mime/encoded_word.hpp"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  static mime::charset_pool pool;
  const byte_view value(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] & 3) {
    case 0: {
      char room[300];
      const auto done = mime::decode_words(value, room, pool);
      if (done.size > sizeof room) std::abort();
      for (byte_view rest(room, done.size); !rest.empty();) {
        const utf8::decoded one = utf8::decode(rest);
        if (!one.valid) std::abort();
        rest.remove_prefix(one.length);
      }
      break;
    }
    case 1: {
      mime::address_reader reader(value, pool);
      mime::address one;
      for (std::size_t n = 0; reader.next(one); ++n) {
        if (n > size) std::abort();  // each takes at least an octet
      }
      break;
    }
    case 2: {
      mime::boundary_set set;
      mime::read_boundary(value, set, pool);
      break;
    }
    default: {
      mime::date_time when;
      if (mime::parse_date(value, when) && (when.month < 1 || when.month > 12 || when.hour > 24 || when.second > 60)) std::abort();
      break;
    }
  }
  return 0;
}

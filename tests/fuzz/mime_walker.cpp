// A message through the MIME walker, at once and in pieces: the same events, text that is UTF-8, offsets that are inside.
#include <cstdlib>
#include <string>

#include "core/utf8.hpp"
#include "mime/walker.hpp"
#include "support/mime_recorder.hpp"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view mail(reinterpret_cast<const char*>(data), size);
  const test::mime_recorder whole = test::walk(mail);
  if (!whole.ended) std::abort();
  for (const test::recorded_part& p : whole.parts) {
    for (const auto& [kind, text] : p.text) {
      for (std::string_view rest = text; !rest.empty();) {
        const utf8::decoded one = utf8::decode(rest);
        if (!one.valid) std::abort();
        rest.remove_prefix(one.length);
      }
    }
  }
  const std::string expected = whole.dump();
  if (test::walk(mail, 1).dump() != expected || test::walk(mail, 7).dump() != expected) std::abort();
  return 0;
}

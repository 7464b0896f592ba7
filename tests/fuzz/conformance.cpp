// Text measured against a small skeleton: whole and byte by byte must agree; and base64 of hashes.
#include <cstdint>
#include <cstdlib>

#include "inspect/conformance.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const byte_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::uint32_t> hashes;
  if (inspect::parse_shingles(text.substr(0, 200), hashes) && hashes.size() > 100) std::abort();
  std::vector<inspect::skeleton> known(1);
  known[0].language = "en";
  known[0].assign({1, 2, 3});
  inspect::conformance_meter whole, pieces;
  whole.begin(known, 0);
  pieces.begin(known, 0);
  whole.feed(text);
  for (std::size_t i = 0; i < text.size(); ++i) pieces.feed(text.substr(i, 1));
  const inspect::conformance a = whole.end(), b = pieces.end();
  if (a.words != b.words || a.own != b.own || a.longest != b.longest || view(a.foreign) != view(b.foreign) || a.own > a.words) std::abort();
  return 0;
}

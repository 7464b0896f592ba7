// Blocks of "where is my mail?" as they may lie on a damaged medium: refused, or read to their end.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "firmware/gateway/records/trace_record.hpp"

using namespace sluice::gateway;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sluice::byte_view bytes(reinterpret_cast<const char*>(data), size);
  trace_block_header header;
  if (read_trace_header(bytes, header) && header.octets > trace_block_octets) std::abort();
  (void)is_whole_block(bytes);  // the reader needs no checksum to end: without it most mutations would stop here
  trace_block_reader reader(bytes);
  trace_record r;
  for (std::uint32_t n = 0; reader.next(r); ++n) {
    if (n >= header.records) std::abort();
    for (const sluice::byte_view t : r.texts)
      if (t.size() > trace_text_octets) std::abort();
  }
  return 0;
}

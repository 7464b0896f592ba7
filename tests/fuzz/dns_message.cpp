// DNS responses: whatever is in them, an answer stays within its limits and its records can be taken out again.
#include <cstdint>
#include <vector>

#include "dns/message.hpp"

using namespace sluice::dns;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr record_type types[] = {record_type::a, record_type::aaaa, record_type::mx, record_type::txt, record_type::ptr, record_type::cname};
  const record_type type = types[data[0] % 6];
  const sluice::byte_view wire(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<char> room(data[0] & 0x80 ? 64 : limits::answer_bytes);
  const answer got = read_message(wire, {"example.com", type}, room);
  if ((got.status == status::ok) == got.packed.empty()) __builtin_trap();
  std::size_t records = 0;
  sluice::byte_view rest = got.packed, record;
  for (; answer::next(rest, record); ++records)
    if ((type == record_type::a && record.size() != 4) || (type == record_type::aaaa && record.size() != 16)) __builtin_trap();
  if (!rest.empty() || records > limits::answer_records) __builtin_trap();
  return 0;
}

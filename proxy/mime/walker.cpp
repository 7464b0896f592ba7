#include "mime/walker.hpp"

#include <new>

#include "mime/machine.hpp"

namespace sluice::mime {

walker::walker(handler& out, const options& opts, charset_pool& pool) {
  static_assert(sizeof(machine) <= limits::walker_state_bytes, "raise limits::walker_state_bytes, and the memory budget");
  static_assert(alignof(machine) <= alignof(std::max_align_t));
  ::new (static_cast<void*>(state_)) machine(out, opts, pool);
}

walker::~walker() { self().~machine(); }

walker::machine& walker::self() { return *std::launder(reinterpret_cast<machine*>(state_)); }
const walker::machine& walker::self() const { return *std::launder(reinterpret_cast<const machine*>(state_)); }

void walker::reset() { self().reset(); }
void walker::feed(byte_view content) { self().feed(content); }
void walker::finish() { self().finish(); }
bool walker::header_done() const { return self().header_done(); }
bool walker::text_seen() const { return self().text_seen(); }
std::uint64_t walker::header_bytes() const { return self().header_bytes(); }
std::uint64_t walker::bytes() const { return self().bytes(); }
std::uint16_t walker::parts() const { return self().parts(); }

}  // namespace sluice::mime

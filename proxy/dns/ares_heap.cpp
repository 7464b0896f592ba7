// The heap of c-ares, counted; declared in ares_resolver.hpp.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "dns/ares_release.hpp"
#include "dns/ares_resolver.hpp"

namespace sluice::dns {
namespace {

gauge* heap_budget = nullptr;
bool library_ready = false;  // with whichever allocator it was made ready
constexpr std::size_t heap_header = alignof(std::max_align_t);

std::size_t& size_of(void* block) { return *reinterpret_cast<std::size_t*>(static_cast<char*>(block) - heap_header); }

void* counted_malloc(std::size_t size) {
  if (size > SIZE_MAX / 2 || !heap_budget->try_take(size + heap_header)) return nullptr;
  char* block = static_cast<char*>(std::malloc(size + heap_header));
  if (block == nullptr) {
    heap_budget->give_back(size + heap_header);
    return nullptr;
  }
  size_of(block + heap_header) = size;
  return block + heap_header;
}

void counted_free(void* block) {
  if (block == nullptr) return;
  heap_budget->give_back(size_of(block) + heap_header);
  std::free(static_cast<char*>(block) - heap_header);
}

void* counted_realloc(void* block, std::size_t size) {
  if (block == nullptr) return counted_malloc(size);
  void* moved = counted_malloc(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(size, size_of(block)));
  counted_free(block);
  return moved;
}

}  // namespace

bool count_ares_heap(gauge& budget) {
  if (library_ready) return false;
  heap_budget = &budget;
  library_ready = ares_library_init_mem(ARES_LIB_INIT_ALL, counted_malloc, counted_free, counted_realloc) == ARES_SUCCESS;
  return library_ready;
}

std::size_t ares_heap_bytes(std::size_t resolvers, std::size_t questions) {
  return resolvers * limits::heap_per_resolver_bytes + questions * limits::heap_per_question_bytes + (ares_gives_up_together ? limits::newer_read_buffers_bytes : 0);
}

bool open_ares() {
  if (!library_ready) library_ready = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return library_ready;
}

}  // namespace sluice::dns

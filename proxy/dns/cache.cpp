// The answer cache: a ring of entries with a hash index; see cache.hpp.
#include "dns/cache.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "core/ascii.hpp"

namespace sluice::dns {

// In the ring: this, the name in lower case, the packed records, padded to 32 octets, so that whatever is left at the
// end of the ring has room for an entry without a name that marks it as unused.
struct cache::entry {
  std::uint32_t size = 0;  // in all, padded
  std::uint32_t hash = 0;
  std::int64_t expires = 0;
  std::uint32_t packed_bytes = 0;
  std::uint16_t type = 0;
  std::uint8_t name_bytes = 0;
  std::uint8_t state = 0;
  char* text() { return reinterpret_cast<char*>(this) + sizeof(entry); }
};

namespace {

std::uint32_t hash_of(byte_view name, record_type type) {
  std::uint32_t h = 2166136261u ^ static_cast<std::uint32_t>(type);
  for (const char c : name) h = (h ^ static_cast<unsigned char>(ascii::lower(c))) * 16777619u;
  return h ^ (h >> 15);
}

constexpr std::size_t padded(std::size_t n) { return (n + 31) & ~std::size_t{31}; }

std::uint32_t ttl_of(const answer& got, const cache_options& options) {
  if (got.status == status::ok) return std::clamp(got.ttl, options.ttl_min, options.ttl_max);
  if (is_void(got.status)) return std::clamp(got.ttl, options.ttl_min, options.negative_ttl_max);
  return options.failure_ttl;
}

std::size_t ring_bytes(const cache_options& options) {
  return std::clamp<std::size_t>(padded(options.bytes), 4096, std::size_t{1} << 30);
}

// Used to one half: an entry with name and records has 128 octets and more.
std::size_t index_entries(const cache_options& options) { return std::bit_ceil(ring_bytes(options) / 64); }

}  // namespace

std::size_t cache::memory_bytes(const cache_options& options) {
  return ring_bytes(options) + index_entries(options) * sizeof(std::uint32_t);
}

cache::cache(const cache_options& options) { change(options); }

void cache::change(const cache_options& options) {
  const std::size_t before = ring_ ? options_.bytes : 0;
  options_ = options;
  options_.bytes = ring_bytes(options_);
  options_.ttl_max = std::max(options_.ttl_max, options_.ttl_min);
  options_.negative_ttl_max = std::max(options_.negative_ttl_max, options_.ttl_min);
  static_assert(sizeof(entry) <= 32 && alignof(entry) <= 16);
  if (options_.bytes == before) return;
  clear();
  ring_.reset();  // before the new ones are taken: the memory is there once
  index_.reset();
  index_size_ = index_entries(options_);
  ring_ = std::make_unique_for_overwrite<char[]>(options_.bytes);
  index_ = std::make_unique<std::uint32_t[]>(index_size_);
}

cache::entry* cache::at(std::uint32_t offset) const { return reinterpret_cast<entry*>(ring_.get() + offset); }

std::uint32_t* cache::slot_of(byte_view name, record_type type, std::uint32_t hash) const {
  const std::size_t mask = index_size_ - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    if (index_[i] == 0) return &index_[i];
    entry* e = at(index_[i] - 1);
    if (e->hash == hash && e->type == static_cast<std::uint16_t>(type) &&
        ascii::iequals({e->text(), e->name_bytes}, name))
      return &index_[i];
  }
}

bool cache::find(const question& q, std::int64_t now, answer& out) {
  const std::uint32_t hash = hash_of(q.name, q.type);
  const std::uint32_t* slot = slot_of(q.name, q.type, hash);
  if (*slot == 0 || at(*slot - 1)->expires <= now) {
    ++misses_;
    return false;
  }
  const entry* found = at(*slot - 1);
  out.status = static_cast<status>(found->state);
  out.ttl = static_cast<std::uint32_t>(std::min<std::int64_t>(found->expires - now, 0x7fffffff));
  out.packed = {at(*slot - 1)->text() + found->name_bytes, found->packed_bytes};
  ++hits_;
  return true;
}

void cache::put(const question& q, const answer& got, std::int64_t now) {
  if (got.status == status::budget || got.status == status::cancelled) return;
  if (q.name.empty() || q.name.size() > limits::name_bytes) return;
  const std::uint32_t hash = hash_of(q.name, q.type);
  if (const std::uint32_t* slot = slot_of(q.name, q.type, hash); *slot != 0) unlink(*slot - 1);
  store(q.name, q.type, hash, got, now + ttl_of(got, options_));
}

void cache::store(byte_view name, record_type type, std::uint32_t hash, const answer& got, std::int64_t expires) {
  const byte_view packed = got.status == status::ok ? got.packed : byte_view{};
  const std::size_t need = padded(sizeof(entry) + name.size() + packed.size());
  if (need > options_.bytes / 8) return;
  make_room(need);
  entry* e = new (ring_.get() + head_) entry;
  e->size = static_cast<std::uint32_t>(need);
  e->hash = hash;
  e->expires = expires;
  e->packed_bytes = static_cast<std::uint32_t>(packed.size());
  e->type = static_cast<std::uint16_t>(type);
  e->name_bytes = static_cast<std::uint8_t>(name.size());
  e->state = static_cast<std::uint8_t>(got.status);
  std::transform(name.begin(), name.end(), e->text(), ascii::lower);
  if (!packed.empty()) std::memcpy(e->text() + name.size(), packed.data(), packed.size());
  *slot_of(name, type, hash) = static_cast<std::uint32_t>(head_) + 1;
  head_ += need;
  used_ += need;
  ++entries_;
}

// Takes an entry out of the index only; its room comes back when the tail passes it. The entries behind it in the
// probe sequence move up, so that a free slot still ends every search.
void cache::unlink(std::uint32_t offset) {
  const std::size_t mask = index_size_ - 1;
  std::size_t i = at(offset)->hash & mask;
  while (index_[i] != 0 && index_[i] != offset + 1) i = (i + 1) & mask;
  if (index_[i] == 0) return;
  --entries_;
  for (std::size_t j = i;;) {
    index_[i] = 0;
    for (;;) {
      j = (j + 1) & mask;
      if (index_[j] == 0) return;
      const std::size_t home = at(index_[j] - 1)->hash & mask;
      const bool stays = i <= j ? (i < home && home <= j) : (i < home || home <= j);
      if (!stays) break;
    }
    index_[i] = index_[j];
    i = j;
  }
}

void cache::drop_oldest() {
  entry* oldest = at(static_cast<std::uint32_t>(tail_));
  const std::uint32_t size = oldest->size;
  if (oldest->name_bytes != 0) {
    const std::size_t before = entries_;
    unlink(static_cast<std::uint32_t>(tail_));
    evictions_ += before - entries_;
  }
  used_ -= size;
  tail_ += size;
  if (tail_ == options_.bytes) tail_ = 0;
  if (used_ == 0) head_ = tail_ = 0;
}

// Makes `need` octets free at head_, and keeps the index at most half full.
void cache::make_room(std::size_t need) {
  while (entries_ >= index_size_ / 2) drop_oldest();
  for (;;) {
    const bool wrapped = used_ != 0 && head_ <= tail_;  // free is [head, tail), otherwise [head, end) and [0, tail)
    const std::size_t room = wrapped ? tail_ - head_ : options_.bytes - head_;
    if (room >= need) return;
    if (wrapped) {
      drop_oldest();
      continue;
    }
    if (room != 0) {
      entry* unused_end = new (ring_.get() + head_) entry;
      unused_end->size = static_cast<std::uint32_t>(room);
      used_ += room;
    }
    head_ = 0;
  }
}

void cache::clear() {
  if (index_) std::fill_n(index_.get(), index_size_, 0u);
  head_ = tail_ = used_ = entries_ = 0;
}

}  // namespace sluice::dns

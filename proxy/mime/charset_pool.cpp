#include "mime/charset_pool.hpp"

#include <iconv.h>

#include <algorithm>

namespace sluice::mime {

charset_pool::~charset_pool() {
  for (slot& s : slots_)
    if (s.converter) ::iconv_close(static_cast<iconv_t>(s.converter));
}

rtf_dictionary* charset_pool::borrow_dictionary() {
  auto* const free = std::find(lent_.begin(), lent_.end(), false);
  if (free == lent_.end()) {
    ++refused_;
    return nullptr;
  }
  *free = true;
  return &dictionaries_[static_cast<std::size_t>(free - lent_.begin())];
}

void charset_pool::give_back(rtf_dictionary* one) {
  if (one != nullptr) lent_[static_cast<std::size_t>(one - dictionaries_.data())] = false;
}

std::size_t charset_pool::leased() const {
  return static_cast<std::size_t>(std::count_if(slots_.begin(), slots_.end(), [](const slot& s) { return s.leased; }));
}

// A slot without a lease: an unused one, or the first idle one, whose converter is closed.
charset_pool::slot* charset_pool::room() {
  const auto end = slots_.begin() + static_cast<std::ptrdiff_t>(std::min(max_open_, slots_.size()));
  auto found = std::find_if(slots_.begin(), end, [](const slot& s) { return !s.converter; });
  if (found == end) found = std::find_if(slots_.begin(), end, [](const slot& s) { return !s.leased; });
  if (found == end) return nullptr;
  if (found->converter) ::iconv_close(static_cast<iconv_t>(found->converter));
  *found = slot{};
  return &*found;
}

void* charset_pool::acquire(const char* iconv_name) {
  slot* chosen = nullptr;
  for (slot& s : slots_)
    if (s.converter && !s.leased && s.name == iconv_name) chosen = &s;
  if (!chosen) {
    chosen = room();
    if (chosen) {
      const iconv_t opened = ::iconv_open("UTF-8", iconv_name);
      if (opened == reinterpret_cast<iconv_t>(-1)) chosen = nullptr;
      else *chosen = {iconv_name, opened, false};
    }
  }
  if (!chosen) {
    ++refused_;
    return nullptr;
  }
  ::iconv(static_cast<iconv_t>(chosen->converter), nullptr, nullptr, nullptr, nullptr);  // back to the initial shift
  chosen->leased = true;
  peak_ = std::max(peak_, leased());
  return chosen->converter;
}

void charset_pool::release(void* converter) {
  for (slot& s : slots_)
    if (s.converter == converter) s.leased = false;
}

}  // namespace sluice::mime

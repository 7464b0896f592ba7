// What the parts of messages borrow while they are read, counted: iconv descriptors for the charsets that are not decoded
// natively (CJK mostly), and dictionaries of compressed RTF. An idle descriptor is kept open for the next message, so that
// a warm pool makes no heap calls. One pool per thread; not thread safe.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "mime/limits.hpp"
#include "mime/rtf_unpacker.hpp"

namespace sluice::mime {

class charset_pool {
 public:
  // At most `max_open` descriptors (1..limits::converters) exist at any time.
  explicit charset_pool(std::size_t max_open = limits::converters) : max_open_(max_open) {}
  ~charset_pool();
  charset_pool(const charset_pool&) = delete;
  charset_pool& operator=(const charset_pool&) = delete;

  // A converter to UTF-8 from the charset with that iconv name (a literal of charset.cpp, compared by address), or
  // nullptr when all are leased or the platform lacks it. Give it back with release().
  void* acquire(const char* iconv_name);
  void release(void* converter);

  rtf_dictionary* borrow_dictionary();  // nullptr when all are lent
  void give_back(rtf_dictionary* one);  // nullptr does nothing

  std::size_t leased() const;
  std::size_t peak() const { return peak_; }
  std::uint64_t refused() const { return refused_; }

 private:
  struct slot {
    const char* name = nullptr;
    void* converter = nullptr;
    bool leased = false;
  };
  slot* room();

  std::array<slot, limits::converters> slots_{};
  std::array<rtf_dictionary, limits::rtf_dictionaries> dictionaries_;
  std::array<bool, limits::rtf_dictionaries> lent_{};
  std::size_t max_open_, peak_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace sluice::mime

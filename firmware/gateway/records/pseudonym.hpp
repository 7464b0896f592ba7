// Names for addresses that do not tell the address: keyed BLAKE2b with a key of the box, so that equal addresses stay
// equal and nobody finds out an address by trying, unless he has the key.
#pragma once
#include <array>
#include <string>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "hal/include/hal/files.hpp"

namespace sluice::gateway {

using pseudonym_text = fixed_string<16>;  // "h:" and 13 of a-z2-7

class pseudonyms {
 public:
  // Reads data_directory/privacy.key, or makes it; empty or why not.
  std::string open(hal::files& files, const std::string& directory);
  void use(const std::array<unsigned char, 32>& key) { key_ = key; }  // tests

  // The same for every way of writing an address (case, quotes). Empty stays empty, a pseudonym stays what it is.
  pseudonym_text of(byte_view address) const;
  // Of a list of addresses with blanks between.
  template <std::size_t N>
  void of_list(byte_view addresses, fixed_string<N>& out) const {
    out.clear();
    while (!addresses.empty()) {
      const std::size_t blank = addresses.find(' ');
      if (!out.empty()) append_cut(out, " ");
      append_cut(out, sluice::view(of(addresses.substr(0, blank))));
      addresses.remove_prefix(blank == byte_view::npos ? addresses.size() : blank + 1);
    }
  }

 private:
  std::array<unsigned char, 32> key_{};
};

bool is_pseudonym(byte_view text);

}  // namespace sluice::gateway

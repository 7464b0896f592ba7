// The secret behind signed links, on disk with mode 0600: the present key, and the former one as long as its links last.
// Replaced as a whole, so that a power cut leaves the old or the new file. Blocking: on the storage thread, or before
// the start.
#pragma once
#include <string>

#include "hal/include/hal/files.hpp"
#include "status/links/token.hpp"

namespace sluice::status {

struct kept_link_keys {
  link_keys keys;
  std::int64_t former_until = 0;  // UTC seconds; 0: there is none
};

enum class key_file_state : std::uint8_t { read, made, damaged };  // damaged: a new key was made, links sent so far are void

class link_key_file {
 public:
  link_key_file(hal::files& files, std::string path) : files_(files), path_(std::move(path)) {}

  // 0 or errno. Makes the file when it is missing.
  int open(kept_link_keys& out, key_file_state& state);
  // A new key. `keep_s` > 0: links of the present one work that long still; 0: they are void at once.
  int rotate(kept_link_keys& keys, std::int64_t keep_s, std::int64_t now);

 private:
  int save(const kept_link_keys& keys);

  hal::files& files_;
  std::string path_;
};

std::string text_of(const kept_link_keys& keys);
bool read_link_keys(std::string_view text, kept_link_keys& out);
// The former key ends.
void expire_former(kept_link_keys& keys, std::int64_t now);

}  // namespace sluice::status

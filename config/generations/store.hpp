// Generations on disk: data_directory/config with one file N.toml per generation and the record "state". Everything is
// written beside and renamed, file and folder synced, so that a power cut leaves the old or the new one. A text that the
// record does not name is a leftover of such a cut and is removed at open().
//
// Blocking: on the storage thread, or before the start. All file operations go through hal::files.
#pragma once
#include <string>

#include "config/generations/record.hpp"
#include "hal/include/hal/files.hpp"

namespace sluice::config::generations {

enum class found : std::uint8_t { record, nothing, damaged };

class store {
 public:
  store(hal::files& files, std::string directory) : files_(files), directory_(std::move(directory)) {}

  // Makes the directory when it is missing. 0 or errno; `what` says what was there. A damaged record is kept beside as
  // "state.damaged", and `out` is empty with numbers that go on behind those of the texts that lie there.
  int open(record& out, found& what);

  int keep(std::uint64_t number, std::string_view text);  // 0 or errno; so for the next
  int save(const record& r);
  int read(std::uint64_t number, std::string& text);  // ENOENT, EFBIG, ...
  void drop(std::uint64_t number);

 private:
  int replace(const std::string& name, std::string_view text);
  int read_file(const std::string& name, std::size_t limit, std::string& out);
  void remove_leftovers(record& r);
  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  hal::files& files_;
  std::string directory_;
};

}  // namespace sluice::config::generations

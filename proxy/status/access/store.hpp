// Users and tokens on disk: data_directory/access/book, replaced as a whole and durably, so that a power cut leaves the
// old or the new one. Blocking: on the storage thread, or before the start. All file operations go through hal::files.
#pragma once
#include <string>

#include "hal/include/hal/files.hpp"
#include "status/access/book.hpp"

namespace sluice::status {

enum class book_state : std::uint8_t { read, missing, damaged, unreadable };

book_state load_book(hal::files& files, const std::string& directory, access_book& out);
int save_book(hal::files& files, const std::string& directory, const access_book& b);  // 0 or errno

// Writes `text` as `path`, through `path`.new; 0 or errno. The folder is synced.
int replace_file(hal::files& files, const std::string& path, std::string_view text);
// The whole of a small file; an errno, or EFBIG beyond `limit`.
int read_file(hal::files& files, const std::string& path, std::size_t limit, std::string& out);

}  // namespace sluice::status

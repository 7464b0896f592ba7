// A file of the mail directory before a row names it. Internal to the quarantine: intake and own_mail write through it.
#pragma once
#include <string>

#include "quarantine/index.hpp"
#include "quarantine/sealed_file.hpp"

namespace sluice::quarantine {

// Removed again unless it is adopted.
struct part_file {
  explicit part_file(volume& v) : volume_of(v), path(v.next_part_path()), key(message_key::random()) {}
  ~part_file() {
    if (fd < 0) return;
    volume_of.fs().close(fd);
    if (!adopted) volume_of.fs().remove(path.c_str());
  }
  part_file(const part_file&) = delete;
  part_file& operator=(const part_file&) = delete;

  volume& volume_of;
  std::string path;
  message_key key;
  int fd = -1;
  bool adopted = false;
};

// The file of a COMMIT that failed and could still come back after a crash (database::in_doubt): it stays until that is
// ruled out, so that no row is ever without its file.
struct doubtful_file {
  std::string path;

  void drop(index& i) {
    if (path.empty() || i.db().in_doubt()) return;
    (void)i.of().fs().remove(path.c_str());
    path.clear();
  }
};

}  // namespace sluice::quarantine

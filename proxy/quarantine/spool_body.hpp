// The inside of a spool_file, shared with store::put() that takes it over. Not for other modules.
#pragma once
#include <string>
#include <utility>

#include "quarantine/spool.hpp"

namespace sluice::quarantine {

struct spool_file::body {
  body(volume& v, gauge& g, std::string p, int file, std::uint64_t cap)
      : volume_of(v),
        budget(g),
        path(std::move(p)),
        fd(file),
        content_bytes_max(cap),
        key(message_key::random()),
        writer(v, file, key) {}
  ~body();
  body(const body&) = delete;
  body& operator=(const body&) = delete;

  result<void> charge(std::uint64_t n);

  volume& volume_of;
  gauge& budget;
  std::string path;
  int fd;
  std::uint64_t content_bytes_max;
  message_key key;
  sealed_writer writer;
  std::uint64_t charged = 0;     // octets taken from the budget
  std::uint64_t space_seen = 0;  // up to here the free-space floor was looked at
  bool finished = false;
  bool adopted = false;  // renamed into the store: the file is no longer ours to remove
};

}  // namespace sluice::quarantine

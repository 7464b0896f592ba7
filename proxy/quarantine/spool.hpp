// Bounded temporary files on the data partition for messages that outgrow their window (design: spill). What is spooled
// is encrypted with the key that a quarantined message keeps, so that spill -> quarantine is sync + rename, not a copy.
//
// Nothing here is durable: a spool file lives no longer than its object, and what a crash leaves is removed by
// volume::open. Used up (the budget of all files, the cap of one, the free-space floor) means errc::spool_full or
// disk_full, and the caller replies 452 4.3.1; it never falls back to streaming.
//
// Belongs to the storage thread: destructors remove files, so objects must end there, too.
#pragma once
#include <memory>
#include <string>

#include "core/bytes.hpp"
#include "core/gauge.hpp"
#include "quarantine/sealed_file.hpp"
#include "quarantine/volume.hpp"

namespace sluice::quarantine {

class spool_file {
 public:
  spool_file() = default;  // empty; only assignment and destruction are allowed
  spool_file(spool_file&&) noexcept;
  spool_file& operator=(spool_file&&) noexcept;
  ~spool_file();  // discards

  // Each call writes at least one frame (19 octets on top of up to 16 KiB): append whole blocks, not lines.
  // Errors: spool_full, disk_full, read_only, io, invalid (after finish). After an error only discard() is useful.
  result<void> append(byte_view data);
  // Ends the content; afterwards it can be read, any number of times, or put into a store.
  result<void> finish();
  result<content_reader> read();
  std::uint64_t size() const;  // octets of content
  explicit operator bool() const { return body_ != nullptr; }
  void discard();  // removes the file and gives its octets back to the budget

 private:
  friend class spool;
  friend class store;
  struct body;
  explicit spool_file(std::unique_ptr<body> b);
  std::unique_ptr<body> body_;
};

class spool {
 public:
  // `budget` counts octets on the medium of all spool files; `message_bytes_max` is the content cap of each. Both and
  // the volume outlive the spool and its files.
  spool(volume& v, gauge& budget, std::uint64_t message_bytes_max)
      : volume_(v), budget_(budget), message_bytes_max_(message_bytes_max) {}
  // Errors: disk_full, read_only, io.
  result<spool_file> create();
  void set_message_bytes_max(std::uint64_t bytes) { message_bytes_max_ = bytes; }  // of files made from now on

 private:
  volume& volume_;
  gauge& budget_;
  std::uint64_t message_bytes_max_;
};

}  // namespace sluice::quarantine

// put(): how a message becomes ours (P1). Internal to the quarantine.
//
// Order: content written and synced under a .part name -> transaction begins, room is made, rows are written -> renamed
// to its .msg name -> directory synced -> COMMIT (WAL synced). A crash before the COMMIT leaves a file without a row,
// which the next start removes; the client was not answered. A crash after it leaves everything.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "quarantine/index.hpp"
#include "quarantine/part_file.hpp"
#include "quarantine/spool.hpp"

namespace sluice::quarantine {

class intake {
 public:
  explicit intake(index& i) : index_(i) {}
  result<void> put(const new_message&, std::span<const byte_view> content, unix_time now);
  // The path of the spool file, its descriptor, its key and sizes come from its body; `adopted` is set when the file is
  // no longer the spool's.
  struct sealed {
    std::string& path;
    int fd;
    const message_key& key;
    std::uint64_t content_bytes, file_bytes;
    bool& adopted;
  };
  result<void> put(const new_message&, sealed file, unix_time now);

 private:
  result<void> place(change&, const new_message&, sealed& file, unix_time now);
  result<void> insert(const new_message&, const sealed& file, std::int64_t& seq, unix_time now);
  result<void> insert_recipients(const new_message&, std::int64_t seq, std::uint64_t file_bytes, unix_time now);
  result<void> insert_findings(const new_message&, std::int64_t seq);

  index& index_;
  doubtful_file doubtful_;
};

}  // namespace sluice::quarantine

// What the supervisor keeps: small files in its state folder on the data partition, each replaced as a whole and waited
// for. A factory reset leaves them.
//
//   reset-reason    why the machine goes down, written before it does; taken away at the next start
//   rollback-index  no image with a smaller number is installed
//   slots           "A 1.2.0 good", one line per system
//   last-time       the clock cannot be earlier
//   boot-history    the last starts with their reasons
#pragma once
#include <cstdint>
#include <string>

#include "firmware/supervisor/reset_reason.hpp"

namespace sluice::supervisor {

struct slot_record {
  std::string version, state;  // "good", "installed" (never proven), "bad"; empty: nothing is known
};

struct release_facts {
  std::string version, board, compatible, keys;
  std::uint64_t rollback_index = 0;
};
release_facts read_release(const std::string& file);

class state_files {
 public:
  explicit state_files(std::string folder) : folder_(std::move(folder)) {}
  std::string open();  // makes the folder; empty, or why not

  // At the first start since the machine's, `runtime` remembers it for a supervisor that was started again.
  reset_reason take_reason(const std::string& runtime, const boot_facts& facts, const std::string& about);
  int keep_reason(const reset_reason& r);
  void forget_reason();

  std::uint64_t rollback_index() const;
  int raise_rollback_index(std::uint64_t to);  // never lowers it

  slot_record slot(char name) const;
  int set_slot(char name, const slot_record& r);

  std::int64_t last_time() const;
  int keep_time(std::int64_t unix_seconds);

 private:
  std::string path(const char* name) const { return folder_ + "/" + name; }
  std::string folder_;
};

}  // namespace sluice::supervisor

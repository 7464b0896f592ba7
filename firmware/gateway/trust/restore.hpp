// A backup becomes a data directory again. First the whole file is read and believed or not, and nothing is touched; then
// its files are written to DIR/restore.staged and synced; then DIR/restore.journal names what is to be put in place, and
// from that moment on it will be: what a power cut leaves half done is finished at the next start of the program, or by
// the next restore. What was there before is moved to DIR/restore.old first and removed last.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "firmware/gateway/trust/backup_format.hpp"
#include "hal/include/hal/files.hpp"

namespace sluice::gateway {

struct restore_options {
  std::string data_directory;
  std::set<std::string, std::less<>> only;  // sections; empty: all
};

struct restore_report {
  backup_manifest manifest;
  backup_summary whole;     // of the file
  backup_summary restored;  // of it, what was asked for
};

// Opens the file again and again from its start: pass one verifies, pass two writes.
class backup_file {
 public:
  virtual ~backup_file() = default;
  virtual bool rewind() = 0;
  virtual std::size_t read(char* to, std::size_t n) = 0;  // 0 at the end
};

bool is_section(std::string_view name);

// Empty, or what is wrong with the file; touches nothing.
std::string verify_backup(backup_file& file, const backup_key& key, const restore_options& o, restore_report& out);
// After verify_backup(): until the journal is written every error leaves the directory as it was.
std::string stage_restore(backup_file& file, hal::files& files, const backup_key& key, const restore_options& o, restore_report& out);
// Finishes what a journal asks for; nothing to do without one. Empty, or why not.
std::string finish_restore(hal::files& files, const std::string& data_directory);
// Empty, or why this directory must not be touched: a program runs on it. Keeps it from starting until this process ends.
std::string in_use(hal::files& files, const std::string& data_directory);

}  // namespace sluice::gateway

// A backup of a running box, a piece at a time: a consistent copy of the quarantine's index, links to the message files
// that it names (so that a release or an eviction meanwhile takes nothing away), and every other file of the data
// directory. Bounded in memory and in the time of one call; made for the storage thread, which does each call between
// two of its other jobs. What it needs on disk lies in data_directory/backup.tmp and is removed with it.
//
// Not here: who may have it and how it goes out (backup_desk). Links are no storage that anything relies on, so they are
// made with link(2) and not through hal::files.
#pragma once
#include <dirent.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "firmware/gateway/trust/backup_format.hpp"
#include "hal/include/hal/files.hpp"
#include "quarantine/store.hpp"

namespace sluice::gateway {

struct backup_options {
  std::string data_directory, config_file, hostname, program;
  std::vector<std::string> referenced;  // files outside that the configuration names: kept for a look, never restored there
  std::uint64_t free_floor_bytes = 0;
};

class backup_source {
 public:
  backup_source(hal::files& files, quarantine::store* store, backup_options options, const backup_lock& lock, const backup_key& key);
  ~backup_source();
  backup_source(const backup_source&) = delete;
  backup_source& operator=(const backup_source&) = delete;

  // The next octets of the backup; an empty answer means "go on asking" until done() or error() is set.
  std::string next(std::int64_t now);
  bool done() const { return phase_ == phase::done; }
  const std::string& error() const { return error_; }  // then what went out so far is not a backup
  std::uint64_t files() const { return count_; }
  std::uint64_t octets() const { return octets_; }
  // What is there and is not in it (links, sockets, names that are no text, more than most_depth folders deep): how many, and
  // the first few with the reason.
  std::uint64_t skipped() const { return skipped_; }
  const std::vector<std::string>& skipped_names() const { return skipped_names_; }

  // Removes what a former one left behind; at the program's start, and by the source itself.
  static void clean(const std::string& data_directory);

 private:
  enum class phase : std::uint8_t { prepare, link, copy, manifest, own_files, message_files, extra, end, done };
  struct folder {
    DIR* at;
    std::string path, name;  // name: as the backup has it, with '/' at its end; empty for the data directory
  };

  std::string prepare();
  void link_some(std::size_t most);
  std::string walk();
  std::string begin_file(const std::string& path, const std::string& name);
  std::string go_on();
  std::string extra_file();
  std::string fail(const std::string& what, int error);
  bool push(const std::string& path, const std::string& name);
  void skip(const std::string& name, const char* why);
  std::string scratch(const char* name) const { return options_.data_directory + "/backup.tmp/" + name; }

  hal::files& files_;
  quarantine::store* store_;
  backup_options options_;
  backup_writer writer_;
  phase phase_ = phase::prepare;
  std::unique_ptr<quarantine::index_copy> copy_;
  DIR* mail_ = nullptr;
  std::vector<folder> folders_;
  int fd_ = -1;
  std::string name_;
  std::uint64_t size_ = 0, at_ = 0, count_ = 0, octets_ = 0;
  std::size_t extra_ = 0;
  std::uint64_t skipped_ = 0;
  std::vector<std::string> skipped_names_;
  std::string error_;
};

}  // namespace sluice::gateway

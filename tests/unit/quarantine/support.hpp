// What the quarantine's tests share: a directory that goes away, a message that can be told from others, and a store
// with everything under it.
#pragma once
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <vector>

#include "core/gauge.hpp"
#include "hal/fake/watched_files.hpp"
#include "hal/linux/files.hpp"
#include "quarantine/spool.hpp"
#include "quarantine/store.hpp"

namespace sluice::quarantine::test {

inline constexpr unix_time start = 1'795'000'000;  // any moment

// In memory where the machine has /dev/shm: thousands of syncs cost nothing there.
class scratch_directory {
 public:
  explicit scratch_directory(bool on_disk = false);
  ~scratch_directory();
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + '/' + name; }

 private:
  std::string path_;
};

std::vector<std::string> files_in(const std::string& directory);
std::string slurp(const std::string& path);
void spill(const std::string& path, const std::string& octets);

// A message under construction; views into it live as long as it does.
struct message {
  explicit message(std::string id_, std::vector<std::string> to = {"alice@example.com"},
                   std::string from = "notices@sender.example");
  new_message view();

  std::string id, reverse_path, auth_results;
  std::vector<std::string> recipients;
  std::string content;
  std::vector<new_recipient> recipient_views;
  std::vector<new_finding> findings;
};

std::string pattern(std::size_t octets, unsigned seed);  // the same for the same seed
std::string read_all(content_reader& reader);            // REQUIREs that it verifies
std::string content_of(store& s, const std::string& id);

// Files, volume, spool and store in one directory. Pieces may be reopened.
struct bench {
  explicit bench(const std::string& directory, store_limits limits = {}, role as = role::owner);
  static constexpr struct closed_tag {
  } closed{};
  bench(closed_tag, const std::string& directory, store_limits limits);  // reopen() opens it
  void reopen(unix_time now = start);
  void close();
  result<void> put(message& m, unix_time now = start);
  std::vector<std::string> states(const std::string& id);  // "alice@example.com held"
  std::uint64_t stored();                                  // messages with content

  hal::linux_files real;
  hal::fake::fault_point none{0, hal::fake::fault_point::mode::none};
  hal::fake::watched_files fs{real, none};
  std::string directory;
  store_limits limits;
  role as;
  gauge spool_budget{64 * 1024 * 1024};
  open_report report;
  std::unique_ptr<volume> vol;
  std::unique_ptr<quarantine::store> store;
};

selection only(std::vector<std::string> addresses);
selection everyone();

}  // namespace sluice::quarantine::test

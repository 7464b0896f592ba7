// The audit log on the medium: order, pages, bounds, and what a power cut leaves of a line.
#include "status/access/audit.hpp"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include "hal/linux/files.hpp"
#include "support/scratch_folder.hpp"

using namespace sluice;
using namespace sluice::status;

namespace {

audit_entry entry(const std::string& what) { return {1'800'000'000, "anna", "session", "192.0.2.7", what, "POST /x", 200}; }

std::vector<std::uint64_t> serials(const std::vector<std::string>& lines) {
  std::vector<std::uint64_t> out;
  for (const std::string& l : lines) out.push_back(serial_of(l));
  return out;
}

std::uint64_t octets_in(const std::string& folder) {
  std::uint64_t sum = 0;
  for (const auto& f : std::filesystem::directory_iterator(folder)) sum += f.file_size();
  return sum;
}

}  // namespace

TEST_CASE("the newest comes first, pages follow each other, and a restart goes on counting") {
  const test::scratch_folder folder;
  hal::linux_files files;
  for (int start = 0; start < 3; ++start) {
    audit_log log(files, folder.path());
    REQUIRE(log.open() == 0);
    for (int i = 0; i < 2; ++i) REQUIRE(log.append(entry("e")) == 0);
  }
  audit_log log(files, folder.path());
  REQUIRE(log.open() == 0);
  CHECK(serials(log.page(0, 4)) == std::vector<std::uint64_t>{6, 5, 4, 3});
  CHECK(serials(log.page(3, 4)) == std::vector<std::uint64_t>{2, 1});
  CHECK(log.page(1, 4).empty());
  CHECK(log.page(0, 1'000'000).size() == 6);
}

TEST_CASE("a page has a hundred entries at most, whatever is asked for") {
  const test::scratch_folder folder;
  hal::linux_files files;
  audit_log log(files, folder.path());
  REQUIRE(log.open() == 0);
  for (std::size_t i = 0; i < audit_page_entries + 1; ++i) REQUIRE(log.append(entry("e")) == 0);
  CHECK(log.page(0, audit_page_entries + 1).size() == audit_page_entries);
}

TEST_CASE("it is bounded: the oldest segment goes") {
  const test::scratch_folder folder;
  hal::linux_files files;
  audit_log log(files, folder.path());
  REQUIRE(log.open() == 0);
  const std::size_t line = audit_line(1, entry(std::string(100, 'x'))).size();
  const std::size_t enough = (audit_octets + 2 * audit_segment_octets) / line;
  for (std::size_t i = 0; i < enough; ++i) REQUIRE(log.append(entry(std::string(100, 'x'))) == 0);
  CHECK(octets_in(folder.path()) <= audit_octets);
  CHECK(octets_in(folder.path()) > audit_octets - 2 * audit_segment_octets);
  CHECK(serial_of(log.page(0, 1).at(0)) == enough);
}

TEST_CASE("what a power cut left of the last line is skipped, and its number is given again") {
  const test::scratch_folder folder;
  hal::linux_files files;
  {
    audit_log log(files, folder.path());
    REQUIRE(log.open() == 0);
    for (int i = 0; i < 2; ++i) REQUIRE(log.append(entry("e")) == 0);
  }
  std::ofstream(folder / "audit.1", std::ios::app) << audit_line(3, entry("torn")).substr(0, 40);
  audit_log log(files, folder.path());
  REQUIRE(log.open() == 0);
  CHECK(serials(log.page(0, 9)) == std::vector<std::uint64_t>{2, 1});
  REQUIRE(log.append(entry("after")) == 0);
  CHECK(serials(log.page(0, 9)) == std::vector<std::uint64_t>{3, 2, 1});
}

TEST_CASE("texts of strangers cannot break a line, and are cut") {
  audit_entry e = entry("a\nb\"},{\"serial\":99,\"x\":\"");
  e.target = "POST /" + std::string(500, 'y');
  const std::string line = audit_line(7, e);
  CHECK(line.find('\n') == std::string::npos);
  CHECK(serial_of(line) == 7);
  CHECK(line.size() < 600);
  CHECK(serial_of(line.substr(0, line.size() - 1)) == 0);
}

// A power cut at every operation of a restore: afterwards the directory is wholly the old one, or becomes wholly the new
// one at the next start.
#include "firmware/gateway/trust/restore.hpp"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

#include "hal/fake/disk_trace.hpp"
#include "hal/fake/watched_files.hpp"
#include "hal/linux/files.hpp"

using namespace sluice;
using namespace sluice::gateway;
namespace fs = std::filesystem;

namespace {

struct memory_file : backup_file {
  std::string octets;
  std::size_t at = 0;
  bool rewind() override { return at = 0, true; }
  std::size_t read(char* to, std::size_t n) override {
    n = std::min(n, octets.size() - at);
    std::copy_n(octets.data() + at, n, to);
    at += n;
    return n;
  }
};

struct folder {
  fs::path path;
  folder() {
    std::string name = (fs::temp_directory_path() / "sluice-restore-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

using tree = std::map<std::string, std::string>;

tree read_tree(const fs::path& at) {
  tree out;
  for (const auto& e : fs::recursive_directory_iterator(at)) {
    const std::string name = fs::relative(e.path(), at).string();
    if (name.starts_with("restore.")) continue;
    if (!e.is_regular_file()) continue;
    std::ifstream in(e.path());
    out[name] = {std::istreambuf_iterator<char>(in), {}};
  }
  return out;
}

const tree before{{"access/book", "old book"}, {"quarantine/index.db", "old index"}, {"left", "alone"}};
const tree fresh{{"access/book", "new book"}, {"quarantine/index.db", "new index"}, {"quarantine/mail/a.msg", "mail"}};

memory_file backup_of(const tree& files, const backup_key& key) {
  memory_file f;
  const auto on_heap = std::make_unique<backup_writer>(lock_for_passphrase(), key);  // its alignment is more than every stack gives
  backup_writer& w = *on_heap;
  f.octets = w.prologue() + w.record('M', R"({"format":1,"program":"1","schema":1,"created":1,"hostname":"h"})");
  std::uint64_t n = 0;
  for (const auto& [path, content] : files) {
    f.octets += w.record('F', R"({"path":")" + path + R"(","size":)" + std::to_string(content.size()) + "}");
    f.octets += w.piece(content);  // one after the other: operands of + have no order
    f.octets += w.end_of_file();
    n += content.size();
  }
  f.octets += w.last(files.size(), n);
  return f;
}

void lay(const fs::path& at, const tree& files) {
  for (const auto& [path, content] : files) {
    fs::create_directories((at / path).parent_path());
    std::ofstream(at / path) << content;
  }
}

tree merged(tree a, const tree& b) {
  for (const auto& [k, v] : b) a[k] = v;
  return a;
}

// Makes the operation with this number fail, and every one after it: as if the process had been killed.
class killer : public hal::fake::disk_watcher {
 public:
  explicit killer(std::size_t at) : left_(at) {}
  int before(const hal::fake::disk_op&) override { return left_ == 0 ? EIO : (--left_, 0); }
  void done(const hal::fake::disk_op&) override {}
  bool ran_out() const { return left_ == 0; }

 private:
  std::size_t left_;
};

}  // namespace

TEST_CASE("a restore that ends anywhere leaves the old state, or one that the next start completes") {
  const backup_key key{};
  hal::linux_files real;
  bool reached_end = false;
  std::size_t as_before = 0, completed = 0;
  for (std::size_t n = 0; !reached_end && n < 500; ++n) {
    folder f;
    lay(f.path, before);
    memory_file file = backup_of(fresh, key);
    killer k(n);
    hal::fake::watched_files files(real, k);
    restore_options o{f.path.string(), {}};
    restore_report report;
    REQUIRE(verify_backup(file, key, o, report).empty());
    const std::string wrong = stage_restore(file, files, key, o, report);
    reached_end = wrong.empty();
    REQUIRE(finish_restore(real, o.data_directory).empty());
    const tree now = read_tree(f.path);
    INFO("cut after " << n << " operations: " << wrong);
    const bool old_state = now == before, new_state = now == merged(before, fresh);
    CHECK((old_state || new_state));
    as_before += old_state;
    completed += new_state;
    if (reached_end) CHECK(new_state);
  }
  CHECK(reached_end);
  CHECK(as_before > 10);
  CHECK(completed > 3);
}

TEST_CASE("a name that the medium does not take ends a restore with its reason") {
  hal::linux_files real;
  folder f;
  lay(f.path, before);
  fs::create_directory(f.path / "restore.staged");
  std::ofstream(f.path / "restore.journal") << std::string(300, 'x') << "\n";  // longer than NAME_MAX
  CHECK(finish_restore(real, f.path.string()).find("File name too long") != std::string::npos);
  CHECK(std::filesystem::exists(f.path / "restore.journal"));
}

TEST_CASE("parts only, and a newer backup") {
  const backup_key key{};
  hal::linux_files real;
  folder f;
  lay(f.path, before);
  memory_file file = backup_of(fresh, key);
  restore_options o{f.path.string(), {"identity"}};
  restore_report report;
  REQUIRE(verify_backup(file, key, o, report).empty());
  CHECK(report.restored.files == 1);
  CHECK(report.whole.files == 3);
  REQUIRE(stage_restore(file, real, key, o, report).empty());
  CHECK(read_tree(f.path) == merged(before, {{"access/book", "new book"}}));
  o.only = {"baseline"};
  CHECK(verify_backup(file, key, o, report).find("nothing of what is asked for") != std::string::npos);
  memory_file newer;
  const auto on_heap = std::make_unique<backup_writer>(lock_for_passphrase(), key);  // its alignment is more than every stack gives
  backup_writer& w = *on_heap;
  newer.octets = w.prologue();
  newer.octets += w.record('M', R"({"format":1,"program":"9.9","schema":999})");
  newer.octets += w.last(0, 0);
  CHECK(verify_backup(newer, key, o, report).find("9.9") != std::string::npos);
}

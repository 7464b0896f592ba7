// What is wrong with a configuration, and where. One problem is one line for people and for editors.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

struct position {
  std::uint32_t line = 0, column = 0;  // 1-based, column in characters; 0: concerns the file as a whole
  auto operator<=>(const position&) const = default;
};

struct problem {
  position at;
  std::string key;       // dotted path, e.g. "listener[2].address" (the second one); may be empty
  std::string what;      // one sentence, without a final full stop
  std::string remedy;    // what to do instead; may be empty
  bool is_note = false;  // a note does not make the configuration invalid
};

// "FILE:LINE:COLUMN: error: KEY: WHAT; REMEDY": the form that editors and compilers share.
std::string format(const problem& p, std::string_view file_name);

// Where the keys of a file stand. A path that is not in the file has the position of the table it belongs to.
class positions {
 public:
  void set(std::string path, position at) { known_.emplace(std::move(path), at); }
  position find(std::string_view path) const;

 private:
  std::map<std::string, position, std::less<>> known_;
};

}  // namespace sluice::config

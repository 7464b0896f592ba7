// The profiles and the lexicon of config/profiles, compressed into the binary at build time (embed_profiles.py), unpacked for
// each reading: 43 KB and 64 KB while they live.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::profiles {

struct embedded_file {
  std::string_view name;
  std::string_view content;  // of the embedded_files that it stands in
};

class embedded_files {
 public:
  embedded_files();
  embedded_files(const embedded_files&) = delete;
  embedded_files& operator=(const embedded_files&) = delete;
  std::vector<embedded_file>::const_iterator begin() const { return files_.begin(); }
  std::vector<embedded_file>::const_iterator end() const { return files_.end(); }
  std::size_t size() const { return files_.size(); }

 private:
  std::string text_;
  std::vector<embedded_file> files_;  // by name
};

inline embedded_files embedded_profiles() { return {}; }
std::string embedded_lexicon();

}  // namespace sluice::profiles

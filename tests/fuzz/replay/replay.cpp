// Main of a fuzz target outside libFuzzer: runs every file of the folders named on the command line, and every prefix
// of the short ones, through LLVMFuzzerTestOneInput. A folder that does not exist counts as empty, but no input at all
// is a failure: a target without seeds tests nothing. The input lies in a block of exactly its size, so that
// AddressSanitizer sees a read one byte too far.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {
constexpr std::size_t all_prefixes_up_to_bytes = 2048;

void run(const std::string& input, std::size_t size) {
  const auto block = std::make_unique<std::uint8_t[]>(size);
  std::memcpy(block.get(), input.data(), size);
  LLVMFuzzerTestOneInput(block.get(), size);
}
}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    std::ifstream in(path, std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(in), {}};
    std::printf("%s (%zu bytes)\n", path.filename().c_str(), input.size());
    std::fflush(stdout);  // names the culprit when the target aborts
    run(input, input.size());
    if (input.size() > all_prefixes_up_to_bytes) continue;
    for (std::size_t n = 0; n < input.size(); ++n) run(input, n);
  }
  std::printf("%zu stored inputs replayed\n", files.size());
  return files.empty() ? 1 : 0;
}

// See mail_files.hpp.
#include "firmware/scan/mail_files.hpp"

#include <algorithm>
#include <filesystem>

namespace sluice::scan {

bool collect_files(const std::string& path, std::vector<std::string>& files, std::string& problem) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    files.push_back(path);
    return true;
  }
  std::vector<std::string> found;
  auto it = std::filesystem::recursive_directory_iterator(path, std::filesystem::directory_options::skip_permission_denied, error);
  for (; !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error)) {
    if (it->is_regular_file(error)) found.push_back(it->path().string());
  }
  if (error) problem = error.message();
  std::sort(found.begin(), found.end());
  files.insert(files.end(), found.begin(), found.end());
  return !error;
}

void each_message(std::string_view content, const std::string& path, const std::function<void(std::string_view, std::string)>& use) {
  if (content.substr(0, 5) != "From ") return use(content, path);
  for (std::size_t number = 1; !content.empty(); ++number) {
    const std::size_t line = content.find('\n');
    if (line == std::string_view::npos) break;
    content.remove_prefix(line + 1);  // the "From " line is the mailbox's, not the message's
    const std::size_t end = content.find("\nFrom ");
    const std::string_view message = content.substr(0, end == std::string_view::npos ? content.size() : end + 1);
    const bool only = number == 1 && end == std::string_view::npos;
    use(message, only ? path : path + "#" + std::to_string(number));
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
  }
}

}  // namespace sluice::scan

// See mail_files.hpp.
#include "firmware/scan/mail_files.hpp"

#include <algorithm>
#include <filesystem>

#include "core/concat.hpp"

namespace sluice::scan {

bool collect_files(const std::string& path, std::vector<std::string>& files, std::string& problem) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    files.push_back(path);
    return true;
  }
  std::vector<std::string> found, folders{path};
  problem.clear();
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    std::filesystem::directory_iterator it(folder, error);
    for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
      std::error_code unknown;  // of what vanished meanwhile: neither
      if (it->is_directory(unknown) && !it->is_symlink(unknown)) folders.push_back(it->path().string());
      else if (it->is_regular_file(unknown)) found.push_back(it->path().string());
    }
    if (error && problem.empty()) problem = folder == path ? error.message() : concat(folder, ": ", error.message());
  }
  std::sort(found.begin(), found.end());
  files.insert(files.end(), found.begin(), found.end());
  return problem.empty();
}

namespace {

// "From alice@example.org Mon Nov 23 09:00:00 2026": without a day and a month behind each other it is a line of text.
bool is_separator(std::string_view line) {
  constexpr std::string_view days = "Mon Tue Wed Thu Fri Sat Sun ", months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ";
  const auto one_of = [](std::string_view names, std::string_view name) { return name.find(' ') == 3 && names.find(name) % 4 == 0; };
  if (!line.starts_with("From ")) return false;
  for (std::size_t at = 4; at + 9 <= line.size(); ++at)
    if (line[at] == ' ' && one_of(days, line.substr(at + 1, 4)) && one_of(months, line.substr(at + 5, 4))) return true;
  return false;
}

// Where the line begins that separates the next message from this one; npos: there is none.
std::size_t next_separator(std::string_view content) {
  for (std::size_t at = content.find("\nFrom "); at != std::string_view::npos; at = content.find("\nFrom ", at + 1)) {
    const std::string_view rest = content.substr(at + 1);
    if (is_separator(rest.substr(0, rest.find('\n')))) return at + 1;
  }
  return std::string_view::npos;
}

}  // namespace

void each_message(std::string_view content, const std::string& path, const std::function<void(std::string_view, std::string)>& use) {
  if (content.substr(0, 5) != "From ") return use(content, path);
  for (std::size_t number = 1; !content.empty(); ++number) {
    const std::size_t line = content.find('\n');
    if (line == std::string_view::npos) break;
    content.remove_prefix(line + 1);  // the "From " line is the mailbox's, not the message's
    const std::size_t end = next_separator(content);
    const std::string_view message = content.substr(0, end);
    const bool only = number == 1 && end == std::string_view::npos;
    use(message, only ? path : path + "#" + std::to_string(number));
    content.remove_prefix(std::min(end, content.size()));
  }
}

}  // namespace sluice::scan

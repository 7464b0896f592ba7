// sluice mime: a stored message as the inspector sees it: parts, names, sizes, hashes, every reading; text and links;
// and the decoded parts as files.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include "core/concat.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/commands/mime_text.hpp"
#include "firmware/gateway/commands/terminal.hpp"

namespace sluice::gateway {
namespace {

struct mime_options {
  std::vector<std::string> files;
  std::string extract;
  bool json = false, text = false;
};

bool read_message(const std::string& name, std::string& out) {
  if (name == "-") {
    out.assign(std::istreambuf_iterator<char>(std::cin), {});
    return !std::cin.bad();
  }
  if (std::error_code ignored; std::filesystem::is_directory(name, ignored)) return false;
  std::ifstream in(name, std::ios::binary);
  if (!in) return false;
  out.assign(std::istreambuf_iterator<char>(in), {});
  return !in.bad();
}

// Attachments may be hostile: never followed, never overwritten, never executable.
bool write_part(const std::string& path, const std::string& octets) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return false;
  std::size_t done = 0;
  while (done < octets.size()) {
    const ssize_t n = ::write(file, octets.data() + done, octets.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  return ::close(file) == 0 && done == octets.size();
}

bool extract(const scan::mime_tree& tree, const std::string& folder, bool quiet) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  bool good = !error;
  if (error) std::fprintf(stderr, "sluice: cannot make %s: %s\n", printable(folder).c_str(), error.message().c_str());
  for (const scan::tree_part& p : tree.parts) {
    if (!good || p.is_container) continue;
    const std::string path = concat(folder, "/", scan::safe_file_name(p));
    good = write_part(path, p.octets);
    if (!good) std::fprintf(stderr, "sluice: cannot write %s: %s\n", printable(path).c_str(), std::strerror(errno));
    else if (!quiet) std::printf("  wrote %s (%zu octets)\n", printable(path).c_str(), p.octets.size());
  }
  return good;
}

// Of one message among several; "2-x.eml" for a second message of the same name.
std::string folder_for(const mime_options& options, const std::string& file, std::vector<std::string>& taken) {
  const std::string name = std::filesystem::path(file).filename().string();
  std::string own = name;
  for (int n = 2; std::find(taken.begin(), taken.end(), own) != taken.end(); ++n) own = concat(std::to_string(n), "-", name);
  taken.push_back(own);
  return concat(options.extract, "/", own);
}

int run(const mime_options& options) {
  int code = exit_code::ok;
  std::vector<std::string> taken;
  for (const std::string& file : options.files) {
    std::string message;
    if (!read_message(file, message)) {
      std::fprintf(stderr, "sluice: cannot read %s\n", printable(file).c_str());
      code = exit_code::failed;
      continue;
    }
    const scan::mime_tree tree = scan::read_tree(message);
    const std::string text = options.json ? mime_json(file, tree, options.text) : mime_people(file, tree, options.text, wants_colour(1));
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (options.extract.empty()) continue;
    const std::string folder = options.files.size() == 1 ? options.extract : folder_for(options, file, taken);
    if (!extract(tree, folder, options.json)) code = exit_code::failed;
  }
  return code;
}

}  // namespace

void add_mime_command(CLI::App& app, command_result& result) {
  auto options = std::make_shared<mime_options>();
  CLI::App* command = app.add_subcommand("mime", "show a stored message as the inspector sees it");
  command->add_option("FILE", options->files, "stored messages; - is standard input")->required();
  command->add_flag("--json", options->json, "one JSON object per message on a line");
  command->add_flag("--text", options->text, "also visible and hidden text, and links with shown and real target");
  command->add_option("--extract", options->extract, "write each decoded part into this directory (a directory per message when there are several)");
  command->footer(
      "Examples:\n"
      "  sluice mime message.eml\n"
      "  sluice mime --text --json message.eml | jq .parts\n"
      "  sluice mime --extract parts message.eml\n"
      "Exit status: 0, 2 wrong usage, 4 a file could not be read or written.");
  command->callback([options, &result] { result.code = run(*options); });
}

}  // namespace sluice::gateway

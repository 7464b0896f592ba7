#include "firmware/gateway/commands/secret_input.hpp"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>

#include "firmware/gateway/commands/terminal.hpp"

namespace sluice::gateway {
namespace {

std::string without_return(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

std::optional<std::string> ask(const char* before_it, const char* what) {
  termios former{};
  if (::tcgetattr(STDIN_FILENO, &former) != 0) return std::nullopt;
  termios silent = former;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  std::fprintf(stderr, "%s%s: ", before_it, what);  // now: what is typed from here on is neither shown nor thrown away
  std::string line;
  const bool read = static_cast<bool>(std::getline(std::cin, line));
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &former);
  std::fputc('\n', stderr);
  if (!read) return std::nullopt;
  return without_return(std::move(line));
}

}  // namespace

std::optional<std::string> read_secret(const char* word, const std::string& file, bool twice) {
  std::string line;
  if (!file.empty()) {
    std::ifstream in;
    if (file != "-") in.open(file);
    if (std::getline(file == "-" ? std::cin : in, line)) return without_return(std::move(line));
    const bool missing = file != "-" && !in.is_open();
    std::fprintf(stderr, "sluice: %s: %s%s\n", printable(file).c_str(), missing ? std::strerror(errno) : "holds no ", missing ? "" : word);
    return std::nullopt;
  }
  auto first = ::isatty(STDIN_FILENO) != 0 ? ask("The ", word) : std::nullopt;
  if (!first) std::fprintf(stderr, "sluice: give the %s with --%s-file FILE, or at a terminal\n", word, word);
  if (!first || !twice) return first;
  if (ask("The same again", "") == first) return first;
  std::fputs("sluice: these are two different ones\n", stderr);
  return std::nullopt;
}

}  // namespace sluice::gateway

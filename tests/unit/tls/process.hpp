// A child process, started in `folder`, with its standard input from a file and its output (both streams) collected.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

namespace sluice::tests {

class process {
 public:
  process(const std::vector<std::string>& words, const std::string& input, bool errors_too = true,
          const std::string& folder = ".") {
    int fds[2];
    REQUIRE(pipe2(fds, O_CLOEXEC) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) run(words, input, fds[1], errors_too, folder);
    close(fds[1]);
    out_ = fds[0];
  }
  ~process() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(out_);
  }
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  // Reads until the output holds `word` or ends; what has been read so far is given back.
  const std::string& output_until(const std::string& word) {
    std::array<char, 16384> buffer;
    while (output_.find(word) == std::string::npos || word.empty()) {
      const ssize_t n = read(out_, buffer.data(), buffer.size());
      if (n <= 0) break;
      output_.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return output_;
  }
  const std::string& output() { return output_until(""); }

 private:
  [[noreturn]] static void run(const std::vector<std::string>& words, const std::string& input, int out, bool errors,
                               const std::string& folder) {
    if (chdir(folder.c_str()) != 0) _exit(126);
    const int in = open(input.empty() ? "/dev/null" : input.c_str(), O_RDONLY);
    dup2(in, 0);
    dup2(out, 1);
    dup2(errors ? out : open("/dev/null", O_WRONLY), 2);
    std::vector<char*> argv;
    for (const std::string& w : words) argv.push_back(const_cast<char*>(w.c_str()));
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  pid_t pid_ = -1;
  int out_ = -1;
  std::string output_;
};

}  // namespace sluice::tests

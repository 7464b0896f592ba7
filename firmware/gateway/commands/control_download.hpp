// A request to the running program over its control socket whose answer may be long: the body is given out in pieces as it
// comes, and never lies in memory as a whole. Blocking, for commands.
#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace sluice::gateway {

struct control_answer {
  unsigned status = 0;  // 0: no answer, `why` says so
  std::string body;     // of an answer that is no success, or when no one takes pieces; at most 1 MiB
  std::string why;
  bool good() const { return status >= 200 && status < 300; }
};

// False from it ends the request.
using piece_taker = std::function<bool(std::string_view)>;

control_answer ask_program(const std::string& data_directory, const char* method, std::string_view target, std::string_view body = {}, const piece_taker& take = nullptr);
// For people: the problem's detail, or why there is no answer. Safe for a terminal.
std::string words_of(const control_answer& a);

}  // namespace sluice::gateway

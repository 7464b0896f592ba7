// One call for commands that ask the running program (local_client) and tell people what it said.
#pragma once
#include <string>
#include <string_view>

#include "firmware/gateway/http_answer.hpp"
#include "status/http/route.hpp"

namespace sluice::gateway {

struct control_reply {
  unsigned status = 0;  // 0: nobody answered, `why` says so
  std::string body, why;
  bool good() const { return status >= 200 && status < 300; }
};

// `take`: gets the body of a good answer in pieces, so that a long one never lies in memory as a whole.
control_reply ask_control(const std::string& data_directory, status::http::verb method, std::string_view target, std::string_view body = {}, const piece_taker& take = nullptr);

// For people: the problem's detail, or what went wrong on the way. Safe for a terminal.
std::string words_of(const control_reply& r);

}  // namespace sluice::gateway

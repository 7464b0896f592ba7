// What a web server, or something else on its port, answers to a request of ours: bounded, and the same wherever it is cut.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "firmware/gateway/http_answer.hpp"

using namespace sluice::gateway;

namespace {

constexpr std::size_t most = 4096;

std::string read(std::string_view text, std::size_t step) {
  http_answer a({.body_octets = most, .header_octets = 1024});
  auto now = http_answer::state::more;
  for (std::size_t at = 0; at < text.size() && now == http_answer::state::more; at += step) now = a.feed(text.substr(at, step));
  if (now == http_answer::state::more) now = a.ended();
  if (now == http_answer::state::bad && a.why().empty()) std::abort();
  if (now == http_answer::state::bad) return "bad";  // at a limit the reason may depend on the cut
  const std::string body = a.take_body();
  if (body.size() > most) std::abort();
  return std::to_string(a.status()) + a.field("Location") + "\n" + body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size < 2) return 0;
  const std::string whole = read(text.substr(1), size), cut = read(text.substr(1), 1 + data[0] % 64);
  if (whole != cut && whole != "bad" && cut != "bad") std::abort();
  return 0;
}

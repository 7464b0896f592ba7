// A whole session over arbitrary input: the same events and replies however the input is cut, and no accepted message
// that the next hop could read as two.
#include <cstdint>

#include "smtp/server_session.hpp"
#include "support/smtp_dialogue.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  auto options = sluice::test::full_options();
  options.offered.xclient = 0xff;
  if ((data[0] & 1U) != 0) options.offered.add(sluice::smtp::extension::xclient);
  options.require_tls = (data[0] & 2U) != 0;
  if ((data[0] & 4U) != 0) options.offered.size_limit = 20;
  sluice::test::dialogue whole(options), cut(options);
  std::vector<std::size_t> cuts;
  for (std::size_t at = 1 + data[1] % 16U; at < input.size(); at += 1 + data[1] % 16U) cuts.push_back(at);
  whole.session.greet(), cut.session.greet();
  whole.send(input), cut.send(input, cuts);
  if (whole.dropped_at_tls != cut.dropped_at_tls) return 0;  // what is dropped is what was there at that moment
  if (whole.replies != cut.replies || whole.events != cut.events) __builtin_trap();
  for (const auto& m : whole.accepted)
    for (std::size_t i = 0; i <= m.content.size(); ++i)  // its '\0' at the end stands for what comes behind
      if ((m.content[i] == '\n') != (i > 0 && m.content[i - 1] == '\r')) __builtin_trap();
  return 0;
}

// Paths: what is taken can be written into a command and read back as the same.
#include <cstdint>
#include <string>

#include "smtp/address.hpp"
#include "smtp/command_writer.hpp"
#include "smtp/limits.hpp"

using namespace sluice::smtp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sluice::byte_view input(reinterpret_cast<const char*>(data), size);
  sluice::byte_view rest = input;
  rcpt_command c;
  if (take_path(rest, c.to, {.null_allowed = false, .bare_postmaster = true}) != path_error::none) return 0;
  const mailbox& m = c.to.address;
  if (m.local.size() + m.domain.size() + 2 > limits::path_bytes) __builtin_trap();
  if (!m.domain.empty() && !is_domain(m.domain) && !is_address_literal(m.domain)) __builtin_trap();
  char buffer[limits::command_line_bytes];
  command_writer w(buffer);
  if (!w.rcpt(c, {})) return c.to.text.size() + 12 > sizeof buffer ? 0 : (__builtin_trap(), 0);
  const std::string args(w.text().substr(4, w.text().size() - 6));
  rcpt_command again;
  if (parse_rcpt(args, {}, true, again) != cause::none || again.to.text != c.to.text) __builtin_trap();
  return 0;
}

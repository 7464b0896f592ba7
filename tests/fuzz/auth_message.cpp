// A whole message through the checker, the DNS answering from the same input: it always settles and gives everything back.
#include <cstdint>

#include "auth/checker.hpp"
#include "support/input_zone.hpp"

using namespace sluice;
using namespace sluice::auth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static workspace shared;
  static const options settings;
  static checker c(shared);
  test::input_zone zone(data, size);
  const byte_view helo = zone.line(), mail_from = zone.line();
  zone.keep_lines();
  c.begin(settings, {ip_from_octets(zone.address()), helo, mail_from, 1});
  zone.serve(c);
  const std::size_t end = zone.rest().find("\r\n\r\n");
  const byte_view all = zone.rest(), header = all.substr(0, end == byte_view::npos ? end : end + 2);
  c.on_header({&header, 1});
  if (end != byte_view::npos) c.feed(all.substr(end + 4));
  c.finish();
  zone.serve(c);
  if (!c.settled() || shared.keys().available() != shared.keys().size()) __builtin_trap();
  return 0;
}

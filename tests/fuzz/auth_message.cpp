// A whole message through the checker, the DNS answering from the same input: always settles, never lowers a score.
#include <cstdint>

#include "auth/checker.hpp"

using namespace sluice;
using namespace sluice::auth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static workspace shared;
  static const options settings;
  static checker c(shared);
  byte_view input(reinterpret_cast<const char*>(data), size), record = input.substr(0, input.find('\n'));
  input.remove_prefix(record.size() < size ? record.size() + 1 : size);
  const std::size_t end = input.find("\r\n\r\n");
  const byte_view header = input.substr(0, end == byte_view::npos ? input.size() : end + 2);
  char room[dns::limits::answer_bytes], results[4096];
  dns::answer_builder answer(room);
  answer.add(record.substr(0, record.find('|')));
  answer.add(record.substr(record.find('|') + 1));
  const auto serve = [&] {
    for (dns::lookup l; c.next_lookup(l);) c.on_answer(l.id, {l.question.type == dns::record_type::txt ? dns::status::ok : dns::status::nxdomain, 1, answer.packed()});
  };
  c.begin(settings, {ip_from_octets("\xc0\0\2\1"), "h.example", "a@b.example", 1});
  c.on_header({&header, 1});
  serve();
  if (end != byte_view::npos) c.feed(input.substr(end + 4));
  c.finish();
  serve();
  checker::notice_list notices;
  c.list_notices(notices);
  for (const notice& n : notices) if (n.weight < 0) __builtin_trap();
  if (!c.settled() || c.write_results(results, true, false).find('\0') != byte_view::npos || shared.keys().available() != shared.keys().size()) __builtin_trap();
  return 0;
}

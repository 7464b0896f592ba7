// A whole message through the inspector, at once and octet by octet: the same findings, ranges inside the header.
#include <cstdlib>
#include <memory>
#include <string>

#include "firmware/profiles/profile_loader.hpp"
#include "inspect/message_inspector.hpp"

using namespace sluice::inspect;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static std::vector<sluice::profiles::profile_problem> problems;
  static const auto rules = sluice::profiles::load_ruleset("", problems);
  static sluice::mime::charset_pool pool;
  static auto inspector = std::make_unique<message_inspector>(*rules, own_names{"mx.example.org", "mx.example.org"}, pool);
  const std::string_view mail(reinterpret_cast<const char*>(data), size);
  inspector->begin({});
  inspector->feed(mail);
  inspector->finish();
  const std::int32_t score = inspector->found().score;
  const std::size_t count = inspector->found().list.size();
  for (const header_range& r : inspector->removed_ranges()) {
    if (std::size_t{r.offset} + r.length > size) std::abort();
  }
  inspector->begin({});
  for (std::size_t i = 0; i < size; ++i) inspector->feed(mail.substr(i, 1));
  inspector->finish();
  if (inspector->found().score != score || inspector->found().list.size() != count) std::abort();
  return 0;
}

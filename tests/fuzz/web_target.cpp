// The target of a link: a host is ASCII without what browsers forbid, or as it is written; it begins its page; reading it
// again changes nothing.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "auth/common/idna.hpp"
#include "inspect/web_target.hpp"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const byte_view text(reinterpret_cast<const char*>(data), size);
  inspect::web_target once, again;
  if (once.read(text)) {
    if (once.host().empty() || !once.page().starts_with(once.host())) std::abort();
    const bool plain = std::all_of(once.host().begin(), once.host().end(), [](char c) { return c > ' ' && c < 0x7F; });
    const std::string same = "https://" + std::string(once.host());
    if (plain && (!again.read(same) || again.host() != once.host())) std::abort();
  }
  dns::name_text name, twice;
  if (auth::to_browser_host(text, name) && auth::to_browser_host(view(name), twice) && twice != name) std::abort();
  if (auth::to_ascii_domain(text, name) && !dns::valid_hostname(view(name))) std::abort();
  return 0;
}

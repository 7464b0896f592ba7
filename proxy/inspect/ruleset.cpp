// See ruleset.hpp.
#include "inspect/ruleset.hpp"

#include "core/ascii.hpp"
#include "inspect/domain.hpp"
#include "inspect/lexicon.hpp"

namespace sluice::inspect {
namespace {

byte_view domain_of(byte_view address) {
  const std::size_t at = address.rfind('@');
  return at == byte_view::npos ? byte_view{} : address.substr(at + 1);
}

bool listed(const std::vector<std::string>& list, byte_view address) {
  for (const std::string& item : list) {
    if (ascii::iequals(item, address)) return true;
  }
  return false;
}

}  // namespace

ruleset::ruleset(std::vector<profile> profiles, std::unique_ptr<const lexicon> words) : profiles_(std::move(profiles)), words_(std::move(words)) {}
ruleset::~ruleset() = default;

const profile* ruleset::find(byte_view from, byte_view sender) const {
  for (const profile& p : profiles_) {
    if (!sender.empty() && listed(p.sender_addresses, sender)) return &p;
  }
  for (const profile& p : profiles_) {
    if (listed(p.from_addresses, from)) return &p;
  }
  const byte_view domain = domain_of(from);
  const profile* best = nullptr;
  std::size_t longest = 0;
  for (const profile& p : profiles_) {
    for (const std::string& d : p.from_domains) {
      if (d.size() > longest && within(domain, d)) {
        longest = d.size();
        best = &p;
      }
    }
  }
  return best;
}

const profile* ruleset::find_id(byte_view id) const {
  for (const profile& p : profiles_) {
    if (p.id == id) return &p;
  }
  return nullptr;
}

std::shared_ptr<const ruleset> make_ruleset(std::vector<profile> profiles, std::string_view lexicon_text, std::string& error) {
  auto words = lexicon::parse(lexicon_text, error);
  if (!words) return nullptr;
  return std::make_shared<const ruleset>(std::move(profiles), std::move(words));
}

}  // namespace sluice::inspect

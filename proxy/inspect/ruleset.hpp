// Everything the inspector knows, immutable and shared by all sessions of a generation: sender profiles, the lexicon of
// lures and brands, the public suffix list. Built at start or when a generation is applied; it allocates then and never
// again. Thread safe because nothing changes after make_ruleset.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "inspect/profile.hpp"

namespace sluice::inspect {

class lexicon;

class ruleset {
 public:
  ruleset(std::vector<profile> profiles, std::unique_ptr<const lexicon> words);
  ~ruleset();
  ruleset(const ruleset&) = delete;
  ruleset& operator=(const ruleset&) = delete;

  // The profile whose identities match; null when none does. `from` and `sender` are bare addresses (may be empty).
  // Exact addresses win over domains, the Sender field over From.
  const profile* find(byte_view from, byte_view sender) const;
  const profile* find_id(byte_view id) const;

  const std::vector<profile>& profiles() const { return profiles_; }
  const lexicon& words() const { return *words_; }

 private:
  std::vector<profile> profiles_;
  std::unique_ptr<const lexicon> words_;
};

// `lexicon_text` is the content of config/profiles/lexicon.txt. Null with "line N: reason" in `error` when it is broken.
std::shared_ptr<const ruleset> make_ruleset(std::vector<profile> profiles, std::string_view lexicon_text, std::string& error);

}  // namespace sluice::inspect

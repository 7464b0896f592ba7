// defaults/full.toml: a file that works as it is after three values are changed, and shows everything else.
#include "config/generate.hpp"
#include "config/generate_text.hpp"

namespace sluice::config {
namespace {

constexpr std::size_t width = 100;

// Keys that a file must have stand plainly, others behind "#" with their default; "# (...)" has no value of its own.
std::string entry(const table& t, const key& k, bool in_use) {
  std::string about(k.help);
  if (const std::string facts = range_or_choices(k); !facts.empty()) about += " (" + facts + ")";
  std::string out = wrapped(about, "# ", width);
  const std::string value = sample(t, k);
  if (value.empty()) return out + "# (" + std::string(k.name) + ": " + std::string(k.derived) + ")\n";
  if (value == "\"\"") return out + "# (" + std::string(k.name) + ": none)\n";
  return out + (k.required && in_use ? "" : "#") + std::string(k.name) + " = " + value + "\n";
}

}  // namespace

std::string full_example() {
  std::string out =
      "# Every key of sluice.toml with its default. Generated (sluice reference --format toml); a shorter beginning "
      "is\n"
      "# minimal.toml.\n\n";
  for (const table& t : schema()) {
    const bool needed = t.path == "listener" || t.path == "route";
    const bool in_use = !t.is_array || needed;
    if (!t.path.empty()) out += "\n" + wrapped(t.help, "# ", width) + (in_use ? "" : "#") + heading(t) + "\n";
    for (const key& k : t.keys) out += entry(t, k, in_use);
  }
  return out;
}

}  // namespace sluice::config

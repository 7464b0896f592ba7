// reference.md: a table of keys for each TOML table.
#include "config/generate.hpp"
#include "config/generate_text.hpp"

namespace sluice::config {
namespace {

constexpr std::string_view introduction = R"(# Configuration reference

Generated from the schema (`sluice reference`); do not edit. The file is TOML 1.0, at most 64 KiB, strict: unknown keys,
wrong types and wrong units are errors, and `sluice check FILE` shows all of them with line and column.

- **Sizes** are texts with a unit: `"32MiB"`. B, kB, MB, GB, TB are powers of 1000, KiB, MiB, GiB, TiB of 1024.
- **Durations** are texts with a unit: `"30s"`. Units are ms, s, m, h, d.
- **Lists of domains** hold exact names (`"example.org"`) or everything below one (`"*.example.org"`), in A-label form.
- **Takes effect**: *reload* (SIGHUP or a new generation) reaches the sessions that begin afterwards, running ones keep
  what they began with; *reload, opened anew* also opens the socket or file concerned; *restart* waits for the next
  start, or for a push that asks for one.

A minimal file is `config/defaults/minimal.toml`; every key with its default is in `config/defaults/full.toml`.
)";

std::string anchor_free(std::string_view text) {  // a bar would end the table's cell
  std::string out;
  for (char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string code(const std::string& text) { return text.empty() ? "" : "`" + text + "`"; }

bool is_literal(const table& t, const key& k) {
  const std::string text = default_text(t, k);
  return !k.required && k.derived.empty() && text != "none";
}

}  // namespace

std::string reference_markdown() {
  std::string out(introduction);
  for (const table& t : schema()) {
    out += "\n## " + (t.path.empty() ? heading(t) : code(heading(t))) + "\n\n" + std::string(t.help) + "\n\n";
    out += "| Key | Value | Range | Default | Takes effect | Meaning |\n|---|---|---|---|---|---|\n";
    for (const key& k : t.keys) {
      const std::string value = default_text(t, k);
      out += "| `" + std::string(k.name) + "` | " + std::string(type_word(k.kind)) + " | " + range_or_choices(k) +
             " | " + (is_literal(t, k) ? code(value) : value) + " | " + std::string(name_of(k.when)) + " | " +
             anchor_free(k.help) + " |\n";
    }
  }
  return out;
}

}  // namespace sluice::config

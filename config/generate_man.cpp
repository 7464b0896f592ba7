// sluice.toml.5: the reference as a manual page.
#include "config/generate.hpp"
#include "config/generate_text.hpp"

namespace sluice::config {
namespace {

constexpr std::string_view introduction = R"(.\" Generated from the schema (sluice reference --format man); do not edit.
.TH SLUICE.TOML 5 "" Sluice "Sluice Manual"
.SH NAME
sluice.toml \- configuration of the Sluice mail proxy
.SH SYNOPSIS
.I /etc/sluice/sluice.toml
.SH DESCRIPTION
The file is TOML 1.0, at most 64 KiB, and strict: unknown keys, wrong types and wrong units are errors.
.BR sluice\-check (1)
shows all of them with line and column.
.PP
Sizes are texts with a unit, such as "32MiB": B, kB, MB, GB and TB are powers of 1000, KiB, MiB, GiB and TiB of 1024.
Durations are texts with a unit, such as "30s": ms, s, m, h and d. Lists of domains hold exact names ("example.org") or
everything below one ("*.example.org").
.PP
Each key says when a change takes effect.
.I reload
(SIGHUP or a new generation) reaches the sessions that begin afterwards; running ones keep what they began with.
.I reload, opened anew
also opens the socket or file concerned.
.I restart
waits for the next start, or for a push that asks for one.
)";

constexpr std::string_view ending = R"(.SH EXAMPLE
.nf
domains = ["example.org"]
data_directory = "/var/lib/sluice"
.sp
[[listener]]
address = "0.0.0.0:25"
.sp
[[route]]
host = "10.0.0.5:25"
.fi
.SH FILES
.I /etc/sluice/sluice.toml
is read when no other file is named.
.SH SEE ALSO
.BR sluice (1),
.BR sluice\-check (1),
.BR sluice\-budget (1),
.BR sluice\-reference (1)
)";

std::string escaped(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out = "\\&";
  for (char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

std::string entry(const table& t, const key& k) {
  std::string out = ".TP\n.B " + escaped(k.name) + "\n" + escaped(k.help) + "\n.br\n";
  std::string facts = k.kind == value_kind::choice ? "One of " : "A ";
  if (k.kind == value_kind::choice)
    facts += range_or_choices(k);
  else if (const std::string range = range_or_choices(k); !range.empty())
    facts += std::string(type_word(k.kind)) + ", " + range;
  else
    facts = "Value: " + std::string(type_word(k.kind));
  const std::string fallback = default_text(t, k);
  facts += k.required ? "; required" : "; default " + fallback;
  return out + escaped(facts + "; takes effect on " + std::string(name_of(k.when))) + ".\n";
}

}  // namespace

std::string man_page() {
  std::string out(introduction);
  for (const table& t : schema()) {
    out += ".SH " + escaped(t.path.empty() ? "TOP LEVEL" : heading(t)) + "\n" + escaped(t.help) + "\n";
    for (const key& k : t.keys) out += entry(t, k);
  }
  return out + std::string(ending);
}

}  // namespace sluice::config

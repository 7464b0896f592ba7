// See unicode_host.hpp.
#include "inspect/unicode_host.hpp"

#include "core/ascii.hpp"

namespace sluice::inspect {
namespace {

// What is told apart only when one looks twice (UTS #39 takes I, l and 1 for one, and 0 and O).
constexpr char shape(char c) {
  c = ascii::lower(c);
  return c == 'i' || c == '1' ? 'l' : c == '0' ? 'o' : c;
}

}  // namespace

bool has_a_label(byte_view host) {
  for (std::size_t at = host.find("--"); at != byte_view::npos; at = host.find("--", at + 1))
    if (at >= 2 && ascii::iequals(host.substr(at - 2, 2), "xn") && (at == 2 || host[at - 3] == '.')) return true;
  return false;
}

bool unicode_host::read(byte_view host) {
  if (!auth::to_unicode(host, shown_)) return false;
  fold(view(shown_), seen_);
  return true;
}

bool unicode_host::reads_within(byte_view domain) const {
  const byte_view name = seen_.view();
  if (domain.empty() || name.size() < domain.size()) return false;
  const std::size_t below = name.size() - domain.size();
  if (below != 0 && name[below - 1] != '.') return false;
  for (std::size_t i = 0; i < domain.size(); ++i) {
    if (shape(domain[i]) != shape(name[below + i])) return false;
  }
  return true;
}

bool unicode_host::reads_as_brand(const lexicon& words) const {
  for (const brand& b : words.brands()) {
    for (const std::string& domain : b.domains) {
      if (reads_within(domain)) return true;
    }
  }
  return false;
}

bool reads_as_other(byte_view host, const lexicon& words) {
  if (!has_a_label(host)) return false;
  unicode_host seen;
  return seen.read(host) && (seen.mixed() || seen.reads_as_brand(words));
}

}  // namespace sluice::inspect

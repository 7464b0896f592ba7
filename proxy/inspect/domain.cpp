// See domain.hpp. libpsl wants NUL-terminated lower-case names; they are copied to the stack. psl_builtin() is constant
// data inside the library, so calls are thread safe and allocate nothing for ASCII names.
#include "inspect/domain.hpp"

#include <libpsl.h>

#include <array>

#include "core/ascii.hpp"
#include "inspect/web_target.hpp"

namespace sluice::inspect {
namespace {

constexpr std::size_t name_limit = 253;  // RFC 1035 section 2.3.4

struct c_name {
  std::array<char, name_limit + 1> text;
  explicit c_name(byte_view host) {
    std::size_t n = 0;
    for (char c : host.substr(0, name_limit)) text[n++] = ascii::lower(c);
    text[n] = 0;
  }
};

}  // namespace

byte_view registrable(byte_view host) {
  while (!host.empty() && host.back() == '.') host.remove_suffix(1);
  const bool empty_label = host.empty() || host.front() == '.' || host.find("..") != byte_view::npos;
  if (empty_label || host.size() > name_limit || ends_in_number(host)) return {};
  const c_name name(host);
  const char* found = psl_registrable_domain(psl_builtin(), name.text.data());
  if (found == nullptr) return {};
  return host.substr(static_cast<std::size_t>(found - name.text.data()));
}

bool known_tld(byte_view host) {
  const std::size_t dot = host.rfind('.');
  const byte_view label = dot == byte_view::npos ? host : host.substr(dot + 1);
  if (label.size() < 2 || label.size() > 24) return false;
  if (ascii::iequals(label, "com") || ascii::iequals(label, "net") || ascii::iequals(label, "org")) return true;  // most names
  for (char c : label) {
    if (!ascii::is_alpha(c)) return label.substr(0, 4) == "xn--";
  }
  const c_name name(label);
  return psl_is_public_suffix2(psl_builtin(), name.text.data(), PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) == 1;
}

bool within(byte_view host, byte_view domain) {
  if (domain.empty() || host.size() < domain.size()) return false;
  if (!ascii::iequals(host.substr(host.size() - domain.size()), domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

bool same_site(byte_view a, byte_view b) {
  const byte_view x = registrable(a), y = registrable(b);
  return x.empty() ? ascii::iequals(a, b) : ascii::iequals(x, y);
}

}  // namespace sluice::inspect

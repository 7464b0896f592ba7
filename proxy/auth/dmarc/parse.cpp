// DMARC records; see parse.hpp.
#include "auth/dmarc/parse.hpp"

#include "auth/common/tag_list.hpp"
#include "core/ascii.hpp"

namespace sluice::auth::dmarc {
namespace {

// True when the tag is missing or holds a policy; `out` stays what it was when it is missing.
bool read_policy(const tag_list& tags, byte_view name, policy& out) {
  const tag* t = tags.find(name);
  if (t == nullptr) return true;
  for (const policy known : {policy::none, policy::quarantine, policy::reject}) {
    if (!ascii::iequals(t->value, name_of(known))) continue;
    out = known;
    return true;
  }
  return false;
}

bool is(const tag_list& tags, byte_view name, byte_view value) {
  const tag* t = tags.find(name);
  return t != nullptr && ascii::iequals(t->value, value);
}

// "scheme:something" without white space; of mailto: an address. The obsolete "!10m" behind it is let pass (4.8).
bool is_uri(byte_view uri) {
  uri = ascii::trim(uri);
  const std::size_t colon = uri.find(':');
  if (colon == byte_view::npos || colon == 0 || !ascii::is_alpha(uri[0])) return false;
  for (const char c : uri)
    if (c <= ' ' || c >= 0x7f) return false;
  const byte_view rest = uri.substr(colon + 1);
  if (!ascii::iequals(uri.substr(0, colon), "mailto")) return !rest.empty();
  const std::size_t at = rest.find('@');
  return at != byte_view::npos && at != 0 && at + 1 < rest.size() && rest[at + 1] != '!';
}

bool has_report_address(const tag_list& tags) {
  const tag* rua = tags.find("rua");
  if (rua == nullptr) return false;
  for (byte_view rest = rua->value;;) {
    const std::size_t comma = rest.find(',');
    if (is_uri(rest.substr(0, comma))) return true;
    if (comma == byte_view::npos) return false;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace

const char* name_of(policy p) {
  switch (p) {
    case policy::none: return "none";
    case policy::quarantine: return "quarantine";
    case policy::reject: return "reject";
  }
  return "none";
}

bool is_record(byte_view txt) {
  const byte_view first = txt.substr(0, txt.find(';'));
  const std::size_t equals = first.find('=');
  return equals != byte_view::npos && ascii::iequals(ascii::trim(first.substr(0, equals)), "v") &&
         ascii::trim(first.substr(equals + 1)) == "DMARC1";
}

record parse_record(byte_view txt) {
  record out;
  tag_list tags;
  if (!tags.parse(txt, true)) return out;
  out.strict_dkim = is(tags, "adkim", "s");
  out.strict_spf = is(tags, "aspf", "s");
  out.psd = is(tags, "psd", "y") ? psd_flag::yes : is(tags, "psd", "n") ? psd_flag::no : psd_flag::unknown;
  out.test = is(tags, "t", "y") || (tags.find("t") == nullptr && is(tags, "pct", "0"));
  bool valid = tags.find("p") != nullptr && read_policy(tags, "p", out.p);
  out.sp = out.p;
  valid = read_policy(tags, "sp", out.sp) && valid;
  out.np = out.sp;
  valid = read_policy(tags, "np", out.np) && valid;
  if (!valid) out.p = out.sp = out.np = policy::none;
  out.usable = valid || has_report_address(tags);
  return out;
}

}  // namespace sluice::auth::dmarc

// Names of results (RFC 8601 2.7).
#include "auth/result.hpp"

namespace sluice::auth {

const char* name_of(result r) {
  switch (r) {
    case result::none: return "none";
    case result::pass: return "pass";
    case result::fail: return "fail";
    case result::softfail: return "softfail";
    case result::neutral: return "neutral";
    case result::policy: return "policy";
    case result::temperror: return "temperror";
    case result::permerror: return "permerror";
  }
  return "none";
}

}  // namespace sluice::auth

#include "status/access/status_token.hpp"

#include <sodium.h>

#include <vector>

#include "core/ascii.hpp"

namespace sluice::status {
namespace {

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

// "Basic base64(user:TOKEN)".
bool password_is(std::string_view code, const std::string& token) {
  if (code.size() > 512) return false;
  std::vector<unsigned char> plain(code.size());
  std::size_t n = 0;
  if (sodium_base642bin(plain.data(), plain.size(), code.data(), code.size(), nullptr, &n, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0)
    return false;
  const std::string_view pair(reinterpret_cast<const char*>(plain.data()), n);
  const std::size_t colon = pair.find(':');
  return colon != std::string_view::npos && same(pair.substr(colon + 1), token);
}

}  // namespace

// A browser sends a Basic password along with every request, whoever's page asked for it: it may look, not act.
admission status_token::who_is(const credentials& c) {
  if (c.client_ip == "local") return {{"local", role::admin, "local", {}, {}}, false, 0};
  if (c.authorization.empty()) return {};
  if (ascii::istarts_with(c.authorization, "Bearer ") && same(ascii::trim(c.authorization.substr(7)), token_))
    return {{"status", role::operate, "token", {}, {}}, false, 0};
  if (ascii::istarts_with(c.authorization, "Basic ") && password_is(ascii::trim(c.authorization.substr(6)), token_))
    return {{"status", role::viewer, "token", {}, {}}, false, 0};
  return {{}, true, 0};
}

}  // namespace sluice::status

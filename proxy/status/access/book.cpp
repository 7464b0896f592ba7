#include "status/access/book.hpp"

#include <algorithm>
#include <charconv>

#include "core/ascii.hpp"
#include "core/concat.hpp"

namespace sluice::status {
namespace {

constexpr std::string_view first_line = "sluice-access 1";
constexpr std::size_t most_lines = max_users + max_tokens + 2;

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t tab = line.find('\t');
    out.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return out;
    line.remove_prefix(tab + 1);
  }
}

bool number(std::string_view text, std::int64_t& out) {
  const auto r = std::from_chars(text.data(), text.data() + text.size(), out);
  return r.ec == std::errc() && r.ptr == text.data() + text.size();
}

bool add_user(access_book& b, const std::vector<std::string_view>& f) {
  const auto what = f.size() == 5 ? role_named(f[2]) : std::nullopt;
  user_entry u;
  if (!what || !is_name(f[1]) || !number(f[4], u.created) || b.users.size() == max_users) return false;
  u.name = f[1];
  u.what = *what;
  u.password = f[3];
  b.users.push_back(std::move(u));
  return true;
}

bool add_token(access_book& b, const std::vector<std::string_view>& f) {
  const auto what = f.size() == 7 ? role_named(f[3]) : std::nullopt;
  const auto secret = what ? digest_from(f[4]) : std::nullopt;
  token_entry t;
  if (!secret || !is_name(f[2]) || !number(f[5], t.created) || !number(f[6], t.expires) || b.tokens.size() == max_tokens)
    return false;
  t.id = f[1];
  t.name = f[2];
  t.what = *what;
  t.secret = *secret;
  b.tokens.push_back(std::move(t));
  return true;
}

}  // namespace

const user_entry* access_book::user(std::string_view name) const {
  const auto at = std::ranges::find(users, name, &user_entry::name);
  return at == users.end() ? nullptr : &*at;
}

user_entry* access_book::user(std::string_view name) {
  const auto at = std::ranges::find(users, name, &user_entry::name);
  return at == users.end() ? nullptr : &*at;
}

std::size_t access_book::admins() const {
  return static_cast<std::size_t>(std::ranges::count(users, role::admin, &user_entry::what));
}

const token_entry* access_book::token(std::string_view presented, std::int64_t now) const {
  if (!presented.starts_with(token_prefix)) return nullptr;
  const digest wanted = digest_of(presented);
  const token_entry* found = nullptr;
  for (const token_entry& t : tokens)
    if (same(t.secret, wanted) && t.is_valid(now)) found = &t;
  return found;
}

bool is_name(std::string_view name) {
  constexpr std::size_t most = 32;
  if (name.empty() || name.size() > most || !ascii::is_alnum(name.front())) return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || ascii::is_digit(c) || c == '.' || c == '_' || c == '@' || c == '-';
  });
}

std::string password_fault(std::string_view user, std::string_view password) {
  if (password.size() < least_password_octets) return "A password has at least 10 characters.";
  if (password.size() > most_password_octets) return "A password has at most 256 octets.";
  if (password.find(user) != std::string_view::npos && password.size() < user.size() + least_password_octets)
    return "The password is the user name, or little more.";
  if (std::ranges::all_of(password, [&](char c) { return c == password.front(); }))
    return "The password is one character over and over.";
  return {};
}

token_entry make_token(std::string_view name, role what, std::int64_t now, std::int64_t expires, std::string& presented) {
  presented = concat(token_prefix, random_hex(32));
  token_entry t;
  t.id = random_hex(4);
  t.name = name;
  t.what = what;
  t.secret = digest_of(presented);
  t.created = now;
  t.expires = expires;
  return t;
}

// Lines with tabs; the last one is the digest of all before it, so that a half written or damaged file is told apart.
std::string text_of(const access_book& b) {
  std::string out = concat(first_line, "\n");
  for (const user_entry& u : b.users)
    append_to(out, "user\t", u.name, "\t", name_of(u.what), "\t", u.password, "\t", std::to_string(u.created), "\n");
  for (const token_entry& t : b.tokens)
    append_to(out, "token\t", t.id, "\t", t.name, "\t", name_of(t.what), "\t", hex_of(t.secret), "\t",
           std::to_string(t.created), "\t", std::to_string(t.expires), "\n");
  return concat(out, "sum\t", hex_of(digest_of(out)), "\n");
}

std::optional<access_book> book_from(std::string_view text) {
  access_book out;
  const std::string_view whole = text;
  for (std::size_t lines = 0; lines < most_lines && !text.empty(); ++lines) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    const auto before = static_cast<std::size_t>(text.data() - whole.data());
    text.remove_prefix(end + 1);
    const auto f = fields_of(line);
    if (lines == 0) {
      if (line != first_line) return std::nullopt;
    } else if (f[0] == "sum") {
      if (!text.empty() || f.size() != 2 || f[1] != hex_of(digest_of(whole.substr(0, before)))) return std::nullopt;
      return out;
    } else if (f[0] == "user" ? !add_user(out, f) : f[0] != "token" || !add_token(out, f)) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace sluice::status

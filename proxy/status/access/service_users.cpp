// Logging in, setting up, and changes of users and tokens. A change takes effect when it is on the medium.
#include <algorithm>
#include <ctime>

#include "core/concat.hpp"
#include "status/access/service.hpp"

namespace sluice::status {
namespace {

// For user names that do not exist: the answer takes as long as for those that do. No password is known for it.
constexpr const char* decoy =
    "$argon2id$v=19$m=7168,t=5,p=1$c2x1aWNlLWRlY295LXNhbA$q7mJp7n3cXzN2y3T0m9aUo8h4V1r5k6W2e0f9d8c7bA";

std::string cookie_of(const std::string& id) {
  return concat(session_cookie, "=", id, "; Path=/; Secure; HttpOnly; SameSite=Strict");
}

}  // namespace

std::string access_service::expired_cookie() {
  return concat(session_cookie, "=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict");
}

// The failure is counted first, so that parallel guesses count too. A session that was open before ends: its id was
// known before the login (fixation).
net::awaitable<access_service::login_result> access_service::login(std::string user, std::string password, std::string address,
                                                                   std::string old_session) {
  login_result out;
  if (queue_is_full_()) {  // before those that wait count as failures: it is they who fill it
    out.what = outcome::busy;
    co_return out;
  }
  out.wait_s = lockout_.wait_of(address, user, now());
  if (out.wait_s > 0) {
    out.what = outcome::wait;
    co_return out;
  }
  const user_entry* known = is_name(user) ? book_.user(user) : nullptr;
  const std::string hash = known != nullptr ? known->password : decoy;
  if (password.empty() || password.size() > most_password_octets) co_return out;
  lockout_.failed(address, user, now());
  const std::optional<bool> right = co_await passwords_.check(hash, password);
  if (!right) {
    lockout_.not_looked_at(address, user);
    out.what = outcome::busy;
    co_return out;
  }
  known = book_.user(user);  // things may have changed meanwhile
  if (!*right || known == nullptr || known->password != hash) co_return out;
  lockout_.succeeded(address, user);
  if (const session* s = sessions_.find(old_session, now())) sessions_.close(std::string(view(s->key)));
  out.cookie = cookie_of(sessions_.open(user, known->what, address, now()));
  out.as = known->what;
  out.what = outcome::done;
  co_return out;
}

net::awaitable<access_service::login_result> access_service::set_up(std::string secret, std::string user, std::string password,
                                                                    std::string address) {
  login_result out;
  if (!in_setup()) {
    out.what = outcome::missing;
  } else if (!is_local_network(address, subnets_)) {
    out.what = outcome::foreign;
  } else if (!setup_tries_.take(now())) {
    out.what = outcome::wait;
    out.wait_s = 60;
  } else if (same_text(secret, setup_secret_)) {
    out.what = co_await add_user(user, role::admin, password);
    if (out.what == outcome::done) {
      out.cookie = cookie_of(sessions_.open(user, role::admin, address, now()));
      out.as = role::admin;
    }
  }
  co_return out;
}

void access_service::logout(const principal& who) {
  if (who.via == "session") sessions_.close(who.key);
}

net::awaitable<outcome> access_service::add_user(std::string name, role what, std::string password) {
  if (!is_name(name)) co_return outcome::bad_name;
  if (!password_fault(name, password).empty()) co_return outcome::bad_password;
  if (book_.user(name) != nullptr) co_return outcome::exists;
  if (book_.users.size() >= max_users) co_return outcome::full;
  const std::optional<std::string> hash = co_await passwords_.make(password);
  if (!hash) co_return outcome::busy;
  access_book next = book_;
  if (next.user(name) != nullptr) co_return outcome::exists;
  if (next.users.size() >= max_users) co_return outcome::full;
  next.users.push_back({name, what, *hash, std::time(nullptr)});
  const outcome saved = co_await save(std::move(next));
  co_return saved;
}

net::awaitable<outcome> access_service::set_password(std::string name, std::string password) {
  if (!password_fault(name, password).empty()) co_return outcome::bad_password;
  if (book_.user(name) == nullptr) co_return outcome::missing;
  const std::optional<std::string> hash = co_await passwords_.make(password);
  if (!hash) co_return outcome::busy;
  access_book next = book_;
  user_entry* u = next.user(name);
  if (u == nullptr) co_return outcome::missing;
  u->password = *hash;
  const outcome saved = co_await save(std::move(next));
  if (saved == outcome::done) sessions_.close_of(name);
  co_return saved;
}

net::awaitable<outcome> access_service::change_password(std::string name, std::string old, std::string fresh, std::string address) {
  const user_entry* u = book_.user(name);
  if (u == nullptr) co_return outcome::missing;
  if (!password_fault(name, fresh).empty()) co_return outcome::bad_password;
  if (lockout_.wait_of(address, name, now()) > 0) co_return outcome::wait;
  if (old.empty() || old.size() > most_password_octets) co_return outcome::wrong;
  lockout_.failed(address, name, now());
  const std::string hash = u->password;
  const std::optional<bool> right = co_await passwords_.check(hash, old);
  if (!right) {
    lockout_.not_looked_at(address, name);
    co_return outcome::busy;
  }
  if (!*right) co_return outcome::wrong;
  lockout_.succeeded(address, name);
  const outcome set = co_await set_password(name, fresh);
  co_return set;
}

net::awaitable<outcome> access_service::set_role(std::string name, role what) {
  access_book next = book_;
  user_entry* u = next.user(name);
  if (u == nullptr) co_return outcome::missing;
  u->what = what;
  if (next.admins() == 0) co_return outcome::last_admin;
  const outcome saved = co_await save(std::move(next));
  if (saved == outcome::done) sessions_.close_of(name);
  co_return saved;
}

net::awaitable<outcome> access_service::remove_user(std::string name) {
  access_book next = book_;
  if (std::erase_if(next.users, [&](const user_entry& u) { return u.name == name; }) == 0) co_return outcome::missing;
  if (next.admins() == 0) co_return outcome::last_admin;
  const outcome saved = co_await save(std::move(next));
  if (saved == outcome::done) sessions_.close_of(name);
  co_return saved;
}

net::awaitable<outcome> access_service::add_token(std::string name, role what, std::int64_t expires, std::string& presented,
                                                  std::string& id) {
  if (!is_name(name)) co_return outcome::bad_name;
  const std::int64_t wall = std::time(nullptr);
  access_book next = book_;
  if (next.tokens.size() >= max_tokens)  // those that open nothing any more make room
    std::erase_if(next.tokens, [&](const token_entry& t) { return !t.is_valid(wall); });
  if (next.tokens.size() >= max_tokens) co_return outcome::full;
  if (std::ranges::find(next.tokens, name, &token_entry::name) != next.tokens.end()) co_return outcome::exists;
  next.tokens.push_back(make_token(name, what, wall, expires, presented));
  id = next.tokens.back().id;
  const outcome saved = co_await save(std::move(next));
  if (saved != outcome::done) presented.clear();
  co_return saved;
}

net::awaitable<outcome> access_service::remove_token(std::string id) {
  access_book next = book_;
  if (std::erase_if(next.tokens, [&](const token_entry& t) { return t.id == id; }) == 0) co_return outcome::missing;
  const outcome saved = co_await save(std::move(next));
  co_return saved;
}

}  // namespace sluice::status

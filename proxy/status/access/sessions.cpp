#include "status/access/sessions.hpp"

#include <algorithm>

#include "core/ascii.hpp"

namespace sluice::status {
namespace {

constexpr std::size_t id_octets = 32, csrf_octets = 16, key_octets = 4;

}  // namespace

bool session_table::lives(const session& s, std::int64_t now) const {
  return s.what != role::nobody && now - s.used < idle_s_ && now - s.began < longest_s_;
}

std::string session_table::open(std::string_view user, role what, std::string_view address, std::int64_t now) {
  std::string id = random_hex(id_octets);
  session fresh;
  fresh.id = digest_of(id);
  assign_cut(fresh.user, user);
  fresh.what = what;
  assign_cut(fresh.csrf, random_hex(csrf_octets));
  assign_cut(fresh.key, random_hex(key_octets));
  assign_cut(fresh.address, address);
  fresh.began = fresh.used = now;
  const auto dead = [&](const session& s) { return !lives(s, now); };
  auto place = std::ranges::find_if(all_, dead);
  if (place == all_.end() && all_.size() < max_sessions) place = all_.insert(all_.end(), session());
  if (place == all_.end()) place = std::ranges::min_element(all_, {}, &session::used);
  *place = fresh;
  return id;
}

const session* session_table::find(std::string_view id, std::int64_t now) {
  if (id.size() != 2 * id_octets) return nullptr;
  const digest wanted = digest_of(id);
  session* found = nullptr;
  for (session& s : all_)
    if (same(s.id, wanted) && lives(s, now)) found = &s;
  if (found != nullptr) found->used = now;
  return found;
}

const session* session_table::with_key(std::string_view key, std::int64_t now) const {
  for (const session& s : all_)
    if (view(s.key) == key && lives(s, now)) return &s;
  return nullptr;
}

void session_table::close(std::string_view key) {
  for (session& s : all_)
    if (view(s.key) == key) s = session();
}

void session_table::close_of(std::string_view user) {
  for (session& s : all_)
    if (view(s.user) == user) s = session();
}

std::vector<session> session_table::list(std::int64_t now) const {
  std::vector<session> out;
  std::ranges::copy_if(all_, std::back_inserter(out), [&](const session& s) { return lives(s, now); });
  return out;
}

void session_table::set_times(std::int64_t idle_s, std::int64_t longest_s) {
  idle_s_ = idle_s;
  longest_s_ = longest_s;
}

std::string_view cookie_value(std::string_view field, std::string_view name) {
  while (!field.empty()) {
    const std::string_view pair = ascii::trim(field.substr(0, field.find(';')));
    field.remove_prefix(std::min(field.size(), field.find(';') == std::string_view::npos ? field.size() : field.find(';') + 1));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
  }
  return {};
}

}  // namespace sluice::status

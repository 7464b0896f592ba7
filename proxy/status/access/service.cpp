#include "status/access/service.hpp"

#include <sodium.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "core/log.hpp"
#include "status/access/store.hpp"

namespace sluice::status {
namespace {

constexpr std::size_t setup_groups = 5, setup_group_letters = 5;  // 123 bits
constexpr std::string_view letters = "abcdefghjkmnpqrstuvwxyz23456789";

std::string make_setup_secret() {
  std::string out;
  for (std::size_t i = 0; i < setup_groups * setup_group_letters; ++i) {
    if (i > 0 && i % setup_group_letters == 0) out += '-';
    out += letters[randombytes_uniform(static_cast<std::uint32_t>(letters.size()))];
  }
  return out;
}

// "Basic base64(user:TOKEN)".
bool password_is(std::string_view code, std::string_view token) {
  if (code.size() > 512) return false;
  std::vector<unsigned char> plain(code.size());
  std::size_t n = 0;
  if (sodium_base642bin(plain.data(), plain.size(), code.data(), code.size(), nullptr, &n, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0)
    return false;
  const std::string_view pair(reinterpret_cast<const char*>(plain.data()), n);
  const std::size_t colon = pair.find(':');
  return colon != std::string_view::npos && same_text(pair.substr(colon + 1), token);
}

bool same_origin(std::string_view origin, std::string_view fetch_site, std::string_view host) {
  if (!origin.empty() && !(origin.starts_with("https://") && ascii::iequals(origin.substr(8), host))) return false;
  return fetch_site.empty() || fetch_site == "same-origin" || fetch_site == "none";
}

}  // namespace

access_service::access_service(net::worker& home, hal::files& files, access_options options, password_work passwords)
    : home_(home),
      files_(files),
      options_(std::move(options)),
      passwords_(std::move(passwords)),
      sessions_(options_.idle_s, options_.longest_s),
      audit_(files, options_.directory) {}

std::int64_t access_service::now() {
  return std::chrono::duration_cast<std::chrono::seconds>(net::clock::now().time_since_epoch()).count();
}

std::string access_service::open() {
  int error = files_.make_directory(options_.directory.c_str());
  if (error != 0) return concat(options_.directory, ": ", std::strerror(error));
  const book_state state = load_book(files_, options_.directory, book_);
  if (state == book_state::unreadable) return concat(options_.directory, "/book: cannot be read");
  if (state == book_state::damaged) {
    log::line(log::level::error, "access-book-damaged").with("path", concat(options_.directory, "/book")).with("kept_as", "book.damaged");
    files_.rename((concat(options_.directory, "/book")).c_str(), (concat(options_.directory, "/book.damaged")).c_str());
  }
  error = audit_.open();
  if (error != 0) return concat(options_.directory, ": ", std::strerror(error));
  subnets_ = own_subnets();
  if (!book_.users.empty() || !options_.pages) {
    if (!book_.users.empty()) files_.remove(options_.setup_file.c_str());
    return {};
  }
  return offer_setup();
}

std::string access_service::offer_setup() {
  if (in_setup() || !book_.users.empty()) return {};
  std::string text;  // an image, or a former start, may have left one
  if (read_file(files_, options_.setup_file, 256, text) == 0) setup_secret_ = ascii::trim(text);
  if (setup_secret_.size() >= 12) return {};
  setup_secret_ = make_setup_secret();
  const int error = replace_file(files_, options_.setup_file, concat(setup_secret_, "\n"));
  return error == 0 ? std::string() : concat(options_.setup_file, ": ", std::strerror(error));
}

admission access_service::who_is(const credentials& c) {
  if (c.client_ip == "local") return {{"local", role::admin, "local", {}, {}}, false};
  for (const std::string& name : c.certificate_names) {
    const user_entry* u = book_.user(name);
    if (u != nullptr) return {{u->name, u->what, "certificate", {}, {}}, false};
  }
  if (!c.authorization.empty()) {
    const std::string_view presented = ascii::trim(c.authorization.substr(std::min<std::size_t>(7, c.authorization.size())));
    const std::string& file = options_.status_token;
    if (ascii::istarts_with(c.authorization, "Bearer ")) {
      if (const token_entry* t = book_.token(presented, std::time(nullptr))) return {{t->name, t->what, "token", {}, t->id}, false};
      if (!file.empty() && same_text(presented, file)) return {{"status", role::operate, "token", {}, "file"}, false};
    }
    // A browser sends a Basic password along with every request, whoever's page asked for it: it may look, not act.
    if (ascii::istarts_with(c.authorization, "Basic ") && !file.empty() && password_is(ascii::trim(c.authorization.substr(6)), file))
      return {{"status", role::viewer, "token", {}, "file"}, false};
    return {{}, true};
  }
  if (const session* s = sessions_.find(cookie_value(c.cookie, session_cookie), now()))
    return {{std::string(view(s->user)), s->what, "session", std::string(view(s->csrf)), std::string(view(s->key))}, false};
  return {};
}

std::string access_service::entrance(const web_request& q) {
  if (in_setup()) return is_local_network(q.client_ip, subnets_) ? "/setup" : "";
  return q.path == "/" ? "/login" : concat("/login?next=", percent_encoded(q.path));
}

bool access_service::is_own_form(const web_request& q) { return same_origin(q.origin, q.fetch_site, q.host); }

bool access_service::same_site(const credentials& c, const web_request& q) {
  if (!same_origin(c.origin, c.fetch_site, c.host)) return false;
  if (q.who.via == "certificate") return true;  // there is no page that could carry a secret of it
  if (!c.csrf.empty()) return same_text(c.csrf, q.who.csrf);
  return same_text(q.form_value("csrf"), q.who.csrf);
}

bool access_service::may_note_stranger() {
  if (now() - strangers_minute_ >= 60) {
    strangers_minute_ = now();
    strangers_ = 0;
  }
  if (++strangers_ <= stranger_audits_per_minute) return true;
  ++suppressed_;
  return false;
}

net::awaitable<void> access_service::done(const web_request& q, std::string what, unsigned status) {
  if (q.who.what == role::nobody && status >= 400 && !may_note_stranger()) co_return;
  audit_entry e;
  e.unix_seconds = std::time(nullptr);
  e.who = q.who.name;
  e.via = q.who.via;
  e.address = q.client_ip;
  e.what = std::move(what);
  if (suppressed_ > 0) append_to(e.what, " (", std::to_string(std::exchange(suppressed_, 0u)), " more refusals before)");
  e.target = concat(http::name_of(q.method), " ", q.path);
  e.result = status;
  int error = 0;
  auto work = [&] { error = audit_.append(e); };
  const net::job_ref job(work);
  const bool ran = co_await home_.all().storage.run(home_.loop(), job);
  if (!ran) error = EBUSY;
  if (error == 0) co_return;
  log::line(log::level::error, "audit-not-written").with("why", std::strerror(error)).with("who", e.who).with("what", e.what).with("address", e.address);
}

net::awaitable<std::vector<std::string>> access_service::audit_page(std::uint64_t before, std::size_t limit) {
  std::vector<std::string> out;
  auto work = [&] { out = audit_.page(before, limit); };
  const net::job_ref job(work);
  [[maybe_unused]] const bool ran = co_await home_.all().storage.run(home_.loop(), job);
  co_return out;
}

// Takes effect when it is on the medium. Between the caller's look at book_ and this call nothing else may run.
net::awaitable<outcome> access_service::save(access_book next) {
  if (saving_) co_return outcome::busy;
  saving_ = true;
  int error = 0;
  auto work = [&] { error = save_book(files_, options_.directory, next); };
  const net::job_ref job(work);
  const bool ran = co_await home_.all().storage.run(home_.loop(), job);
  saving_ = false;
  if (!ran) co_return outcome::busy;
  if (error != 0) {
    log::line(log::level::error, "access-book-not-saved").with("why", std::strerror(error));
    co_return outcome::disk;
  }
  book_ = std::move(next);
  if (!setup_secret_.empty() && book_.admins() > 0) {
    setup_secret_.clear();
    files_.remove(options_.setup_file.c_str());
  }
  co_return outcome::done;
}

std::vector<session> access_service::sessions() const { return sessions_.list(now()); }

outcome access_service::end_session(std::string key, const principal& who) {
  const session* s = sessions_.with_key(key, now());
  if (s == nullptr || (who.what != role::admin && view(s->user) != who.name)) return outcome::missing;
  sessions_.close(key);
  return outcome::done;
}

bool access_service::still_there(const principal& who) const {
  if (who.via == "session") return sessions_.with_key(who.key, now()) != nullptr;
  if (who.via != "token" || who.key == "file") return true;
  const auto same_id = [&](const token_entry& t) { return t.id == who.key && t.is_valid(std::time(nullptr)); };
  return std::ranges::any_of(book_.tokens, same_id);
}

web_reply reply_of(outcome o, std::string_view detail) {
  const auto say = [&](unsigned status, std::string_view title, std::string_view text) {
    return problem(status, title, detail.empty() ? text : detail);
  };
  switch (o) {
    case outcome::done: break;
    case outcome::wrong: return say(403, "Wrong", "The name, the password or the secret is wrong.");
    case outcome::wait: return say(429, "Too many tries", "Wait before the next one.");
    case outcome::busy: return say(503, "Busy", "Another change or login is in progress; try again in a moment.");
    case outcome::exists: return say(409, "Exists already", "There is one of this name.");
    case outcome::missing: return say(404, "Not found", "There is none of this name.");
    case outcome::full: return say(409, "Full", "No more of them fit; remove one first.");
    case outcome::last_admin: return say(409, "The last administrator", "One user with the role admin has to stay.");
    case outcome::bad_name: return say(422, "Bad name", "A name has 1 to 32 of a-z 0-9 . _ @ - and begins with a letter or digit.");
    case outcome::bad_password: return say(422, "Bad password", "The password does not fit.");
    case outcome::disk: return say(500, "Not saved", "The change could not be written; nothing was changed.");
    case outcome::foreign: return say(403, "Not from here", "Set-up answers only to the local network.");
  }
  return problem(500, "Internal error", "");
}

}  // namespace sluice::status

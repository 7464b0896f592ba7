// Access to management: users, sessions, API tokens, set-up, lock-out and the audit log, behind one gate. Lives on the
// server's loop; what touches the disk runs on the storage thread, what costs (Argon2id) in the helper process.
//
// Not here: routes, forms and pages (firmware/gateway/manage/manage_access*.cpp). Callers: those, and the server as its gate.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "hal/include/hal/files.hpp"
#include "net/worker.hpp"
#include "status/access/audit.hpp"
#include "status/access/book.hpp"
#include "status/access/lockout.hpp"
#include "status/access/network.hpp"
#include "status/access/sessions.hpp"
#include "status/http/gate.hpp"

namespace sluice::status {

inline constexpr unsigned stranger_audits_per_minute = 20;  // refusals of nobodies beyond that are only counted

// Argon2id elsewhere; nothing when that is impossible now (busy, or it failed).
struct password_work {
  std::function<net::awaitable<std::optional<std::string>>(std::string password)> make;  // -> "$argon2id$..."
  std::function<net::awaitable<std::optional<bool>>(std::string hash, std::string password)> check;
};

struct access_options {
  std::string directory;     // data_directory/access
  std::string setup_file;    // data_directory/setup.secret
  std::string status_token;  // the token by file; empty: none
  std::int64_t idle_s = 1800, longest_s = 43200;
  bool pages = true;  // without HTTPS nobody can set it up remotely, and no secret is made
};

enum class outcome : std::uint8_t { done, wrong, wait, busy, exists, missing, full, last_admin, bad_name, bad_password, disk, foreign };
web_reply reply_of(outcome o, std::string_view detail = {});  // as problem+json; not for done

class access_service : public gate {
 public:
  access_service(net::worker& home, hal::files& files, access_options options, password_work passwords);

  std::string open();  // before the start: reads the book, makes the set-up secret; empty or why not
  std::string offer_setup();  // the page was switched on: a set-up secret when there are no users; empty or why not
  bool is_local(std::string_view address) const { return is_local_network(address, subnets_); }
  bool in_setup() const { return !setup_secret_.empty(); }
  const std::string& setup_secret() const { return setup_secret_; }
  void set_session_times(std::int64_t idle_s, std::int64_t longest_s) { sessions_.set_times(idle_s, longest_s); }

  // Whether one more password would be told busy at once. Without it that is found out when it is checked.
  void use_queue(std::function<bool()> is_full) { queue_is_full_ = std::move(is_full); }
  void set_status_token(std::string token) { options_.status_token = std::move(token); }

  admission who_is(const credentials& c) override;
  std::string entrance(const web_request& q) override;
  bool same_site(const credentials& c, const web_request& q) override;
  net::awaitable<void> done(const web_request& q, std::string what, unsigned status) override;

  // A form without a session (login, set-up): was it sent by a page of ours?
  static bool is_own_form(const web_request& q);

  struct login_result {
    outcome what = outcome::wrong;
    std::string cookie;  // for Set-Cookie
    std::int64_t wait_s = 0;
    role as = role::nobody;
  };
  net::awaitable<login_result> login(std::string user, std::string password, std::string address, std::string old_session);
  net::awaitable<login_result> set_up(std::string secret, std::string user, std::string password, std::string address);
  void logout(const principal& who);
  static std::string expired_cookie();

  net::awaitable<outcome> add_user(std::string name, role what, std::string password);
  net::awaitable<outcome> set_password(std::string name, std::string password);
  net::awaitable<outcome> change_password(std::string name, std::string old, std::string fresh, std::string address);
  net::awaitable<outcome> set_role(std::string name, role what);
  net::awaitable<outcome> remove_user(std::string name);
  net::awaitable<outcome> add_token(std::string name, role what, std::int64_t expires, std::string& presented, std::string& id);
  net::awaitable<outcome> remove_token(std::string id);

  const access_book& book() const { return book_; }
  std::vector<session> sessions() const;
  outcome end_session(std::string key, const principal& who);  // own ones; an admin's any
  bool still_there(const principal& who) const;                // for streams: session or token still valid
  static std::int64_t now();                                   // of sessions: seconds of the steady clock
  net::awaitable<std::vector<std::string>> audit_page(std::uint64_t before, std::size_t limit);

 private:
  net::awaitable<outcome> save(access_book next);
  bool may_note_stranger();

  net::worker& home_;
  hal::files& files_;
  access_options options_;
  password_work passwords_;
  access_book book_;
  session_table sessions_;
  lockout lockout_;
  minute_limit setup_tries_;
  audit_log audit_;
  std::vector<subnet> subnets_;
  std::string setup_secret_;
  bool saving_ = false;
  std::int64_t strangers_minute_ = 0;
  unsigned strangers_ = 0, suppressed_ = 0;
  std::function<bool()> queue_is_full_ = [] { return false; };
};

}  // namespace sluice::status

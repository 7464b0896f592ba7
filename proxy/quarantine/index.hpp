// index.db: opening it safely, and what every part of the store needs of it: changes (one transaction with the files
// that go when it is committed), the audit, and a clock that does not run backwards. Internal to the quarantine.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "quarantine/database.hpp"
#include "quarantine/errc.hpp"
#include "quarantine/keys.hpp"
#include "quarantine/limits.hpp"
#include "quarantine/message.hpp"
#include "quarantine/store.hpp"
#include "quarantine/volume.hpp"

namespace sluice::quarantine {

struct message_row {
  std::int64_t seq = 0;
  std::string id;
  content_state content = content_state::stored;
  std::uint64_t bytes = 0;
  std::string wrapped_key;
};

class index {
 public:
  index(volume& v, store_limits limits) : volume_(v), limits_(std::move(limits)), db_(v) {}

  result<void> open(unix_time now, open_report&);
  void mark_clean();  // the owner stops orderly

  database& db() { return db_; }
  volume& of() { return volume_; }
  const store_limits& limits() const { return limits_; }
  result<void> set_limits(store_limits limits);
  const master_key& key() const { return key_; }

  // `now`, but never before the newest message: ages stay right when a box without RTC boots in the past.
  result<unix_time> steady(unix_time now);
  result<message_row> find(std::string_view id);  // not_found
  result<content_reader> open_content(const message_row&);
  result<content_reader> open_own(const message_row&);  // `row` of own_mail
  result<void> audit(unix_time at, std::string_view who, std::string_view action, std::string_view id,
                     std::string_view recipient, std::string_view outcome);
  // Removes files of the mail directory that no row with content names; returns how many. Those of own mail only on
  // request: another process may be about to commit the row of one.
  result<std::uint32_t> sweep(bool with_own = false);

 private:
  result<void> open_file(open_report&);
  result<std::int64_t> version();
  result<void> check_after_unclean_stop(open_report&);
  result<void> migrate(std::int64_t from, open_report&);
  result<void> load_key();
  result<void> reconcile(unix_time now, open_report&);
  result<void> reconcile_own(unix_time now, open_report&);
  result<void> requeue(unix_time now, open_report&);

  volume& volume_;
  store_limits limits_;
  database db_;
  master_key key_;
};

// One transaction. Files of messages that nobody needs any more are removed after the commit, never before it.
class change {
 public:
  explicit change(index& i) : index_(i), transaction_(i.db()) {}
  result<void> begin() { return transaction_.begin(); }
  // Destroys the content when no recipient of the message is live any more. Call after recipients changed state.
  result<void> settle(std::int64_t seq, std::string_view id);
  // The same for mail of our own: gone when none of its recipients waits.
  result<void> settle_own(std::int64_t seq, std::string_view id);
  result<void> commit();
  index& of() { return index_; }

 private:
  index& index_;
  void doom(std::string path);
  transaction transaction_;
  std::vector<std::string> doomed_;  // at most unlinks_per_commit_max
  bool sweep_needed_ = false;
};

// ASCII lower case of what follows the last '@', without a final dot; "." when there is none (<>, RFC 5321
// section 4.5.1 <postmaster>).
std::string domain_of(std::string_view address);

}  // namespace sluice::quarantine

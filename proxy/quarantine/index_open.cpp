// Opening the index: made, migrated, checked after an unclean stop, and brought into line with the message files.
// Nothing that was answered with 250 is thrown away here; what cannot be explained is a definite error for a human.
#include <cerrno>

#include "core/concat.hpp"
#include "quarantine/index.hpp"
#include "quarantine/schema.hpp"

namespace sluice::quarantine {
namespace {

// Looks whether there is any message file.
class message_file_seeker : public hal::files::visitor {
 public:
  bool on_file(const char* name) override {
    found = std::string_view(name).ends_with(".msg");
    return !found;
  }
  bool found = false;
};

}  // namespace

// A trigger keeps to the number of audit entries, so that number stands in the index itself.
result<void> index::set_limits(store_limits limits) {
  if (limits.audit_entries != limits_.audit_entries) {
    const auto r = query(db_, "UPDATE meta SET value = ?1 WHERE key = 'audit_entries'").bind(limits.audit_entries).run();
    if (!r) return r;
  }
  if (limits.sqlite_heap_bytes != limits_.sqlite_heap_bytes) set_sqlite_heap(limits);
  limits_ = std::move(limits);
  return {};
}

result<void> index::open(unix_time now, open_report& report) {
  if (const auto r = open_file(report); !r) return r;
  if (const auto r = db_.open(concat(volume_.directory(), "/index.db"), limits_); !r) return r;
  const auto v = version();
  if (!v) return v.error();
  const auto latest = static_cast<std::int64_t>(schema_steps().size());
  if (*v > latest) return volume_.fail(errc::schema_too_new, concat("version ", std::to_string(*v)));
  if (volume_.as() == role::guest) {
    if (*v == 0) return volume_.fail(errc::not_initialised, volume_.directory());
    if (*v < latest) return volume_.fail(errc::schema_too_old, concat("version ", std::to_string(*v)));
    return load_key();
  }
  if (*v > 0) {
    if (const auto r = check_after_unclean_stop(report); !r) return r;
  }
  if (const auto r = migrate(*v, report); !r) return r;
  if (const auto r = load_key(); !r) return r;
  if (const auto r = reconcile(now, report); !r) return r;
  return requeue(now, report);
}

// The index file is made here, so that its mode is 0600 (SQLite gives the WAL the same).
result<void> index::open_file(open_report& report) {
  const std::string path = concat(volume_.directory(), "/index.db");
  std::uint64_t bytes = 0;
  int error = volume_.fs().size_of(path.c_str(), bytes);
  if (error == ENOENT && volume_.as() == role::owner) {
    report.created = true;
    int fd = -1;
    error = volume_.fs().create(path.c_str(), fd);
    if (error == 0) error = volume_.fs().close(fd);
    if (error == 0) error = volume_.fs().sync_directory(volume_.directory().c_str());
  }
  if (error != 0) return volume_.fail_errno(error, path);
  return {};
}

result<std::int64_t> index::version() {
  query q(db_, "PRAGMA user_version");
  if (!q.next()) return q.error();
  return q.integer(0);
}

result<void> index::check_after_unclean_stop(open_report& report) {
  {
    query q(db_, "SELECT value FROM meta WHERE key = 'clean'");
    if (!q.next()) return q.ok() ? volume_.fail(errc::corrupt, "index: no 'clean' entry") : q.error();
    if (q.integer(0) == 1) return {};
  }
  report.was_unclean = true;
  query q(db_, "PRAGMA integrity_check(1)");
  if (!q.next()) return q.error();
  if (q.view(0) != "ok") return volume_.fail(errc::corrupt, q.view(0));
  return {};
}

result<void> index::migrate(std::int64_t from, open_report& report) {
  const auto steps = schema_steps();
  if (from == 0) {
    // Files whose keys were in an index that is gone: they were answered with 250, so this is for a human to decide.
    message_file_seeker seeker;
    if (const int error = volume_.fs().list(volume_.mail_directory().c_str(), seeker)) {
      return volume_.fail_errno(error, volume_.mail_directory());
    }
    if (seeker.found) return volume_.fail(errc::index_missing, volume_.mail_directory());
    report.created = true;
  }
  for (auto n = static_cast<std::size_t>(from); n < steps.size(); ++n) {
    transaction t(db_);
    const std::string set_version = concat("PRAGMA user_version = ", std::to_string(n + 1));
    if (const auto r = t.begin(); !r) return r;
    if (const auto r = db_.exec(steps[n]); !r) return r;
    if (const auto r = db_.exec(set_version.c_str()); !r) return r;
    if (const auto r = t.commit(); !r) return r;
  }
  transaction t(db_);
  if (const auto r = t.begin(); !r) return r;
  if (const auto r = query(db_, "UPDATE meta SET value = 0 WHERE key = 'clean'").run(); !r) return r;
  if (const auto r =
          query(db_, "UPDATE meta SET value = ?1 WHERE key = 'audit_entries'").bind(limits_.audit_entries).run();
      !r) {
    return r;
  }
  return t.commit();
}

result<void> index::load_key() {
  std::string expected;
  {
    query q(db_, "SELECT value FROM meta WHERE key = 'key_check'");
    if (q.next()) expected = q.text(0);
    if (!q.ok()) return q.error();
  }
  auto loaded = key_.load(volume_);
  if (!loaded && loaded.error() == make_error_code(errc::master_key_missing) && expected.empty() &&
      volume_.as() == role::owner) {
    loaded = key_.create(volume_);
  }
  if (!loaded) return loaded;
  const std::string actual = key_.check_value();
  if (expected.empty() && volume_.as() == role::owner) {
    return query(db_, "INSERT INTO meta VALUES ('key_check', ?1)").bind(query::blob{actual}).run();
  }
  if (actual != expected) return volume_.fail(errc::master_key_wrong, concat(volume_.directory(), "/master.key"));
  return {};
}

// Files and rows must name each other. A file without a row was never answered: the row is committed before the 250,
// the index has passed its check, and no other process puts messages. A row without its file is marked, never deleted.
result<void> index::reconcile(unix_time now, open_report& report) {
  {
    transaction alone(db_);  // no guest is in the middle of queueing own mail
    if (const auto r = alone.begin(); !r) return r;
    const auto removed = sweep(true);
    if (!removed) return removed.error();
    report.orphans = *removed;
  }
  struct fault {
    std::int64_t seq;
    std::string id;
    content_state becomes;
  };
  std::vector<fault> faults;
  {
    query q(db_, "SELECT seq, id, file_bytes, content FROM message WHERE content <= 1");
    while (q.next()) {
      std::uint64_t bytes = 0;
      const int error = volume_.fs().size_of(volume_.message_path(q.view(1)).c_str(), bytes);
      if (error == ENOENT) {
        faults.push_back({q.integer(0), q.text(1), content_state::lost});
      } else if (error != 0) {
        return volume_.fail_errno(error, volume_.mail_directory());
      } else if (bytes != q.natural(2) && q.integer(3) == 0) {
        faults.push_back({q.integer(0), q.text(1), content_state::damaged});
      }
    }
    if (!q.ok()) return q.error();
  }
  if (const auto r = reconcile_own(now, report); !r) return r;
  if (faults.empty()) return {};
  transaction t(db_);
  if (const auto r = t.begin(); !r) return r;
  for (const fault& f : faults) {
    const bool lost = f.becomes == content_state::lost;
    ++(lost ? report.lost : report.damaged);
    if (const auto r = query(db_, "UPDATE message SET content = ?2 WHERE seq = ?1").bind(f.seq, f.becomes).run(); !r)
      return r;
    if (lost) {
      if (const auto r = query(db_, "DELETE FROM share WHERE message = ?1").bind(f.seq).run(); !r) return r;
    }
    if (const auto r = audit(now, "sluice", "check", f.id, "", lost ? "file is missing" : "file has another size"); !r)
      return r;
  }
  return t.commit();
}

// Mail of our own whose file is missing or has another size can never be sent: it ends as refused, with the reason.
result<void> index::reconcile_own(unix_time now, open_report& report) {
  struct fault {
    std::int64_t seq;
    std::string id;
    bool missing;
  };
  std::vector<fault> faults;
  {
    query q(db_, "SELECT seq, id, file_bytes FROM own_mail WHERE content <= 1");
    while (q.next()) {
      std::uint64_t bytes = 0;
      const int error = volume_.fs().size_of(volume_.own_path(q.view(1)).c_str(), bytes);
      if (error != 0 && error != ENOENT) return volume_.fail_errno(error, volume_.mail_directory());
      if (error == ENOENT || bytes != q.natural(2)) faults.push_back({q.integer(0), q.text(1), error == ENOENT});
    }
    if (!q.ok()) return q.error();
  }
  for (const fault& f : faults) {
    change c(*this);
    if (const auto r = c.begin(); !r) return r;
    ++(f.missing ? report.lost : report.damaged);
    const char* const why = f.missing ? "file is missing" : "file has another size";
    query q(db_,
            "UPDATE own_recipient SET state = 3, changed = ?2, reply = ?3, delivery = 0 WHERE message = ?1 AND state = 1");
    if (const auto r = q.bind(f.seq, now, why).run(); !r) return r;
    if (const auto r = audit(now, "sluice", "check", f.id, "", why); !r) return r;
    if (const auto r = c.settle_own(f.seq, f.id); !r) return r;
    if (const auto r = c.commit(); !r) return r;
  }
  return {};
}

// A delivery that was under way when the owner stopped may or may not have reached the downstream: it is tried again.
result<void> index::requeue(unix_time now, open_report& report) {
  {
    query q(db_,
            "SELECT 1 FROM recipient WHERE delivery <> 0 UNION ALL SELECT 1 FROM own_recipient WHERE delivery <> 0 LIMIT "
            "1");
    if (!q.next()) return q.ok() ? result<void>() : q.error();
  }
  transaction t(db_);
  if (const auto r = t.begin(); !r) return r;
  for (const char* const sql :
       {"UPDATE recipient SET delivery = 0, next_attempt = ?1 WHERE delivery <> 0 "
        "RETURNING (SELECT id FROM message WHERE seq = message), address",
        "UPDATE own_recipient SET delivery = 0, next_attempt = ?1 WHERE delivery <> 0 "
        "RETURNING (SELECT iif(about = '', id, about) FROM own_mail WHERE seq = message), address"}) {
    query q(db_, sql);
    q.bind(now);
    while (q.next()) {
      ++report.requeued;
      if (const auto r = audit(now, "sluice", "deliver", q.view(0), q.view(1), "interrupted, will be tried again");
          !r) {
        return r;
      }
    }
    if (!q.ok()) return q.error();
  }
  return t.commit();
}

void index::mark_clean() { (void)query(db_, "UPDATE meta SET value = 1 WHERE key = 'clean'").run(); }

}  // namespace sluice::quarantine

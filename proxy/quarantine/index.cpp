#include "quarantine/index.hpp"

#include <cerrno>
#include <utility>

#include "core/ascii.hpp"
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

// Removes the files that have no row with content. Only names of messages are touched, never .part files.
class orphan_remover : public hal::files::visitor {
 public:
  explicit orphan_remover(index& i) : index_(i) {}
  bool on_file(const char* name) override {
    const std::string_view file(name);
    if (!file.ends_with(".msg")) return true;
    const std::string_view id = file.substr(0, file.size() - 4);
    query q(index_.db(), "SELECT 1 FROM message WHERE id = ?1 AND content <= 1");
    if (q.bind(id).next()) return true;
    if (!q.ok()) {
      failed = q.error();
      return false;
    }
    if (index_.of().fs().remove(index_.of().message_path(id).c_str()) == 0) ++removed;
    return true;
  }
  std::uint32_t removed = 0;
  errc failed{};

 private:
  index& index_;
};

}  // namespace

std::string domain_of(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return ".";
  std::string domain(address.substr(at + 1));
  for (char& c : domain) c = ascii::lower(c);
  if (domain.ends_with('.')) domain.pop_back();
  return domain;
}

// ---- opening ----

result<void> index::open(unix_time now, open_report& report) {
  if (const auto r = open_file(report); !r) return r;
  if (const auto r = db_.open(volume_.directory() + "/index.db", limits_); !r) return r;
  const auto v = version();
  if (!v) return v.error();
  const auto latest = static_cast<std::int64_t>(schema_steps().size());
  if (*v > latest) return volume_.fail(errc::schema_too_new, "version " + std::to_string(*v));
  if (volume_.as() == role::guest) {
    if (*v == 0) return volume_.fail(errc::not_initialised, volume_.directory());
    if (*v < latest) return volume_.fail(errc::schema_too_old, "version " + std::to_string(*v));
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
  const std::string path = volume_.directory() + "/index.db";
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
    const std::string set_version = "PRAGMA user_version = " + std::to_string(n + 1);
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
  if (actual != expected) return volume_.fail(errc::master_key_wrong, volume_.directory() + "/master.key");
  return {};
}

result<std::uint32_t> index::sweep() {
  orphan_remover remover(*this);
  if (const int error = volume_.fs().list(volume_.mail_directory().c_str(), remover)) {
    return volume_.fail_errno(error, volume_.mail_directory());
  }
  if (remover.failed != errc{}) return remover.failed;
  return remover.removed;
}

// Files and rows must name each other. A file without a row was never answered: the row is committed before the 250,
// the index has passed its check, and no other process puts messages. A row without its file is marked, never deleted.
result<void> index::reconcile(unix_time now, open_report& report) {
  const auto removed = sweep();
  if (!removed) return removed.error();
  report.orphans = *removed;
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

// A delivery that was under way when the owner stopped may or may not have reached the downstream: it is tried again.
result<void> index::requeue(unix_time now, open_report& report) {
  {
    query q(db_, "SELECT 1 FROM recipient WHERE delivery <> 0 LIMIT 1");
    if (!q.next()) return q.ok() ? result<void>() : q.error();
  }
  transaction t(db_);
  if (const auto r = t.begin(); !r) return r;
  {
    query q(db_,
            "UPDATE recipient SET delivery = 0, next_attempt = ?1 WHERE delivery <> 0 "
            "RETURNING (SELECT id FROM message WHERE seq = message), address");
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

// ---- for every part ----

result<unix_time> index::steady(unix_time now) {
  query q(db_, "SELECT held_since FROM message ORDER BY seq DESC LIMIT 1");
  if (q.next()) return std::max(now, q.integer(0));
  if (!q.ok()) return q.error();
  return now;
}

result<message_row> index::find(std::string_view id) {
  query q(db_, "SELECT seq, content, bytes, key FROM message WHERE id = ?1");
  if (!q.bind(id).next()) return q.ok() ? volume_.fail(errc::not_found, id.substr(0, id_bytes_max)) : q.error();
  message_row row;
  row.seq = q.integer(0);
  row.id = id;
  row.content = static_cast<content_state>(q.integer(1));
  row.bytes = q.natural(2);
  row.wrapped_key = q.text(3);
  return row;
}

result<content_reader> index::open_content(const message_row& row) {
  if (row.content == content_state::removed || row.content == content_state::lost) {
    return volume_.fail(errc::no_content, row.id);
  }
  const auto key = key_.unwrap(row.wrapped_key, row.id);
  if (!key) return volume_.fail(errc::damaged, row.id + ": its key does not verify");
  return content_reader::open(volume_, volume_.message_path(row.id), *key, row.bytes);
}

result<void> index::audit(unix_time at, std::string_view who, std::string_view action, std::string_view id,
                          std::string_view recipient, std::string_view outcome) {
  query q(db_, "INSERT INTO audit (at, who, action, id, recipient, result) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  return q.bind(at, who.substr(0, who_bytes_max), action, id, recipient, outcome.substr(0, reply_bytes_max)).run();
}

// ---- change ----

result<void> change::settle(std::int64_t seq, std::string_view id) {
  database& db = index_.db();
  if (const auto r = query(db,
                           "DELETE FROM share WHERE message = ?1 AND NOT EXISTS (SELECT 1 FROM recipient r WHERE "
                           "r.message = ?1 AND r.domain = share.domain AND r.state IN (0, 1, 3))")
                         .bind(seq)
                         .run();
      !r) {
    return r;
  }
  // The key is overwritten, not only dropped with its row: the row stays as history.
  query q(db,
          "UPDATE message SET content = 2, key = zeroblob(length(key)), preview = '' WHERE seq = ?1 AND content <= 1 "
          "AND NOT EXISTS (SELECT 1 FROM share WHERE message = ?1) RETURNING 1");
  const bool gone = q.bind(seq).next();
  while (q.next()) {
  }
  if (!q.ok()) return q.error();
  if (gone && doomed_.size() < unlinks_per_commit_max) {
    doomed_.emplace_back(index_.of().message_path(id));
  } else if (gone) {
    sweep_needed_ = true;
  }
  return {};
}

result<void> change::commit() {
  if (const auto r = transaction_.commit(); !r) return r;
  // A file that stays because of a crash or an error here is removed at the next start.
  for (const std::string& path : doomed_) (void)index_.of().fs().remove(path.c_str());
  // Only the owner may sweep: in its own put() a file stands for a moment before its row.
  if (sweep_needed_ && index_.of().as() == role::owner) (void)index_.sweep();
  doomed_.clear();
  return {};
}

}  // namespace sluice::quarantine

#include "quarantine/index.hpp"

#include <algorithm>
#include <utility>

#include "core/ascii.hpp"
#include "core/concat.hpp"

namespace sluice::quarantine {
namespace {

// Removes the files that have no row with content. Only names of messages are touched, never .part files.
class orphan_remover : public hal::files::visitor {
 public:
  orphan_remover(index& i, bool with_own) : index_(i), with_own_(with_own) {}
  bool on_file(const char* name) override {
    const std::string_view file(name);
    const bool own = file.ends_with(".own");
    if (own ? !with_own_ : !file.ends_with(".msg")) return true;
    const std::string_view id = file.substr(0, file.size() - 4);
    query q(index_.db(), own ? "SELECT 1 FROM own_mail WHERE id = ?1 AND content <= 1"
                             : "SELECT 1 FROM message WHERE id = ?1 AND content <= 1");
    if (q.bind(id).next()) return true;
    if (!q.ok()) {
      failed = q.error();
      return false;
    }
    const std::string path = own ? index_.of().own_path(id) : index_.of().message_path(id);
    if (index_.of().fs().remove(path.c_str()) == 0) ++removed;
    return true;
  }
  std::uint32_t removed = 0;
  errc failed{};

 private:
  index& index_;
  const bool with_own_;
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
  if (!key) return volume_.fail(errc::damaged, concat(row.id, ": its key does not verify"));
  return content_reader::open(volume_, volume_.message_path(row.id), *key, row.bytes);
}

result<content_reader> index::open_own(const message_row& row) {
  if (row.content == content_state::removed || row.content == content_state::lost) {
    return volume_.fail(errc::no_content, row.id);
  }
  const auto key = key_.unwrap(row.wrapped_key, row.id);
  if (!key) return volume_.fail(errc::damaged, concat(row.id, ": its key does not verify"));
  return content_reader::open(volume_, volume_.own_path(row.id), *key, row.bytes);
}

result<void> index::audit(unix_time at, std::string_view who, std::string_view action, std::string_view id,
                          std::string_view recipient, std::string_view outcome) {
  query q(db_, "INSERT INTO audit (at, who, action, id, recipient, result) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  return q.bind(at, who.substr(0, who_bytes_max), action, id, recipient, outcome.substr(0, reply_bytes_max)).run();
}

result<std::uint32_t> index::sweep(bool with_own) {
  orphan_remover remover(*this, with_own);
  if (const int error = volume_.fs().list(volume_.mail_directory().c_str(), remover)) {
    return volume_.fail_errno(error, volume_.mail_directory());
  }
  if (remover.failed != errc{}) return remover.failed;
  return remover.removed;
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
  if (gone) doom(index_.of().message_path(id));
  return {};
}

result<void> change::settle_own(std::int64_t seq, std::string_view id) {
  query q(index_.db(),
          "UPDATE own_mail SET content = 2, key = zeroblob(length(key)) WHERE seq = ?1 AND content <= 1 AND NOT EXISTS "
          "(SELECT 1 FROM own_recipient WHERE message = ?1 AND state = 1) RETURNING 1");
  const bool gone = q.bind(seq).next();
  while (q.next()) {
  }
  if (!q.ok()) return q.error();
  if (gone) doom(index_.of().own_path(id));
  return {};
}

void change::doom(std::string path) {
  if (doomed_.size() < unlinks_per_commit_max) doomed_.push_back(std::move(path));
  else sweep_needed_ = true;
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

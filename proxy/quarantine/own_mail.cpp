#include "quarantine/own_mail.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/concat.hpp"
#include "quarantine/own_content.hpp"
#include "quarantine/telling.hpp"

namespace sluice::quarantine {
namespace {

constexpr std::uint64_t index_room_bytes = 64 * 1024;  // what rows, WAL and audit of one own mail may take at most

bool is_valid(const new_own_mail& m, std::span<const own_piece> content) {
  return !m.kind.empty() && m.kind.size() <= own_kind_bytes_max && m.about.size() <= id_bytes_max &&
         m.route_domain.size() <= name_bytes_max && !m.recipients.empty() &&
         m.recipients.size() <= own_recipients_max && !content.empty() && content.size() <= own_pieces_max &&
         std::all_of(m.recipients.begin(), m.recipients.end(), [](byte_view a) {
           return !a.empty() && a.size() <= address_bytes_max &&
                  std::none_of(a.begin(), a.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == '<' || c == '>' || c == 0x7f; });
         });
}

std::string new_id() {
  std::array<unsigned char, 10> random;
  randombytes_buf(random.data(), random.size());
  std::array<char, 2 * random.size() + 1> text;
  sodium_bin2hex(text.data(), text.size(), random.data(), random.size());
  return concat("own-", text.data());
}

}  // namespace

result<void> own_mail::check_room(std::uint64_t octets) {
  const auto waiting = totals();
  if (!waiting) return waiting.error();
  const store_limits& limits = index_.limits();
  if (waiting->messages + 1 > limits.own_messages)
    return index_.of().fail(errc::own_mail_full, concat(std::to_string(waiting->messages), " mails"));
  if (waiting->bytes + octets > limits.own_bytes)
    return index_.of().fail(errc::own_mail_full, concat(std::to_string(waiting->bytes), " octets"));
  return {};
}

result<own_totals> own_mail::totals() {
  query q(index_.db(), "SELECT count(*), coalesce(sum(file_bytes), 0) FROM own_mail WHERE content <= 1");
  if (!q.next()) return q.error();
  return own_totals{q.natural(0), q.natural(1)};
}

result<std::string> own_mail::queue(const new_own_mail& m, std::span<const own_piece> content, std::string_view who,
                                    unix_time now) {
  volume& v = index_.of();
  if (!is_valid(m, content)) return v.fail(errc::invalid, "own mail");
  const std::uint64_t most = index_.limits().own_message_bytes;
  if (const auto r = v.check_space(sealed_size(most) + index_room_bytes); !r) return r.error();
  change c(index_);
  if (const auto r = c.begin(); !r) return r.error();
  doubtful_.drop(index_);
  if (const auto r = check_room(0); !r) return r.error();  // before anything is written

  part_file part(v);
  if (const int error = v.fs().create(part.path.c_str(), part.fd)) return v.fail_errno(error, part.path);
  sealed_writer writer(v, part.fd, part.key);
  own_content text(index_, writer, most);
  if (const auto r = text.add(content); !r) return r.error();
  if (const auto r = writer.finish(); !r) return r.error();
  if (const auto r = check_room(writer.file_bytes()); !r) return r.error();
  if (const int error = v.fs().sync(part.fd)) return v.fail_errno(error, part.path);

  const std::string id = new_id();
  if (const auto r = insert(m, part, writer, text.eight_bit(), id, now); !r) return r.error();
  const std::string audited(m.about.empty() ? byte_view(id) : m.about);
  for (const byte_view to : m.recipients) {
    if (const auto r = index_.audit(now, who, m.kind, audited, to, concat("queued as ", id)); !r) return r.error();
  }
  if (m.told != nullptr)
    if (const auto r = telling(index_).mark(*m.told, now); !r) return r.error();
  const std::string final_path = v.own_path(id);
  if (const int error = v.fs().rename(part.path.c_str(), final_path.c_str())) return v.fail_errno(error, final_path);
  part.path = final_path;
  if (const int error = v.fs().sync_directory(v.mail_directory().c_str())) return v.fail_errno(error, final_path);
  const auto committed = c.commit();
  part.adopted = committed.has_value() || index_.db().in_doubt();
  if (!committed && part.adopted) doubtful_.path = final_path;
  if (!committed) return committed.error();
  return id;
}

result<void> own_mail::insert(const new_own_mail& m, const part_file& part, const sealed_writer& w, bool eight_bit,
                              std::string_view id, unix_time now) {
  const std::string wrapped = index_.key().wrap(part.key, id);
  std::int64_t seq = 0;
  {
    query q(index_.db(),
            "INSERT INTO own_mail (id, content, queued, bytes, file_bytes, kind, about, body, smtputf8, route_domain, key) "
            "VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING seq");
    q.bind(id, now, w.content_bytes(), w.file_bytes(), m.kind, m.about,
           eight_bit ? body_type::eight_bit_mime : body_type::unspecified, m.smtputf8, m.route_domain,
           query::blob{wrapped});
    if (!q.next()) return q.error();
    seq = q.integer(0);
    while (q.next()) {
    }
    if (!q.ok()) return q.error();
  }
  query q(index_.db(),
          "INSERT INTO own_recipient (message, position, address, state, changed, started, next_attempt) "
          "VALUES (?1, ?2, ?3, 1, ?4, ?4, ?4)");
  std::uint32_t position = 0;
  for (const byte_view to : m.recipients) {
    q.bind(seq, position++, to, now);
    if (const auto done = q.run(); !done) return done;
  }
  return {};
}

result<std::vector<own_summary>> own_mail::list(std::int64_t before, std::size_t limit) {
  snapshot at_once(index_.db());
  std::vector<own_summary> out;
  query q(index_.db(),
          "SELECT seq, id, kind, about, queued, bytes FROM own_mail WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2");
  q.bind(before > 0 ? before : std::numeric_limits<std::int64_t>::max(), std::clamp<std::size_t>(limit, 1, page_rows_max));
  while (q.next()) {
    own_summary s{q.integer(0), q.text(1), q.text(2), q.text(3), q.integer(4), q.natural(5), {}};
    query r(index_.db(),
            "SELECT address, state, changed, next_attempt, attempts, reply FROM own_recipient WHERE message = ?1 ORDER "
            "BY position");
    r.bind(s.sequence);
    while (r.next()) {
      s.recipients.push_back({r.text(0), static_cast<recipient_state>(r.integer(1)), r.integer(2), r.integer(3),
                              static_cast<std::uint32_t>(r.integer(4)), r.text(5)});
    }
    if (!r.ok()) return r.error();
    out.push_back(std::move(s));
  }
  if (!q.ok()) return q.error();
  return out;
}

result<void> own_mail::drop(std::string_view id, std::string_view who, unix_time now) {
  change c(index_);
  if (const auto r = c.begin(); !r) return r;
  std::int64_t seq = 0;
  std::string audited;
  {
    query q(index_.db(), "SELECT seq, iif(about = '', id, about) FROM own_mail WHERE id = ?1");
    if (!q.bind(id).next()) return q.ok() ? index_.of().fail(errc::not_found, id.substr(0, id_bytes_max)) : q.error();
    seq = q.integer(0);
    audited = q.text(1);
  }
  {
    query q(index_.db(),
            "UPDATE own_recipient SET state = 4, changed = ?2, next_attempt = 0 WHERE message = ?1 AND state = 1 AND "
            "delivery = 0 RETURNING address");
    q.bind(seq, now);
    while (q.next()) {
      if (const auto r = index_.audit(now, who, "drop", audited, q.view(0), concat(id, " not sent any more")); !r)
        return r;
    }
    if (!q.ok()) return q.error();
  }
  if (const auto r = c.settle_own(seq, id); !r) return r;
  return c.commit();
}

result<envelope> own_envelope_of(index& i, std::int64_t seq, std::int64_t attempt) {
  envelope e;
  {
    query q(i.db(), "SELECT body, smtputf8, route_domain FROM own_mail WHERE seq = ?1");
    if (!q.bind(seq).next()) return q.ok() ? i.of().fail(errc::not_found, "own mail") : q.error();
    e.body = static_cast<body_type>(q.integer(0));
    e.smtputf8 = q.integer(1) != 0;
    e.route_domain = q.text(2);
  }
  query q(i.db(), "SELECT position, address FROM own_recipient WHERE message = ?1 AND delivery = ?2 ORDER BY position");
  q.bind(seq, attempt);
  while (q.next()) e.recipients.push_back({static_cast<std::uint32_t>(q.integer(0)), q.text(1), {}, 0});
  if (!q.ok()) return q.error();
  return e;
}

result<void> prune_own_mail(index& i, unix_time now) {
  query q(i.db(),
          "DELETE FROM own_mail WHERE seq IN (SELECT seq FROM own_mail WHERE content > 1 AND (queued < ?1 OR seq <= "
          "(SELECT max(seq) FROM own_mail) - ?2) ORDER BY seq LIMIT ?3)");
  return q.bind(now - i.limits().age_s, own_history_max, upkeep_messages_max).run();
}

}  // namespace sluice::quarantine

#include "quarantine/intake.hpp"

#include <algorithm>
#include <utility>

#include "core/ascii.hpp"
#include "quarantine/part_file.hpp"
#include "quarantine/retention.hpp"

namespace sluice::quarantine {
namespace {

constexpr std::uint64_t index_room_bytes = 256 * 1024;  // what rows, WAL and audit of one message may take at most

bool is_id(byte_view id) {
  return !id.empty() && id.size() <= id_bytes_max && std::all_of(id.begin(), id.end(), [](char c) {
    return ascii::is_alnum(c) || c == '-' || c == '_';  // it is a file name, too
  });
}

bool is_valid(const new_message& m) {
  const auto short_enough = [](byte_view v, std::size_t most) { return v.size() <= most; };
  return is_id(m.id) && !m.recipients.empty() && m.recipients.size() <= recipients_max &&
         short_enough(m.reverse_path, address_bytes_max) && short_enough(m.envid, envid_bytes_max) &&
         m.findings.size() <= findings_stored_max &&
         std::all_of(m.recipients.begin(), m.recipients.end(), [&](const new_recipient& r) {
           return !r.address.empty() && short_enough(r.address, address_bytes_max) &&
                  short_enough(r.orcpt, orcpt_bytes_max);
         });
}

// Cut between code points, so that what is stored stays UTF-8 if it was.
byte_view cut(byte_view text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t n = most;
  while (n > 0 && n + 4 > most && (static_cast<unsigned char>(text[n]) & 0xc0) == 0x80) --n;
  return text.substr(0, n);
}

byte_view cut_name(byte_view text) { return cut(text, name_bytes_max); }

std::uint64_t sealed_size_of(std::span<const byte_view> content) {
  std::uint64_t n = file_header_bytes + frame_overhead_bytes;
  for (const byte_view piece : content) {
    n += piece.size() + (piece.size() + frame_bytes - 1) / frame_bytes * frame_overhead_bytes;
  }
  return n;
}

std::string sender_domain_of(const new_message& m) {
  return m.sender_domain.empty() ? domain_of(m.reverse_path) : std::string(cut_name(m.sender_domain));
}

std::vector<std::string> recipient_domains_of(const new_message& m) {
  std::vector<std::string> domains;
  for (const new_recipient& r : m.recipients) domains.push_back(domain_of(r.address));
  std::sort(domains.begin(), domains.end());
  domains.erase(std::unique(domains.begin(), domains.end()), domains.end());
  return domains;
}

}  // namespace

result<void> intake::put(const new_message& m, std::span<const byte_view> content, unix_time now) {
  volume& v = index_.of();
  if (!is_valid(m)) return v.fail(errc::invalid, "put");
  const std::uint64_t bytes = sealed_size_of(content);
  if (const auto r = v.check_space(bytes + index_room_bytes); !r) return r;

  // Room is made first: a full store then costs no write to the flash.
  change c(index_);
  if (const auto r = c.begin(); !r) return r;
  doubtful_.drop(index_);
  const auto steady = index_.steady(now);
  if (!steady) return steady.error();
  if (const auto r = make_room(c, sender_domain_of(m), recipient_domains_of(m), bytes, *steady); !r) return r;

  part_file part(v);
  if (const int error = v.fs().create(part.path.c_str(), part.fd)) return v.fail_errno(error, part.path);
  sealed_writer writer(v, part.fd, part.key);
  for (const byte_view piece : content) {
    if (const auto r = writer.append(piece); !r) return r;
  }
  if (const auto r = writer.finish(); !r) return r;
  if (const int error = v.fs().sync(part.fd)) return v.fail_errno(error, part.path);
  sealed file{part.path, part.fd, part.key, writer.content_bytes(), writer.file_bytes(), part.adopted};
  return place(c, m, file, *steady);
}

result<void> intake::put(const new_message& m, sealed file, unix_time now) {
  volume& v = index_.of();
  if (!is_valid(m)) return v.fail(errc::invalid, "put");
  if (const auto r = v.check_space(index_room_bytes); !r) return r;
  // Synced before the transaction: a large file takes seconds, and the index must not stay locked for so long.
  if (const int error = v.fs().sync(file.fd)) return v.fail_errno(error, file.path);

  change c(index_);
  if (const auto r = c.begin(); !r) return r;
  doubtful_.drop(index_);
  const auto steady = index_.steady(now);
  if (!steady) return steady.error();
  if (const auto r = make_room(c, sender_domain_of(m), recipient_domains_of(m), file.file_bytes, *steady); !r) return r;
  return place(c, m, file, *steady);
}

result<void> intake::place(change& c, const new_message& m, sealed& file, unix_time now) {
  volume& v = index_.of();
  std::int64_t seq = 0;
  if (const auto r = insert(m, file, seq, now); !r) return r;
  if (const auto r = insert_recipients(m, seq, file.file_bytes, now); !r) return r;
  if (const auto r = insert_findings(m, seq); !r) return r;

  const std::string final_path = v.message_path(m.id);
  if (const int error = v.fs().rename(file.path.c_str(), final_path.c_str())) return v.fail_errno(error, final_path);
  file.path = final_path;
  if (const int error = v.fs().sync_directory(v.mail_directory().c_str())) return v.fail_errno(error, final_path);
  const auto committed = c.commit();
  file.adopted = committed.has_value() || index_.db().in_doubt();
  if (!committed && file.adopted) doubtful_.path = file.path;
  return committed;
}

// ---- rows ----

result<void> intake::insert(const new_message& m, const sealed& file, std::int64_t& seq, unix_time now) {
  query q(index_.db(),
          "INSERT INTO message (id, content, received, held_since, bytes, file_bytes, sender, sender_domain, body, "
          "smtputf8, ret, envid, declared_size, client_ip, client_port, client_name, helo, listener, tls_version, "
          "tls_cipher, route_domain, score, profile, cause, findings_dropped, header_from, header_to, subject, "
          "message_id, preview, key, auth, auth_results, skeleton) VALUES (?1, 0, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
          "?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, "
          "?31, ?32) RETURNING seq");
  const auto head = [](byte_view v) { return cut(v, header_text_bytes_max); };
  const std::string wrapped = index_.key().wrap(file.key, m.id);
  q.bind(m.id, now, file.content_bytes, file.file_bytes, m.reverse_path, sender_domain_of(m), m.body, m.smtputf8, m.ret,
         m.envid, m.declared_size, cut_name(m.client_ip), std::uint32_t{m.client_port}, cut_name(m.client_name),
         cut_name(m.helo), cut_name(m.listener), cut_name(m.tls_version), cut_name(m.tls_cipher),
         cut_name(m.route_domain), m.score, cut_name(m.profile), cut_name(m.cause), m.findings_dropped,
         head(m.header_from), head(m.header_to), head(m.subject), head(m.message_id), cut(m.preview, preview_bytes_max),
         query::blob{wrapped}, head(m.auth), m.auth_results.size() <= auth_results_bytes_max ? m.auth_results : byte_view{}, cut_name(m.skeleton));
  if (!q.next()) return q.error();
  seq = q.integer(0);
  while (q.next()) {
  }
  if (!q.ok()) return q.error();
  return {};
}

result<void> intake::insert_recipients(const new_message& m, std::int64_t seq, std::uint64_t file_bytes,
                                       unix_time now) {
  query q(index_.db(),
          "INSERT INTO recipient (message, position, address, domain, notify, orcpt, changed) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  std::uint32_t position = 0;
  for (const new_recipient& r : m.recipients) {
    q.bind(seq, position++, r.address, domain_of(r.address), std::uint32_t{r.notify}, r.orcpt, now);
    if (const auto done = q.run(); !done) return done;
  }
  query share(index_.db(), "INSERT INTO share VALUES (?1, ?2, ?3)");
  for (const std::string& domain : recipient_domains_of(m)) {
    share.bind(seq, domain, file_bytes);
    if (const auto done = share.run(); !done) return done;
  }
  return {};
}

result<void> intake::insert_findings(const new_message& m, std::int64_t seq) {
  query q(index_.db(), "INSERT INTO finding VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
  std::uint32_t n = 0;
  for (const new_finding& f : m.findings) {
    q.bind(seq, n++, cut_name(f.rule), f.weight, cut_name(f.place), f.part, f.offset, f.length, cut_name(f.slot),
           cut_name(f.words), cut_name(f.text_id));
    if (const auto done = q.run(); !done) return done;
  }
  return {};
}

}  // namespace sluice::quarantine

// Numbers in the SQL are the enums of message.hpp: recipient state 0 held, 1 releasing, 2 released, 3 refused, 4
// deleted, 5 expired (live: 0, 1, 3); content 0 stored, 1 damaged, 2 removed, 3 lost (the file is there: 0, 1).
//
//   message    one row per message, kept as history after its content is gone
//   recipient  state of each recipient; delivery is the attempt id while a release is under way, otherwise 0
//   finding    why it was held
//   share      one row per message and recipient domain as long as a recipient of that domain is live: what the domain
//              limits count, and the sign that the content is still needed
//   usage      sums kept by triggers. Scope 0 all, 1 by sender domain, 2 by recipient domain
//   own_mail   mail of our own that waits to be sent, kept as history after it was
//   own_recipient  its recipients
//   audit      append-only: triggers refuse changes, and removal of the newest meta.audit_entries
#include "quarantine/schema.hpp"

namespace sluice::quarantine {
namespace {

constexpr const char* version_1 = R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('attempt', 0), ('audit_entries', 50000), ('clean', 1);

CREATE TABLE message (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, content INTEGER NOT NULL,
  received INTEGER NOT NULL, held_since INTEGER NOT NULL, bytes INTEGER NOT NULL, file_bytes INTEGER NOT NULL,
  sender TEXT NOT NULL, sender_domain TEXT NOT NULL, body INTEGER NOT NULL, smtputf8 INTEGER NOT NULL,
  ret INTEGER NOT NULL, envid TEXT NOT NULL, declared_size INTEGER NOT NULL,
  client_ip TEXT NOT NULL, client_port INTEGER NOT NULL, client_name TEXT NOT NULL, helo TEXT NOT NULL,
  listener TEXT NOT NULL, tls_version TEXT NOT NULL, tls_cipher TEXT NOT NULL, route_domain TEXT NOT NULL,
  score INTEGER NOT NULL, profile TEXT NOT NULL, cause TEXT NOT NULL, findings_dropped INTEGER NOT NULL,
  header_from TEXT NOT NULL, header_to TEXT NOT NULL, subject TEXT NOT NULL, message_id TEXT NOT NULL,
  preview TEXT NOT NULL, key BLOB NOT NULL
) STRICT;
CREATE INDEX message_sender ON message (sender_domain) WHERE content <= 1;

CREATE TABLE recipient (
  message INTEGER NOT NULL REFERENCES message (seq) ON DELETE CASCADE, position INTEGER NOT NULL,
  address TEXT NOT NULL, domain TEXT NOT NULL, notify INTEGER NOT NULL, orcpt TEXT NOT NULL,
  state INTEGER NOT NULL DEFAULT 0, changed INTEGER NOT NULL, reply TEXT NOT NULL DEFAULT '',
  attempts INTEGER NOT NULL DEFAULT 0, started INTEGER NOT NULL DEFAULT 0,
  next_attempt INTEGER NOT NULL DEFAULT 0, delivery INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (message, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipient_due ON recipient (next_attempt) WHERE state = 1 AND delivery = 0;
CREATE INDEX recipient_delivery ON recipient (delivery) WHERE delivery <> 0;

CREATE TABLE finding (
  message INTEGER NOT NULL REFERENCES message (seq) ON DELETE CASCADE, n INTEGER NOT NULL,
  rule TEXT NOT NULL, weight INTEGER NOT NULL, place TEXT NOT NULL, part INTEGER NOT NULL, at INTEGER NOT NULL,
  length INTEGER NOT NULL, slot TEXT NOT NULL, words TEXT NOT NULL,
  PRIMARY KEY (message, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE share (
  message INTEGER NOT NULL REFERENCES message (seq) ON DELETE CASCADE, domain TEXT NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY (message, domain)
) STRICT, WITHOUT ROWID;
CREATE INDEX share_domain ON share (domain, message);

CREATE TABLE usage (
  scope INTEGER NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL, messages INTEGER NOT NULL,
  PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;
INSERT INTO usage VALUES (0, '', 0, 0);

CREATE TRIGGER message_counted AFTER INSERT ON message BEGIN
  INSERT INTO usage VALUES (0, '', NEW.file_bytes, 1), (1, NEW.sender_domain, NEW.file_bytes, 1)
    ON CONFLICT (scope, name) DO UPDATE SET bytes = bytes + excluded.bytes, messages = messages + 1;
END;
CREATE TRIGGER message_uncounted AFTER UPDATE OF content ON message WHEN OLD.content <= 1 AND NEW.content > 1 BEGIN
  UPDATE usage SET bytes = bytes - OLD.file_bytes, messages = messages - 1 WHERE scope = 0 AND name = '';
  UPDATE usage SET bytes = bytes - OLD.file_bytes, messages = messages - 1 WHERE scope = 1 AND name = OLD.sender_domain;
  DELETE FROM usage WHERE scope = 1 AND name = OLD.sender_domain AND messages <= 0;
END;
CREATE TRIGGER message_kept BEFORE DELETE ON message WHEN OLD.content <= 1 BEGIN
  SELECT RAISE(ABORT, 'the content is still there');
END;
CREATE TRIGGER share_counted AFTER INSERT ON share BEGIN
  INSERT INTO usage VALUES (2, NEW.domain, NEW.bytes, 1)
    ON CONFLICT (scope, name) DO UPDATE SET bytes = bytes + excluded.bytes, messages = messages + 1;
END;
CREATE TRIGGER share_uncounted AFTER DELETE ON share BEGIN
  UPDATE usage SET bytes = bytes - OLD.bytes, messages = messages - 1 WHERE scope = 2 AND name = OLD.domain;
  DELETE FROM usage WHERE scope = 2 AND name = OLD.domain AND messages <= 0;
END;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, id TEXT NOT NULL,
  recipient TEXT NOT NULL, result TEXT NOT NULL
) STRICT;
CREATE INDEX audit_id ON audit (id);
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER audit_kept BEFORE DELETE ON audit
  WHEN OLD.seq > (SELECT max(seq) FROM audit) - (SELECT value FROM meta WHERE key = 'audit_entries') BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
)sql";

// What sender authentication found, in words.
constexpr const char* version_2 = R"sql(
ALTER TABLE message ADD COLUMN auth TEXT NOT NULL DEFAULT '';
)sql";

// The value of the Authentication-Results field that the message would have been forwarded with; a release writes it. Empty
// when nothing was checked, and for messages held by older versions.
constexpr const char* version_3 = R"sql(
ALTER TABLE message ADD COLUMN auth_results TEXT NOT NULL DEFAULT '';
)sql";

// What an exception for a finding names (policy/lists): all of a slot's text, the message's template.
constexpr const char* exception_names = R"sql(
ALTER TABLE message ADD COLUMN skeleton TEXT NOT NULL DEFAULT '';
ALTER TABLE finding ADD COLUMN text_id TEXT NOT NULL DEFAULT '';
)sql";

// Mail of our own (reports, digests, notices) on its way: the columns of own_recipient mean what those of recipient mean,
// with the states releasing, released (sent), refused and deleted only. Content 0 stored, 1 damaged, 2 removed, 3 lost.
constexpr const char* own_mail_tables = R"sql(
CREATE TABLE own_mail (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, content INTEGER NOT NULL, queued INTEGER NOT NULL,
  bytes INTEGER NOT NULL, file_bytes INTEGER NOT NULL, kind TEXT NOT NULL, about TEXT NOT NULL,
  body INTEGER NOT NULL, smtputf8 INTEGER NOT NULL, route_domain TEXT NOT NULL, key BLOB NOT NULL
) STRICT;
CREATE INDEX own_mail_waiting ON own_mail (file_bytes) WHERE content <= 1;
CREATE TABLE own_recipient (
  message INTEGER NOT NULL REFERENCES own_mail (seq) ON DELETE CASCADE, position INTEGER NOT NULL,
  address TEXT NOT NULL, state INTEGER NOT NULL, changed INTEGER NOT NULL, reply TEXT NOT NULL DEFAULT '',
  attempts INTEGER NOT NULL DEFAULT 0, started INTEGER NOT NULL, next_attempt INTEGER NOT NULL,
  delivery INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (message, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX own_recipient_due ON own_recipient (next_attempt) WHERE state = 1 AND delivery = 0;
CREATE INDEX own_recipient_delivery ON own_recipient (delivery) WHERE delivery <> 0;
)sql";

// What recipients were told by digests and notices (time, 0: nothing yet), since when they wait for an operator, which of
// their links were used, and how far telling has come for a domain: the last complete run, the last message with notices.
constexpr const char* what_was_told = R"sql(
ALTER TABLE recipient ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recipient ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
CREATE INDEX recipient_untold ON recipient (domain, address COLLATE NOCASE) WHERE state = 0 AND told = 0;
CREATE INDEX recipient_asked ON recipient (message, position) WHERE asked <> 0;
CREATE TABLE used_link (mark BLOB PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX used_link_expires ON used_link (expires);
CREATE TABLE told (domain TEXT PRIMARY KEY, run INTEGER NOT NULL, noticed INTEGER NOT NULL) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* steps[] = {version_1, version_2, version_3, exception_names, own_mail_tables, what_was_told};

}  // namespace

std::span<const char* const> schema_steps() { return steps; }

}  // namespace sluice::quarantine

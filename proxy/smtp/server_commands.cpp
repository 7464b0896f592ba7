// Command lines: splitting, the order of commands (RFC 5321 4.1.4), and the commands that need no decision.
#include <algorithm>
#include <cstring>

#include "core/ascii.hpp"
#include "smtp/server_session.hpp"

namespace sluice::smtp {
namespace {

enum class verb : std::uint8_t {
  unknown,
  helo,
  ehlo,
  mail,
  rcpt,
  data,
  bdat,
  rset,
  noop,
  quit,
  vrfy,
  help,
  starttls,
  xclient,
  known,
  foreign
};

constexpr struct {
  const char* text;
  verb v;
} verbs[] = {
    {"HELO", verb::helo},
    {"EHLO", verb::ehlo},
    {"MAIL", verb::mail},
    {"RCPT", verb::rcpt},
    {"DATA", verb::data},
    {"BDAT", verb::bdat},
    {"RSET", verb::rset},
    {"NOOP", verb::noop},
    {"QUIT", verb::quit},
    {"VRFY", verb::vrfy},
    {"HELP", verb::help},
    {"STARTTLS", verb::starttls},
    {"XCLIENT", verb::xclient},
    // Commands of SMTP that Sluice never implements: 502, not 500 (RFC 5321 4.2.4).
    {"EXPN", verb::known},
    {"AUTH", verb::known},
    {"ETRN", verb::known},
    {"ATRN", verb::known},
    {"TURN", verb::known},
    {"BURL", verb::known},
    {"SEND", verb::known},
    {"SOML", verb::known},
    {"SAML", verb::known},
    {"LHLO", verb::known},
    {"XFORWARD", verb::known},
    // A browser or a request forgery, not a mail client: each line that follows would be an error of its own.
    {"GET", verb::foreign},
    {"POST", verb::foreign},
    {"PUT", verb::foreign},
    {"HEAD", verb::foreign},
    {"OPTIONS", verb::foreign},
    {"CONNECT", verb::foreign},
};

verb find_verb(byte_view word) {
  for (const auto& row : verbs)
    if (ascii::iequals(word, row.text)) return row.v;
  return verb::unknown;
}

// CRLF at the end and no control character but TAB before it. A bare LF is no end of a command, for the reason it is
// none of a message: somebody before us may have read it otherwise.
bool is_clean_line(byte_view line) {
  if (line.size() < 2 || line[line.size() - 2] != '\r') return false;
  const byte_view text = line.substr(0, line.size() - 2);
  const auto control = [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f'; };
  return std::none_of(text.begin(), text.end(), control);
}

// A name that can stand in a Received field and in XCLIENT: the specials of RFC 5322 that would end it are refused,
// everything else that real clients say is let through (RFC 5321 4.1.4 forbids to refuse more than bad syntax).
bool is_helo_name(byte_view name) {
  const auto good = [](char c) { return c > ' ' && c <= '~' && byte_view("()<>@,;\\\"").find(c) == byte_view::npos; };
  return !name.empty() && name.size() <= limits::domain_bytes && std::all_of(name.begin(), name.end(), good);
}

// RFC 3207 4: what goes on before TLS when TLS is required. XCLIENT comes from a trusted proxy before anything else.
bool allowed_without_tls(verb v) {
  return v == verb::ehlo || v == verb::noop || v == verb::starttls || v == verb::quit || v == verb::xclient;
}

// RFC 2920 3.1: nothing may follow these in one group, because their answer changes what follows.
bool ends_group(verb v) {
  return v == verb::ehlo || v == verb::helo || v == verb::data || v == verb::starttls || v == verb::xclient;
}

bool takes_no_argument(verb v) { return v == verb::data || v == verb::rset || v == verb::quit || v == verb::starttls; }

}  // namespace

struct server_session::command_line {
  verb v = verb::unknown;
  byte_span raw;   // behind the verb, for decoding in place
  byte_view args;  // the same, trimmed
};

const extension_set& server_session::in_effect() const {
  static constexpr extension_set nothing;
  return esmtp() ? options_.offered : nothing;
}

step server_session::next_command(byte_span& in) {
  const std::size_t window = std::min(in.size(), limits::command_line_bytes);
  const void* const found = window == 0 ? nullptr : std::memchr(in.data(), '\n', window);
  if (found == nullptr) {
    if (phase_ != phase::discard_line && window < limits::command_line_bytes) return {};
    phase_ = phase::discard_line;
    in = in.subspan(window);
    return {};
  }
  const auto size = static_cast<std::size_t>(static_cast<const char*>(found) - in.data()) + 1;
  const byte_span line = in.first(size);
  in = in.subspan(size);
  if (phase_ == phase::discard_line) {
    phase_ = phase::command;
    bad(cause::line_too_long);
    return {};
  }
  if (!is_clean_line({line.data(), line.size()})) {
    bad(cause::bad_line_ending);
    return {};
  }
  const byte_span text = line.first(size - 2);
  const auto blank = std::find_if(text.begin(), text.end(), ascii::is_blank);
  const auto length = static_cast<std::size_t>(blank - text.begin());
  command_line c;
  c.v = find_verb({text.data(), length});
  c.raw = text.subspan(length);
  c.args = ascii::trim({c.raw.data(), c.raw.size()});
  if (!in.empty() && c.v != verb::bdat && (ends_group(c.v) || !in_effect().has(extension::pipelining)))
    unsynchronised_ = true;
  return dispatch(c);
}

// Why `c` may not come now; cause::none when it may.
cause server_session::order_fault(const command_line& c) const {
  const bool without_tls = options_.require_tls && !options_.tls_active;
  if (without_tls && !allowed_without_tls(c.v)) return cause::must_starttls;
  if (takes_no_argument(c.v) && !c.args.empty()) return cause::bad_argument;
  switch (c.v) {
    case verb::mail:
      if (greeted_as_ == greeting_kind::none) return cause::need_helo;
      return transaction_ ? cause::nested_mail : cause::none;
    case verb::rcpt:
      if (!transaction_) return cause::need_mail;
      return bdat_begun_ ? cause::bdat_mixed : cause::none;
    case verb::bdat:
      if (greeted_as_ == greeting_kind::none) return cause::need_helo;
      if (!in_effect().has(extension::chunking)) return cause::not_implemented;
      [[fallthrough]];
    case verb::data:
      if (!transaction_) return cause::need_mail;
      if (bdat_failed_) return cause::bdat_failed;
      if (c.v == verb::data && bdat_begun_) return cause::bdat_mixed;
      if (recipients_ == 0) return rcpt_refused_ ? cause::no_valid_recipients : cause::need_rcpt;
      return cause::none;
    case verb::starttls:
      return options_.offered.has(extension::starttls) && !options_.tls_active ? cause::none : cause::tls_already;
    case verb::xclient:
      if (!options_.offered.has(extension::xclient)) return cause::xclient_denied;
      return transaction_ ? cause::transaction_open : cause::none;
    default:
      return cause::none;
  }
}

// Behind a refused MAIL, RCPT or BDAT the rest of a pipelined group fails by necessity: no misbehaviour.
bool server_session::is_consequence(cause fault) const {
  switch (fault) {
    case cause::need_mail:
    case cause::must_starttls:
    case cause::need_helo:
      return mail_refused_;
    case cause::no_valid_recipients:
    case cause::bdat_failed:
      return true;
    default:
      return false;
  }
}

step server_session::dispatch(const command_line& c) {
  if (++idle_commands_ > options_.max_idle_commands) {
    close_with(cause::too_many_commands);
    return {};
  }
  if (c.v == verb::bdat) return on_bdat(c);
  if (const cause fault = order_fault(c); fault != cause::none) {
    is_consequence(fault) ? answer(fault) : bad(fault);
    if (c.v == verb::mail && !transaction_) mail_refused_ = true;
    if (c.v == verb::mail) return refused(event::mail_refused, c.args, fault);
    if (c.v == verb::rcpt) return refused(event::rcpt_refused, c.args, fault);
    return {};
  }
  switch (c.v) {
    case verb::helo:
    case verb::ehlo:
      if (is_helo_name(c.args)) return ask(c.v == verb::ehlo ? event::ehlo : event::helo, c.args);
      return bad(cause::bad_helo), step{};
    case verb::mail:
      return on_mail(c.args);
    case verb::rcpt:
      return on_rcpt(c.args);
    case verb::data:
      return ask(event::data);
    case verb::rset:
      return ask(event::rset);
    case verb::quit:
      return ask(event::quit);
    case verb::starttls:
      return ask(event::starttls);
    case verb::xclient:
      return on_xclient(c.raw);
    case verb::noop:
      return answer(cause::ok), step{};
    case verb::help:
      return answer(cause::help), step{};
    case verb::vrfy:
      return c.args.empty() ? bad(cause::bad_argument) : answer(cause::vrfy), step{};
    case verb::known:
      return bad(cause::not_implemented), step{};
    case verb::foreign:
      return close_with(cause::not_smtp), step{};
    default:
      return bad(cause::unknown_command), step{};
  }
}

step server_session::on_mail(byte_view args) {
  const cause c = parse_mail(args, in_effect(), command_.emplace<mail_command>());
  if (c == cause::none) return ask(event::mail);
  mail_refused_ = true;
  // These two are news for an honest client, no mistake in its grammar.
  c == cause::message_too_big || c == cause::utf8_undeclared ? answer(c) : bad(c);
  return refused(event::mail_refused, args, c);
}

step server_session::on_rcpt(byte_view args) {
  const cause c = parse_rcpt(args, in_effect(), smtputf8_, command_.emplace<rcpt_command>());
  if (c == cause::none && recipients_ < options_.max_recipients) return ask(event::rcpt);
  rcpt_refused_ = true;
  const cause why = c == cause::none ? cause::too_many_recipients : c;
  why == cause::too_many_recipients || why == cause::utf8_undeclared ? answer(why) : bad(why);
  return refused(event::rcpt_refused, args, why);
}

step server_session::on_bdat(const command_line& c) {
  std::uint64_t size = 0;
  bool last = false;
  // Without a size there is nothing to swallow: the only fault after which what follows is read as commands.
  if (parse_bdat(c.args, size, last) != cause::none) return bad(cause::bad_argument), step{};
  if (size != 0) --idle_commands_;
  phase_ = phase::bdat;
  bdat_.begin_chunk(size, last);
  chunk_refusal_ = order_fault(c);
  if (chunk_refusal_ != cause::none) {
    bdat_failed_ = bdat_begun_;
    bdat_.swallow();
    return {};
  }
  if (!bdat_begun_) {
    bdat_.begin_message();
    bdat_.begin_chunk(size, last);
    bdat_begun_ = true;
    content_bytes_ = 0;
    fault_ = cause::none;
    fault_told_ = end_seen_ = false;
  }
  const std::uint64_t limit = options_.offered.size_limit;
  if (limit != 0 && size > limit - std::min(limit, content_bytes_)) fault_ = cause::message_too_big;
  return {.what = event::bdat, .chunk_bytes = size, .last = last};
}

step server_session::on_xclient(byte_span args) {
  const cause c = parse_xclient(args, command_.emplace<client_info>());
  if (c == cause::none) return ask(event::xclient);
  bad(c);
  return {};
}

}  // namespace sluice::smtp

// What the checks found out, as reports, as an Authentication-Results value, and as findings. See checker.hpp.
#include <algorithm>
#include <charconv>

#include "auth/auth_results.hpp"
#include "auth/checker.hpp"

namespace sluice::auth {
namespace {

using comment_text = fixed_string<48>;

void append_number(comment_text& out, unsigned value) {
  char text[12];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  append_cut(out, {text, static_cast<std::size_t>(end - text)});
}

}  // namespace

spf_report checker::report_of(const spf_state& s) const {
  return {s.result, s.identity, text(s.domain), text(s.reason), text(s.explanation)};
}

dkim_report checker::dkim(std::size_t i) const {
  const signature_state& s = signatures_[i];
  dkim_report out;
  out.result = final_result(s, out.reason);
  out.domain = text(s.domain);
  out.selector = text(s.selector);
  out.value_start = {s.value_start, s.value_start_size};
  out.bits = s.bits;
  out.testing = s.testing;
  out.upstream = s.upstream;
  if (s.check >= 0 && finished_) out.unsigned_octets = body_.unsigned_octets(checks_[static_cast<std::size_t>(s.check)]);
  return out;
}

arc_report checker::arc() const {
  arc_report out{arc_result_, arc_instance_, text(arc_sealer_), arc_reason_, false};
  out.trusted_pass = arc_result_ == auth::result::pass && arc_trusted_;
  return out;
}

dmarc_report checker::dmarc() const {
  dmarc_report out;
  out.author = text(author_);
  if (!dmarc_started_) {
    out.result = header_lost_                                  ? auth::result::temperror
                 : author_state_ == author_state::missing ? auth::result::none
                                                               : auth::result::permerror;
    out.reason = author_reason_;
    return out;
  }
  const dmarc::outcome& got = dmarc_.get();
  out.result = got.result;
  out.found_at = got.found_at;
  out.published = got.published;
  out.disposition = got.applied;
  out.spf_aligned = got.spf_aligned;
  out.dkim_aligned = got.dkim_aligned;
  out.reason = got.reason;
  if (got.result == auth::result::fail && arc().trusted_pass) {
    out.disposition = dmarc::policy::none;
    out.reason = "nothing is aligned here, but DMARC passed where a trusted sealer received the message";
  }
  return out;
}

// ---- Authentication-Results ----

void checker::write_spf(results_writer& w, const spf_state& s) const {
  w.method("spf", s.result);
  if (s.result == auth::result::temperror || s.result == auth::result::permerror) w.reason(text(s.reason));
  if (s.domain.size != 0)
    w.property(s.identity == spf_identity::mail_from ? "smtp.mailfrom" : "smtp.helo", text(s.domain));
}

void checker::write_methods(results_writer& w) const {
  for (std::size_t i = 0; i < signatures_.size(); ++i) {
    const dkim_report d = dkim(i);
    comment_text comment;
    if (d.bits != 0) {
      append_number(comment, d.bits);
      append_cut(comment, "-bit key");
    }
    w.method("dkim", d.result, view(comment));
    w.reason(d.reason);
    if (!d.domain.empty()) w.property("header.d", d.domain);
    if (!d.selector.empty()) w.property("header.s", d.selector);
    if (!d.value_start.empty()) w.property("header.b", d.value_start);
  }
  if (signatures_.empty()) w.method("dkim", auth::result::none);
  const arc_report a = arc();
  comment_text comment;
  if (a.instance != 0) {
    append_cut(comment, "i=");
    append_number(comment, a.instance);
  }
  w.method("arc", a.result, view(comment));
  w.reason(a.reason);
  const dmarc_report d = dmarc();
  comment.clear();
  if (!d.found_at.empty()) {
    append_cut(comment, "p=");
    append_cut(comment, dmarc::name_of(d.published));
    append_cut(comment, " dis=");
    append_cut(comment, dmarc::name_of(d.disposition));
  }
  w.method("dmarc", d.result, view(comment));
  if (d.result != auth::result::pass) w.reason(d.reason);
  if (!d.author.empty()) w.property("header.from", d.author);
}

byte_view checker::write_results(byte_span room, bool folded, bool spf_only) const {
  results_writer w(room, options_ == nullptr ? byte_view("localhost") : byte_view(options_->authserv_id), folded);
  write_spf(w, spf_[0]);
  if (spf_[1].domain.size != 0) write_spf(w, spf_[1]);
  if (!spf_only) write_methods(w);
  return w.finish();
}

byte_view checker::write_seal(byte_span room, byte_view results) const {
  if (options_ == nullptr || options_->seal.key == nullptr || !settled()) return {};
  if (arc_result_ == auth::result::temperror) return {};  // nothing true can be said about the chain
  const bool failed = arc_result_ == auth::result::fail;
  if (failed && !options_->seal.failed_chains) return {};
  arc::sealer::facts f;
  f.chain = failed ? "fail" : arc_instance_ == 0 ? "none" : "pass";
  f.results = results;
  f.body = body_.relaxed_digest();
  f.now = now_;
  const sealing_key& k = options_->seal;
  return sealer_.write({k.domain, k.selector, k.fields}, *k.key, f, room);
}

// ---- notices ----

namespace {

void add(checker::notice_list& out, const char* rule, std::int16_t weight, notice::place where, byte_view words) {
  if (out.size() == out.capacity()) return;
  out.emplace_back();
  notice& n = out.back();
  n.rule = rule;
  n.weight = weight;
  n.where = where;
  assign_cut(n.words, words);
}

}  // namespace

void checker::list_notices(notice_list& out) const {
  using place = notice::place;
  if (author_state_ == author_state::several || (author_state_ == author_state::malformed && !header_lost_))
    add(out, "from-ambiguous", weights::from_ambiguous, place::header, author_reason_);
  const dmarc_report d = dmarc();
  if (d.result == auth::result::fail) add(out, "dmarc-fail", weights::dmarc_fail, place::header, d.author);
  for (std::size_t i = 0; i < signatures_.size(); ++i) {
    const dkim_report s = dkim(i);
    if (s.result == auth::result::pass && s.unsigned_octets != 0)
      add(out, "dkim-unsigned-tail", weights::unsigned_tail, place::body, s.domain);
  }
  if (ignored_signatures_ != 0) add(out, "dkim-many", weights::many_signatures, place::header, {});
  for (const list_hit& h : hits_) {
    fixed_string<96> words;
    const ip_text address = to_text(client_);
    append_cut(words, h.subject.empty() ? view(address) : h.subject);
    append_cut(words, " in ");
    append_cut(words, h.zone->zone);
    const bool by_client = h.zone->what == list_zone::kind::client_address;
    const std::size_t before = out.size();
    add(out, "listed", h.weight, by_client ? place::envelope : place::link, view(words));
    if (out.size() > before) assign_cut(out.back().list, h.zone->zone);
  }
}

}  // namespace sluice::auth

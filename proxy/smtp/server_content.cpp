// Content of a message, from DATA or BDAT, and its end.
#include "smtp/server_session.hpp"

namespace sluice::smtp {

void server_session::begin_data() {
  data_.reset();
  content_bytes_ = 0;
  fault_ = cause::none;
  fault_told_ = end_seen_ = false;
  phase_ = phase::data;
}

step server_session::next_content(byte_span& in) {
  if (chunk_refusal_ == cause::none && fault_ != cause::none && !fault_told_) return take_fault(fault_);
  if (end_seen_) return content_over();
  const std::uint64_t limit = options_.offered.size_limit;
  const bool limited = limit != 0 && fault_ == cause::none && chunk_refusal_ == cause::none;
  // Not more than one octet over the limit at a time: what is found first, the limit or a fault behind it, must not
  // depend on how the content came in.
  byte_span part = in;
  if (limited && limit - content_bytes_ < in.size())
    part = in.first(static_cast<std::size_t>(limit - content_bytes_) + 1);
  const scan_result r = phase_ == phase::data ? data_.scan(part) : bdat_.scan(part);
  in = in.subspan(r.consumed);
  end_seen_ = r.end;
  if (r.fault != cause::none) return take_fault(r.fault);
  content_bytes_ += r.content.size();
  if (limited && content_bytes_ > limit) return take_fault(cause::message_too_big);
  if (!r.content.empty()) return {.what = event::content, .text = r.content};
  return end_seen_ ? content_over() : step{};
}

step server_session::take_fault(cause why) {
  refuse_content(why);
  return {.what = event::violation, .fault = fault_};
}

void server_session::refuse_content(cause why) {
  if (fault_ == cause::none) fault_ = why;
  fault_told_ = true;
  data_.swallow();
  bdat_.swallow();
}

step server_session::content_over() {
  end_seen_ = false;
  if (chunk_refusal_ != cause::none) {
    // A chunk that nobody was told of. The last one ends the transaction, as it would have with success (RFC 3030 2).
    const cause why = chunk_refusal_;
    chunk_refusal_ = cause::none;
    phase_ = phase::command;
    const bool consequence = is_consequence(why);
    if (bdat_.last()) end_transaction();
    consequence ? answer(why) : bad(why);
    return {};
  }
  const bool whole = phase_ == phase::data || bdat_.last();
  step s = ask(whole ? event::content_end : event::chunk_end);
  s.fault = fault_;
  return s;
}

content_facts server_session::facts() const {
  content_facts f;
  f.bytes = content_bytes_;
  f.by_bdat = bdat_begun_;
  f.leading_dot = bdat_begun_ ? bdat_.leading_dot() : data_.leading_dot();
  // DATA ends its last line by definition; a BDAT message may lack the CRLF.
  f.ends_with_crlf = !bdat_begun_ || bdat_.at_line_start();
  return f;
}

}  // namespace sluice::smtp

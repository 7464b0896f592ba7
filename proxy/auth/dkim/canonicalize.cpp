// Canonical forms; see canonicalize.hpp.
#include "auth/dkim/canonicalize.hpp"

#include <algorithm>
#include <cstring>

#include "core/ascii.hpp"

namespace sluice::auth::dkim {
namespace {

constexpr byte_view crlf = "\r\n";

// One call per 16 held back lines is enough; a body of a million empty lines costs no memory.
constexpr byte_view many_crlf = "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";

// What begins a stretch that the relaxed form changes.
constexpr bool is_plain(char c) { return c != ' ' && c != '\t' && c != '\r'; }

}  // namespace

void gathered_sink::put(byte_view octets) {
  if (octets.size() >= sizeof text_) {
    flush();
    out_(octets);
    return;
  }
  if (octets.size() > sizeof text_ - used_) flush();
  if (octets.empty()) return;
  std::memcpy(text_ + used_, octets.data(), octets.size());
  used_ += octets.size();
}

void gathered_sink::flush() {
  if (used_ != 0) out_({text_, used_});
  used_ = 0;
}

void canonical_field(canon how, byte_view raw, byte_view name, byte_view value, byte_view cut, bool last,
                     octet_sink out) {
  gathered_sink to(out);
  const byte_view before = cut.data() == nullptr ? value : value.substr(0, static_cast<std::size_t>(cut.data() - value.data()));
  const byte_view behind = cut.data() == nullptr ? byte_view{} : value.substr(before.size() + cut.size());
  if (how == canon::simple) {
    to.put(raw.substr(0, static_cast<std::size_t>(value.data() - raw.data())));
    to.put(before);
    to.put(behind);
  } else {
    for (const char c : name) to.put(ascii::lower(c));
    to.put(':');
    bool space = false, any = false;
    for (const byte_view piece : {before, behind}) {
      for (std::size_t i = 0; i < piece.size(); ++i) {
        const char c = piece[i];
        if (c == '\r' && piece.substr(i, 2) == crlf) {  // unfolding: the white space behind it stays
          ++i;
          continue;
        }
        if (ascii::is_blank(c)) {
          space = true;
          continue;
        }
        if (space && any) to.put(' ');
        space = false;
        any = true;
        to.put(c);
      }
    }
  }
  if (!last) to.put(crlf);
}

template <class Out>
void body_canonicalizer::put_lines(Out& out) {
  for (; lines_ >= many_crlf.size() / 2; lines_ -= many_crlf.size() / 2) out.put(many_crlf);
  out.put(many_crlf.substr(0, static_cast<std::size_t>(lines_) * 2));
  lines_ = 0;
}

void body_canonicalizer::feed(byte_view octets, octet_sink out) {
  how_ == canon::simple ? feed_simple(octets, out) : feed_relaxed(octets, out);
}

// Only CRLFs at the very end are held back, so a chunk goes out in one piece.
void body_canonicalizer::feed_simple(byte_view octets, octet_sink out) {
  gathered_sink to(out);
  while (!octets.empty() && (cr_ || lines_ != 0)) {
    const char c = octets[0];
    if (cr_ && c == '\n') {
      cr_ = false;
      ++lines_;
    } else if (!cr_ && c == '\r') {
      cr_ = true;
    } else {
      put_lines(to);
      if (cr_) to.put('\r');
      cr_ = false;
      any_ = true;
      break;
    }
    octets.remove_prefix(1);
  }
  if (octets.empty()) return;
  std::size_t end = octets.size();
  if (octets[end - 1] == '\r') {
    cr_ = true;
    --end;
  }
  for (; end >= 2 && octets[end - 1] == '\n' && octets[end - 2] == '\r'; end -= 2) ++lines_;
  any_ = any_ || end != 0;
  to.put(octets.substr(0, end));
}

void body_canonicalizer::feed_relaxed(byte_view octets, octet_sink out) {
  gathered_sink to(out);
  const char* at = octets.data();
  const char* const end = at + octets.size();
  while (at != end) {
    const char c = *at;
    if (cr_) {
      cr_ = false;
      if (c == '\n') {
        space_ = false;  // white space at the end of a line is ignored
        ++lines_;
        ++at;
        continue;
      }
      put_lines(to);  // a CR of its own is text like any other
      if (space_) to.put(' ');
      space_ = false;
      any_ = true;
      to.put('\r');
    }
    if (c == '\r') {
      cr_ = true;
      ++at;
    } else if (ascii::is_blank(c)) {
      space_ = true;
      ++at;
    } else {
      if (lines_ != 0) put_lines(to);
      if (space_) to.put(' ');
      space_ = false;
      any_ = true;
      const char* const run = at;
      while (at != end && is_plain(*at)) ++at;
      to.put({run, static_cast<std::size_t>(at - run)});
    }
  }
}

void body_canonicalizer::finish(octet_sink out) {
  gathered_sink to(out);
  if (cr_) {
    put_lines(to);
    if (space_) to.put(' ');
    to.put('\r');
    any_ = true;
  }
  if (any_ || how_ == canon::simple) to.put(crlf);  // an empty body is CRLF (simple) or nothing (relaxed)
}

}  // namespace sluice::auth::dkim

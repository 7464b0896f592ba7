// Lines and delimiters. Content is passed on in runs as long as possible; a run is cut only where a line begins that may
// be a delimiter, and its line end is held back, because it belongs to the delimiter (RFC 2046 section 5.1.1).
#include <algorithm>
#include <cstring>
#include <utility>

#include "core/ascii.hpp"
#include "mime/machine.hpp"

namespace sluice::mime {

bool walker::machine::bounded(std::size_t at) const {
  return std::any_of(frames_.begin(), frames_.end(), [&](const frame& f) {
    return f.level == at && !f.message && (f.guessable || !f.boundaries.empty());
  });
}

bool walker::machine::may_delimit(std::size_t at, char first) const {
  const level& now = levels_[at];
  if (now.held > 0) return true;
  if (first == '-') return bounded(at);
  return (now.guess_length > 0 || now.after_empty_header) && ascii::lower(first) == 'c';
}

void walker::machine::feed_level(std::size_t at, byte_view in) {
  level& now = levels_[at];
  while (!in.empty()) {
    if (now.skip_line) {
      const std::size_t end = std::min(in.find('\n'), in.size() - 1) + 1;
      now.skip_line = in[end - 1] != '\n';
      now.at_start = !now.skip_line;
      now.offset += end;
      in.remove_prefix(end);
      continue;
    }
    if (now.at_start && now.end != line_end::cr) {
      if (may_delimit(at, in.front())) {
        if (delimiter(at, in)) continue;
      } else {
        now.guess_length = 0;
        now.after_empty_header = false;
      }
      if (in.empty()) return;
    }
    if (at == active_ && std::holds_alternative<header_state>(content_)) header_octets(at, in);
    else body_octets(at, in);
  }
}

// At the beginning of a line that may be a delimiter. True when `in` has been consumed up to some point and the caller
// starts over; false when the line at the front of `in` is content.
bool walker::machine::delimiter(std::size_t at, byte_view& in) {
  level& now = levels_[at];
  const std::size_t room = sizeof now.hold - now.held;
  const std::size_t end = in.substr(0, room).find('\n');
  const bool complete = end != byte_view::npos;
  if (now.held == 0) now.line_offset = now.offset;
  if (now.held == 0 && (complete || in.size() >= room)) {  // the whole line is here
    const byte_view line = in.substr(0, complete ? end + 1 : room);
    now.offset += line.size();
    if (decide(at, line, complete)) {
      in.remove_prefix(line.size());
      return true;
    }
    now.offset -= line.size();
    return false;
  }
  const std::size_t n = complete ? end + 1 : std::min(in.size(), room);
  std::memcpy(now.hold + now.held, in.data(), n);
  now.held = static_cast<std::uint16_t>(now.held + n);
  in.remove_prefix(n);
  now.offset += n;
  if (!complete && now.held < sizeof now.hold) return true;  // more of the line is to come
  char line[sizeof now.hold];
  const std::size_t size = now.held;
  std::memcpy(line, now.hold, size);
  now.held = 0;
  if (decide(at, {line, size}, complete)) return true;
  now.offset -= size;
  pass_line(at, {line, size});
  return true;
}

// A line that was held and is no delimiter. What it ends (a header without an empty line) may hold the line's beginning
// again, so the rest of it goes the usual way.
void walker::machine::pass_line(std::size_t at, byte_view line) {
  levels_[at].at_start = false;
  if (at == active_ && std::holds_alternative<header_state>(content_)) header_octets(at, line);
  else body_octets(at, line);
  feed_level(at, line);
}

// Acts on a line that is a delimiter; false when it is content.
bool walker::machine::decide(std::size_t at, byte_view line, bool complete) {
  level& now = levels_[at];
  now.offset -= line.size();
  if (adopt_guess(at, line)) return now.offset += line.size(), false;  // the line is the first of the new part's header
  now.offset += line.size();
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  now.guess_length = 0;
  // MIME fields behind the empty line that ended an empty header: some clients read them as the header.
  if (std::exchange(now.after_empty_header, false) && ascii::istarts_with(line, "content-") && line.find(':') != byte_view::npos)
    report(leaf_part_, anomaly::bad_header_line, now.line_offset);
  if (!line.starts_with("--")) {
    now.at_start = false;
    return false;
  }
  const boundary_line candidate(line.substr(2));
  boundary_set::result best;
  std::size_t chosen = 0;
  bool chosen_closed = false;
  for (std::size_t i = frames_.size(); i-- > 0;) {
    const frame& f = frames_[i];
    if (f.level != at || f.message) continue;
    const boundary_set::result r = candidate.compare(f.boundaries);
    if (r.how == boundary_set::match::none) continue;
    const bool strict = r.how != boundary_set::match::loose, best_strict = best.how > boundary_set::match::loose;
    const bool better = best.how == boundary_set::match::none || strict > best_strict ||
                        (strict == best_strict && (r.length > best.length || (r.length == best.length && chosen_closed && !f.closed)));
    if (!better) continue;
    best = r;
    chosen = i;
    chosen_closed = f.closed;
  }
  if (best.how == boundary_set::match::none) {
    const frame* open = nullptr;
    for (const frame& f : frames_)
      if (f.level == at && !f.message) open = &f;
    if (open && open->guessable && !open->started && complete) now.guess_length = candidate.guess(now.guess_hash);
    now.at_start = false;
    return false;
  }
  if (best.how == boundary_set::match::loose || chosen_closed) report(frames_[chosen].part, anomaly::ambiguous_boundary, now.line_offset);
  now.end = line_end::none;
  on_delimiter(chosen, best.how == boundary_set::match::close, at);
  now.at_start = complete;
  now.skip_line = !complete;
  return true;
}

// A line "--something" that no boundary declares, followed by a MIME field: some clients take it for a delimiter.
bool walker::machine::adopt_guess(std::size_t at, byte_view line) {
  level& now = levels_[at];
  if (now.guess_length == 0 || !ascii::istarts_with(line, "content-") || line.find(':') == byte_view::npos) return false;
  for (std::size_t i = frames_.size(); i-- > 0;) {
    frame& f = frames_[i];
    if (f.level != at || f.message) continue;
    f.boundaries.add_hash(now.guess_hash, now.guess_length);
    now.guess_length = 0;
    now.end = line_end::none;
    report(f.part, anomaly::ambiguous_boundary, now.line_offset);
    on_delimiter(i, false, at);
    now.at_start = false;  // this line is known not to be a delimiter
    return true;
  }
  return false;
}

void walker::machine::header_octets(std::size_t at, byte_view& in) {
  level& now = levels_[at];
  header_parser& parser = std::get<header_state>(content_).parser;
  const std::size_t end = std::min(in.find('\n'), in.size() - 1) + 1;
  byte_view piece = in.substr(0, end);
  const header_parser::status status = parser.feed(piece, *this);
  const std::size_t used = end - piece.size();
  now.at_start = used > 0 && in[used - 1] == '\n';
  now.offset += used;
  in.remove_prefix(used);
  if (status == header_parser::status::more) return;
  if (status == header_parser::status::end) return header_ended();
  // There was no empty line: what the parser held back is body.
  char held[limits::field_name_bytes + limits::field_value_bytes];
  const byte_view replay{held, parser.replay().copy(held, sizeof held)};
  now.offset -= replay.size();
  now.at_start = true;
  header_ended();
  feed_level(at, replay);
}

// The line end that was held back is content after all.
void walker::machine::release_end(level& now, std::size_t at) {
  const line_end end = std::exchange(now.end, line_end::none);
  if (end == line_end::none) return;
  content(at, end == line_end::lf ? "\n" : end == line_end::crlf ? "\r\n" : "\r");
}

void walker::machine::body_octets(std::size_t at, byte_view& in) {
  level& now = levels_[at];
  if (now.end == line_end::cr) {
    if (in.front() == '\n') {
      now.end = line_end::crlf;
      now.at_start = true;
      ++now.offset;
      in.remove_prefix(1);
      return;
    }
    now.at_start = false;
  }
  release_end(now, at);
  now.at_start = false;
  if (!bounded(at)) {
    now.offset += in.size();
    const byte_view run = std::exchange(in, byte_view{});
    return content(at, run);
  }
  const char* p = in.data();
  const char* const end = p + in.size();
  while (true) {
    const char* newline = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
    if (!newline) {
      const bool cr = end[-1] == '\r';
      now.offset += in.size();
      const byte_view run = in.substr(0, in.size() - (cr ? 1 : 0));
      in = {};
      if (cr) now.end = line_end::cr;
      if (!run.empty()) content(at, run);
      return;
    }
    p = newline + 1;
    if (p != end && *p != '-' && now.guess_length == 0) continue;
    const bool crlf = newline != in.data() && newline[-1] == '\r';
    const auto size = static_cast<std::size_t>(newline - in.data()) - (crlf ? 1 : 0);
    const byte_view run = in.substr(0, size);
    const auto used = static_cast<std::size_t>(p - in.data());
    in.remove_prefix(used);
    now.offset += used;
    now.end = crlf ? line_end::crlf : line_end::lf;
    now.at_start = true;
    if (!run.empty()) content(at, run);
    return;
  }
}

// Octets of a level that are neither header nor delimiter.
void walker::machine::content(std::size_t at, byte_view run) {
  if (at < active_) {
    struct to_level final : octet_sink {
      to_level(machine& m, std::size_t n) : walk(m), level(n) {}
      void put(byte_view octets) override { walk.feed_level(level, octets); }
      machine& walk;
      std::size_t level;
    } next(*this, at + 1);
    levels_[at + 1].decoder.feed(run, next);
  } else if (auto* open = std::get_if<leaf>(&content_)) {
    if (!frames_.empty() && frames_.back().first_line_only && !ascii::trim(run).empty()) frames_.back().guessable = false;
    open->feed(run);
  }
}

// No more octets come to this level: what is held is decided, and so on for the levels inside.
void walker::machine::drain(std::size_t at) {
  level& now = levels_[at];
  while (now.held > 0) {  // a second time when the line ended a header
    char line[sizeof now.hold];
    const std::size_t size = std::exchange(now.held, std::uint16_t{0});
    std::memcpy(line, now.hold, size);
    if (decide(at, {line, size}, true)) continue;
    now.offset -= size;
    pass_line(at, {line, size});
  }
  release_end(now, at);
  if (at >= active_) return;
  struct to_level final : octet_sink {
    to_level(machine& m, std::size_t n) : walk(m), level(n) {}
    void put(byte_view octets) override { walk.feed_level(level, octets); }
    machine& walk;
    std::size_t level;
  } next(*this, at + 1);
  levels_[at + 1].decoder.finish(next);
  drain(at + 1);
}

}  // namespace sluice::mime

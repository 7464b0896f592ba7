// Headers, containers and leaves: what the walker does when a header has ended or a delimiter has been met.
#include "mime/machine.hpp"

#include <algorithm>

#include "core/ascii.hpp"

namespace sluice::mime {

walker::machine::machine(handler& out, const options& opts, charset_pool& pool) : out_(out), opts_(opts), pool_(pool) {
  opts_.max_depth = static_cast<std::uint8_t>(std::clamp<std::size_t>(opts.max_depth, 1, limits::depth));
  reset();
}

void walker::machine::reset() {
  content_.emplace<std::monostate>();
  frames_.clear();
  bytes_ = header_bytes_ = 0;
  next_part_ = 0;
  active_ = 0;
  header_done_ = text_seen_ = parts_exceeded_ = depth_exceeded_ = false;
  levels_[0].offset = 0;
  levels_[0].at_start = true;
  levels_[0].skip_line = false;
  levels_[0].end = line_end::none;
  levels_[0].held = levels_[0].guess_length = 0;
  levels_[0].after_empty_header = false;
  start_header(0, false, 0);
}

void walker::machine::feed(byte_view content) {
  if (!opts_.message_header && !header_done_) header_ended();
  bytes_ += content.size();
  feed_level(0, content);
}

void walker::machine::finish() {
  if (!opts_.message_header && !header_done_) header_ended();
  drain(0);
  end_content();
  while (!frames_.empty()) pop_frame();
  out_.on_message_end();
}

void walker::machine::report(std::uint16_t part, anomaly a, std::uint64_t offset) { out_.on_anomaly(part, a, offset); }

void walker::machine::report_all(std::uint32_t anomalies, std::uint16_t part, std::uint64_t offset) {
  for (unsigned i = 0; i < anomaly_count; ++i)
    if (anomalies & (1u << i)) report(part, static_cast<anomaly>(i), offset);
}

void walker::machine::on_raw_field(const raw_field& raw) {
  auto& state = std::get<header_state>(content_);
  const auto length = static_cast<std::uint32_t>(std::min<std::uint64_t>(raw.length, 0xffffffff));
  const std::uint32_t before = state.fields.anomalies;
  state.fields.take(raw, pool_);
  out_.on_field({raw.name, raw.value, raw.offset, length, state.part, raw.cut});
  report_all(state.fields.anomalies & ~before, state.part, raw.offset);
}

// Begins the header of a new part at the current place of level `at`.
void walker::machine::start_header(std::uint16_t parent, bool message_default, std::size_t at) {
  auto& state = content_.emplace<header_state>();
  state.part = next_part_++;
  state.parent = parent;
  state.message_default = message_default;
  const bool message = frames_.empty() || frames_.back().message;
  state.parser.start(levels_[at].offset, message);
}

void walker::machine::header_ended() {
  auto& state = std::get<header_state>(content_);
  const std::uint64_t offset = opts_.message_header || state.part != 0 ? state.parser.body_offset() : 0;
  const std::uint32_t before = state.fields.anomalies;
  state.fields.finish(state.message_default);
  if (state.parser.no_end()) state.fields.flag(anomaly::no_header_end);
  // Text straight behind fields: other clients skip it and read on.
  if (!state.parser.replay().empty() && state.parser.fields() > 0) state.fields.flag(anomaly::bad_header_line);
  part_header header = state.fields;
  const bool first = state.part == 0;
  levels_[active_].after_empty_header = !first && state.parser.fields() == 0 && !state.parser.no_end();
  header.info.index = state.part;
  header.info.parent = state.parent;
  header.info.depth = static_cast<std::uint8_t>(frames_.size());
  content_.emplace<std::monostate>();
  if (first) {
    header_done_ = true;
    header_bytes_ = offset;
  }
  report_all(header.anomalies & ~before, header.info.index, offset);
  out_.on_header_end(header.info.index, offset);
  out_.on_part_begin(header.info);
  open_body(header, offset, active_);
}

void walker::machine::open_body(part_header header, std::uint64_t offset, std::uint8_t at) {
  const bool multipart = header.kind == body_kind::multipart, message = header.kind == body_kind::message;
  // Delimiters are also looked for where none should be: in text whose header names a boundary, and at the beginning of a
  // message without a Content-Type.
  const bool root = header.info.index == 0 || (!frames_.empty() && frames_.back().message && frames_.back().part == header.info.parent);
  const bool suspicious = !multipart && !message && (!header.boundaries.empty() || (root && !header.typed));
  if (!multipart && !message && !suspicious) return open_leaf(header, offset, true);
  if (frames_.size() >= opts_.max_depth) {
    if (multipart || message) report(header.info.index, anomaly::depth_exceeded, offset);
    return open_leaf(header, offset, true);
  }
  if (message) return open_message(header, offset, at);
  frame f;
  f.boundaries = header.boundaries;
  f.body_offset = offset;
  f.part = header.info.index;
  f.level = at;
  f.digest = header.digest;
  f.guessable = true;
  f.first_line_only = !header.typed;
  for (const frame& outer : frames_)
    if (outer.level == at && outer.boundaries.shares_with(f.boundaries)) {
      report(f.part, anomaly::ambiguous_boundary, offset);
      break;
    }
  frames_.push_back(f);
  // Without a usable boundary some clients show the body as text, and so is what stands before the first delimiter of a
  // part whose type is in doubt.
  const bool doubt = header.anomalies & ((1u << static_cast<unsigned>(anomaly::ambiguous_type)) |
                                         (1u << static_cast<unsigned>(anomaly::ambiguous_encoding)));
  if (!multipart || header.boundaries.empty() || doubt) return open_leaf(header, offset, false);
  open_surroundings(f.part, offset);
  // A delimiter of an outer multipart stood where the empty line should be: for some clients the header goes on.
  if (header.anomalies & (1u << static_cast<unsigned>(anomaly::no_header_end))) report(f.part, anomaly::ambiguous_boundary, offset);
}

// Preamble and epilogue of a multipart: no part, and no client should show them, but some do.
void walker::machine::open_surroundings(std::uint16_t part, std::uint64_t offset) {
  part_header plain;
  plain.info.index = part;
  plain.surroundings = true;
  open_leaf(plain, offset, false);
}

void walker::machine::open_message(const part_header& header, std::uint64_t offset, std::uint8_t at) {
  frame f;
  f.body_offset = offset;
  f.part = header.info.index;
  f.level = at;
  f.message = true;
  if (header.how != transfer::identity) {
    if (at + 1u >= limits::encoded_levels) {
      report(f.part, anomaly::depth_exceeded, offset);
      return open_leaf(header, offset, true);
    }
    active_ = f.level = static_cast<std::uint8_t>(at + 1);
    level& inner = levels_[active_];
    inner.decoder.open(header.how);
    inner.offset = offset;
    inner.at_start = true;
    inner.skip_line = false;
    inner.end = line_end::none;
    inner.held = inner.guess_length = 0;
    inner.after_empty_header = false;
  }
  frames_.push_back(f);
  start_header(f.part, false, f.level);
}

void walker::machine::open_leaf(const part_header& header, std::uint64_t offset, bool ends_part) {
  leaf_part_ = header.info.index;
  leaf_ends_part_ = ends_part;
  content_.emplace<leaf>(leaf_context{out_, opts_, pool_, next_part_, text_seen_}, header, offset);
}

// Ends the header or leaf being read. A header that ends so has no body, unless it was none.
void walker::machine::end_content() {
  if (auto* state = std::get_if<header_state>(&content_)) {
    if (state->parser.finish(*this) == header_parser::status::body) {
      char held[limits::field_name_bytes + limits::field_value_bytes];
      const byte_view replay{held, state->parser.replay().copy(held, sizeof held)};
      header_ended();
      content(active_, replay);
    } else {
      header_ended();
    }
    return end_content();
  }
  if (auto* open = std::get_if<leaf>(&content_)) {
    open->finish();
    const std::uint64_t decoded = open->decoded();
    content_.emplace<std::monostate>();
    if (leaf_ends_part_) out_.on_part_end(leaf_part_, decoded);
  }
}

void walker::machine::pop_frame() {
  const frame last = frames_.back();
  frames_.pop_back();
  out_.on_part_end(last.part, levels_[last.level].offset - last.body_offset);
  active_ = frames_.empty() ? std::uint8_t{0} : frames_.back().level;
}

// A delimiter of frames_[index], which is on level `at`.
void walker::machine::on_delimiter(std::size_t index, bool close, std::size_t at) {
  if (at < active_) {
    struct to_level final : octet_sink {
      to_level(machine& m, std::size_t n) : walk(m), level(n) {}
      void put(byte_view octets) override { walk.feed_level(level, octets); }
      machine& walk;
      std::size_t level;
    } next(*this, at + 1);
    levels_[at + 1].decoder.finish(next);
    drain(at + 1);
  }
  end_content();
  while (frames_.size() > index + 1) pop_frame();
  frame& f = frames_[index];
  f.started = true;
  f.closed = close;
  if (close) return open_surroundings(f.part, levels_[at].offset);
  if (next_part_ < opts_.max_parts) return start_header(f.part, f.digest, at);
  if (!parts_exceeded_) report(f.part, anomaly::parts_exceeded, levels_[at].line_offset);
  parts_exceeded_ = true;
  part_header plain;
  plain.info.index = f.part;
  open_leaf(plain, levels_[at].offset, false);
}

}  // namespace sluice::mime

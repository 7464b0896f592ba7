// The walker's state machine: lines and delimiters on each level of transfer decoding, the stack of open containers, and
// the header or leaf being read. Private to walker.cpp and machine*.cpp.
#pragma once
#include <array>
#include <cstdint>
#include <variant>

#include "mime/boundary.hpp"
#include "mime/header_parser.hpp"
#include "mime/leaf.hpp"
#include "mime/part_header.hpp"
#include "mime/transfer.hpp"
#include "mime/walker.hpp"

namespace sluice::mime {

class walker::machine final : private field_sink {
 public:
  machine(handler& out, const options& opts, charset_pool& pool);

  void reset();
  void feed(byte_view content);
  void finish();

  bool header_done() const { return header_done_; }
  bool text_seen() const { return text_seen_; }
  std::uint64_t header_bytes() const { return header_done_ ? header_bytes_ : bytes_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint16_t parts() const { return next_part_; }

 private:
  enum class line_end : std::uint8_t { none, lf, crlf, cr };

  // Octets of one level: the message as it came in, or the decoded content of an encoded container.
  struct level {
    transfer_decoder decoder;       // gives this level's octets; unused on level 0
    std::uint64_t offset = 0;       // of the next octet
    std::uint64_t line_offset = 0;  // of the line in `hold`
    bool at_start = true;           // at the beginning of a line
    bool after_empty_header = false;  // the body of a part without fields begins
    bool skip_line = false;         // behind a delimiter that was longer than `hold`
    line_end end = line_end::none;  // held back: it belongs to a delimiter that may follow
    std::uint16_t held = 0;
    std::uint8_t guess_length = 0;  // the line before looked like a delimiter nobody declared
    std::uint64_t guess_hash = 0;
    char hold[limits::boundary_bytes + 14];
  };

  struct frame {
    boundary_set boundaries;        // empty for a message, and for a multipart without a boundary
    std::uint64_t body_offset = 0;
    std::uint16_t part = 0;
    std::uint8_t level = 0;
    bool guessable = false;         // its delimiters may be undeclared ones
    bool first_line_only = false;   // guess only at the first line that is not blank
    bool started = false, closed = false, digest = false, message = false;
  };

  struct header_state {
    header_parser parser;
    part_header fields;
    std::uint16_t part = 0, parent = 0;
    bool message_default = false;
  };

  // machine_lines.cpp
  void feed_level(std::size_t at, byte_view in);
  bool may_delimit(std::size_t at, char first) const;
  bool delimiter(std::size_t at, byte_view& in);
  void pass_line(std::size_t at, byte_view line);
  bool decide(std::size_t at, byte_view line, bool complete);
  bool adopt_guess(std::size_t at, byte_view line);
  void header_octets(std::size_t at, byte_view& in);
  void body_octets(std::size_t at, byte_view& in);
  void content(std::size_t at, byte_view run);
  void drain(std::size_t at);
  void release_end(level& now, std::size_t at);
  bool bounded(std::size_t at) const;

  // machine.cpp
  void on_raw_field(const raw_field&) override;
  void start_header(std::uint16_t parent, bool message_default, std::size_t at);
  void header_ended();
  void open_body(part_header header, std::uint64_t offset, std::uint8_t at);
  void open_message(const part_header& header, std::uint64_t offset, std::uint8_t at);
  void open_leaf(const part_header& header, std::uint64_t offset, bool ends_part);
  void open_surroundings(std::uint16_t part, std::uint64_t offset);
  void end_content();
  void pop_frame();
  void on_delimiter(std::size_t index, bool close, std::size_t at);
  void report(std::uint16_t part, anomaly a, std::uint64_t offset);
  void report_all(std::uint32_t anomalies, std::uint16_t part, std::uint64_t offset);

  handler& out_;
  options opts_;
  charset_pool& pool_;
  std::uint64_t bytes_ = 0, header_bytes_ = 0;
  std::uint16_t next_part_ = 0;
  std::uint8_t active_ = 0;       // the deepest level in use
  bool header_done_ = false, text_seen_ = false, leaf_ends_part_ = false, parts_exceeded_ = false, depth_exceeded_ = false;
  std::uint16_t leaf_part_ = 0;
  std::array<level, limits::encoded_levels> levels_;
  fixed_vector<frame, limits::depth> frames_;
  std::variant<std::monostate, header_state, leaf> content_;
};

}  // namespace sluice::mime

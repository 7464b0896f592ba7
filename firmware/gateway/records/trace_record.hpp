// One line of "where is my mail?", and the blocks that such lines are kept in: a message's outcome, or what was refused
// before there was a message. Bytes in, values out; the files are trace_files, the queue is trace_log.
//
// A block is a header and records in order of time. A record's text that equals the one before it takes one octet, which
// is most of them when one client sends to many. Blocks stand alone: a damaged one costs only itself.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "core/bytes.hpp"
#include "core/text.hpp"

namespace sluice::gateway {

enum class trace_kind : std::uint8_t { message, connection, tls, sender, recipient, session };
const char* name_of(trace_kind k);

enum class trace_text : std::uint8_t {
  id,          // the verdict's
  client, helo, tls,
  from,        // MAIL FROM
  author,      // From of the message
  recipients,  // separated by blanks; the first few of a message
  subject, cause, list, reply, downstream, host, profile,
  count_
};
inline constexpr std::size_t trace_texts = static_cast<std::size_t>(trace_text::count_);

// Views; whoever reads a block gets views into it.
struct trace_record {
  std::int64_t when = 0;  // UTC seconds
  trace_kind kind = trace_kind::message;
  std::uint8_t outcome = 0, action = 0;  // net::outcome and inspect::action, of messages
  std::uint16_t reply_code = 0, downstream_code = 0;
  std::int32_t score = 0;
  std::uint32_t recipient_count = 0;
  std::uint64_t octets = 0;
  std::array<byte_view, trace_texts> texts{};

  byte_view& operator[](trace_text t) { return texts[static_cast<std::size_t>(t)]; }
  byte_view operator[](trace_text t) const { return texts[static_cast<std::size_t>(t)]; }
};

inline constexpr std::size_t trace_block_octets = 16 * 1024;
inline constexpr std::size_t trace_header_octets = 40;
inline constexpr std::size_t trace_text_octets = 255;  // longer ones are cut

struct trace_block_header {
  std::uint32_t octets = 0;  // of the whole block
  std::uint32_t records = 0;
  std::int64_t first = 0, last = 0;
  bool addresses_hidden = false, subjects_hidden = false;
};

// Fills a block of fixed size; nothing is allocated after construction.
class trace_block {
 public:
  trace_block() = default;
  trace_block(const trace_block&) = delete;
  trace_block& operator=(const trace_block&) = delete;

  bool add(const trace_record& r);  // false: no room
  bool empty() const { return header_.records == 0; }
  std::int64_t first() const { return header_.first; }
  void hide(bool addresses, bool subjects);
  byte_view finish();  // the octets to write; until clear() nothing may be added
  void clear();
  const trace_block_header& header() const { return header_; }

 private:
  std::array<char, trace_block_octets> bytes_;
  std::size_t used_ = trace_header_octets;
  trace_block_header header_;
  std::array<byte_view, trace_texts> before_{};  // of the last record; within bytes_
};

// False when it is no block, or damaged (the checksum covers everything behind the header).
bool read_trace_header(byte_view bytes, trace_block_header& out);
bool is_whole_block(byte_view bytes);

class trace_block_reader {
 public:
  explicit trace_block_reader(byte_view block);  // one that is whole
  bool next(trace_record& out);

 private:
  byte_view rest_;
  trace_record before_;
  std::uint32_t left_ = 0;
};

}  // namespace sluice::gateway

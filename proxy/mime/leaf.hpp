// The content of one part that is not a container: transfer decoding, charset, and what the kind of text asks for. One
// leaf exists at a time; the walker opens it, feeds it raw octets without the delimiter's line end, and finishes it.
#pragma once
#include <cstdint>
#include <span>
#include <variant>

#include "mime/calendar_reader.hpp"
#include "mime/charset.hpp"
#include "mime/handler.hpp"
#include "mime/html_reader.hpp"
#include "mime/part_header.hpp"
#include "mime/tnef_reader.hpp"
#include "mime/transfer.hpp"
#include "mime/uu_watch.hpp"
#include "mime/walker.hpp"

namespace sluice::mime {

// What leaves of one message share with the walker.
struct leaf_context {
  handler& out;
  const options& opts;
  charset_pool& pool;
  std::uint16_t& next_part;
  bool& text_seen;
};

class leaf final : private octet_sink, private html_sink, private uu_events, private tnef_events {
 public:
  leaf(const leaf_context& context, const part_header& header, std::uint64_t offset);
  void feed(byte_view raw);
  void finish();
  std::uint64_t decoded() const { return decoded_; }  // octets; estimated behind the sniff limit

 private:
  enum class stage : std::uint8_t { probe, decode, pass };

  void put(byte_view decoded) override;  // from the transfer decoder
  void html_text(text_kind, byte_view) override;
  void html_link(link::origin, byte_view target, byte_view shown, text_kind look) override;
  void html_drawn() override { report(anomaly::drawn_code); }
  void uu_begin(byte_view name, bool readable) override;
  void uu_octets(byte_view) override;
  void uu_end() override;
  void tnef_text(byte_view utf8) override;
  void tnef_hidden(byte_view utf8) override { context_.out.on_text(part_, text_kind::hidden, utf8); }
  void tnef_starved() override { report(anomaly::converter_exhausted); }
  void tnef_file(byte_view name) override { open_file(name, "tnef"); }
  void tnef_octets(byte_view octets) override { uu_octets(octets); }
  void tnef_file_end() override { uu_end(); }

  void open_file(byte_view name, byte_view encoding);

  void probe(byte_view& raw);
  void decide();
  void open_second_reading(transfer how);
  std::span<char> block();
  void read_both();
  uu_watch* watch();
  void decode(byte_view raw);
  void sniff(byte_view decoded);
  void text(byte_view utf8);
  void look_for_cr(byte_view raw);
  void report(anomaly a);
  void flaws();

  leaf_context context_;
  std::uint64_t offset_, decoded_ = 0, raw_ = 0, passed_from_ = 0;
  std::uint16_t part_, parent_;
  std::uint8_t depth_;
  body_kind kind_;
  stage stage_ = stage::decode;
  bool doubtful_, also_bytes_;
  bool last_cr_ = false;
  text_kind plain_kind_;
  std::uint32_t reported_ = 0;
  transfer_decoder decoder_;
  charset_decoder charset_;
  // Plain text that is read in two ways, and the raw octets of which neither reading has had its turn.
  struct read_twice {
    uu_watch watch;
    char raw[limits::two_readings_bytes];
  };
  std::variant<std::monostate, html_reader, calendar_reader, uu_watch, tnef_reader, read_twice> reader_;

  // The beginning of a part whose transfer encoding is in doubt; later what waits in block().
  std::uint16_t held_ = 0;
  char hold_[limits::encoding_probe_bytes];

  // A text that looks like base64 without being declared so is shown both ways. The readings take turns at fixed places,
  // so that what stands where does not depend on how the input is cut.
  std::uint16_t second_part_ = part_info::no_part;
  std::uint64_t second_decoded_ = 0;
  transfer_decoder second_;
  charset_decoder second_charset_;

  std::uint16_t file_part_ = part_info::no_part;  // a file inside of the text or of winmail.dat
  std::uint64_t file_decoded_ = 0;
};

}  // namespace sluice::mime

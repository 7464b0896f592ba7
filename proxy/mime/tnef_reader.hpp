// Reads Outlook's winmail.dat (TNEF, MS-OXTNEF) while it streams: the texts that Outlook shows (subject, body, HTML body as
// it is written, compressed RTF body) and the files inside, with their names. What is left out: the code page of 8-bit text
// (read as Latin-1). Called by the walker's leaf.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "mime/charset_pool.hpp"
#include "mime/rtf_reader.hpp"
#include "mime/rtf_unpacker.hpp"

namespace sluice::mime {

class tnef_events {
 public:
  virtual void tnef_text(byte_view utf8) = 0;
  virtual void tnef_hidden(byte_view utf8) = 0;  // what Outlook does not show, and targets of links
  virtual void tnef_starved() = 0;               // the RTF body is not read: no dictionary is free
  virtual void tnef_file(byte_view name) = 0;  // its octets follow
  virtual void tnef_octets(byte_view) = 0;
  virtual void tnef_file_end() = 0;

 protected:
  ~tnef_events() = default;
};

class tnef_reader {
 public:
  explicit tnef_reader(charset_pool& pool) : pool_(pool) {}
  ~tnef_reader() { pool_.give_back(dictionary_); }
  tnef_reader(const tnef_reader&) = delete;
  tnef_reader& operator=(const tnef_reader&) = delete;

  void feed(byte_view octets, tnef_events& out);
  void finish(tnef_events& out);
  bool broken() const { return state_ == state::broken; }

 private:
  enum class state : std::uint8_t { signature, header, data, checksum, broken };
  enum class content : std::uint8_t { skip, text, name, file, properties };
  // Of a property list (section 2.1.3.4): each step reads a number or a run of octets.
  enum class step : std::uint8_t { count, tag, guid, kind, named_id, named_length, named_text, value_count, value_length, value, padding, fixed, done };

  void header_ended(tnef_events& out);
  void data(byte_view, tnef_events& out);
  void data_ended(tnef_events& out);
  void properties(byte_view, tnef_events& out);
  void number_ended(tnef_events& out);
  void tag_ended();
  void next_step(step s, std::uint32_t octets);
  void value_begins();
  void value_ended(tnef_events& out);
  void put_narrow(byte_view, tnef_events& out);
  void put_wide(byte_view, tnef_events& out);
  void put_rtf(byte_view, tnef_events& out);
  void open_rtf(tnef_events& out);
  void close_rtf();

  charset_pool& pool_;
  rtf_dictionary* dictionary_ = nullptr;  // while an RTF body is read
  rtf_unpacker unpacker_;
  rtf_reader rtf_;
  state state_ = state::signature;
  content content_ = content::skip;
  step step_ = step::count;
  bool file_open_ = false, shown_ = false, wide_ = false;
  std::uint8_t filled_ = 0;       // octets of head_, or of the number being read
  unsigned char head_[9] = {};
  std::uint32_t left_ = 0;        // octets of this attribute's data, then of the checksum
  std::uint32_t step_left_ = 0;   // octets of this step
  std::uint32_t number_ = 0;      // little-endian, being read
  std::uint32_t values_ = 0;      // of a property that are still to come
  std::uint32_t properties_ = 0;  // of the list that are still to come
  std::uint16_t type_ = 0, id_ = 0;
  std::uint16_t unit_ = 0;        // UTF-16, half read
  std::uint16_t high_ = 0;        // a high surrogate that waits
  bool half_ = false;
  fixed_string<128> name_;
};

}  // namespace sluice::mime

// What an attachment is, by three witnesses: its declared media type, the endings of its name, and its first octets.
// Pure functions and a fixed buffer; they say what contradicts, message_inspector reports it (judge_parts.cpp).
#pragma once
#include <cstdint>

#include "core/bytes.hpp"
#include "core/text.hpp"
#include "inspect/limits.hpp"

namespace sluice::inspect {

// From `page` on, opening the file does something.
enum class file_kind : std::uint8_t { unknown, text, media, pdf, office, archive, page, disk, script, program };

struct file_name_kind {
  file_kind last = file_kind::unknown;    // of the ending that decides how it is opened
  file_kind before = file_kind::unknown;  // of the one before: "invoice.pdf.exe"
  bool reversed = false;                  // holds U+202E: "fdp.exe" is shown as "exe.pdf"
};
file_name_kind kind_of_name(byte_view name);
file_kind kind_of_type(byte_view media_type);  // lower-case

struct octets_kind {
  file_kind is = file_kind::unknown;
  bool encrypted = false;  // an archive or a CMS object that says so in its first octets
  bool signed_only = false;  // CMS signed-data
  file_name_kind inside;   // of the first file of a ZIP archive
};
octets_kind kind_of_octets(byte_view first);

// Points for what opens or runs with a click, and for looking like something else.
struct file_points {
  int executable = 0, disguised = 0;
};
file_points judge_file(file_kind declared, const file_name_kind& named, const octets_kind& found);

// The attachment being read: what was said about it, and its first octets as they come. Before the first part, `head` and
// `name` hold the name and the end of the address of Reply-To: memory that every session pays for.
struct file_watch {
  static constexpr std::uint16_t none = 0xFFFF;

  std::uint16_t part = none;
  file_kind declared = file_kind::unknown;
  file_name_kind named;
  bool sealed = false;  // S/MIME: encrypted unless its first octets say that it is only signed
  fixed_string<limits::file_name_bytes> name;  // its end
  fixed_string<limits::file_head_bytes> head;

  void begin(std::uint16_t index, byte_view media_type, byte_view file_name, byte_view other_name);
  // True when enough has been seen, once.
  bool feed(std::uint64_t offset, byte_view octets);
};

}  // namespace sluice::inspect

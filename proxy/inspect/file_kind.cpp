// See file_kind.hpp. The lists name what Windows, where mail is opened most, does with a double click.
#include "inspect/file_kind.hpp"

#include <algorithm>

#include "core/ascii.hpp"
#include "core/word_list.hpp"

namespace sluice::inspect {
namespace {

constexpr int program_points = 60;   // a tag; with a disguise more than the quarantine asks for
constexpr int script_points = 40;    // developers send each other scripts
constexpr int packed_points = 40;    // a program that is the first file of an archive
constexpr int disguised_points = 60;
constexpr int page_points = 40;      // a page in the name of a picture or a document
constexpr int page_ending_points = 30;
constexpr int archive_points = 25;
constexpr int reversed_points = 30;

// Endings behind the number of their kind.
constexpr byte_view by_ending =
    " \x01 txt log md"
    " \x02 png jpg jpeg jfif gif bmp webp heic tif tiff mp3 wav m4a ogg mp4 mov avi"
    " \x03 pdf"
    " \x04 doc docx docm dot dotx xls xlsx xlsm xlsb ppt pptx pptm pps ppsx odt ods odp rtf csv"
    " \x05 zip rar 7z gz tgz bz2 xz tar cab ace"
    " \x06 html htm xhtml shtml mht mhtml svg"
    " \x07 iso img vhd vhdx udf dmg"
    " \x08 js bat cmd ps1 reg url"
    " \x09 exe scr pif cpl dll ocx msi msp msix appx lnk jse vbs vbe wsf wsh wsc sct hta jar xll scf msc chm apk appref-ms"
    " library-ms search-ms settingcontent-ms ";
static_assert(static_cast<int>(file_kind::program) == 9);

// Beginnings: the number of the kind, the text, NUL.
using namespace std::string_view_literals;
constexpr byte_view by_type =
    "\x06" "image/svg\0" "\x06" "text/html\0" "\x06" "application/xhtml\0" "\x02" "image/\0" "\x02" "audio/\0" "\x02" "video/\0"
    "\x03" "application/pdf\0" "\x04" "application/msword\0" "\x04" "application/rtf\0" "\x04" "application/vnd.openxml\0"
    "\x04" "application/vnd.oasis\0" "\x04" "application/vnd.ms-excel\0" "\x04" "application/vnd.ms-powerpoint\0"
    "\x05" "application/zip\0" "\x05" "application/gzip\0" "\x01" "text/\0"sv;
constexpr byte_view by_octets =
    "\x09" "\x7f" "ELF\0" "\x09" "\xcf\xfa\xed\xfe\0" "\x03" "%PDF-\0" "\x02" "\x89PNG\0" "\x02" "\xff\xd8\xff\0" "\x02" "GIF8\0"
    "\x04" "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0" "\x04" "{\\rtf\0" "\x05" "PK\x03\x04\0" "\x05" "Rar!\x1a\x07\0"
    "\x05" "7z\xbc\xaf\x27\x1c\0" "\x05" "\x1f\x8b\x08\0" "\x05" "MSCF\0" "\x06" "<!doctype html\0" "\x06" "<html\0" "\x06" "<head\0"
    "\x06" "<body\0" "\x06" "<script\0" "\x06" "<svg\0" "\x06" "<meta\0" "\x06" "<iframe\0"sv;
constexpr byte_view shortcut = "L\0\0\0\x01\x14\x02\0"sv;

// RFC 5652, 5083: the object identifiers of CMS contents.
constexpr byte_view cms_enveloped = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";
constexpr byte_view cms_auth_enveloped = "\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17";
constexpr byte_view cms_signed = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

file_kind kind_of_ending(byte_view ending) {
  std::size_t at = find_word(by_ending, ending);
  if (at == byte_view::npos || ending.empty()) return file_kind::unknown;
  while (by_ending[at] >= ' ') --at;
  return static_cast<file_kind>(by_ending[at]);
}

file_kind kind_of_beginning(byte_view rows, byte_view text) {
  while (!rows.empty()) {
    const std::size_t end = rows.find('\0');
    if (ascii::istarts_with(text, rows.substr(1, end - 1))) return static_cast<file_kind>(rows[0]);
    rows.remove_prefix(end + 1);
  }
  return file_kind::unknown;
}

bool runs(file_kind k) { return k >= file_kind::disk; }
bool is_harmless(file_kind k) { return k >= file_kind::text && k <= file_kind::archive; }
bool is_viewed(file_kind k) { return k == file_kind::media || k == file_kind::pdf; }

std::size_t number(byte_view octets, std::size_t at) {
  return at + 1 < octets.size() ? static_cast<unsigned char>(octets[at]) | static_cast<std::size_t>(static_cast<unsigned char>(octets[at + 1])) << 8 : 0;
}

// APPNOTE 4.3.7: flags, lengths and name of the first file stand in front.
void look_into_zip(byte_view head, octets_kind& out) {
  out.encrypted = (number(head, 6) & 1) != 0;
  const std::size_t length = number(head, 26);
  if (head.size() > 30 && length > 0 && length <= head.size() - 30) out.inside = kind_of_name(head.substr(30, length));
}

}  // namespace

file_name_kind kind_of_name(byte_view name) {
  file_name_kind out;
  out.reversed = name.find("\xe2\x80\xae") != byte_view::npos;  // U+202E
  name.remove_prefix(name.find_last_of("/\\") + 1);
  // Windows drops dots and blanks at the end; blanks before the ending push it out of sight.
  const auto trimmed = [](byte_view text) {
    while (!text.empty() && (ascii::is_space(text.back()) || text.back() == '.' || text.back() == '"' || text.back() == '\0')) text.remove_suffix(1);
    return text;
  };
  name = trimmed(name);
  const std::size_t dot = name.rfind('.');
  if (dot == byte_view::npos) return out;
  out.last = kind_of_ending(name.substr(dot + 1));
  const byte_view rest = trimmed(name.substr(0, dot));
  const std::size_t second = rest.rfind('.');
  if (second != byte_view::npos) out.before = kind_of_ending(rest.substr(second + 1));
  // Host names end so, too: a program only when it follows another ending.
  if (out.before != file_kind::unknown && ascii::iequals(name.substr(dot + 1), "com")) out.last = file_kind::program;
  return out;
}

file_kind kind_of_type(byte_view media_type) { return kind_of_beginning(by_type, media_type); }

octets_kind kind_of_octets(byte_view first) {
  octets_kind out;
  if (first.starts_with("\xef\xbb\xbf")) first.remove_prefix(3);
  while (!first.empty() && ascii::is_space(first.front())) first.remove_prefix(1);
  if (first.empty()) return out;
  out.is = kind_of_beginning(by_octets, first);
  const auto holds = [first](byte_view id) { return first.substr(0, 24).find(id) != byte_view::npos; };
  if (out.is == file_kind::archive) {
    if (first[0] == 'P') look_into_zip(first, out);
    // A RAR archive whose list of files is encrypted: version 4 says so in the flags of its main block, 5 with a block of its own.
    if (first[0] == 'R') out.encrypted = first.size() > 13 && (first[6] == '\0' ? (first[10] & '\x80') != 0 : first[13] == '\x04');
  } else if (first.starts_with(shortcut) || (first.starts_with("MZ") && first.find('\0') != byte_view::npos)) {
    out.is = file_kind::program;
  } else if (first[0] == '0' || first[0] == '-') {
    out.encrypted = holds(cms_enveloped) || holds(cms_auth_enveloped) || first.starts_with("-----BEGIN PGP MESSAGE-----");
    out.signed_only = holds(cms_signed);
  }
  return out;
}

file_points judge_file(file_kind declared, const file_name_kind& named, const octets_kind& found) {
  file_points p;
  // What is a picture or a document whatever its name says does not run.
  const bool by_name = runs(named.last) && !is_harmless(found.is);
  const bool by_octets = runs(found.is);
  if (by_name || by_octets) {
    p.executable = by_octets || named.last == file_kind::program ? program_points : script_points;
    const bool covered = (by_octets && is_harmless(named.last)) || (by_name && is_harmless(named.before)) || named.reversed;
    if (covered || is_viewed(declared) || declared == file_kind::office) p.disguised = disguised_points;
    return p;
  }
  if (found.inside.last == file_kind::program) {
    p.executable = packed_points;
    if (is_harmless(found.inside.before) || found.inside.reversed) p.disguised = disguised_points;
  }
  const bool page = found.is == file_kind::page || (declared == file_kind::page && found.is == file_kind::unknown);
  if (page && (is_viewed(named.last) || named.last == file_kind::archive || is_viewed(declared))) {
    p.disguised = page_points;
  } else if (named.last == file_kind::page && (is_viewed(named.before) || named.before == file_kind::office)) {
    p.disguised = page_ending_points;
  } else if (found.is == file_kind::archive && is_viewed(named.last)) {
    p.disguised = archive_points;
  }
  if (named.reversed) p.disguised = std::max(p.disguised, reversed_points);
  return p;
}

void file_watch::begin(std::uint16_t index, byte_view media_type, byte_view file_name, byte_view other_name) {
  part = index;
  declared = kind_of_type(media_type);
  named = kind_of_name(file_name);
  sealed = false;
  head.clear();
  // Where clients choose different names, the worse one counts.
  if (!other_name.empty()) {
    const file_name_kind other = kind_of_name(other_name);
    if (other.last > named.last) {
      named = other;
      file_name = other_name;
    }
  }
  if (file_name.size() > name.capacity()) {
    file_name.remove_prefix(file_name.size() - name.capacity());
    while (!file_name.empty() && (file_name.front() & '\xc0') == '\x80') file_name.remove_prefix(1);
  }
  assign_cut(name, file_name);
}

bool file_watch::feed(std::uint64_t offset, byte_view octets) {
  const std::size_t room = head.capacity() - head.size();
  if (room == 0 || offset != head.size()) return false;
  const std::size_t n = std::min(room, octets.size());
  head.append(octets.data(), n);
  return n == room;
}

}  // namespace sluice::inspect

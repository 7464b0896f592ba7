// Judges the parts of a message apart from their text: attachments by what they truly are, calendar entries by their fields,
// what cannot be read because it is encrypted or broken, what is hidden, and where mail clients disagree. Part of
// message_inspector.
#include <algorithm>

#include "core/ascii.hpp"
#include "core/word_list.hpp"
#include "inspect/message_inspector.hpp"
#include "inspect/rules.hpp"

namespace sluice::inspect {
namespace {

constexpr int calendar_percent = 60;  // of an entry that no known sender sent, and of its description
constexpr int ambiguous_points = 10;
constexpr int hidden_points = 10;
constexpr std::uint32_t hidden_least = 2000;  // octets; newsletters hide a preview and what only phones show

byte_view name_of(file_kind k) {
  static constexpr char names[][12] = {"", "text", "media", "PDF", "office file", "archive", "page", "disk image", "script", "program"};
  return names[static_cast<std::size_t>(k)];
}

}  // namespace

void message_inspector::on_part_begin(const mime::part_info& part) {
  const byte_view type = view(part.type), name = view(part.file_name);
  const bool marked = ascii::iequals(view(part.disposition), "attachment");
  if (marked || !name.empty()) ++facts_.attachments;
  if (marked) body_.attached_part = part.index;
  if (type == "multipart/encrypted" || type == "application/pgp-encrypted") found_.not_scanned(unscanned::encrypted);
  if (profile_ != nullptr) {
    for (byte_view one : {name, view(part.other_name)})
      if (!one.empty()) judge_calm(one, slot_type::file, "file-name", place::attachment, part.index, 100);
  }
  if (part.reading_of != mime::part_info::no_part) return;
  judge_file();  // the one that this one is inside of
  if (type.starts_with("multipart/") || type.starts_with("message/")) return;
  file_.begin(part.index, type, name, view(part.other_name));
  file_.sealed = type.find("pkcs7-mime") != byte_view::npos || (name.size() > 4 && ascii::iequals(name.substr(name.size() - 4), ".p7m"));
}

void message_inspector::on_bytes(std::uint16_t part, std::uint64_t offset, byte_view octets) {
  if (part == file_.part && file_.feed(offset, octets)) judge_file();
}

void message_inspector::judge_file() {
  if (file_.part == file_watch::none) return;
  const octets_kind found = kind_of_octets(view(file_.head));
  if (found.encrypted || (file_.sealed && !found.signed_only)) found_.not_scanned(unscanned::encrypted);
  const file_points points = inspect::judge_file(file_.declared, file_.named, found);
  if (points.executable + points.disguised > 0) {
    fixed_string<limits::file_name_bytes + 40> words;
    append_cut(words, view(file_.name));
    append_cut(words, " (");
    append_cut(words, name_of(found.is != file_kind::unknown ? found.is : file_.named.last != file_kind::unknown ? file_.named.last : file_.declared));
    append_cut(words, ")");
    const finding_text note{place::attachment, file_.part, 0, 0, {}, view(words)};
    if (points.executable > 0) add_finding(found_, rule::file_executable, points.executable, note);
    if (points.disguised > 0) add_finding(found_, rule::file_disguised, points.disguised, note);
  }
  file_.part = file_watch::none;
}

// RFC 4880 section 6.2, in the text itself.
void message_inspector::note_encrypted_text(byte_view text) {
  const std::size_t at = text.find("-----BEGIN PGP MESSAGE-----");
  if (at != byte_view::npos && (at == 0 || text[at - 1] == '\n')) found_.not_scanned(unscanned::encrypted);
}

void message_inspector::on_anomaly(std::uint16_t part, mime::anomaly what, std::uint64_t) {
  if (mime::is_ambiguity(what) && !body_.ambiguous) {
    body_.ambiguous = true;
    body_.ambiguity = what;
    body_.ambiguous_part = part;
  }
  switch (what) {
    case mime::anomaly::depth_exceeded:
    case mime::anomaly::parts_exceeded:
    case mime::anomaly::partial_message: found_.not_scanned(unscanned::broken_mime); break;
    case mime::anomaly::drawn_code: body_.drawn_cells = true; break;
    case mime::anomaly::converter_exhausted: found_.not_scanned(unscanned::budget); break;
    default: break;
  }
}

// A slot whose single words say nothing: only what is suspicious as a whole counts.
void message_inspector::judge_calm(byte_view text, slot_type type, byte_view slot, place where, std::uint16_t part, int percent) {
  findings local;
  if (judge_slot(text, type, slot, *rules_, who(), where, local, percent).verdict == slot_verdict::clean) return;
  for (const finding& f : local.list) add_finding(found_, rule_named(f.rule), f.weight, {where, part, 0, 0, slot, view(f.words), f.text_id});
}

// What somebody wrote into a calendar entry are slots whoever sends it: calendars show it without the mail around it.
void message_inspector::judge_calendar(byte_view text, std::uint16_t part) {
  static constexpr char slots[][12] = {"summary", "location", "description", "attendee", "calendar"};
  static constexpr byte_view labels = " SUMMARY LOCATION DESCRIPTION ATTENDEE X-WR-CALNAME ";
  static constexpr slot_type types[] = {slot_type::title, slot_type::title, slot_type::memo, slot_type::name, slot_type::title};
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const byte_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = line.find(':');
    if (colon == byte_view::npos) continue;
    const std::size_t at = find_word(labels, line.substr(0, colon));
    if (at == byte_view::npos) continue;
    const auto index = static_cast<std::size_t>(std::count(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(at), ' ') - 1);
    const slot_type type = types[index];
    const byte_view value = ascii::trim(line.substr(colon + 1));
    const bool bare = type == slot_type::name && value.find('@') != byte_view::npos && value.find(' ') == byte_view::npos;
    if (bare) continue;  // an attendee whose name is his address
    // A description is text like the mail's own; an outsider's only where a known service carries it.
    if (type == slot_type::memo && profile_ == nullptr) continue;
    judge_calm(value, type, slots[index], place::text, part, profile_ != nullptr && type != slot_type::memo ? 100 : calendar_percent);
  }
}

// What supports other findings and decides nothing alone.
void message_inspector::judge_structure() {
  if (body_.ambiguous) add_finding(found_, rule::mime_ambiguous, ambiguous_points, {place::structure, body_.ambiguous_part, 0, 0, {}, mime::name_of(body_.ambiguity)});
  if (body_.hidden >= hidden_least && body_.hidden / 2 > body_.visible) {
    add_finding(found_, rule::text_hidden, hidden_points, {place::html, 0, 0, 0, {}, {}});
  }
}

}  // namespace sluice::inspect

#include "mime/part_header.hpp"

#include <array>

#include "core/ascii.hpp"
#include "mime/charset.hpp"
#include "mime/params.hpp"

namespace sluice::mime {
namespace {

struct encoding_name {
  byte_view name;
  transfer how;
};
constexpr auto encodings = std::to_array<encoding_name>({
    {"7bit", transfer::identity}, {"8bit", transfer::identity}, {"binary", transfer::identity},
    {"base64", transfer::base64}, {"quoted-printable", transfer::quoted_printable},
    {"x-uuencode", transfer::uuencode}, {"uuencode", transfer::uuencode}, {"x-uue", transfer::uuencode},
    {"uue", transfer::uuencode}, {"x-uu", transfer::uuencode}, {"7-bit", transfer::identity}, {"8-bit", transfer::identity},
    {"7bits", transfer::identity}, {"8bits", transfer::identity}, {"none", transfer::identity},
});

const encoding_name* find_encoding(byte_view name) {
  for (const encoding_name& e : encodings)
    if (ascii::iequals(e.name, name)) return &e;
  return nullptr;
}

// Clients that differ about a name in front of the same extension show the same kind of file.
bool same_extension(byte_view a, byte_view b) {
  const auto extension = [](byte_view name) {
    const std::size_t dot = name.rfind('.');
    return dot == byte_view::npos ? byte_view{} : name.substr(dot);
  };
  return !extension(a).empty() && ascii::iequals(extension(a), extension(b));
}

std::uint64_t hash_of(byte_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(ascii::lower(c))) * 0x100000001b3u;
  return hash;
}

bool ends_in(byte_view name, byte_view extension) {
  return name.size() > extension.size() && ascii::iequals(name.substr(name.size() - extension.size()), extension);
}

bool token_char(char c) {
  return ascii::is_alnum(c) || static_cast<unsigned char>(c) >= 0x80 || byte_view("!#$%&'*+-.^_`|~/").find(c) != byte_view::npos;
}

// Lower case, without what is not part of a media type. False when something had to go.
bool clean_type(fixed_string<80>& type) {
  fixed_string<80> out;
  for (const char c : type)
    if (token_char(c)) out.push_back(c);
  const bool same = out == type;
  type = out;
  return same;
}

}  // namespace

void part_header::clear() { *this = part_header{}; }

void part_header::take(const raw_field& field, charset_pool& pool) {
  if (field.name.empty()) {
    flag(anomaly::bad_header_line);
    return;
  }
  for (const char c : field.value)
    if (static_cast<unsigned char>(c) >= 0x80) {
      flag(anomaly::non_ascii_header);
      break;
    }
  if (field.bare_cr) flag(anomaly::bare_cr);
  if (field.cut) flag(anomaly::field_cut);
  const bool type = ascii::iequals(field.name, "content-type"), encoding = ascii::iequals(field.name, "content-transfer-encoding");
  const bool disposition = ascii::iequals(field.name, "content-disposition");
  if (type) take_type(field.value, pool);
  if (encoding) take_encoding(field.value);
  if (disposition) take_disposition(field.value, pool);
  if (!(field.odd || field.cut)) return;
  if (type) flag(anomaly::ambiguous_type);
  if (encoding) flag(anomaly::ambiguous_encoding), doubtful_encoding = true;
  if (disposition) flag(anomaly::ambiguous_name);
}

void part_header::take_type(byte_view value, charset_pool& pool) {
  field_head head = read_head(value);
  bool odd = !clean_type(head.token) || head.odd;
  const std::size_t slash = view(head.token).find('/');
  if (slash == byte_view::npos || slash == 0) {
    // "text" is RFC 1049; anything else that is no media type is shown as text by some clients only.
    odd = odd || !ascii::iequals(view(head.token), "text");
    assign_cut(head.token, "text/plain");
  }
  const bool multipart = head.token.starts_with("multipart/");
  boundary_set set;
  const boundary_readings readings = read_boundary(value, set, pool);
  if (multipart && readings.ambiguous) flag(anomaly::ambiguous_boundary);
  if (readings.too_long) flag(anomaly::boundary_too_long);
  if (typed) {
    flag(anomaly::duplicate_field);
    if (hash_of(value) != type_hash_) odd = true;
    const bool was_multipart = info.type.starts_with("multipart/");
    if (multipart && !was_multipart) info.type = head.token;
    else if (!was_multipart && head.token == "text/html") info.type = head.token;
  } else {
    info.type = head.token;
    type_hash_ = hash_of(value);
  }
  typed = true;
  boundaries.merge(set);
  if (odd) flag(anomaly::ambiguous_type);
  const param_value charset_name = read_param(value, "charset", pool);
  if (charset_name.found && info.charset.empty())
    for (const char c : view(charset_name.text))
      if (info.charset.size() < info.charset.capacity()) info.charset.push_back(ascii::lower(c));
  take_name(value, "name", pool);
}

void part_header::take_encoding(byte_view value) {
  if (encoded_) flag(anomaly::duplicate_field);
  const encoding_name* found = find_encoding(value);
  if (!found && !value.empty()) {
    // Not a clean token: take the first word that is one, and look at the content.
    doubtful_encoding = true;
    std::size_t begin = 0;
    while (begin < value.size() && !found) {
      const std::size_t end = std::min(value.find_first_of(" \t,;()\"'", begin), value.size());
      if (end > begin) found = find_encoding(value.substr(begin, end - begin));
      begin = end + 1;
    }
    flag(found ? anomaly::ambiguous_encoding : anomaly::unknown_encoding);
  }
  const transfer how_now = found ? found->how : transfer::identity;
  if (encoded_ && (how_now != how || value.empty())) {
    flag(anomaly::ambiguous_encoding);
    doubtful_encoding = true;
    if (how != transfer::identity) return;
  }
  how = how_now;
  encoded_ = encoded_ || !value.empty() || doubtful_encoding;
  if (value.empty()) flag(anomaly::ambiguous_encoding), doubtful_encoding = encoded_ = true;
  info.encoding.clear();
  for (const char c : found ? found->name : value.substr(0, info.encoding.capacity())) info.encoding.push_back(ascii::lower(c));
}

void part_header::take_disposition(byte_view value, charset_pool& pool) {
  const field_head head = read_head(value);
  if (disposed_) flag(anomaly::duplicate_field);
  if (!disposed_) assign_cut(info.disposition, view(head.token));
  disposed_ = true;
  take_name(value, "filename", pool);
}

void part_header::take_name(byte_view value, byte_view parameter, charset_pool& pool) {
  const param_value name = read_param(value, parameter, pool);
  add_name(name.text);
  add_name(name.other);
  const bool harmless = !name.other.empty() && same_extension(view(name.text), view(name.other));
  if (name.odd && !harmless) flag(anomaly::ambiguous_name);
}

void part_header::add_name(const fixed_string<256>& name) {
  if (name.empty() || name == info.file_name) return;
  if (info.file_name.empty()) {
    info.file_name = name;
    return;
  }
  if (info.other_name.empty()) info.other_name = name;
  if (!same_extension(view(name), view(info.file_name))) flag(anomaly::ambiguous_name);
}

void part_header::finish(bool message_default) {
  if (!typed) assign_cut(info.type, message_default ? "message/rfc822" : "text/plain");
  digest = info.type == "multipart/digest";
  choose_kind();
  const bool container = kind == body_kind::multipart || kind == body_kind::message;
  if (kind == body_kind::multipart && boundaries.empty()) flag(anomaly::boundary_missing);
  if (kind == body_kind::multipart && how != transfer::identity) flag(anomaly::ambiguous_encoding);
  if (!container && !find_charset(view(info.charset)).known && kind != body_kind::bytes && kind != body_kind::tnef) flag(anomaly::unknown_charset);
}

void part_header::choose_kind() {
  const byte_view type = view(info.type), name = view(info.file_name);
  const auto under = [&](byte_view prefix) { return type.starts_with(prefix); };
  if (under("multipart/")) {
    kind = body_kind::multipart;
  } else if (type == "message/rfc822" || type == "message/global" || type == "message/news") {
    kind = body_kind::message;
  } else if (type == "message/partial") {
    flag(anomaly::partial_message);
    kind = body_kind::message;
  } else if (type == "text/html" || type == "application/xhtml+xml" || type == "text/x-amp-html" || type == "text/enriched" ||
             type == "text/richtext") {
    kind = body_kind::html;
  } else if (type == "text/calendar" || type == "application/ics" || type == "text/x-vcalendar") {
    kind = body_kind::calendar;
  } else if (under("text/") || under("message/")) {
    kind = body_kind::text;
  } else if (type == "image/svg+xml" || ends_in(name, ".html") || ends_in(name, ".htm") || ends_in(name, ".xhtml") ||
             ends_in(name, ".shtml") || ends_in(name, ".svg")) {
    kind = body_kind::html;  // opened in a browser with a click
    also_bytes = true;
  } else if (type == "application/ms-tnef" || type == "application/vnd.ms-tnef" || ends_in(name, "winmail.dat")) {
    kind = body_kind::tnef;
    also_bytes = true;
    flag(anomaly::tnef);
  } else if (ends_in(name, ".ics") || ends_in(name, ".vcs")) {
    kind = body_kind::calendar;
    also_bytes = true;
  } else if (!boundaries.empty() && !under("application/") && !under("image/") && !under("audio/") && !under("video/")) {
    kind = body_kind::multipart;  // an unknown type with a boundary
    flag(anomaly::ambiguous_type);
  } else {
    kind = body_kind::bytes;
  }
}

}  // namespace sluice::mime

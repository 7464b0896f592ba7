// The file of the lists, and one entry as JSON. See list_store.hpp.
#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <ctime>

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "firmware/gateway/records/list_store.hpp"
#include "firmware/gateway/rfc3339.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

namespace json_lib = boost::json;
constexpr std::size_t piece_octets = 4096;   // written and read at a time
constexpr std::size_t line_octets_max = 2048;
constexpr std::int64_t day_s = 86400, longest_days = 3660;
constexpr std::string_view first_line = "sluice lists 1\n";

std::uint64_t checksum(std::uint64_t h, std::string_view text) {
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}
constexpr std::uint64_t checksum_start = 0xcbf29ce484222325ULL;

std::string path_of(const std::string& directory) { return concat(directory, "/lists"); }

// Writes pieces of fixed size, so that a long list takes no memory.
struct piece_writer {
  hal::files& files;
  int fd;
  std::string piece{};
  std::uint64_t at = 0, sum = checksum_start;
  int error = 0;

  void put(std::string_view text) {
    sum = checksum(sum, text);
    piece += text;
    if (piece.size() >= piece_octets) flush();
  }
  void flush() {
    if (error == 0 && !piece.empty()) error = files.write(fd, at, piece.data(), piece.size());
    at += piece.size();
    piece.clear();
  }
};

std::string text(const json_lib::object& o, const char* key) {
  const json_lib::value* v = o.if_contains(key);
  return v != nullptr && v->is_string() ? std::string(v->as_string().data(), v->as_string().size()) : std::string();
}

std::string iso(std::int64_t unix_seconds) {
  std::string out = status::utc(unix_seconds);
  if (const std::size_t blank = out.find(' '); blank != std::string::npos) out[blank] = 'T';
  return out;
}

bool read_expiry(const json_lib::object& o, std::int64_t now, std::int64_t& out, std::string& why) {
  if (const json_lib::value* days = o.if_contains("days"); days != nullptr && !days->is_null()) {
    if (!days->is_int64() || days->as_int64() < 0 || days->as_int64() > longest_days) {
      why = "\"days\" is 0 (for ever) to 3660";
      return false;
    }
    out = days->as_int64() == 0 ? 0 : now + days->as_int64() * day_s;
    return true;
  }
  const std::string told = text(o, "expires");
  if (told.empty()) return true;
  if (parse_rfc3339(told, out)) return true;
  why = "\"expires\" is a time such as 2026-12-31T00:00:00Z";
  return false;
}

bool read_exception(const json_lib::object& o, policy::list_entry& out, std::string& why) {
  out.rule = text(o, "rule");
  out.profile = text(o, "profile");
  const std::string id = text(o, "text_id"), skeleton = text(o, "skeleton"), words = text(o, "text");
  if (!id.empty() && !inspect::parse_id(id, out.text_id)) return why = "\"text_id\" is 16 hexadecimal digits", false;
  if (!skeleton.empty() && !inspect::parse_skeleton(skeleton, out.skeleton)) return why = "\"skeleton\" is 64 hexadecimal digits", false;
  if (id.empty() && skeleton.empty() && !words.empty()) out.text_id = inspect::text_id(words);
  out.text = words.substr(0, policy::list_text_octets);
  while (!out.text.empty() && words.size() > out.text.size() && (static_cast<unsigned char>(words[out.text.size()]) & 0xC0) == 0x80) out.text.pop_back();
  return true;
}

bool read_line(std::string_view line, std::int64_t now, policy::list_table& table) {
  policy::list_entry e;
  std::string why;
  if (!list_from_json(line, now, e, why) || !policy::normalise(e)) return false;
  if (e.expires != 0 && e.expires <= now) return true;
  const policy::list_fault fault = table.add(e);
  return fault == policy::list_fault::none || fault == policy::list_fault::full || fault == policy::list_fault::known;
}

}  // namespace

std::string list_json(const policy::list_entry& e) {
  using status::json;
  std::string out = concat("{\"id\":", json(e.id), ",\"kind\":", json(name_of(e.kind)), ",\"subject\":", json(name_of(e.subject)), ",\"what\":", json(e.what));
  if (!e.rule.empty()) append_to(out, ",\"rule\":", json(e.rule));
  if (!e.profile.empty()) append_to(out, ",\"profile\":", json(e.profile));
  if (e.text_id != 0) append_to(out, ",\"text_id\":", json(sluice::view(inspect::text_of_id(e.text_id))));
  if (!e.skeleton.empty()) append_to(out, ",\"skeleton\":", json(sluice::view(inspect::text_of_skeleton(e.skeleton))));
  if (!e.text.empty()) append_to(out, ",\"text\":", json(e.text));
  return concat(out, ",\"created\":", json(iso(e.created)), ",\"expires\":", (e.expires == 0 ? "null" : json(iso(e.expires))), ",\"note\":", json(e.note),
         ",\"who\":", json(e.who), ",\"hits\":", std::to_string(e.hits), "}");
}

bool list_from_json(std::string_view line, std::int64_t now, policy::list_entry& out, std::string& why) {
  boost::system::error_code ec;
  json_lib::parse_options options;
  options.max_depth = 3;
  const json_lib::value v = json_lib::parse(line, ec, {}, options);
  if (ec || !v.is_object()) return why = "a JSON object is expected", false;
  const json_lib::object& o = v.as_object();
  const auto kind = policy::list_kind_named(text(o, "kind"));
  if (!kind) return why = "\"kind\" is block, allow or exception", false;
  const std::string subject_text = text(o, "subject");
  const auto subject = policy::list_subject_named(subject_text.empty() && *kind == policy::list_kind::exception ? "recipient" : subject_text);
  if (!subject) return why = "\"subject\" is address, domain, network or recipient", false;
  out.id = text(o, "id").substr(0, policy::list_id_octets);
  out.kind = *kind;
  out.subject = *subject;
  out.what = text(o, "what");
  out.note = text(o, "note");
  out.who = text(o, "who");
  if (const std::string made = text(o, "created"); made.empty() || !parse_rfc3339(made, out.created)) out.created = now;
  if (const json_lib::value* hits = o.if_contains("hits"); hits != nullptr && hits->is_int64() && hits->as_int64() > 0)
    out.hits = static_cast<std::uint32_t>(std::min<std::int64_t>(hits->as_int64(), UINT32_MAX));
  return read_expiry(o, now, out.expires, why) && (*kind != policy::list_kind::exception || read_exception(o, out, why));
}

list_file_state load_lists(hal::files& files, const std::string& directory, net::lists& out, std::int64_t now) {
  int fd = -1;
  const int error = files.open(path_of(directory).c_str(), fd);
  if (error == ENOENT) return list_file_state::missing;
  if (error != 0) return list_file_state::unreadable;
  std::string rest;
  std::array<char, piece_octets> piece;
  std::uint64_t at = 0, sum = checksum_start;
  bool good = true, first = true, ended = false;
  for (std::size_t got = 1; good && got > 0; at += got) {
    good = files.read(fd, at, piece.data(), piece.size(), got) == 0;
    if (!good) break;
    rest.append(piece.data(), got);
    for (std::size_t end; good && !ended && (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1)) {
      const std::string_view line = std::string_view(rest).substr(0, end + 1);
      if (line.starts_with("end ")) {
        ended = true;
        good = line == concat("end ", std::to_string(sum), "\n");
        continue;
      }
      sum = checksum(sum, line);
      good = first ? line == first_line : out.with([&](policy::list_table& t) { return read_line(line, now, t); });
      first = false;
    }
    good = good && rest.size() <= line_octets_max + piece_octets;
  }
  files.close(fd);
  return good && ended ? list_file_state::good : list_file_state::damaged;
}

int save_lists(hal::files& files, const std::string& directory, net::lists& from) {
  const std::string path = path_of(directory), next = concat(path, ".new");
  int fd = -1;
  files.remove(next.c_str());
  int error = files.create(next.c_str(), fd);
  if (error != 0) return error;
  piece_writer out{files, fd};
  out.put(first_line);
  std::uint64_t after = 0;
  for (;;) {
    const auto e = from.with([&](policy::list_table& t) { return t.next(after); });
    if (!e || out.error != 0) break;
    out.put(concat(list_json(*e), "\n"));
  }
  out.put(concat("end ", std::to_string(out.sum), "\n"));
  out.flush();
  error = out.error;
  if (error == 0) error = files.sync(fd);
  const int closed = files.close(fd);
  if (error == 0) error = closed;
  if (error == 0) error = files.rename(next.c_str(), path.c_str());
  if (error == 0) error = files.sync_directory(directory.c_str());
  if (error != 0) files.remove(next.c_str());
  return error;
}

}  // namespace sluice::gateway

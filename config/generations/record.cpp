#include "config/generations/record.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace sluice::config::generations {
namespace {

constexpr std::string_view head = "sluice-generations 1\n", foot = "check ";
constexpr std::array<std::string_view, 5> way_names{"file", "api", "page", "shell", "pull"};
constexpr std::array<std::string_view, 7> result_names{"trying", "confirmed", "not-applied", "not-proven", "no-confirm", "taken-back", "interrupted"};
constexpr std::string_view digits = "0123456789abcdef";

// FNV-1a: against a medium that forgets, not against people.
std::string checksum(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::string out(16, '0');
  for (std::size_t i = 0; i < 16; ++i) out[i] = digits[(h >> (60 - 4 * i)) & 15];
  return out;
}

// One word: '%', blanks and what is not printable ASCII as %xx; "-" for nothing.
std::string word(std::string_view text, std::size_t most) {
  std::string out;
  for (const char c : text.substr(0, most)) {
    const auto u = static_cast<unsigned char>(c);
    if (u > ' ' && u < 0x7f && c != '%') out += c;
    else (out += '%') += {digits[u >> 4], digits[u & 15]};
  }
  if (out == "-") return "%2d";
  return out.empty() ? "-" : out;
}

std::optional<std::string> unword(std::string_view text) {
  if (text == "-") return "";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return {};
    const std::size_t high = digits.find(text[i + 1]), low = digits.find(text[i + 2]);
    if (high == digits.npos || low == digits.npos) return {};
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

class words {
 public:
  explicit words(std::string_view line) : rest_(line) {}
  std::string_view next() {
    const std::size_t end = std::min(rest_.find(' '), rest_.size());
    const std::string_view out = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    good_ = good_ && !out.empty();
    return out;
  }
  template <class Number>
  void number(Number& out) {
    const std::string_view t = next();
    const auto [end, ec] = std::from_chars(t.data(), t.data() + t.size(), out);
    good_ = good_ && ec == std::errc{} && end == t.data() + t.size();
  }
  void text(std::string& out, std::size_t most) {
    auto t = unword(next());
    good_ = good_ && t.has_value() && t->size() <= most;
    if (t) out = std::move(*t);
  }
  template <class Enum, std::size_t N>
  void name(Enum& out, const std::array<std::string_view, N>& names) {
    const auto at = std::ranges::find(names, next());
    good_ = good_ && at != names.end();
    if (at != names.end()) out = static_cast<Enum>(at - names.begin());
  }
  bool finished() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

std::string line_of(const entry& e) {
  const std::int64_t ended = e.what == result::trying ? e.at_start_within_s : e.ended;
  std::string out = "entry";
  for (const std::uint64_t n : {e.number, e.before, e.serial, e.octets}) out += " " + std::to_string(n);
  out += " " + std::to_string(e.taken) + " " + std::to_string(ended) + " " + std::string(name_of(e.from)) + " " + std::string(name_of(e.what));
  return out + " " + word(e.hash, 64) + " " + word(e.who, most_name_octets) + " " + word(e.by, most_name_octets) + " " + word(e.why, most_reason_octets) + "\n";
}

bool read_entry(words w, entry& e) {
  w.number(e.number);
  w.number(e.before);
  w.number(e.serial);
  w.number(e.octets);
  w.number(e.taken);
  w.number(e.ended);
  w.name(e.from, way_names);
  w.name(e.what, result_names);
  w.text(e.hash, 64);
  w.text(e.who, most_name_octets);
  w.text(e.by, most_name_octets);
  w.text(e.why, most_reason_octets);
  if (e.what == result::trying) std::swap(e.ended, e.at_start_within_s);
  return w.finished();
}

bool is_consistent(const record& r) {
  std::uint64_t last = 0;
  for (const entry& e : r.entries) {
    if (e.number <= last || e.number >= r.next) return false;
    last = e.number;
  }
  const entry* confirmed = r.find(r.confirmed);
  const entry* candidate = r.find(r.candidate);
  return (r.confirmed == 0 || (confirmed != nullptr && confirmed->what == result::confirmed)) &&
         (r.candidate == 0 || (candidate != nullptr && candidate->what == result::trying)) && r.entries.size() <= most_entries;
}

}  // namespace

std::string_view name_of(way w) { return way_names[static_cast<std::size_t>(w)]; }
std::string_view name_of(result r) { return result_names[static_cast<std::size_t>(r)]; }

const entry* record::find(std::uint64_t number) const {
  const auto at = std::ranges::find(entries, number, &entry::number);
  return at == entries.end() ? nullptr : &*at;
}
entry* record::find(std::uint64_t number) { return const_cast<entry*>(std::as_const(*this).find(number)); }

std::string text_of(const record& r) {
  std::string out(head);
  out += "next " + std::to_string(r.next) + "\nconfirmed " + std::to_string(r.confirmed) + "\ncandidate " + std::to_string(r.candidate) +
         "\nserial " + std::to_string(r.serial) + "\nfile " + word(r.file_hash, 64) + "\n";
  for (const entry& e : r.entries) out += line_of(e);
  return out + std::string(foot) + checksum(out) + "\n";
}

std::optional<record> record_from(std::string_view text) {
  const std::size_t last = text.rfind(foot);
  if (!text.starts_with(head) || last == text.npos || text.substr(last) != std::string(foot) + checksum(text.substr(0, last)) + "\n") return {};
  text = text.substr(head.size(), last - head.size());
  record r;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return {};
    words w(text.substr(0, end));
    text.remove_prefix(end + 1);
    const std::string_view key = w.next();
    if (key == "entry") {
      if (!read_entry(w, r.entries.emplace_back())) return {};
      continue;
    }
    if (key == "next") w.number(r.next);
    else if (key == "confirmed") w.number(r.confirmed);
    else if (key == "candidate") w.number(r.candidate);
    else if (key == "serial") w.number(r.serial);
    else if (key == "file") w.text(r.file_hash, 64);
    else return {};
    if (!w.finished()) return {};
  }
  if (!is_consistent(r)) return {};
  return r;
}

}  // namespace sluice::config::generations

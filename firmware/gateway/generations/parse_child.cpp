#include "firmware/gateway/generations/parse_child.hpp"

#include <charconv>

#include "config/toml_reader.hpp"

namespace sluice::gateway {
namespace {

// "5:hello": the form of every text in the answer; numbers are texts, too.
void put(std::string& out, std::string_view text) { (out += std::to_string(text.size()) + ":") += text; }

class answer_reader {
 public:
  explicit answer_reader(std::string_view text) : rest_(text) {}
  bool at_end() const { return rest_.empty(); }

  bool text(std::string& out) {
    std::size_t n = 0;
    const auto [end, ec] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), n);
    if (ec != std::errc{} || end == rest_.data() + rest_.size() || *end != ':') return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()) + 1);
    if (n > rest_.size()) return false;
    out.assign(rest_.substr(0, n));
    rest_.remove_prefix(n);
    return true;
  }

  bool number(std::uint32_t& out) {
    std::string t;
    if (!text(t)) return false;
    const auto [end, ec] = std::from_chars(t.data(), t.data() + t.size(), out);
    return ec == std::errc{} && end == t.data() + t.size();
  }

 private:
  std::string_view rest_;
};

}  // namespace

std::string parse_in_child(std::string_view toml) {
  std::string out;
  const std::vector<config::problem> found = config::read_toml(toml).problems;
  if (!found.empty()) put(out, std::to_string(found.size()));  // an answer that was cut off is told from a shorter one
  for (const config::problem& p : found) {
    put(out, std::to_string(p.at.line));
    put(out, std::to_string(p.at.column));
    put(out, p.is_note ? "1" : "0");
    put(out, p.key);
    put(out, p.what);
    put(out, p.remedy);
  }
  return out;
}

std::optional<std::vector<config::problem>> problems_from(std::string_view answer) {
  std::vector<config::problem> out;
  answer_reader in(answer);
  if (in.at_end()) return out;
  std::uint32_t left = 0;
  if (!in.number(left) || left == 0 || left > config::max_problems + 1) return {};
  for (; left > 0; --left) {
    config::problem& p = out.emplace_back();
    std::uint32_t note = 0;
    if (!in.number(p.at.line) || !in.number(p.at.column) || !in.number(note) || !in.text(p.key) ||
        !in.text(p.what) || !in.text(p.remedy))
      return {};
    p.is_note = note == 1;
  }
  if (!in.at_end()) return {};
  return out;
}

}  // namespace sluice::gateway

#include "mime/uu_watch.hpp"

#include <algorithm>
#include <cstring>

#include "core/ascii.hpp"

namespace sluice::mime {
namespace {

class octets_to_events final : public octet_sink {
 public:
  explicit octets_to_events(uu_events& out) : out_(out) {}
  void put(byte_view octets) override { out_.uu_octets(octets); }

 private:
  uu_events& out_;
};

// The name in "begin 644 name" or "=ybegin ... name=", empty when it is neither.
byte_view file_name(byte_view line) {
  if (line.starts_with("=ybegin ")) {
    const std::size_t at = line.find("name=");
    return at == byte_view::npos ? byte_view{} : line.substr(at + 5);
  }
  if (!line.starts_with("begin ")) return {};
  line = line.substr(6);
  std::size_t digits = 0;
  while (digits < line.size() && line[digits] >= '0' && line[digits] <= '7') ++digits;
  if (digits < 3 || digits > 4 || digits >= line.size() || line[digits] != ' ') return {};
  return ascii::trim(line.substr(digits));
}

// Of a line: "begin ...", "=ybegin ...".
bool may_begin_a_file(char first) { return first == 'b' || first == '='; }

}  // namespace

void uu_watch::start() {
  state_ = state::line_start;
  size_ = 0;
}

std::size_t uu_watch::undisturbed(byte_view text) const {
  bool looked_at = state_ == state::begin_line || state_ == state::data;
  bool fresh = state_ == state::line_start;
  for (std::size_t begin = 0; begin < text.size();) {
    looked_at = looked_at || (fresh && may_begin_a_file(text[begin]));
    const std::size_t end = text.find('\n', begin);
    if (end == byte_view::npos) break;
    if (looked_at) return end + 1;
    begin = end + 1;
    fresh = true;
  }
  return text.size();
}

void uu_watch::feed(byte_view text, uu_events& out) {
  if ((state_ == state::line_start || state_ == state::skip) && text.size() > 1) {  // of its lines only the last can begin anything
    const std::size_t last = text.rfind('\n', text.size() - 2);
    if (last != byte_view::npos) {
      text.remove_prefix(last + 1);
      state_ = state::line_start;
    }
  }
  while (!text.empty()) {
    if (state_ == state::line_start) state_ = may_begin_a_file(text.front()) ? state::begin_line : state::skip;
    const std::size_t end = text.find('\n');
    const byte_view piece = text.substr(0, end);
    if (state_ != state::skip) {
      const std::size_t n = std::min(piece.size(), sizeof line_ - size_);
      std::memcpy(line_ + size_, piece.data(), n);
      size_ = static_cast<std::uint8_t>(size_ + n);
    }
    if (end == byte_view::npos) return;
    text.remove_prefix(end + 1);
    if (state_ == state::begin_line) begin_ended(out);
    else if (state_ == state::data) data_ended(out);
    else state_ = state::line_start;
    size_ = 0;
  }
}

void uu_watch::begin_ended(uu_events& out) {
  const byte_view name = file_name({line_, size_});
  state_ = state::line_start;
  if (name.empty()) return;
  out.uu_begin(name, line_[0] != '=');
  if (line_[0] == '=') return out.uu_end();
  decoder_.open(transfer::uuencode);
  state_ = state::data;
}

void uu_watch::data_ended(uu_events& out) {
  const byte_view line = ascii::trim({line_, size_});
  octets_to_events sink(out);
  decoder_.feed({line_, size_}, sink);
  decoder_.feed("\n", sink);
  if (line != "end" && !decoder_.flawed()) return;
  out.uu_end();
  state_ = state::line_start;
}

void uu_watch::finish(uu_events& out) {
  if (state_ == state::begin_line) begin_ended(out);
  if (state_ == state::data) {
    if (size_ > 0) data_ended(out);
    if (state_ == state::data) out.uu_end();
  }
  start();
}

}  // namespace sluice::mime

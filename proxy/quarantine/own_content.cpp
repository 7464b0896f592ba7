#include "quarantine/own_content.hpp"

#include <algorithm>

#include "core/ascii.hpp"

namespace sluice::quarantine {
namespace {

constexpr byte_view header_end = "\r\n\r\n";

// How much of `data` belongs to the header, when `matched` octets of its end were seen before; the CRLF of its last line
// does, the empty line does not. `matched` is complete when the end was found.
std::size_t header_part(byte_view data, std::size_t& matched) {
  for (std::size_t n = 0; n < data.size(); ++n) {
    matched = data[n] == header_end[matched] ? matched + 1 : data[n] == '\r' ? 1 : 0;
    if (matched == header_end.size()) return n + 1;
  }
  return data.size();
}

struct hit {
  std::size_t at = byte_view::npos;
  const own_replacement* word = nullptr;
};

// Each octet is looked at once for each word, however often the words stand in the text: it is a stranger's. Of two that
// begin at one place the longer one counts: "ann@" must not leave the rest of "ann@example.org".
hit first_word(byte_view text, std::size_t from, std::span<const own_replacement> words) {
  hit out;
  for (std::size_t at = from; at < text.size() && out.word == nullptr; ++at) {
    for (const own_replacement& w : words) {
      if (w.word.empty() || !ascii::iequals(text.substr(at, w.word.size()), w.word)) continue;
      if (out.word == nullptr || w.word.size() > out.word->word.size()) out = {at, &w};
    }
  }
  return out;
}

}  // namespace

result<void> own_content::add(std::span<const own_piece> pieces) {
  for (const own_piece& p : pieces) {
    if (const auto r = p.held.empty() ? write(p.text) : add_held(p); !r) return r;
  }
  return {};
}

result<void> own_content::write(byte_view data) {
  written_ += data.size();
  if (written_ > most_) return index_.of().fail(errc::own_mail_full, "larger than own_mail.message_size");
  eight_bit_ = eight_bit_ || std::any_of(data.begin(), data.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  return out_.append(data);
}

result<void> own_content::add_held(const own_piece& p) {
  const auto row = index_.find(p.held);
  if (!row) return row.error();
  auto reader = index_.open_content(*row);
  if (!reader) return reader.error();
  std::vector<char> frame(frame_bytes);
  std::size_t matched = 0;
  while (!p.header_only || matched < header_end.size()) {
    const auto n = reader->read(frame);
    if (!n) return n.error();
    if (*n == 0) break;
    byte_view data(frame.data(), *n);
    if (p.header_only) data = data.substr(0, header_part(data, matched));
    if (const auto r = replace(data, p.replaced, false); !r) return r;
  }
  return replace({}, p.replaced, true);
}

result<void> own_content::replace(byte_view data, std::span<const own_replacement> words, bool last) {
  if (words.empty()) return write(data);
  std::size_t longest = 1;
  for (const own_replacement& w : words) longest = std::max(longest, w.word.size());
  pending_.append(data);
  std::size_t done = 0;
  // What could be the beginning of a longer word waits for the next octets.
  const std::size_t safe = last ? pending_.size() : pending_.size() - std::min(pending_.size(), longest - 1);
  for (;;) {
    const hit h = first_word(pending_, done, words);
    if (h.word == nullptr || h.at >= safe) break;
    if (const auto r = write(byte_view(pending_).substr(done, h.at - done)); !r) return r;
    if (const auto r = write(h.word->by); !r) return r;
    done = h.at + h.word->word.size();
  }
  const std::size_t until = std::max(done, safe);
  if (const auto r = write(byte_view(pending_).substr(done, until - done)); !r) return r;
  pending_.erase(0, until);
  return {};
}

}  // namespace sluice::quarantine

// See conformance.hpp.
#include "inspect/conformance.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace sluice::inspect {

void conformance_meter::begin(std::span<const skeleton> known, std::uint16_t part) {
  known_ = known;
  reader_.reset();
  language_.reset();
  taken_ = run_ = 0;
  run_text_.clear();
  result_ = {};
  result_.part = part;
}

void conformance_meter::feed(byte_view text, bool doubtful) {
  if (known_.empty()) return;
  reader_.feed(text, [this, doubtful](const word& w) { take(w, doubtful); });
}

void conformance_meter::take(const word& w, bool doubtful) {
  if (!w.varies) language_.count(w.text);
  const std::size_t slot = taken_ % shingle_words;
  if (taken_ >= shingle_words) settle(last_[slot]);
  last_[slot].own = false;
  last_[slot].varies = w.varies;
  last_[slot].doubtful = doubtful;
  assign_cut(last_[slot].text, utf8::cut(w.text, last_[slot].text.capacity()));
  hash_[slot] = w.hash;
  ++taken_;
  if (taken_ < shingle_words) return;
  const std::uint32_t shingle = shingle_hash(hash_[(slot + 1) % shingle_words], hash_[(slot + 2) % shingle_words], w.hash);
  const bool hit = std::any_of(known_.begin(), known_.end(), [shingle](const skeleton& s) { return s.contains(shingle); });
  if (!hit) return;
  for (waiting& one : last_) one.own = true;
}

// No later shingle can contain this word.
void conformance_meter::settle(const waiting& w) {
  if (w.own) {
    if (w.doubtful) return;
    close_run();
    if (w.varies) return;
    ++result_.words;
    ++result_.own;
    return;
  }
  if (!w.varies) {
    ++result_.words;
    ++run_;
  }
  if (run_text_.size() + w.text.size() + 1 > run_text_.capacity()) return;
  if (!run_text_.empty()) append_cut(run_text_, " ");
  append_cut(run_text_, view(w.text));
}

void conformance_meter::close_run() {
  if (run_ > result_.longest) {
    result_.longest = run_;
    result_.foreign = run_text_;
  }
  run_ = 0;
  run_text_.clear();
}

conformance conformance_meter::end() {
  if (known_.empty()) return result_;
  reader_.finish([this](const word& w) { take(w, false); });
  const std::uint32_t left = std::min<std::uint32_t>(taken_, shingle_words);
  for (std::uint32_t i = taken_ - left; i < taken_; ++i) settle(last_[i % shingle_words]);
  close_run();
  result_.measured = result_.words > 0;
  assign_cut(result_.language, language_.name());
  for (const skeleton& s : known_) {
    if (!s.language.empty() && s.language != view(result_.language)) continue;
    result_.locale_known = true;
    result_.floor = s.floor;
    result_.samples = s.samples;
    result_.usual_longest = s.longest;
    break;
  }
  const conformance done = result_;
  begin({}, 0);
  return done;
}

}  // namespace sluice::inspect

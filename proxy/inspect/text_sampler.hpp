// A few shingles of a message's first text, chosen by their hash, so that two messages of one template choose the same:
// what the learned baseline keeps of a text. Fixed state, and fixed work: only the first `sampled_octets` are read.
#pragma once
#include <algorithm>
#include <cstdint>

#include "core/text.hpp"
#include "inspect/word_reader.hpp"

namespace sluice::inspect {

class text_sampler {
 public:
  static constexpr std::size_t sampled_octets = 4096;
  static constexpr std::size_t most = 32;
  static constexpr std::uint32_t one_in = 4;

  void reset() {
    reader_.reset();
    chosen_.clear();
    left_ = sampled_octets;
    count_ = 0;
  }
  void feed(byte_view text) {
    constexpr std::size_t piece = 256;  // octets; no more is read than fills the choice
    text = text.substr(0, left_);
    left_ -= text.size();
    for (; !text.empty() && chosen_.size() < most; text.remove_prefix(std::min(piece, text.size())))
      reader_.feed(text.substr(0, piece), [this](const word& w) { take(w); });
  }
  void finish() {
    reader_.finish([this](const word& w) { take(w); });
  }
  const fixed_vector<std::uint32_t, most>& chosen() const { return chosen_; }

 private:
  void take(const word& w) {
    if (++count_ >= shingle_words) {
      const std::uint32_t h = shingle_hash(before_[0], before_[1], w.hash);
      if (h % one_in == 0 && chosen_.size() < most) {
        bool known = false;
        for (const std::uint32_t c : chosen_) known = known || c == h;
        if (!known) chosen_.push_back(h);
      }
    }
    before_[0] = before_[1];
    before_[1] = w.hash;
  }

  word_reader reader_;
  fixed_vector<std::uint32_t, most> chosen_;
  std::size_t left_ = sampled_octets;
  std::uint32_t before_[2] = {0, 0};
  std::uint32_t count_ = 0;
};

}  // namespace sluice::inspect

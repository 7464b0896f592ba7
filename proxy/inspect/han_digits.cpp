// See han_digits.hpp.
#include "inspect/han_digits.hpp"

namespace sluice::inspect {

char han_digit(std::uint32_t c) {
  switch (c) {
    case 0x3007:
    case 0x96F6: return '0';
    case 0x4E00: return '1';
    case 0x4E8C: return '2';
    case 0x4E09: return '3';
    case 0x56DB: return '4';
    case 0x4E94: return '5';
    case 0x516D: return '6';
    case 0x4E03: return '7';
    case 0x516B: return '8';
    case 0x4E5D: return '9';
    default: return 0;
  }
}

namespace {

char digit_at(const char* text) {
  const auto octet = [text](int i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  return han_digit((octet(0) & 15) << 12 | (octet(1) & 63) << 6 | (octet(2) & 63));
}

}  // namespace

void han_run::take(folded& out) {
  const auto begin = static_cast<std::uint16_t>(out.size - letter), gap = static_cast<std::uint16_t>(begin - end_);
  const bool goes_on = count_ != 0 && (gap == 0 || (gap == 1 && (out.text[end_] == ' ' || out.text[end_] == '-')));
  if (!goes_on) {
    const std::size_t before = out.size;
    finish(out);
    begin_ = static_cast<std::uint16_t>(begin - (before - out.size));
  }
  ++count_;
  end_ = out.size;
}

void han_run::finish(folded& out) {
  const bool number = count_ >= least;
  count_ = 0;
  if (!number) return;
  out.any_how |= how::styled;
  std::size_t to = begin_;
  for (std::size_t i = begin_; i < out.size; ++to) {
    const bool numeral = i < end_ && static_cast<unsigned char>(out.text[i]) >= 0x80;
    out.text[to] = numeral ? digit_at(out.text.data() + i) : out.text[i];
    out.how[to] = static_cast<std::uint8_t>(out.how[i] | (numeral ? how::styled : 0));
    out.from[to] = out.from[i];
    out.counts.styled = static_cast<std::uint16_t>(out.counts.styled + numeral);
    i += numeral ? letter : 1;
  }
  out.size = static_cast<std::uint16_t>(to);
}

}  // namespace sluice::inspect

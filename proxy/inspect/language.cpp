// The small words are the most frequent function words of each language, chosen so that few are shared.
#include "inspect/language.hpp"

#include <algorithm>

namespace sluice::inspect {
namespace {

struct small_words {
  byte_view language;
  std::array<byte_view, 16> words;
};

constexpr std::array<small_words, languages> table{{
    {"en", {"the", "you", "your", "and", "to", "this", "of", "for", "is", "with", "from", "have", "are", "please", "we", "our"}},
    {"de", {"der", "die", "das", "und", "sie", "ihr", "ihre", "nicht", "ist", "mit", "zu", "für", "auf", "bitte", "wir", "den"}},
    {"fr", {"le", "les", "des", "vous", "votre", "vos", "et", "une", "pour", "est", "sur", "nous", "avec", "dans", "du", "cette"}},
    {"es", {"el", "los", "las", "su", "sus", "y", "una", "para", "con", "por", "del", "usted", "se", "este", "tu", "al"}},
    {"it", {"il", "gli", "di", "che", "tuo", "tua", "sono", "della", "per", "non", "con", "alla", "questo", "ti", "puoi", "nel"}},
    {"pt", {"o", "os", "do", "da", "você", "seu", "sua", "não", "uma", "para", "com", "em", "por", "ao", "foi", "este"}},
    {"nl", {"de", "het", "een", "je", "jouw", "uw", "van", "voor", "niet", "met", "op", "wij", "deze", "naar", "bent", "zijn"}},
    {"pl", {"się", "nie", "do", "na", "jest", "w", "z", "twoje", "przez", "dla", "oraz", "że", "twojej", "aby", "o", "jak"}},
    {"sv", {"och", "att", "du", "din", "det", "är", "för", "inte", "med", "på", "har", "av", "som", "ditt", "en", "vi"}},
    {"da", {"og", "at", "du", "din", "det", "er", "til", "ikke", "med", "på", "har", "af", "som", "dit", "vores", "kan"}},
    {"cs", {"se", "na", "je", "vaše", "pro", "jste", "že", "si", "jsme", "nebo", "po", "vám", "od", "aby", "za", "vás"}},
    {"tr", {"ve", "bir", "bu", "için", "ile", "olarak", "veya", "daha", "sizin", "lütfen", "bize", "size", "hesap", "olan", "çok", "en"}},
}};

constexpr std::uint16_t least_words = 5;  // small words of one language before it is believed

std::uint32_t first_code_point(byte_view w) {
  const auto at = [w](std::size_t i) { return i < w.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(w[i])) : 0; };
  const std::uint32_t a = at(0);
  if (a >= 0xE0 && a < 0xF0) return (a & 15) << 12 | (at(1) & 63) << 6 | (at(2) & 63);
  if (a >= 0xC0 && a < 0xE0) return (a & 31) << 6 | (at(1) & 63);
  return a;
}

void bump(std::uint16_t& n) {
  if (n != 0xFFFF) ++n;
}

}  // namespace

void language_counter::count(byte_view word) {
  bump(words_);
  const std::uint32_t first = first_code_point(word);
  if (first >= 0x3040 && first < 0x3100) return bump(kana_);
  if (first >= 0x4E00 && first < 0xA000) return bump(han_);
  if (first >= 0xAC00 && first < 0xD7B0) return bump(hangul_);
  if (first >= 0x0400 && first < 0x0500) return bump(cyrillic_);
  if (word.size() > 8) return;  // no small word is longer
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (std::find(table[i].words.begin(), table[i].words.end(), word) != table[i].words.end()) bump(seen_[i]);
  }
}

byte_view language_counter::name() const {
  const std::uint16_t half = words_ / 2;
  if (kana_ > least_words && kana_ + han_ > half) return "ja";
  if (han_ > least_words && han_ > half) return "zh";
  if (hangul_ > least_words && hangul_ > half) return "ko";
  if (cyrillic_ > least_words && cyrillic_ > half) return "ru";
  std::size_t best = 0;
  for (std::size_t i = 1; i < languages; ++i) {
    if (seen_[i] > seen_[best]) best = i;
  }
  if (seen_[best] < least_words || seen_[best] * 16 < words_) return {};
  for (std::size_t i = 0; i < languages; ++i) {
    if (i != best && seen_[i] == seen_[best]) return {};
  }
  return table[best].language;
}

}  // namespace sluice::inspect

// Around the words of a text: who speaks, and names at messengers. Part of scan_text; fixed state, no heap.
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>

#include "core/ascii.hpp"
#include "inspect/octet_class.hpp"
#include "inspect/signals.hpp"
#include "inspect/word_pairs.hpp"

namespace sluice::inspect {

class contact_words {
 public:
  explicit contact_words(byte_view text) : text_(text) {}

  // With every phrase of the lexicon, as it is met.
  void hear(std::uint64_t classes, extent where, text_signals& out) {
    if ((classes & (lexicon_bit(pair_word::self) | lexicon_bit(pair_word::messenger) | lexicon_bit(word_class::call))) == 0) return;
    if ((classes & lexicon_bit(pair_word::self)) != 0) self_ = where;
    if ((classes & lexicon_bit(pair_word::messenger)) != 0) messenger(where, out);
    if ((classes & lexicon_bit(word_class::call)) != 0 && names_other(where)) out.calls_other = true;
  }

  // "I did not make this payment", "please cancel my order": a lure speaks of what is the reader's.
  bool said_of_self(extent where) const {
    static constexpr byte_view mine[] = {"my", "mein", "meine", "meinen", "meiner", "mon", "ma", "mes", "mi", "mis", "meu", "minha", "mijn", "mio", "mia"};
    constexpr int before = 12;  // octets
    if (!self_.empty() && self_.end <= where.begin && where.begin - self_.end <= before) {
      // "We see you did not authorise it" is said to the reader.
      return text_.substr(self_.end, static_cast<std::size_t>(where.begin - self_.end)).find("you") == byte_view::npos;
    }
    const byte_view next = word_behind(where.end);
    return std::any_of(std::begin(mine), std::end(mine), [next](byte_view word) { return ascii::iequals(next, word); });
  }

  // "to cancel or change your order", "reschedule or cancel": a shop's terms offer both; a lure knows one thing to do.
  bool is_offer(extent where) const {
    static constexpr byte_view others[] = {"chang", "resched", "modif", "move", "andern", "verschieb", "cambi", "alter", "wijzig"};
    static constexpr byte_view joints[] = {"or ", "oder ", "o ", "ou ", "of ", "and "};
    constexpr std::size_t reach = 16;  // octets
    const auto one_of = [](byte_view text, std::span<const byte_view> words) {
      return std::any_of(words.begin(), words.end(), [text](byte_view word) { return ascii::istarts_with(text, word); });
    };
    std::size_t at = where.end;
    while (at < text_.size() && text_[at] == ' ') ++at;
    const byte_view behind = text_.substr(at, reach);
    const std::size_t space = behind.find(' ');
    if (space != byte_view::npos && one_of(behind, joints) && one_of(behind.substr(space + 1), others)) return true;
    const std::size_t from = where.begin > reach + 4 ? where.begin - reach - 4u : 0;
    const byte_view before = text_.substr(from, where.begin - from);
    for (std::size_t i = 0; i < before.size(); ++i) {
      const bool starts = i == 0 ? from == 0 : before[i - 1] == ' ';
      if (!starts || !one_of(before.substr(i), others)) continue;
      const std::size_t next = before.find(' ', i);
      if (next != byte_view::npos && one_of(before.substr(next + 1), joints)) return true;
    }
    return false;
  }

  // "... on WhatsApp +44 ...": the number is a name at a messenger. When all numbers are known.
  void numbers(text_signals& out) const {
    for (phone_hit& phone : out.phones) phone.conference = dials_in(phone.where.end);
    constexpr int reach = 24;  // octets
    for (const extent& messenger : messengers_) {
      for (const phone_hit& phone : out.phones) {
        const int gap = phone.where.begin - messenger.end;
        if (gap < 0 || gap > reach || out.handles.size() == out.handles.capacity()) continue;
        out.handles.push_back(phone.where);
        break;
      }
    }
  }

 private:
  // "call her", "ring them back"; "call me" is what a person writes, a lure says "us"
  bool names_other(extent call) const {
    static constexpr byte_view others[] = {"her", "him", "them", "me", "moi", "mich", "mij"};
    static constexpr byte_view joined[] = {"llamame", "llameme", "chiamami", "ligueme"};  // the one to be called is part of the word
    static constexpr byte_view either[] = {"or", "oder", "ou", "o", "of"};
    static constexpr byte_view ways[] = {"text", "sms", "whatsapp", "message", "mail", "email", "write", "ring", "schreib"};
    byte_view next = word_behind(call.end);
    const byte_view said = text_.substr(call.begin, static_cast<std::size_t>(call.end - call.begin));
    const auto is = [](byte_view text) { return [text](byte_view word) { return ascii::iequals(text, word); }; };
    if (std::any_of(std::begin(either), std::end(either), is(next))) {  // "call or text me"
      const byte_view also = word_behind(end_of(next));
      if (std::any_of(std::begin(ways), std::end(ways), is(also))) next = word_behind(end_of(also));
    }
    return std::any_of(std::begin(others), std::end(others), is(next)) || std::any_of(std::begin(joined), std::end(joined), is(said));
  }

  std::size_t end_of(byte_view word) const { return static_cast<std::size_t>(word.data() + word.size() - text_.data()); }

  byte_view word_behind(std::size_t at) const {
    while (at < text_.size() && (text_[at] == ' ' || text_[at] == '-')) ++at;  // "appelez-moi"
    std::size_t end = at;
    while (end < text_.size() && octet::is(text_[end], octet::word)) ++end;
    return text_.substr(at, end - at);
  }

  // "Telegram: @some_body", "write Ann on Signal (@ann.22)".
  void messenger(extent where, text_signals& out) {
    constexpr std::size_t reach = 32, least = 4;  // octets; letters of a name
    if (messengers_.size() < messengers_.capacity()) messengers_.push_back(where);
    const std::size_t at = text_.substr(0, std::min(text_.size(), where.end + reach)).find('@', where.end);
    if (at == byte_view::npos || octet::is(text_[at - 1], octet::word) || out.handles.size() == out.handles.capacity()) return;
    if (text_.substr(where.end, at - where.end).find('\n') != byte_view::npos) return;
    std::size_t end = at + 1;
    while (end < text_.size() && (octet::is(text_[end], octet::alnum) || text_[end] == '_')) ++end;
    if (end - at > least) out.handles.push_back({static_cast<std::uint16_t>(at), static_cast<std::uint16_t>(end)});
  }

  // "+1 323-555-0166,,123456789#", "(US) +1 808-555-0155 PIN: 331 224 119#": what is dialled behind the number.
  bool dials_in(std::size_t behind) const {
    static constexpr byte_view codes[] = {"pin", "passcode", "access code", "conference id", "meeting id", "zugangscode", "konferenz id", "konferenzkennung", "einwahl",
                                          "code d acces", "codigo de acceso", "codigo de acesso", "codice di accesso", "toegangscode", "kod dostepu"};
    constexpr std::size_t reach = 48;  // octets, in the number's line; a PIN may have the next to itself
    byte_view rest = text_.substr(behind, reach);
    const std::size_t line = std::min(rest.find('\n'), rest.size());
    if (ascii::istarts_with(ascii::trim(rest.substr(line)), "pin") && ascii::trim(rest.substr(0, line)).empty()) return true;
    rest = rest.substr(0, line);
    for (std::size_t i = 0; i < rest.size(); ++i) {
      if (rest[i] == '#' && octet::is(text_[behind + i - 1], octet::digit)) return true;
      const bool starts = octet::is(rest[i], octet::alpha) && (i == 0 || !octet::is(rest[i - 1], octet::word));
      if (!starts) continue;
      const bool any = std::any_of(std::begin(codes), std::end(codes), [&](byte_view code) {
        return ascii::istarts_with(rest.substr(i), code) && (i + code.size() >= rest.size() || !octet::is(rest[i + code.size()], octet::word));
      });
      if (any) return true;
    }
    return false;
  }

  byte_view text_;
  fixed_vector<extent, 4> messengers_;
  extent self_;
};

}  // namespace sluice::inspect

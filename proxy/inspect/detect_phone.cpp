// Telephone numbers as people write them and as lures hide them: grouped, with a country code, digit by digit, in
// words, with letters for digits. A bare run of digits is not a number: either the shape says so (NANP 3-3-4, trunk
// zero in groups, + and a country code, single digits, digits in circles or full width) or a word nearby does ("call",
// "helpline", "Tel.", a telephone sign).
// Order numbers, dates, IBANs, tracking numbers, UUIDs, addresses of hosts and amounts are left alone.
//
// The text is cut into atoms (a run that reads as digits) and what stands between them; each start is tried with the
// atoms after it, the longest accepted reading wins. Called by scan_text. Limits: 24 atoms, 15 digits (E.164).
#include <algorithm>
#include <span>

#include "core/ascii.hpp"
#include "inspect/octet_class.hpp"
#include "inspect/phone_digits.hpp"
#include "inspect/phone_shape.hpp"
#include "inspect/signals.hpp"

namespace sluice::inspect {
namespace {

using namespace phone;

constexpr std::size_t max_atoms = 96;      // per text
constexpr std::size_t max_digits = 15;     // E.164
constexpr std::size_t max_gap = 4;         // octets between two groups
constexpr std::size_t reach_before = 56;   // octets in which a context word counts
constexpr std::size_t reach_after = 28;

// Words that say what the number behind them is, and that it is no telephone number.
constexpr byte_view other_labels[] = {
    "order", "invoice", "id", "ref", "reference", "tracking", "case", "ticket", "account", "transaction",
    "receipt", "iban", "protocolo", "protocol", "protokoll", "key", "code", "msg", "bug", "issue", "version",
    "auftrag", "bestellnummer", "sendungsnummer", "rechnung", "kundennummer", "pedido", "commande", "zip",
    "isbn", "doi", "build", "rev", "revision", "commit", "sku", "upc", "ean", "vin", "imei", "serial", "nonce",
    "uid", "pid"};

// Words that say that it is one; scan_text tells of those that are words of lures, too.
constexpr byte_view phone_labels[] = {"tel", "telephone", "telefon", "telefono", "telefone", "phone", "fon", "mobile", "mobil", "ph", "tlf", "cell"};
constexpr std::size_t least_styled = 7;      // digits in circles, keycaps, full width
constexpr std::size_t far_from_letters = 24;  // octets
constexpr std::size_t vanity_letters = 7;

bool is_one_of(std::span<const byte_view> list, byte_view word) {
  for (byte_view one : list) {
    if (ascii::iequals(one, word)) return true;
  }
  return false;
}

class finder {
 public:
  finder(const folded& view, std::span<const extent> contexts, std::span<const extent> spelled, fixed_vector<phone_hit, 4>& out)
      : view_(view), text_(view.view()), contexts_(contexts), spelled_(spelled), out_(out) {}

  void run() {
    cut();
    for (std::size_t i = 0; i < count_ && out_.size() < out_.capacity();) {
      const std::size_t next = try_at(i);
      i = next > i ? next : i + 1;
    }
  }

 private:
  // Makes atoms of the tokens that have a digit and of spelled-out digits; other words are only gaps.
  void cut() {
    std::size_t mark = 0;
    for (std::size_t i = 0; count_ < max_atoms;) {
      while (mark < spelled_.size() && spelled_[mark].end <= i) ++mark;
      std::size_t at = octet::next_digit(text_, i);
      if (mark < spelled_.size()) at = std::min<std::size_t>(at, std::max<std::size_t>(i, spelled_[mark].begin));
      if (at >= text_.size()) return;
      std::size_t begin = at, end = at;
      while (begin > i && word_octet(text_[begin - 1]) && !spaceless_before(begin)) --begin;
      while (end < text_.size() && word_octet(text_[end]) && !(octet::is(text_[end], octet::high) && spaceless_letter(text_, end))) ++end;
      if (end == begin) {
        i = at + 1;
        continue;
      }
      end = split(begin, end);
      atom& made = atoms_[count_];
      made = {};
      made.begin = static_cast<std::uint16_t>(begin);
      made.end = static_cast<std::uint16_t>(end);
      read_token(text_.substr(begin, end - begin), made);
      if (made.readable || made.has_digit) ++count_;
      i = end;
    }
  }

  // Where no spaces are between words, figures are a token of their own.
  bool spaceless_before(std::size_t i) const { return i >= 3 && octet::is(text_[i - 1], octet::high) && spaceless_letter(text_, i - 3); }

  // "3069x12", "3069ext5": the extension is none of the number.
  std::size_t before_extension(std::size_t begin, std::size_t end) const {
    std::size_t digits = begin;
    while (digits < end && ascii::is_digit(text_[digits])) ++digits;
    const std::size_t mark = ascii::istarts_with(text_.substr(digits, end - digits), "ext") ? 3 : digits < end && octet::lower(text_[digits]) == 'x' ? 1 : 0;
    const byte_view extension = text_.substr(digits + mark, end - digits - mark);
    for (const char c : extension) {
      if (!ascii::is_digit(c)) return end;
    }
    return mark != 0 && digits - begin >= 3 && !extension.empty() && extension.size() <= 6 ? digits : end;
  }

  // "206-6999Account", "Call802": a number and a word without a space between are two tokens. Only one change from digits
  // to letters or back, and a word of at least three letters, or identifiers would be taken apart.
  std::size_t split(std::size_t begin, std::size_t end) const {
    std::size_t change = 0, changes = 0;
    for (std::size_t i = begin + 1; i < end; ++i) {
      if (ascii::is_digit(text_[i]) == ascii::is_digit(text_[i - 1])) continue;
      change = i;
      ++changes;
    }
    if (changes == 2) return before_extension(begin, end);
    if (changes != 1) return end;
    const bool digits_first = ascii::is_digit(text_[begin]);
    const std::size_t letters = digits_first ? end - change : change - begin;
    const std::size_t digits = digits_first ? change - begin : end - change;
    return letters >= 3 && digits >= 3 ? change : end;
  }

  byte_view gap(std::size_t left, std::size_t right) const {
    return text_.substr(atoms_[left].end, static_cast<std::size_t>(atoms_[right].begin - atoms_[left].end));
  }

  bool joins(byte_view between) const {
    if (between.empty() || between.size() > max_gap) return false;
    for (char c : between) {
      // Lists, code and character references ("5&#65279;00") are no way to write a number.
      if (word_octet(c) || byte_view(",;'\"=&#$%").find(c) != byte_view::npos) return false;
    }
    return true;
  }

  bool add(reading& r, std::size_t i) const {
    const atom& a = atoms_[i];
    if (!a.readable || r.n + a.count > max_digits || r.groups == r.sizes.size()) return false;
    for (std::size_t k = 0; k < a.count; ++k) r.digits[r.n++] = a.digits[k];
    r.sizes[r.groups++] = a.count;
    r.letters = static_cast<std::uint8_t>(r.letters + a.letters);
    r.spelled = static_cast<std::uint8_t>(r.spelled + a.spelled);
    r.last = i;
    return true;
  }

  std::size_t try_at(std::size_t start) {
    reading r;
    r.first = start;
    if (!add(r, start)) return start;
    std::size_t before = atoms_[start].begin;
    while (before > 0 && (text_[before - 1] == '(' || text_[before - 1] == '[' || text_[before - 1] == ' ')) {
      if (text_[before - 1] == ' ' && (before < 2 || text_[before - 2] != '+')) break;
      --before;
    }
    r.plus = before > 0 && text_[before - 1] == '+';
    reading best;
    bool found = false, best_context = false;
    for (std::size_t i = start;;) {
      if (const std::size_t end = past_vanity(r, i)) return report_vanity(r, end), i + 1;
      bool by_context = false;
      if (!glued_right(i) && accepts(r, by_context)) {
        best = r;
        best_context = by_context;
        found = true;
      }
      if (++i >= count_) break;
      const byte_view between = gap(i - 1, i);
      const bool told = between == ", " && (r.spelled > 0 || atoms_[i].spelled > 0);  // "eight two one, 575, zero one ..."
      if (!told && !joins(between)) break;
      if (between.find('+') != byte_view::npos) break;  // another number starts
      if (between.starts_with(". ") && (atoms_[i].letters > 0 || (atoms_[i].spelled > 0 && atoms_[i - 1].spelled == 0))) break;  // another sentence: "600 555 014. Un saludo"
      r.seps[r.groups - 1u] = between.front();
      r.lines = r.lines || between.find('\n') != byte_view::npos;
      for (char c : between) r.odd = r.odd || !is_usual(c);
      if (!add(r, i)) break;
    }
    if (!found || glued_left(start)) return start;
    report(best, atoms_[best.last].end, best_context);
    resumed_ = best.last + 1;
    return resumed_;
  }

  // "1-800-FLOWERS" behind atom `i`: where the seven letters or digits end; 0 when it is none. Shops have such names, too:
  // only beside a word that announces a number.
  std::size_t past_vanity(const reading& r, std::size_t i) const {
    const std::size_t skip = r.n == 4 && r.digits[0] == '1' ? 1 : 0;
    if (r.n - skip != 3 || r.letters + r.spelled != 0 || !toll_free(r, skip) || !in_context(r)) return 0;
    std::size_t at = atoms_[i].end, keys = 0, letters = 0;
    if (at >= text_.size() || (text_[at] != '-' && text_[at] != ' ' && text_[at] != '.')) return 0;
    for (; at < text_.size() && keys < vanity_letters; ++at) {
      if (text_[at] == '-' || text_[at] == ' ' || text_[at] == '.') continue;
      if (!ascii::is_digit(text_[at]) && (text_[at] < 'A' || text_[at] > 'Z')) return 0;
      letters += ascii::is_alpha(text_[at]);
      ++keys;
    }
    return keys == vanity_letters && letters >= 3 ? at : 0;
  }

  void report_vanity(reading r, std::size_t end) {
    for (std::size_t at = atoms_[r.last].end; at < end; ++at) {
      if (word_octet(text_[at])) r.digits[r.n++] = key_digit(text_[at]);
    }
    report(r, end, true);
  }

  static bool is_usual(char c) { return c == ' ' || c == '\n' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/'; }

  // "TX-802...", "...-4f3a": part of an identifier.
  bool glued_left(std::size_t i) const {
    if (i == 0 || atoms_[i - 1].readable || !atoms_[i - 1].has_digit) return false;
    const byte_view between = gap(i - 1, i);
    return between.size() == 1 && (between[0] == '-' || between[0] == '_' || between[0] == '.' || between[0] == '/' || between[0] == ':');
  }
  bool glued_right(std::size_t i) const {
    if (i + 1 >= count_ || atoms_[i + 1].readable || !atoms_[i + 1].has_digit) return false;
    const byte_view between = gap(i, i + 1);
    return between.size() == 1 && (between[0] == '-' || between[0] == '_' || between[0] == '.' || between[0] == '/' || between[0] == ':');
  }

  bool money_before(const reading& r) const {
    std::size_t b = atoms_[r.first].begin;
    while (b > 0 && text_[b - 1] == ' ') --b;
    return b > 0 && (text_[b - 1] == '$' || text_[b - 1] == mark::currency);
  }

  // The word just before the number.
  byte_view word_before(const reading& r, std::size_t& end) const {
    end = atoms_[r.first].begin;
    while (end > 0 && !word_octet(text_[end - 1]) && text_[end - 1] != '#' && atoms_[r.first].begin - end < 6) --end;
    std::size_t begin = end;
    while (begin > 0 && word_octet(text_[begin - 1]) && end - begin < 16) --begin;
    return text_.substr(begin, end - begin);
  }

  // "order 8025383069": the word or sign just before says what the number is.
  bool labelled_otherwise(const reading& r) const {
    std::size_t end = 0;
    const byte_view word = word_before(r, end);
    return (end > 0 && text_[end - 1] == '#') || is_one_of(other_labels, word);
  }

  bool in_context(const reading& r) const {
    const std::size_t begin = atoms_[r.first].begin, end = atoms_[r.last].end;
    for (const extent& e : contexts_) {
      if (e.end <= begin && begin - e.end <= reach_before) return true;
      if (e.begin >= end && e.begin - end <= reach_after) return true;
    }
    std::size_t label = 0;
    return is_one_of(phone_labels, word_before(r, label));
  }

  // The same kind of groups goes on behind the reading: it is a piece of something longer.
  bool goes_on(const reading& r) const {
    if (r.last + 1 >= count_ || !atoms_[r.last + 1].readable || r.groups < 2) return false;
    const byte_view between = gap(r.last, r.last + 1);
    return between.size() == 1 && between[0] == r.seps[0] && between[0] != ' ';
  }

  bool accepts(const reading& r, bool& by_context) const {
    if (r.n < 7 || one_digit_only(r) || date_like(r) || host_address(r) || money_before(r)) return false;
    const std::size_t real = static_cast<std::size_t>(r.n - r.letters);
    if (real * 2 < r.n + 1u) return false;  // mostly letters: a word
    if (goes_on(r)) return false;
    if (r.lines) {  // a list, unless a number was announced and has lost its lines only
      std::size_t skip = 0;
      return by_context = true, nanp_digits(r, skip) && boundary_at(r, skip + 3) && boundary_at(r, skip + 6) && r.groups <= 4 && in_context(r);
    }
    if (shaped(r) || styled(r)) return true;
    by_context = true;
    if (!in_context(r) || labelled_otherwise(r)) return false;
    if (r.n >= 12 && same_size_groups(r, 4)) return false;  // IBAN, card, tracking
    if (thousands(r)) return false;
    return r.n >= 7 && (r.n >= 8 || r.groups >= 2);
  }

  // The groups before it look the same: an IBAN or another long number whose end would pass for a number.
  bool tail_of_more(const reading& r) const {
    if (r.first == 0 || r.first == resumed_ || r.plus || r.groups < 2) return false;
    const byte_view between = gap(r.first - 1, r.first);
    return atoms_[r.first - 1].has_digit && between.size() == 1 && between[0] == r.seps[0];
  }

  // Digits in circles, keycaps, mathematical or full-width form are no order number; among letters of another script they
  // may be its own.
  bool styled(const reading& r) const {
    if (view_.counts.styled < least_styled || r.n < 9 || counting(r)) return false;
    const std::size_t begin = atoms_[r.first].begin, end = atoms_[r.last].end;
    std::size_t styled = 0;
    for (std::size_t i = begin; i < end; ++i) styled += (view_.how[i] & how::styled) != 0;
    const std::size_t to = std::min(text_.size(), end + far_from_letters);
    for (std::size_t i = begin - std::min(begin, far_from_letters); i < to; ++i) {
      if (octet::is(text_[i], octet::high)) return false;
    }
    return styled >= least_styled;
  }

  bool shaped(const reading& r) const {
    if (r.n >= 12 && same_size_groups(r, 4) && !r.plus) return false;
    if (r.plus && r.n >= 8 && r.digits[0] != '0') return true;
    if (r.groups > 4 && counting(r)) return false;
    std::size_t skip = 0;
    if (nanp_digits(r, skip) && boundary_at(r, skip + 3) && boundary_at(r, skip + 6)) return true;
    if (single_digits(r) && r.n >= 10 && r.n <= 12) return true;
    if (r.spelled >= 7 && r.n >= 9) return true;
    if (tail_of_more(r)) return false;
    if (r.groups == 3 && r.n == 10 && r.sizes[0] == 4 && r.sizes[1] == 3 && r.digits[0] == '1' && r.digits[2] == '0' && r.digits[3] == '0')
      return true;  // Australia 1300, 1800
    if (r.groups >= 3 && r.n >= 9 && r.n <= 12 && r.digits[0] == '0' && r.digits[1] != '0' && r.sizes[0] >= 2) return true;  // trunk zero
    if (r.groups >= 3 && r.n >= 11 && r.digits[0] == '0' && r.digits[1] == '0' && r.digits[2] != '0' && r.sizes[0] >= 2) return true;
    if (r.groups == 2 && r.sizes[0] == 5 && r.sizes[1] == 5 && r.digits[0] >= '6') return true;  // India
    // Toll-free numbers are known by their first digits even without groups.
    return r.groups == 1 && nanp_digits(r, skip) && skip == 1 && toll_free(r, skip);
  }

  void report(const reading& r, std::size_t end, bool by_context) {
    phone_hit hit;
    std::size_t begin = atoms_[r.first].begin;
    while (begin > 0 && (text_[begin - 1] == '+' || text_[begin - 1] == '(')) --begin;
    hit.where = {static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end)};
    hit.count = r.n;
    std::copy_n(r.digits.begin(), r.n, hit.digits.begin());
    hit.by_context = by_context;
    hit.disguised = r.letters > 0 || r.spelled > 0 || single_digits(r) || r.odd || view_.how_of(hit.where.begin, hit.where.end) != 0;
    hit.sentence_end = sentence_end(hit.where.end);
    out_.push_back(hit);
  }

  // Where the sentence ends that holds what stands before `from`; the text's end when nothing ends it.
  std::uint16_t sentence_end(std::size_t from) const {
    std::size_t i = from;
    for (; i + 1 < text_.size(); ++i) {
      const char c = text_[i];
      if ((c == '.' || c == '!' || c == '?' || c == ';') && (text_[i + 1] == ' ' || text_[i + 1] == '\n')) break;
    }
    return static_cast<std::uint16_t>(i + 1 < text_.size() ? i : text_.size());
  }

  const folded& view_;
  byte_view text_;
  std::span<const extent> contexts_;
  std::span<const extent> spelled_;
  fixed_vector<phone_hit, 4>& out_;
  std::array<atom, max_atoms> atoms_;
  std::size_t count_ = 0;
  std::size_t resumed_ = 0;  // atom behind the last number found
};

}  // namespace

void find_phones(const folded& view, std::span<const extent> contexts, std::span<const extent> spelled, fixed_vector<phone_hit, 4>& out) {
  out.clear();
  finder(view, contexts, spelled, out).run();
}

}  // namespace sluice::inspect

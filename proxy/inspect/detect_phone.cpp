// Telephone numbers as people write them and as lures hide them: grouped, with a country code, digit by digit, in
// words, with letters for digits. A bare run of digits is not a number: either the shape says so (NANP 3-3-4, trunk
// zero in groups, + and a country code, single digits) or a word nearby does ("call", "helpline", a telephone sign).
// Order numbers, dates, IBANs, tracking numbers, UUIDs, addresses of hosts and amounts are left alone.
//
// The text is cut into atoms (a run that reads as digits) and what stands between them; each start is tried with the
// atoms after it, the longest accepted reading wins. Called by scan_text. Limits: 24 atoms, 15 digits (E.164).
#include <algorithm>

#include "core/ascii.hpp"
#include "inspect/digit_words.hpp"
#include "inspect/octet_class.hpp"
#include "inspect/signals.hpp"

namespace sluice::inspect {
namespace {

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

// Nothing is set until a token is read: most texts have few of max_atoms.
struct atom {
  std::uint16_t begin, end;
  std::array<char, 20> digits;
  std::uint8_t count;
  std::uint8_t letters;  // letters read as digits
  std::uint8_t spelled;  // digits that were words
  bool readable;         // false: a word or an identifier, only a boundary
  bool has_digit;
};

char letter_digit(char c) {
  switch (c) {
    case 'O':
    case 'o':
    case 'Q': return '0';
    case 'I':
    case 'l':
    case 'i': return '1';
    case 'Z':
    case 'z': return '2';
    case 'S':
    case 's': return '5';
    case 'B': return '8';
    case 'g': return '9';
    default: return 0;
  }
}

bool word_octet(char c) { return octet::is(c, octet::alnum | octet::high); }

// Reads one token as digits; leaves `readable` false when something in it is not.
void read_token(byte_view token, atom& out) {
  bool digits = false;
  for (char c : token) digits |= octet::is(c, octet::digit);
  out.has_digit = digits;
  if (token.size() > 60) return;
  for (std::size_t i = 0; i < token.size();) {
    if (out.count == out.digits.size()) return;
    if (ascii::is_digit(token[i])) {
      out.digits[out.count++] = token[i++];
      continue;
    }
    const digit_word* match = digit_word_at(token.substr(i));
    if (match != nullptr) {
      out.digits[out.count++] = match->digit;
      ++out.spelled;
      i += match->text.size();
      continue;
    }
    const char as_digit = letter_digit(token[i]);
    if (as_digit == 0 || !digits) return;
    out.digits[out.count++] = as_digit;
    ++out.letters;
    ++i;
  }
  out.readable = out.count > 0;
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
      while (begin > i && word_octet(text_[begin - 1])) --begin;
      while (end < text_.size() && word_octet(text_[end])) ++end;
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

  // "206-6999Account", "Call802": a number and a word without a space between are two tokens. Only one change from digits
  // to letters or back, and a word of at least three letters, or identifiers would be taken apart.
  std::size_t split(std::size_t begin, std::size_t end) const {
    std::size_t change = 0, changes = 0;
    for (std::size_t i = begin + 1; i < end; ++i) {
      if (ascii::is_digit(text_[i]) == ascii::is_digit(text_[i - 1])) continue;
      change = i;
      ++changes;
    }
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
      if (c == '\n' || word_octet(c) || byte_view(",;'\"=&#$%").find(c) != byte_view::npos) return false;
    }
    return true;
  }

  struct reading {
    std::size_t first = 0, last = 0;  // atoms
    std::array<char, 24> digits{};
    std::array<std::uint8_t, 24> sizes{};  // of the groups
    std::array<char, 24> seps{};           // first octet after each group but the last
    std::uint8_t n = 0, groups = 0, letters = 0, spelled = 0;
    bool plus = false;
    bool odd = false;  // separators that no one uses for telephone numbers
  };

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
      bool by_context = false;
      if (!glued_right(i) && accepts(r, by_context)) {
        best = r;
        best_context = by_context;
        found = true;
      }
      if (++i >= count_) break;
      const byte_view between = gap(i - 1, i);
      if (!joins(between)) break;
      if (between.find('+') != byte_view::npos) break;  // another number starts
      if (between.starts_with(". ") && (atoms_[i].letters > 0 || (atoms_[i].spelled > 0 && atoms_[i - 1].spelled == 0))) break;  // another sentence: "600 555 014. Un saludo"
      r.seps[r.groups - 1u] = between.front();
      for (char c : between) r.odd = r.odd || !is_usual(c);
      if (!add(r, i)) break;
    }
    if (!found || glued_left(start)) return start;
    report(best, best_context);
    resumed_ = best.last + 1;
    return resumed_;
  }

  static bool is_usual(char c) { return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/'; }

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

  // --- shapes -------------------------------------------------------------------------------------------------
  static bool boundary_at(const reading& r, std::size_t digit) {
    std::size_t sum = 0;
    for (std::size_t g = 0; g < r.groups; ++g) {
      if (sum == digit) return true;
      sum += r.sizes[g];
    }
    return false;
  }

  // North American Numbering Plan: [1] NXX NXX XXXX.
  static bool nanp_digits(const reading& r, std::size_t& skip) {
    skip = r.n == 11 && r.digits[0] == '1' ? 1 : 0;
    if (r.n - skip != 10) return false;
    return r.digits[skip] >= '2' && r.digits[skip + 3] >= '2';
  }
  static bool toll_free(const reading& r, std::size_t skip) {
    const char a = r.digits[skip], b = r.digits[skip + 1], c = r.digits[skip + 2];
    return a == '8' && b == c && (b == '0' || (b >= '2' && b <= '8'));
  }

  static bool same_size_groups(const reading& r, std::size_t size) {
    for (std::size_t g = 0; g + 1 < r.groups; ++g) {
      if (r.sizes[g] != size) return false;
    }
    return r.groups >= 3 && r.sizes[r.groups - 1u] <= size;
  }

  static bool single_digits(const reading& r) {
    std::size_t single = 0;
    for (std::size_t g = 0; g < r.groups; ++g) single += r.sizes[g] == 1;
    return single + 1 >= r.groups && r.groups >= 9;
  }

  static bool counting(const reading& r) {  // 1 2 3 4 5 ...
    std::size_t steps = 0;
    for (std::size_t i = 1; i < r.n; ++i) steps += r.digits[i] == r.digits[i - 1] + 1 || (r.digits[i] == '0' && r.digits[i - 1] == '9');
    return steps + 3 >= r.n;
  }

  static bool one_digit_only(const reading& r) {
    for (std::size_t i = 1; i < r.n; ++i) {
      if (r.digits[i] != r.digits[0]) return false;
    }
    return true;
  }

  static bool date_like(const reading& r) {
    if (r.groups < 3) return false;
    const bool year_first = r.sizes[0] == 4 && (r.digits[0] == '1' || r.digits[0] == '2') && r.sizes[1] <= 2 && r.sizes[2] <= 2;
    std::size_t third = static_cast<std::size_t>(r.sizes[0] + r.sizes[1]);
    const bool year_last = r.sizes[0] <= 2 && r.sizes[1] <= 2 && r.sizes[2] == 4 && r.n >= third + 2 &&
                           (byte_view(&r.digits[third], 2) == "19" || byte_view(&r.digits[third], 2) == "20");
    bool clock = false;
    for (std::size_t g = 0; g + 1 < r.groups; ++g) clock = clock || (r.seps[g] == ':' && r.sizes[g] <= 2 && r.sizes[g + 1] == 2);
    return year_first || year_last || clock;
  }

  static bool host_address(const reading& r) {  // 192.168.100.200
    if (r.groups != 4) return false;
    for (std::size_t g = 0; g < 3; ++g) {
      if (r.seps[g] != '.') return false;
    }
    return std::all_of(r.sizes.begin(), r.sizes.begin() + 4, [](std::uint8_t s) { return s <= 3; });
  }

  bool money_before(const reading& r) const {
    std::size_t b = atoms_[r.first].begin;
    while (b > 0 && text_[b - 1] == ' ') --b;
    return b > 0 && (text_[b - 1] == '$' || text_[b - 1] == mark::currency);
  }

  // "order 8025383069": the word or sign just before says what the number is.
  bool labelled_otherwise(const reading& r) const {
    std::size_t end = atoms_[r.first].begin;
    while (end > 0 && !word_octet(text_[end - 1]) && text_[end - 1] != '#' && atoms_[r.first].begin - end < 6) --end;
    if (end > 0 && text_[end - 1] == '#') return true;
    std::size_t begin = end;
    while (begin > 0 && word_octet(text_[begin - 1]) && end - begin < 16) --begin;
    const byte_view word = text_.substr(begin, end - begin);
    for (byte_view label : other_labels) {
      if (ascii::iequals(word, label)) return true;
    }
    return false;
  }

  bool in_context(const reading& r) const {
    const std::size_t begin = atoms_[r.first].begin, end = atoms_[r.last].end;
    for (const extent& e : contexts_) {
      if (e.end <= begin && begin - e.end <= reach_before) return true;
      if (e.begin >= end && e.begin - end <= reach_after) return true;
    }
    return false;
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
    if (shaped(r)) return true;
    by_context = true;
    if (!in_context(r) || labelled_otherwise(r)) return false;
    if (r.n >= 12 && same_size_groups(r, 4)) return false;  // IBAN, card, tracking
    return r.n >= 7 && (r.n >= 8 || r.groups >= 2);
  }

  // The groups before it look the same: an IBAN or another long number whose end would pass for a number.
  bool tail_of_more(const reading& r) const {
    if (r.first == 0 || r.first == resumed_ || r.plus || r.groups < 2) return false;
    const byte_view between = gap(r.first - 1, r.first);
    return atoms_[r.first - 1].has_digit && between.size() == 1 && between[0] == r.seps[0];
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

  void report(const reading& r, bool by_context) {
    phone_hit hit;
    std::size_t begin = atoms_[r.first].begin;
    while (begin > 0 && (text_[begin - 1] == '+' || text_[begin - 1] == '(')) --begin;
    hit.where = {static_cast<std::uint16_t>(begin), atoms_[r.last].end};
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

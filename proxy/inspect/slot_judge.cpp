// See slot_judge.hpp. Evidence adds up: each kind of observation has points for a name; other slot types scale them by
// what is normal there. Points were set by reasoning about what a name, a title or a memo is for and checked on mail
// and strings that had been split beforehand (tests/bench/detection).
#include "inspect/slot_judge.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "core/ascii.hpp"
#include "inspect/domain.hpp"
#include "inspect/limits.hpp"
#include "inspect/rules.hpp"
#include "inspect/text_id.hpp"
#include "inspect/unicode_host.hpp"
#include "inspect/wallet_text.hpp"

namespace sluice::inspect {
namespace {

// Points per slot type. `business` and `alarm` scale the points of words in percent: words of ordinary business (an
// order, a call, an account) and words that alarm or lure.
struct slot_points {
  int phone, address, bare_domain, mail, wallet, money, business, alarm, disguise;
  std::uint16_t usual_length;  // code points; longer adds a little
};

constexpr int sentence_points = 60;    // of words in a name
constexpr int long_name_words = 5;     // a name of so many is a sentence if its words say two things
constexpr int automatic_percent = 50;  // less than this: mail of a person
constexpr int topic_percent = 60;      // of words that are a subject to talk about and nothing else
constexpr int told_of_percent = 35;    // of words that a title tells of and that speak to nobody
constexpr int sentence_words = 6, sentence_host_points = 70;
constexpr int single_points = 30;
constexpr int single_percent = 25;     // of a single ordinary word in a name: "acme/wallet"
constexpr int company_points = 15;     // a contact and a lure in one short text

constexpr slot_points points_for(slot_type type) {
  switch (type) {
    case slot_type::name: return {100, 90, 15, 40, 100, 50, 100, 100, 100, 64};
    case slot_type::address: return {60, 90, 20, 30, 100, 60, 100, 100, 100, 120};
    case slot_type::title: return {75, 25, 5, 15, 70, 30, 45, 70, 70, 160};
    case slot_type::subject: return {70, 40, 5, 15, 70, 25, 45, 70, 80, 160};
    case slot_type::file: return {60, 30, 5, 20, 60, 30, 40, 60, 70, 160};
    case slot_type::memo: return {30, 20, 5, 5, 60, 10, 20, 80, 60, 400};
  }
  return {};
}

struct class_points {
  int one, two, more;  // by words of the longest phrase
};

constexpr class_points points_of(word_class c) {
  switch (c) {
    case word_class::call: return {30, 30, 35};
    case word_class::channel: return {25, 55, 75};
    case word_class::charge: return {20, 30, 35};
    case word_class::dispute: return {30, 35, 40};
    case word_class::denial: return {40, 60, 60};
    case word_class::threat: return {35, 50, 50};
    case word_class::verify: return {30, 45, 45};
    case word_class::account: return {20, 20, 20};
    case word_class::crypto: return {40, 45, 45};
    case word_class::prize: return {30, 45, 50};
    case word_class::urgent: return {10, 30, 35};
    case word_class::adult: return {35, 45, 45};
    case word_class::extort: return {25, 60, 60};
    case word_class::fee: return {25, 40, 40};
    case word_class::reader: return {15, 20, 20};
    case word_class::security: return {25, 30, 30};
    case word_class::task: return {15, 25, 25};
    case word_class::label:
    case word_class::sole:
    case word_class::count_: break;
  }
  return {};
}

// Words of ordinary business; "verify" alone is one, "verify your" is not.
constexpr bool is_business(word_class c, const class_hit& hit) {
  switch (c) {
    case word_class::call:
    case word_class::channel:
    case word_class::charge:
    case word_class::dispute:
    case word_class::account:
    case word_class::reader:
    case word_class::urgent:
    case word_class::security:
    case word_class::fee:
    case word_class::task: return true;
    case word_class::verify: return hit.words < 2;
    default: return false;
  }
}

// Several different phrases of one of these say more than one.
constexpr bool adds_up(word_class c) {
  return c == word_class::verify || c == word_class::threat || c == word_class::crypto || c == word_class::prize || c == word_class::channel;
}

class judge {
 public:
  judge(byte_view text, slot_type type, byte_view slot, const ruleset& rules, const slot_sender& sender, place where, findings& out, int percent)
      : text_(text), points_(points_for(type)), type_(type), slot_(slot), rules_(rules), sender_(sender), where_(where), out_(out), percent_(percent) {
    fold(text, view_);
    scan_text(view_, rules.words(), signals_);
  }

  slot_result run() {
    phones();
    addresses();
    if (!signals_.wallets.empty()) add(rule::slot_wallet, points_.wallet * certain_percent(text_at(signals_.wallets[0].where)) / 100, signals_.wallets[0].where);
    if (!signals_.money.empty()) add(rule::slot_money, points_.money, signals_.money[0].where);
    words();
    add(rule::slot_address, address_points_, address_);
    brands();
    disguise();
    length();
    decoration();
    slot_result result;
    result.score = score_;
    if (score_ >= slot_abuse) {
      result.verdict = slot_verdict::abuse;
    } else if (score_ >= slot_suspicious) {
      result.verdict = slot_verdict::suspicious;
    }
    return result;
  }

 private:
  // `sure`: evidence that does not depend on the text being a slot, as long as the mail is automatic.
  void add(rule what, int weight, extent where, bool sure = false) {
    if (!sure || percent_ < automatic_percent) weight = weight * percent_ / 100;
    if (weight <= 0) return;
    score_ += weight;
    finding_text note;
    note.where = where_;
    note.slot = slot_;
    note.words = view_.raw(text_, where.begin, where.end);
    note.offset = where.begin < view_.size ? view_.at(where.begin) : 0;
    note.length = static_cast<std::uint32_t>(note.words.size());
    if (text_id_ == 0) text_id_ = text_id(text_, view_);
    note.text_id = text_id_;
    add_finding(out_, what, weight, note);
  }

  bool own_number(const phone_hit& hit) const {
    if (sender_.known == nullptr) return false;
    byte_view digits(hit.digits.data(), hit.count);
    for (const std::string& own : sender_.known->phones) {
      if (digits.size() >= own.size() && own.size() >= 7 && digits.substr(digits.size() - own.size()) == own) return true;
      if (own.size() >= digits.size() && digits.size() >= 7 && byte_view(own).substr(own.size() - digits.size()) == digits) return true;
    }
    return false;
  }

  void phones() {
    for (const phone_hit& hit : signals_.phones) {
      if (own_number(hit)) continue;
      has_phone_ = true;
      return add(rule::slot_phone, points_.phone, hit.where, type_ == slot_type::name);
    }
  }

  void addresses() {
    int best = 0;
    extent where;
    for (const host_hit& hit : signals_.hosts) {
      int weight = hit.mail ? points_.mail : hit.scheme || hit.path || hit.disguised ? points_.address : points_.bare_domain;
      if (own_link(hit)) continue;
      // A bare name can be a company's ("contoso.example"); one that anybody can get, or that borrows a brand, is a link.
      const byte_view host = host_of(hit);
      const bool anybodys = !hit.mail && (rules_.words().open_host(host) || rules_.words().throwaway(host));
      if (anybodys || rules_.words().borrowed_by(host) != lexicon::no_brand || reads_as_other(host, rules_.words())) weight = points_.address;
      // In a name of many words ("card expires, renew at card-renewal.com") a bare name is where to go.
      const bool named = type_ == slot_type::name || type_ == slot_type::address;
      if (named && !hit.mail && signals_.words >= sentence_words && host.find('-') != byte_view::npos) weight = std::max(weight, sentence_host_points);
      if (is_own_brand_elsewhere(host_of(hit))) weight = points_.address * 5 / 2;
      if (weight > best) {
        best = weight;
        where = hit.where;
        has_address_ = !hit.mail && weight > points_.bare_domain;
        bare_host_ = !hit.mail && !has_address_;
      }
    }
    if (!signals_.handles.empty() && points_.address > best) {
      best = points_.address;
      where = signals_.handles[0];
      has_address_ = true;
      bare_host_ = false;
    }
    address_ = where;
    address_points_ = best;
  }

  byte_view text_at(extent e) const { return view_.view().substr(e.begin, static_cast<std::size_t>(e.end - e.begin)); }
  byte_view host_of(const host_hit& hit) const { return text_at(hit.host); }

  // "vault.trezor.guide" in Trezor's own mail: the sender's brand under a domain that is not the sender's.
  bool is_own_brand_elsewhere(byte_view host) const {
    if (sender_.known == nullptr) return false;
    const byte_view site = registrable(host);
    const byte_view label = site.substr(0, site.find('.'));
    const auto& own = sender_.known->brands;
    return label.size() >= 4 && std::any_of(own.begin(), own.end(), [label](const std::string& b) { return ascii::iequals(label, b); });
  }

  bool own_link(const host_hit& hit) const {
    const byte_view host = host_of(hit);
    if ((view_.how_of(hit.host.begin, hit.host.end) & how::lookalike) != 0) return false;  // it leads elsewhere
    if (!sender_.domain.empty() && same_site(host, sender_.domain)) return true;
    if (sender_.known == nullptr) return false;
    const auto& own = sender_.known->link_domains;
    return std::any_of(own.begin(), own.end(), [&](const std::string& d) { return within(host, d); });
  }

  // All classes of words together are one finding: single words say little, their company says it.
  void words() {
    const bool named = type_ == slot_type::name || type_ == slot_type::address;
    std::array<int, word_classes> weights{};
    int strongest = 0;
    extent where;
    for (std::size_t i = 0; i < word_classes; ++i) {
      const class_hit& hit = signals_.classes[i];
      if (hit.count == 0) continue;
      const class_points p = points_of(static_cast<word_class>(i));
      int weight = hit.words >= 3 ? p.more : hit.words == 2 ? p.two : p.one;
      const bool several = hit.count > (named && hit.words >= 2 ? 2 : 1);  // a phrase and a word in it are one
      if (several && adds_up(static_cast<word_class>(i))) weight += 10;
      const bool business = is_business(static_cast<word_class>(i), hit);
      weight = weight * (business ? points_.business : points_.alarm) / 100;
      weights[i] = weight;
      if (weight > 0 && !business) alarming_ = true;
      if (weight > 0 && static_cast<word_class>(i) != word_class::reader) ++lure_classes_;
      if (weight > strongest) {
        strongest = weight;
        where = hit.first;
      }
    }
    if (lure_classes_ == 0) return;  // "you" alone is not a lure
    int total = 0;
    for (std::size_t i = 0; i < word_classes; ++i) total += named && said_before(i, weights) ? weights[i] / 2 : weights[i];
    if (is_topic()) total = total * topic_percent / 100;
    if (is_told_of()) total = total * told_of_percent / 100;
    // A name has one or two such words at most; three kinds of them are a sentence, and names are none.
    if (named && total >= sentence_points) total = total * sentence_percent() / 100;
    if (named && lure_classes_ == 1 && !alarming_ && total <= single_points && score_ + address_points_ == 0) total = total * single_percent / 100;
    // "Your page will be closed, appeal at ...": the contact is what the lure is for. Beside ordinary business ("call us to
    // reschedule") it is not one. Then a bare host name is where to go, too.
    const bool spoken = signals_.has(word_class::reader) || signals_.has(word_class::urgent) || !signals_.money.empty();
    if (alarming_ && bare_host_ && spoken) {
      address_points_ = std::max(address_points_, points_.address);
      has_address_ = true;
    }
    if (alarming_ && (has_phone_ || has_address_)) total += company_points;
    add(rule::slot_words, total, where);
  }

  int sentence_percent() const {
    const bool long_one = signals_.words >= long_name_words && lure_classes_ >= 2;
    return !long_one ? 125 : signals_.has(word_class::reader) ? 175 : 160;
  }

  // The same word says what a stronger class says ("Gift Card": a prize and a card).
  bool said_before(std::size_t one, const std::array<int, word_classes>& weights) const {
    const extent mine = signals_.classes[one].first;
    for (std::size_t i = 0; i < word_classes; ++i) {
      if (i == one || weights[i] == 0 || weights[i] < weights[one] || (weights[i] == weights[one] && i > one)) continue;
      const extent other = signals_.classes[i].first;
      if (mine.begin < other.end && other.begin < mine.end) return true;
    }
    return false;
  }

  bool only(std::initializer_list<word_class> these) const {
    for (std::size_t i = 0; i < word_classes; ++i) {
      const auto c = static_cast<word_class>(i);
      if (signals_.has(c) && std::find(these.begin(), these.end(), c) == these.end()) return false;
    }
    return true;
  }

  // A group may be about coins, a shop's subject about gifts and last chances; a lure wants something as well.
  bool is_topic() const {
    using enum word_class;
    const bool named = type_ == slot_type::name || type_ == slot_type::address;
    if (signals_.has(crypto)) return signals_[verify].words < 2 && only({crypto, verify, account, reader, label, sole});
    if (named) return false;
    if (only({verify, account, reader, label, security})) return true;  // "Confirm your account"
    const bool large = std::any_of(signals_.money.begin(), signals_.money.end(), [](const money_hit& m) { return m.cents >= 900'00; });
    return !large && signals_.has(prize) && only({prize, urgent, charge, reader, label, sole});
  }

  // "Claiming an airdrop twice crashes the app": about coins, to nobody, without a sum.
  bool is_told_of() const {
    using enum word_class;
    if (type_ != slot_type::title && type_ != slot_type::subject && type_ != slot_type::memo) return false;
    return signals_.has(crypto) && signals_.money.empty() && !signals_.has(reader) && !signals_.has(urgent) && !has_phone_ && !has_address_ && signals_.disguised_words == 0;
  }

  void brands() {
    for (const brand_hit& hit : signals_.brands) {
      if (speaks_for(sender_, rules_.words().brands()[hit.brand]) && !hit.disguised) continue;
      const bool company = type_ == slot_type::name ? lure_classes_ > 0 : alarming_;
      // Somebody else's brand and a sum in one short field: a charge or a payment in that brand's name.
      const bool called = has_phone_ && type_ != slot_type::memo;  // a memo may hold a number and say what was sold
      const int weight = hit.disguised ? 70 : (company || called ? 25 : 10) + (signals_.money.empty() ? 0 : 20);
      return add(rule::slot_brand, weight * points_.alarm / 100, hit.where);
    }
  }

  void disguise() {
    const fold_counts& c = signals_.counts;
    int weight = 0;
    extent where = signals_.disguised_first;
    if (signals_.disguised_words > 0) weight += 60;
    if (c.mixed_words > 0) weight += 50;
    if (c.split >= 3) {
      weight += 60;
    } else if (c.invisible >= 2) {
      weight += 30;
    }
    if (c.overridden > 0) weight += 60;
    if (c.styled >= 6) weight += 15;
    for (const phone_hit& hit : signals_.phones) {
      if (!hit.disguised) continue;
      weight += 40;
      if (where.empty()) where = hit.where;
      break;
    }
    if (where.empty()) where = {0, std::min<std::uint16_t>(view_.size, 40)};
    const bool sure = signals_.disguised_words > 0 || c.mixed_words > 0 || c.split >= 3 || c.overridden > 0;
    add(rule::slot_disguise, std::min(weight, 100) * points_.disguise / 100, where, sure);
  }

  // Pictures and arrows: a name has none, a title one at most.
  void decoration() {
    int symbols = 0;
    for (char c : view_.view()) symbols += c == mark::symbol || c == mark::pointer || c == mark::phone;
    const bool name = type_ == slot_type::name || type_ == slot_type::address;
    if (symbols < (name ? 1 : 2)) return;
    add(rule::slot_decoration, name ? 15 : 10, {0, std::min<std::uint16_t>(view_.size, 40)});
  }

  void length() {
    if (signals_.code_points <= points_.usual_length) return;
    const int weight = signals_.code_points > 2 * points_.usual_length ? 20 : 10;
    add(rule::slot_length, weight, {0, std::min<std::uint16_t>(view_.size, 40)});
  }

  byte_view text_;
  slot_points points_;
  slot_type type_;
  byte_view slot_;
  const ruleset& rules_;
  slot_sender sender_;
  place where_;
  findings& out_;
  int percent_;
  folded view_;
  text_signals signals_;
  std::uint64_t text_id_ = 0;
  int score_ = 0;
  int lure_classes_ = 0;
  bool has_phone_ = false;
  bool has_address_ = false;
  bool bare_host_ = false;  // the address is a host name and nothing else
  extent address_;
  int address_points_ = 0;
  bool alarming_ = false;
};

}  // namespace

bool speaks_for(const slot_sender& sender, const brand& b) {
  if (sender.known != nullptr) {
    const auto& own = sender.known->brands;
    if (std::find(own.begin(), own.end(), b.id) != own.end()) return true;
  }
  if (sender.domain.empty()) return false;
  if (std::any_of(b.domains.begin(), b.domains.end(), [&sender](const std::string& d) { return within(sender.domain, d); })) return true;
  const byte_view site = registrable(sender.domain);
  const bool country = site.size() > 3 && site[site.size() - 3] == '.';
  return country && site.size() > b.id.size() && site[b.id.size()] == '.' && ascii::istarts_with(site, b.id);
}

const char* name_of(slot_verdict v) {
  static constexpr const char* names[] = {"clean", "suspicious", "abuse"};
  return names[static_cast<std::size_t>(v)];
}

slot_result judge_slot(byte_view text, slot_type type, byte_view slot, const ruleset& rules, const slot_sender& sender, place where,
                       findings& out, int percent) {
  slot_result worst;
  for (;;) {  // a longer text than folding takes at once: piece by piece, with room for what a cut would break
    const byte_view piece = text.substr(0, fold_limit);
    const slot_result one = judge(piece, type, slot, rules, sender, where, out, percent).run();
    if (one.score >= worst.score) worst = one;
    if (piece.size() == text.size()) return worst;
    text.remove_prefix(fold_limit - limits::window_overlap_bytes);
  }
}

}  // namespace sluice::inspect

// The rule table (rules.hpp), names of enumerators, and how findings are added.
#include "inspect/rules.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace sluice::inspect {
namespace {

constexpr rule_info table[] = {
    {"slot-phone", "a telephone number stands in a field where none belongs"},
    {"slot-address", "a web or mail address stands in a field where none belongs"},
    {"slot-wallet", "a crypto wallet address stands in a field that outsiders can fill in"},
    {"slot-money", "an amount of money stands in a field where none belongs"},
    {"slot-words", "words that lures are made of stand in a field that outsiders can fill in"},
    {"slot-brand", "a field that outsiders can fill in names a brand that is not the sender's"},
    {"slot-disguise", "words or numbers in the field are hidden by look-alike letters, invisible characters or spacing"},
    {"slot-length", "the field is much longer than what it is for"},
    {"slot-decoration", "pictures, arrows or hands stand in the field"},
    {"template-missing", "a known sender, but the link that every genuine mail of it carries is missing: the body is somebody else's"},
    {"body-foreign", "a known sender, but next to nothing of the text is from its own mail: the body is somebody else's"},
    {"body-stuffed", "a known sender's template holds a much longer piece of other text than it ever does"},
    {"callback", "a telephone number together with a charge, a threat or a foreign brand"},
    {"foreign-brand", "speaks for a brand that the sender is not"},
    {"brand-in-name", "the display name claims a brand whose domains the sender does not use"},
    {"brand-disguised", "a brand's name is written with look-alike letters or hidden characters"},
    {"greeting", "the greeting holds an address, an amount or a number where the reader's name should stand"},
    {"lure-threat", "threatens the reader's account and asks him to act"},
    {"lure-crypto", "offers or threatens crypto coins and asks the reader to act"},
    {"lure-prize", "promises money or a prize"},
    {"lure-extortion", "extortion"},
    {"lure-fee", "an advance-fee story"},
    {"lure-adult", "adult or dating lure"},
    {"lure-secret", "asks for a password, a PIN or a code where a link leads away from the sender, or for the mailbox at work in words that others wrote"},
    {"wallet", "a crypto wallet address with a valid checksum"},
    {"link-foreign", "a link leaves the sender's own domains"},
    {"link-mismatch", "a link shows one site and goes to another"},
    {"link-free-host", "a link goes to a shortener, form or free host that anybody can use"},
    {"link-open-page", "a link goes to a page on a well-known host that anybody can fill, or that sends the reader on"},
    {"link-pointed", "arrows or pointing hands lead to a written address"},
    {"link-throwaway", "a link or mail address under a domain ending that is mostly registered to be thrown away"},
    {"link-disguised", "an address is written so that filters do not see it"},
    {"link-lookalike", "a link leads to a host that carries a brand's name or reads like it, and is not the brand's"},
    {"code-drawn", "a QR code is drawn with characters or table cells, so that no picture shows it to filters"},
    {"text-disguised", "words of a lure in the text are hidden by look-alike letters, invisible characters or spacing"},
    {"text-hidden", "much text that the reader cannot see"},
    {"relayed", "delivered to somebody it was not written to, through a list or another tenant"},
    {"replayed", "the same signature was delivered to many recipients that the message does not name"},
    {"new-to-sender", "an authenticated sender that is known here does something it has not done before"},
    {"spoofed-profile", "claims a known notification sender, but nothing of that sender's passes authentication"},
    {"unverified-profile", "claims a known notification sender, and its authentication could not be checked"},
    {"from-ambiguous", "mail clients could understand From differently: several fields, several domains, broken addresses"},
    {"dmarc-fail", "the author's domain does not vouch for this message (DMARC)"},
    {"dkim-unsigned-tail", "octets follow the part of the body that the signature covers"},
    {"dkim-many", "more signatures than are verified"},
    {"listed", "the client or a link's host is on a reputation list"},
    {"mime-ambiguous", "mail clients would read this message in different ways"},
    {"file-executable", "an attachment runs when it is opened: a program, a script, a disk image, or an archive of one"},
    {"file-disguised", "an attachment is not what its name or its declared type says, or its name has a second ending"},
    {"reply-foreign", "a known sender, but answers go to an address outside of its domains"},
};
static_assert(std::size(table) == static_cast<std::size_t>(rule::count_));

}  // namespace

const rule_info& info_of(rule r) { return table[static_cast<std::size_t>(r)]; }
std::span<const rule_info> all_rules() { return table; }

sender_abuse abuse_of(rule r) {
  switch (r) {
    case rule::slot_phone:
    case rule::slot_address:
    case rule::slot_wallet:
    case rule::slot_money:
    case rule::slot_words:
    case rule::slot_brand:
    case rule::slot_disguise:
    case rule::slot_length:
    case rule::slot_decoration:
    case rule::greeting:
      return sender_abuse::slot;
    case rule::template_missing:
    case rule::body_foreign:
    case rule::body_stuffed:
    case rule::callback:
    case rule::foreign_brand:
    case rule::wallet:
      return sender_abuse::takeover;
    case rule::relayed:
    case rule::replayed:
      return sender_abuse::resent;
    case rule::spoofed_profile:
    case rule::unverified_profile:
      return sender_abuse::spoofed;
    default:
      return sender_abuse::none;
  }
}

sender_abuse abuse_of(const findings& found) {
  if (found.profile.empty()) return sender_abuse::none;
  std::array<std::int32_t, abuse_classes> points{};
  for (const finding& f : found.list) points[static_cast<std::size_t>(abuse_of(rule_named(f.rule)))] += std::max<std::int32_t>(f.weight, 0);
  return static_cast<sender_abuse>(std::max_element(points.begin(), points.end()) - points.begin());
}

rule rule_named(byte_view id) {
  for (std::size_t i = 0; i < std::size(table); ++i) {
    if (table[i].id == id) return static_cast<rule>(i);
  }
  return rule::count_;
}

const char* name_of(action a) {
  static constexpr const char* names[] = {"forward", "tag", "defer", "quarantine", "reject"};
  return names[static_cast<std::size_t>(a)];
}

const char* name_of(place p) {
  static constexpr const char* names[] = {"envelope", "header", "subject", "display-name", "text", "html", "link", "attachment", "structure"};
  return names[static_cast<std::size_t>(p)];
}

const char* name_of(unscanned u) {
  static constexpr const char* names[] = {"none", "budget", "broken-mime", "encrypted", "dns", "safe-mode"};
  return names[static_cast<std::size_t>(u)];
}

void add_finding(findings& out, rule what, std::int32_t weight, const finding_text& text) {
  const byte_view id = info_of(what).id;
  for (finding& known : out.list) {
    if (known.rule != id || view(known.slot) != text.slot) continue;
    if (known.text_id != text.text_id) known.text_id = 0;  // an exception for one text must not cover the other
    if (weight > known.weight) {
      out.score += weight - known.weight;
      known.weight = static_cast<std::int16_t>(weight);
      assign_cut(known.words, utf8::cut(text.words, known.words.capacity()));
    }
    return;
  }
  out.score += weight;
  if (out.list.size() == out.list.capacity()) {
    // The lightest makes room: the explanation should hold what mattered.
    auto lightest = std::min_element(out.list.begin(), out.list.end(), [](const finding& a, const finding& b) { return a.weight < b.weight; });
    ++out.dropped;
    if (lightest->weight >= weight) return;
    out.list.erase(lightest);
  }
  finding made;
  made.rule = id;
  made.weight = static_cast<std::int16_t>(weight);
  made.where = text.where;
  made.part = text.part;
  made.offset = text.offset;
  made.length = text.length;
  made.text_id = text.text_id;
  assign_cut(made.slot, text.slot.substr(0, made.slot.capacity()));
  assign_cut(made.words, utf8::cut(text.words, made.words.capacity()));
  out.list.push_back(made);
}

}  // namespace sluice::inspect

// See lure.hpp. A story has a core without which it is not told, and company that makes it likely. Points are meant for
// mail that comes from a notification sender; the caller scales them for others.
#include "inspect/lure.hpp"

#include <algorithm>

namespace sluice::inspect {
namespace {

using enum word_class;

int weigh(const class_hit& hit, int one, int phrase) {
  return hit.count == 0 ? 0 : hit.words >= 2 || hit.count >= 3 ? phrase : one;
}

int any(const text_signals& s, word_class c, int one, int phrase) { return weigh(s[c], one, phrase); }

// A number beside an invoice is normal where payments are. What is not: somebody else's brand, "you did not authorise
// this", a threat, coins, a hidden number.
constexpr int brand_alone_points = 35;
constexpr int calm_points = 80;
constexpr int appointment_points = 40;  // it costs something, and here is a number

// How often and how plainly a reason is given to telephone: before a number, or in its sentence. What is said about
// cancelling three sentences after a number for questions is the shop's terms.
class_hit reason_to_call(const text_signals& s, word_class what) {
  constexpr int reach = 320;  // octets before the number
  class_hit near;
  for (const reason_hit& reason : s.reasons) {
    if (reason.what != what) continue;
    const bool any_number = std::any_of(s.phones.begin(), s.phones.end(), [&reason](const phone_hit& phone) {
      return reason.begin < phone.sentence_end && reason.begin + reach >= phone.where.begin;
    });
    if (!any_number) continue;
    ++near.count;
    near.words = std::max(near.words, reason.words);
  }
  return near;
}

lure_points callback_story(const text_signals& s, const story_context& context) {
  const class_hit denied = reason_to_call(s, denial);
  // Nobody denies a purchase to a conference: there a PIN behind the number is a pretence.
  const auto answered = std::find_if(s.phones.begin(), s.phones.end(), [&denied](const phone_hit& p) { return !p.conference || p.disguised || denied.count > 0; });
  if (answered == s.phones.end() || context.own_number) return {};
  const phone_hit& phone = *answered;
  const class_hit disputed = reason_to_call(s, dispute);
  // A shop's bill may name a number for questions. A renewal that wants to be disputed by telephone is the trick itself.
  const bool pressing = s[urgent].words >= 2 || s[channel].words >= 2 || disputed.words >= 2 || (s.has(urgent) && s.has(account));  // "your account was charged, call now to cancel"
  const bool dispute_by_phone = s.has(charge) && disputed.count > 0 && (!s.money.empty() || s[charge].words >= 2) && pressing;
  int alarming = weigh(denied, 40, 45) + any(s, threat, 10, 15) + any(s, crypto, 10, 15) + (phone.disguised ? 50 : 0) +
                 (context.payments && dispute_by_phone ? 20 : 0);
  // Receipts name the shop that was paid, and its number: of a brand alone nothing follows there.
  const bool brand_alone = context.payments && alarming == 0;
  if (brand_alone && !context.foreign_brand) return {};
  alarming += context.foreign_brand ? 20 : 0;
  const int points = 25 + alarming + any(s, charge, 10, 15) + weigh(disputed, 10, 15) + any(s, channel, 10, 15) + any(s, call, 5, 10) + any(s, urgent, 0, 5) + (s.money.empty() ? 0 : 15) +
                     (!context.payments && !s.money.empty() && (denied.count > 0 || s[charge].count >= 2 || disputed.count > 0) ? 15 : 0);
  // A number, a brand and business words make up any footer; the trick needs a charge to be alarmed about.
  const bool elsewhere = s.calls_other && denied.count == 0 && !phone.disguised;  // a colleague passes on whom to call
  const bool hard = elsewhere ? false : denied.count > 0 || phone.disguised || disputed.words >= 2 || s.has(crypto) || (!context.payments && !s.money.empty() && s.has(charge));
  if (brand_alone) return {std::min(points, brand_alone_points), phone.where};
  if (context.invited && !context.foreign_brand && alarming == 0 && disputed.count == 0) return {std::min(points, appointment_points), phone.where};
  const bool charged = !s.money.empty() && s.has(charge);
  // "Don't recognise this charge? Call the practice": receipts say that, and who takes bookings says how to cancel one. The
  // trick presses, does both, or borrows a name.
  const bool quiet = !s.has(threat) && !s.has(crypto) && !phone.disguised && !context.foreign_brand && !s.has(urgent) && !s.has(channel);
  const bool receipt = denied.count > 0 && disputed.count == 0 && context.known && !context.topical;
  const bool booking = context.invited && (denied.count == 0 || disputed.count == 0);
  if (quiet && (receipt || booking)) return {std::min(points, calm_points), phone.where};
  return {hard ? points : std::min(points, charged ? (disputed.count > 0 && pressing ? 90 : 60) : 35), phone.where};
}

lure_points threat_story(const text_signals& s, const story_context& context) {
  const bool aimed_at = s.has(account) || (context.known && s.has(security));
  const bool pressed = aimed_at && s[verify].words >= 2 && (context.known ? s.has(urgent) : s[urgent].words >= 2);
  // A document that waits is opened, not verified; only a threat in so many words makes a lure of it.
  const bool waiting = s[task].words >= 2 && (s[threat].words >= 2 || s[verify].words >= 3);
  // "Restrictions apply", "penalties": a threat names what is threatened.
  const bool threatened = s[threat].words >= 2;
  const bool demanded = !s.demanded.empty() && !s.has(verify);  // "pay the customs", or the parcel goes back
  if (!waiting && ((!s.has(verify) && !demanded) || !(threatened || pressed))) return {};
  const int points = (demanded ? 10 : 0) + any(s, threat, 15, 25) + any(s, verify, 10, 20) + any(s, account, 10, 10) + any(s, urgent, 5, 15) + any(s, crypto, 10, 15) +
                     any(s, security, 5, 5) + any(s, task, 0, 15) + (context.foreign_brand ? 20 : 0);
  return {points, s.has(threat) ? s[threat].first : s.has(verify) ? s[verify].first : s[task].first};
}

bool hard_coin_lure(const text_signals& s, const story_context& context) {
  return (s[verify].words >= 2 || s[prize].words >= 2 || s[threat].words >= 2) && (s[crypto].words >= 2 || context.coin_brand);
}

lure_points crypto_story(const text_signals& s, const story_context& context) {
  constexpr std::uint64_t much = 200'00;  // cents: a ticket for an evening about coins costs less
  const bool about = s.has(crypto) || context.coin_brand;
  if (!about || !(s.has(prize) || s.has(verify) || s.has(threat) || s.has(charge) || !s.wallets.empty())) return {};
  const int points = (s.has(crypto) ? any(s, crypto, 20, 25) : 20) + any(s, charge, 10, 15) + any(s, prize, 10, 20) + any(s, verify, 10, 20) +
                     any(s, threat, 10, 20) + any(s, urgent, 5, 10) + (s.money.empty() ? 0 : 10) + (context.foreign_brand ? 20 : 0) +
                     (s.wallets.empty() ? 0 : 20) + (s[verify].words >= 2 && (s[crypto].words >= 2 || context.coin_brand) ? 15 : 0);  // "connect your wallet"
  const extent where = s.has(crypto) ? s[crypto].first : s.has(threat) ? s[threat].first : s[verify].first;
  // Who writes about coins verifies, and has accounts; a lure gives, threatens or says what to do, and it speaks to somebody.
  const bool large = std::any_of(s.money.begin(), s.money.end(), [](const money_hit& m) { return m.cents >= much; });
  const bool asks = s.has(prize) || s.has(threat) || s[verify].words >= 2 || large || !s.wallets.empty();
  const bool spoken = s.has(reader) || s.has(urgent) || !s.money.empty() || !s.wallets.empty();
  // A car maker's or a shop's mail that tells what to do with a wallet: its account was taken over.
  const int taken_over = !context.topical && spoken && hard_coin_lure(s, context) ? 20 : 0;
  // "Never type your phrase anywhere": news and advice. Of a known sender's mail nothing follows from that, lures say it, too.
  if (s.warned && !context.known && s.wallets.empty()) return {points / 2, where};
  return {(asks && spoken) || !context.topical ? points + taken_over : points / 2, where};
}

// Shops write of gifts, bonuses and last chances, too. What they do not write of: thousands, coins, threats, somebody
// else's name.
lure_points prize_story(const text_signals& s, const story_context& context) {
  constexpr std::uint64_t much = 900'00;  // cents
  constexpr int shop_points = 40;
  if (!s.has(prize) || (s.money.empty() && s[prize].count < 4)) return {};
  const int points = any(s, prize, 10, 20) + (s.money.empty() ? 0 : 15) + std::min(15, 5 * (s[prize].count - 1)) + any(s, urgent, 5, 10) + any(s, crypto, 10, 15) + (s.demanded.empty() ? 0 : 15);
  const bool large = std::any_of(s.money.begin(), s.money.end(), [](const money_hit& m) { return m.cents >= much; });
  const bool beyond = large || context.foreign_brand || s.has(crypto) || s.has(threat) || s[verify].words >= 2 || s[fee].count >= 2 || !s.demanded.empty();
  const bool spoken = s.has(reader) || s.has(urgent) || !s.money.empty();  // else it is told of: "claim twice, then claim again"
  return {!spoken ? std::min(points, shop_points) / 2 : beyond ? points : std::min(points, shop_points), s[prize].first};
}

lure_points extortion_story(const text_signals& s, const story_context&) {
  if (s[extort].count < 2) return {};
  const int points = std::min(60, 15 * s[extort].count) + any(s, crypto, 20, 25) + (s.money.empty() ? 0 : 15) + (s.wallets.empty() ? 0 : 30);
  return {points, s[extort].first};
}

lure_points advance_fee(const text_signals& s, const story_context& context) {
  if (s[fee].count < 2) return {};
  // Such stories end with a contact, and it is not a web page: a messenger or a number.
  const bool contact = s[fee].words >= 2 && (s.has(channel) || s.has(call)) && !s.phones.empty();
  // Nobody's notifications tell of heirs and barristers, and newspapers do not write through ticket desks.
  const int most = context.known && s[fee].count >= 5 && s[fee].words >= 2 ? 90 : 50;
  const int points = std::min(most, 12 * s[fee].count) + (s.money.empty() ? 0 : 15) + (contact ? 40 : 0);
  return {s[fee].words >= 2 ? points : points / 2, s[fee].first};  // single words are those of any bank or charity
}

// "$300 a day, write to Ann on Telegram @ann_hr": work, love and loans go on where nobody reads along.
lure_points beckoning(const text_signals& s) {
  // Newsletters have a channel, too; a link to one counts where such a tale is told.
  const bool channel_of_tale = !s.chat_link.empty() && s[fee].words >= 2;
  if ((s.handles.empty() && !channel_of_tale) || !s.has(reader)) return {};
  const bool paid = !s.money.empty() || s.has(prize) || s.has(crypto);
  return {(paid ? 70 : 45) + (s.money.empty() ? 0 : 10) + any(s, prize, 5, 10) + any(s, fee, 5, 10) + any(s, crypto, 5, 10), s.handles.empty() ? s.chat_link : s.handles[0]};
}

lure_points fee_story(const text_signals& s, const story_context& context) {
  const lure_points advance = advance_fee(s, context), beckons = beckoning(s);
  return advance.points >= beckons.points ? advance : beckons;
}

lure_points adult_story(const text_signals& s, const story_context& context) {
  if (s[adult].count < 2) return {};
  return {std::min(context.known ? 75 : 50, 15 * s[adult].count), s[adult].first};
}

}  // namespace

lure_points tell(story which, const text_signals& s, const story_context& context) {
  switch (which) {
    case story::callback: return callback_story(s, context);
    case story::threat: return threat_story(s, context);
    case story::crypto: return crypto_story(s, context);
    case story::prize: return prize_story(s, context);
    case story::extortion: return extortion_story(s, context);
    case story::fee: return fee_story(s, context);
    case story::adult: return adult_story(s, context);
    case story::count_: break;
  }
  return {};
}

}  // namespace sluice::inspect

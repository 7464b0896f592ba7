// The way a message came, and how often its signature was seen: what tells a genuine mail that somebody hands on to
// others (replay, relay). Shared mailboxes, aliases and lists look the same, so nothing here is a finding by itself: it
// multiplies what was found already. Part of message_inspector.
#include <algorithm>
#include <bit>
#include <string>

#include "core/ascii.hpp"
#include "inspect/domain.hpp"
#include "inspect/message_inspector.hpp"
#include "inspect/rules.hpp"

namespace sluice::inspect {
namespace {

constexpr std::int32_t found_floor = 30;  // a forwarded mail without other findings is just forwarded
constexpr int relayed_percent = 20, percent_per_trait = 15, relayed_most_percent = 80;
constexpr std::int32_t relayed_least = 10, relayed_least_per_trait = 10;
constexpr std::int32_t most_points = 60;  // of one multiplier
constexpr int new_percent = 15;  // for each kind of new thing
constexpr std::int32_t new_most_points = 40;
constexpr std::uint32_t some_recipients = 3, many_recipients = 12;
constexpr int replayed_percent = 25, replayed_much_percent = 50;

constexpr byte_view forwarder_fields[] = {"X-Forwarded-To", "X-Forwarded-For", "X-MS-Exchange-ForwardingLoop", "X-MS-Exchange-Inbox-Rules-Loop", "X-Forwarded-Encrypted"};

bool is_tenant(byte_view address) { return within(address.substr(std::min(address.size(), address.rfind('@') + 1)), "onmicrosoft.com"); }

bool contains(byte_view text, byte_view part) {
  for (std::size_t i = 0; i + part.size() <= text.size(); ++i) {
    if (ascii::istarts_with(text.substr(i), part)) return true;
  }
  return false;
}

}  // namespace

std::uint64_t signature_hash(byte_view value) {
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(';'), value.size());
    byte_view tag = ascii::trim(value.substr(0, end));
    value.remove_prefix(std::min(end + 1, value.size()));
    const std::size_t equals = tag.find('=');
    if (equals == byte_view::npos || ascii::trim(tag.substr(0, equals)) != "b") continue;
    std::uint64_t h = 14695981039346656037ull;
    bool any = false;
    for (const char c : tag.substr(equals + 1)) {
      if (ascii::is_space(c)) continue;
      h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ull;
      any = true;
    }
    return any ? h | 1 : 0;
  }
  return 0;
}

std::uint16_t traits_of_sender(byte_view mail_from) {
  std::uint16_t out = 0;
  if (contains(mail_from, "SRS=") || ascii::istarts_with(mail_from, "SRS0") || ascii::istarts_with(mail_from, "SRS1")) out |= path_trait::rewritten_sender;
  if (is_tenant(mail_from)) out |= path_trait::tenant_sender;
  return out;
}

std::uint16_t traits_of_field(byte_view name, byte_view value) {
  if (ascii::istarts_with(name, "Resent-")) return path_trait::resent;
  // The hosts by which Exchange Online hands mail to other organisations; Google's name their relays by list fields only.
  if (ascii::iequals(name, "Received") && contains(value, "outbound.protection.outlook.com")) return path_trait::mail_cloud;
  for (const byte_view known : forwarder_fields) {
    if (ascii::iequals(name, known)) return path_trait::forwarded;
  }
  return 0;
}

// A genuine mail sent on to somebody it was not written to, where the envelope is known.
void message_inspector::judge_path() {
  if (profile_ == nullptr || body_.recipient_hashes.empty() || body_.to_matches) return;
  if (found_.score < found_floor) return;
  std::uint16_t traits = path_.traits;
  if (facts_.to.empty()) traits |= path_trait::no_recipient;
  if (is_tenant(view(facts_.to))) traits |= path_trait::tenant_recipient;
  // Mail of Microsoft's own services leaves through the same hosts.
  if (std::any_of(profile_->link_domains.begin(), profile_->link_domains.end(), [](const std::string& d) { return d == "microsoft.com" || d == "outlook.com"; })) {
    traits &= static_cast<std::uint16_t>(~path_trait::mail_cloud);
  }
  const int count = std::popcount(traits);
  const int percent = std::min(relayed_percent + count * percent_per_trait, relayed_most_percent);
  const std::int32_t least = relayed_least + std::min(count, 2) * relayed_least_per_trait;
  const std::int32_t weight = std::clamp(found_.score * percent / 100, least, most_points);
  add_finding(found_, rule::relayed, weight, {place::envelope, 0, 0, 0, {}, view(facts_.to)});
}

void message_inspector::delivered_before(std::uint32_t messages, std::uint32_t recipients) {
  facts_.signature_messages = messages;
  facts_.signature_recipients = recipients;
  if (found_.score < found_floor || recipients < some_recipients || body_.to_matches) return;
  if (profile_ == nullptr && (body_.automatic & automatic::mailing_list) != 0) return;  // lists hand on by trade
  const int percent = recipients >= many_recipients ? replayed_much_percent : replayed_percent;
  fixed_string<48> words;
  append_cut(words, "one signature, ");
  append_cut(words, std::to_string(recipients));
  append_cut(words, " recipients");
  add_finding(found_, rule::replayed, std::min(found_.score * percent / 100, most_points), {place::header, 0, 0, 0, {}, view(words)});
}

sender_traits message_inspector::traits(const auth_facts& results) const {
  sender_traits out;
  const byte_view site = from_site();
  const bool vouched = results.dmarc == auth_facts::result::pass ||
                       std::any_of(results.passed.begin(), results.passed.end(), [site](byte_view d) { return ascii::iequals(registrable(d), site); });
  if (results.checked && vouched && !body_.many_from) out.domain = site;
  out.links = {body_.hosts.data(), body_.hosts.size()};
  out.text = {sampler_.chosen().data(), sampler_.chosen().size()};
  out.name = facts_.from_name.empty() ? 0 : hash_lower(view(facts_.from_name));
  return out;
}

void message_inspector::compared(const novelty& what) {
  facts_.new_things = what;
  if (!what.known || what.count() == 0 || found_.score < found_floor) return;
  fixed_string<64> words;
  const auto add = [&words](bool is, byte_view name) {
    if (!is) return;
    if (!words.empty()) append_cut(words, ", ");
    append_cut(words, name);
  };
  add(what.link, "link domain");
  add(what.name, "display name");
  add(what.text, "text");
  const std::int32_t weight = std::min(found_.score * new_percent * what.count() / 100, new_most_points);
  add_finding(found_, rule::new_to_sender, weight, {place::header, 0, 0, 0, {}, view(words)});
}

}  // namespace sluice::inspect

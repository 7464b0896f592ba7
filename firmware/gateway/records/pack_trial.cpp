// See pack_trial.hpp.
#include "firmware/gateway/records/pack_trial.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include "core/concat.hpp"
#include "inspect/message_inspector.hpp"
#include "mime/charset_pool.hpp"

namespace sluice::gateway {
namespace {

using result = inspect::auth_facts::result;

result result_of(byte_view word) {
  return word == "pass" ? result::pass : word == "fail" ? result::fail : word == "temperror" || word == "permerror" ? result::error : result::none;
}

// What the history's line says: "spf=pass (a.example) dkim=pass (b.example) arc=none dmarc=pass (a.example)".
struct recorded_auth {
  inspect::auth_facts facts;
  std::array<byte_view, 2> passed;
  bool whole = false;

  explicit recorded_auth(byte_view line) {
    std::size_t count = 0;
    for (byte_view method : {byte_view("spf="), byte_view("dkim="), byte_view("dmarc=")}) {
      const std::size_t at = line.find(method);
      if (at == byte_view::npos) return;  // not looked at, or cut
      byte_view rest = line.substr(at + method.size());
      const byte_view word = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(word.size(), rest.size()));
      const result r = result_of(word);
      (method == "spf=" ? facts.spf : method == "dkim=" ? facts.dkim : facts.dmarc) = r;
      if (r == result::pass && method != "dmarc=" && rest.starts_with(" (")) passed[count++] = rest.substr(2, rest.find_first_of(",)") - 2);
    }
    facts.checked = whole = true;
    facts.passed = {passed.data(), count};
  }
};

std::string quoted(byte_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= ' ') out += c;
  }
  return out + "\"";
}

std::string header_of(const status::history_entry& e) {
  std::string subject(view(e.subject));
  std::erase_if(subject, [](char c) { return static_cast<unsigned char>(c) < ' '; });
  return concat("From: ", quoted(view(e.from_name)), " <", view(e.from), ">\r\nSubject: ", subject, "\r\n\r\n");
}

}  // namespace

pack_trial try_rules(const std::vector<status::history_entry>& recent, const inspect::ruleset& before, const inspect::ruleset& after, const policy::settings& set) {
  pack_trial out;
  const auto pool = std::make_unique<mime::charset_pool>();
  const auto inspector = std::make_unique<inspect::message_inspector>(before, inspect::own_names{}, *pool);
  const auto judged = [&](const inspect::ruleset& rules, const std::string& header, const recorded_auth& auth) {
    inspector->use(rules);
    inspector->begin({});
    inspector->feed(header);
    inspector->finish();
    if (auth.whole) inspector->authentication(auth.facts);
    inspect::findings found = inspector->found();
    policy::weigh(found, set);
    return found;
  };
  const auto would_hold = [&set](std::int32_t score, const inspect::findings& found) {
    inspect::findings whole;
    whole.score = score;
    whole.profile = found.profile;
    return policy::decide(whole, set).would >= inspect::action::quarantine;
  };
  for (const status::history_entry& e : recent) {
    if (e.from.empty() || !e.list.empty() || e.cause != inspect::unscanned::none) continue;
    ++out.messages;
    const std::string header = header_of(e);
    const recorded_auth auth(view(e.auth));
    const inspect::findings was = judged(before, header, auth), now = judged(after, header, auth);
    const inspect::profile* known = before.find_id(std::string(view(e.profile)));
    const bool was_observed = known != nullptr && known->observe;
    const bool held = (was_observed ? e.act : std::max(e.act, e.would)) >= inspect::action::quarantine;
    const bool holds = would_hold(e.score + now.score - was.score, now);
    out.held += holds && !held;
    out.let_through += held && !holds;
    if (holds && !held && out.first_held.empty()) out.first_held = e.id;
  }
  return out;
}

pack_trial try_rules(const status::history& past, const inspect::ruleset& before, const inspect::ruleset& after, const policy::settings& set) {
  pack_trial out;
  std::uint64_t older_than = 0;
  for (std::size_t seen = 0; seen < trial_messages; seen += trial_page) {
    const std::vector<status::history_entry> page = past.page(older_than, trial_page);
    if (page.empty()) break;
    const pack_trial part = try_rules(page, before, after, set);
    out.messages += part.messages;
    out.held += part.held;
    out.let_through += part.let_through;
    if (out.first_held.empty()) out.first_held = part.first_held;
    older_than = page.back().serial;
  }
  return out;
}

}  // namespace sluice::gateway

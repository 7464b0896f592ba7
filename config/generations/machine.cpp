#include "config/generations/machine.hpp"

#include <algorithm>
#include <array>

namespace sluice::config::generations {
namespace {

using kind = action::kind;

}  // namespace

std::string_view name_of(state s) {
  constexpr std::array<std::string_view, 6> names{"idle", "applying", "proving", "waiting", "returning", "restarting"};
  return names[static_cast<std::size_t>(s)];
}

void machine::end(result what, std::string by, std::string why, moment now) {
  if (entry* e = record_.find(record_.candidate)) {
    e->at_start_within_s = 0;
    e->what = what;
    e->by = std::move(by);
    e->why = std::move(why);
    e->ended = now.unix_s;
  }
  record_.candidate = 0;
}

actions machine::boot(moment now) {
  if (record_.candidate == 0) return {};
  if (entry* e = record_.find(record_.candidate); e != nullptr && e->at_start_within_s != 0) {
    offer_ = {.hash = e->hash, .who = e->who, .serial = e->serial, .octets = e->octets, .from = e->from, .confirm_within_s = e->at_start_within_s};
    e->at_start_within_s = 0;
    state_ = state::applying;
    return {{kind::save}, {kind::apply, e->number}};
  }
  end(result::interrupted, {}, "the program or the box ended before it was confirmed", now);
  return {{kind::save}};
}

void machine::abandon(std::string why, moment now) {
  end(result::interrupted, {}, std::move(why), now);
  state_ = state::idle;
}

refusal machine::objection(const offer& o) const {
  if (state_ != state::idle) return refusal::busy;
  if (record_.serial != 0 && o.serial < record_.serial) return refusal::old_serial;
  const entry* confirmed = record_.find(record_.confirmed);
  if (confirmed != nullptr && confirmed->hash == o.hash && running_ == record_.confirmed) return refusal::unchanged;
  const auto spent = [&](const entry& e) { return e.what == result::confirmed && e.serial == o.serial && e.hash != o.hash; };
  if (o.serial != 0 && (o.serial == record_.serial) && std::ranges::any_of(record_.entries, spent)) return refusal::used_serial;
  return refusal::none;
}

actions machine::take(offer o, moment now) {
  entry e;
  e.number = record_.next++;
  e.before = running_ != 0 ? running_ : record_.confirmed;
  e.serial = o.serial;
  e.octets = o.octets;
  e.taken = now.unix_s;
  e.from = o.from;
  e.hash = o.hash;
  e.who = o.who.substr(0, most_name_octets);
  if (o.at_start) e.at_start_within_s = std::max<std::int64_t>(1, o.confirm_within_s);
  if (o.from == way::file) record_.file_hash = o.hash;
  record_.candidate = e.number;
  actions out{{kind::keep, e.number}};
  record_.entries.push_back(std::move(e));
  offer_ = std::move(o);
  state_ = offer_.at_start ? state::restarting : state::applying;
  actions dropped;
  prune(dropped);
  out.push_back({kind::save});
  out.insert(out.end(), dropped.begin(), dropped.end());
  out.push_back({offer_.at_start ? kind::restart : kind::apply, record_.candidate});
  return out;
}

actions machine::saw_file(std::string hash) {
  if (record_.file_hash == hash) return {};
  record_.file_hash = std::move(hash);
  return {{kind::save}};
}

actions machine::applied(bool good, std::string why, moment now) {
  if (state_ != state::applying) return {};
  if (good) {
    running_ = record_.candidate;
    // Without a former one there is nothing better to run, whatever test mails would say.
    if (record_.confirmed == 0) return make_final({}, std::move(why), now);
    state_ = state::proving;
    return {{kind::prove}};
  }
  end(result::not_applied, {}, std::move(why), now);
  state_ = state::idle;
  return {{kind::save}, {kind::settle}};
}

actions machine::proven(bool good, std::string why, moment now) {
  if (state_ != state::proving) return {};
  if (!good) return go_back(result::not_proven, {}, std::move(why), now);
  if (!offer_.needs_confirm) return make_final({}, std::move(why), now);
  if (entry* e = record_.find(record_.candidate)) e->why = std::move(why);
  state_ = state::waiting;
  deadline_ = {now.unix_s + offer_.confirm_within_s, now.steady_s + offer_.confirm_within_s};
  return {{kind::wait}};
}

refusal machine::may_confirm() const {
  if (record_.candidate == 0 || state_ == state::returning) return refusal::nothing_to_confirm;
  return state_ == state::waiting ? refusal::none : refusal::too_early;
}

actions machine::confirm(std::string by, moment now) {
  if (may_confirm() != refusal::none) return {};
  const entry* e = record_.find(record_.candidate);
  return make_final(std::move(by), e != nullptr ? e->why : std::string(), now);
}

actions machine::make_final(std::string by, std::string why, moment now) {
  const std::uint64_t number = record_.candidate;
  end(result::confirmed, std::move(by), std::move(why), now);
  record_.confirmed = number;
  record_.serial = std::max(record_.serial, offer_.serial);
  state_ = state::idle;
  return {{kind::save}, {kind::settle}};
}

// Not in the middle of applying or proving: both end by themselves, and soon. Also when the way back failed before.
refusal machine::may_take_back() const {
  if (state_ == state::waiting) return refusal::none;
  if (state_ == state::idle && record_.confirmed != 0 && running_ != record_.confirmed) return refusal::none;
  return state_ == state::applying || state_ == state::proving || state_ == state::restarting ? refusal::too_early : refusal::nothing_to_undo;
}

actions machine::take_back(std::string by, moment now) {
  if (may_take_back() != refusal::none) return {};
  return go_back(result::taken_back, std::move(by), {}, now);
}

actions machine::tick(moment now) {
  if (state_ != state::waiting || now.steady_s < deadline_.steady_s) return {};
  return go_back(result::no_confirm, {}, "nobody confirmed it in time", now);
}

actions machine::go_back(result what, std::string by, std::string why, moment now) {
  end(what, std::move(by), std::move(why), now);
  state_ = state::returning;
  return {{kind::save}, {kind::apply, record_.confirmed}};
}

actions machine::returned(bool good) {
  if (state_ != state::returning) return {};
  if (good) running_ = record_.confirmed;
  state_ = state::idle;
  return {{kind::settle}};
}

void machine::prune(actions& out) {
  for (auto e = record_.entries.begin(); record_.entries.size() > most_entries && e != record_.entries.end();) {
    if (e->number == record_.confirmed || e->number == record_.candidate || e->number == running_) {
      ++e;
      continue;
    }
    out.push_back({kind::drop, e->number});
    e = record_.entries.erase(e);
  }
}

}  // namespace sluice::config::generations

#include "status/history.hpp"

#include <algorithm>

#include "core/ascii.hpp"

namespace sluice::status {
namespace {

bool holds(byte_view text, byte_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return ascii::lower(a) == ascii::lower(b); }) != text.end();
}

bool is_sender(byte_view address, byte_view wanted) {
  if (address.size() < wanted.size() || !ascii::iequals(address.substr(address.size() - wanted.size()), wanted)) return false;
  if (address.size() == wanted.size() || wanted.front() == '@' || wanted.front() == '.') return true;
  const char before = address[address.size() - wanted.size() - 1];
  return before == '@' || before == '.';
}

}  // namespace

bool history_filter::fits(const history_entry& e) const {
  if (!outcome.empty() && outcome != e.outcome) return false;
  if (!profile.empty() && profile != view(e.profile)) return false;
  if (!sender.empty() && !is_sender(view(e.from), sender)) return false;
  if (!rule.empty() && std::ranges::none_of(e.findings, [&](const history_finding& f) { return f.rule == rule; })) return false;
  if (text.empty()) return true;
  for (const byte_view field : {view(e.id), view(e.from), view(e.from_name), view(e.recipient), view(e.subject), view(e.client_ip), view(e.message_id)})
    if (holds(field, text)) return true;
  return false;
}

void history::add(history_entry e) {
  std::lock_guard lock(mutex_);
  if (ring_.empty()) return;
  e.serial = ++added_;
  ring_[(added_ - 1) % ring_.size()] = std::move(e);
}

std::uint64_t history::oldest() const { return added_ > ring_.size() ? added_ - ring_.size() + 1 : 1; }

std::vector<history_entry> history::page(std::uint64_t before, std::size_t limit, const history_filter& wanted) const {
  std::lock_guard lock(mutex_);
  std::vector<history_entry> out;
  std::uint64_t serial = before == 0 ? added_ : std::min(before - 1, added_);
  for (; serial >= oldest() && serial > 0 && out.size() < limit; --serial) {
    const history_entry& e = ring_[(serial - 1) % ring_.size()];
    if (e.serial != 0 && wanted.fits(e)) out.push_back(e);  // serial 0: it was too old
  }
  return out;
}

std::optional<history_entry> history::find(byte_view id) const {
  std::lock_guard lock(mutex_);
  for (std::uint64_t serial = added_; serial >= oldest() && serial > 0; --serial) {
    const history_entry& e = ring_[(serial - 1) % ring_.size()];
    if (view(e.id) == id) return e;
  }
  return std::nullopt;
}

std::uint64_t history::count() const {
  std::lock_guard lock(mutex_);
  return added_;
}

}  // namespace sluice::status

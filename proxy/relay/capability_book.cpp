#include "relay/capability_book.hpp"

#include <algorithm>
#include <charconv>

namespace sluice::relay {
namespace {

// One word of `line`, separated by single blanks.
std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

template <class Int>
bool read_number(std::string_view text, Int& out) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return ec == std::errc{} && end == text.data() + text.size();
}

}  // namespace

host_record* capability_book::find(std::string_view host) {
  const auto at = std::find_if(hosts_.begin(), hosts_.end(), [host](const host_record& r) { return r.host == host; });
  return at == hosts_.end() ? nullptr : &*at;
}

const host_record* capability_book::find(std::string_view host) const {
  return const_cast<capability_book*>(this)->find(host);
}

void capability_book::set_hosts(const std::vector<std::string>& hosts) {
  std::lock_guard lock(mutex_);
  std::vector<host_record> next;
  for (const std::string& name : hosts) {
    if (std::any_of(next.begin(), next.end(), [&](const host_record& r) { return r.host == name; })) continue;
    const host_record* known = find(name);
    next.push_back(known != nullptr ? *known : host_record{name, {}, host_state::unknown, 0, {}});
  }
  hosts_ = std::move(next);
  ++changes_;
}

void capability_book::learned(std::string_view host, const smtp::extension_set& offers, std::int64_t now) {
  std::lock_guard lock(mutex_);
  host_record* r = find(host);
  if (r == nullptr) return;
  if (!r->offers || !(*r->offers == offers)) ++changes_;
  r->offers = offers;
  if (r->state != host_state::up) r->since = now;
  r->state = host_state::up;
  r->last_error.clear();
}

void capability_book::failed(std::string_view host, std::string_view why, std::int64_t now) {
  std::lock_guard lock(mutex_);
  host_record* r = find(host);
  if (r == nullptr) return;
  if (r->state != host_state::down) r->since = now;
  r->state = host_state::down;
  r->last_error.assign(why.substr(0, 200));
}

host_state capability_book::state_of(std::string_view host) const {
  std::lock_guard lock(mutex_);
  const host_record* r = find(host);
  return r == nullptr ? host_state::unknown : r->state;
}

std::optional<smtp::extension_set> capability_book::offers_of(std::string_view host) const {
  std::lock_guard lock(mutex_);
  const host_record* r = find(host);
  return r == nullptr ? std::nullopt : r->offers;
}

std::optional<smtp::extension_set> capability_book::mirror(const smtp::extension_set& own) const {
  std::lock_guard lock(mutex_);
  std::optional<smtp::extension_set> out;
  for (const host_record& r : hosts_)
    if (r.offers) out = smtp::mirrored(out ? *out : own, *r.offers);
  return out;
}

std::vector<host_record> capability_book::snapshot() const {
  std::lock_guard lock(mutex_);
  return hosts_;
}

std::uint64_t capability_book::changes() const {
  std::lock_guard lock(mutex_);
  return changes_;
}

std::string capability_book::save() const {
  std::lock_guard lock(mutex_);
  std::string out;
  for (const host_record& r : hosts_) {
    if (!r.offers) continue;
    out += r.host + ' ' + std::to_string(r.offers->bits) + ' ' + std::to_string(r.offers->xclient) + ' ' +
           std::to_string(r.offers->xforward) + ' ' + std::to_string(r.offers->size_limit) + '\n';
  }
  return out;
}

void capability_book::load(std::string_view text) {
  std::lock_guard lock(mutex_);
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    host_record* r = find(take_word(line));
    smtp::extension_set set;
    if (r != nullptr && !r->offers && read_number(take_word(line), set.bits) &&
        read_number(take_word(line), set.xclient) && read_number(take_word(line), set.xforward) &&
        read_number(line, set.size_limit))
      r->offers = set;
  }
}

}  // namespace sluice::relay

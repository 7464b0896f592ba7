#include "config/diff.hpp"

#include <algorithm>

namespace sluice::config {
namespace {

// table::at() wants a mutable model, because the reader writes through it; nothing is written here.
const void* section(const table& t, const model& m, std::size_t i) { return t.at(const_cast<model&>(m), i); }

void compare(const table& t, const std::string& path, const void* before, const void* now, std::vector<change>& out) {
  for (const key& k : t.keys) {
    std::string a = value_as_toml(k, before), b = value_as_toml(k, now);
    if (a == b) continue;
    std::string name = path.empty() ? std::string(k.name) : path + "." + std::string(k.name);
    out.push_back({std::move(name), std::move(a), std::move(b), k.when});
  }
}

// A table that came or went takes the strongest class of its keys: a new listener is opened.
reload class_of(const table& t) {
  const auto strongest_key = std::ranges::max_element(t.keys, {}, &key::when);
  return strongest_key == t.keys.end() ? reload::session : strongest_key->when;
}

struct element {
  std::string name;  // "listener[0.0.0.0:25]"; with "#2" when another of that name comes before
  const void* at;
};

std::vector<element> elements(const table& t, const model& m) {
  std::vector<element> list;
  const key* identity = find_key(t, t.identity);
  for (std::size_t i = 0; i < t.size(m); ++i) {
    const void* at = section(t, m, i);
    std::string id = value_as_toml(*identity, at);
    std::erase(id, '"');
    const std::string base = std::string(t.path) + "[" + id;
    std::string name = base + "]";
    for (int n = 2; std::ranges::find(list, name, &element::name) != list.end(); ++n)
      name = base + "#" + std::to_string(n) + "]";
    list.push_back({std::move(name), at});
  }
  return list;
}

void compare_lists(const table& t, const model& before, const model& now, std::vector<change>& out) {
  const auto old_ones = elements(t, before), new_ones = elements(t, now);
  for (const element& e : old_ones) {
    const auto match = std::ranges::find(new_ones, e.name, &element::name);
    if (match == new_ones.end())
      out.push_back({e.name, "present", "", class_of(t)});
    else
      compare(t, e.name, e.at, match->at, out);
  }
  for (const element& e : new_ones)
    if (std::ranges::find(old_ones, e.name, &element::name) == old_ones.end())
      out.push_back({e.name, "", "present", class_of(t)});
}

}  // namespace

std::vector<change> diff(const model& before, const model& now) {
  std::vector<change> out;
  for (const table& t : schema()) {
    if (t.is_array)
      compare_lists(t, before, now, out);
    else
      compare(t, std::string(t.path), section(t, before, 0), section(t, now, 0), out);
  }
  return out;
}

reload strongest(const std::vector<change>& changes) {
  reload most = reload::session;
  for (const change& c : changes) most = std::max(most, c.when);
  return most;
}

}  // namespace sluice::config

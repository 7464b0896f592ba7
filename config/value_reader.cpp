#include "config/value_reader.hpp"

#include <algorithm>

#include "config/ascii.hpp"
#include "config/nearest.hpp"
#include "config/value_text.hpp"

namespace sluice::config {
namespace {

struct outcome {
  std::string wrong, remedy;
};

std::string_view kind_of(const raw_value& v) {
  switch (v.held.index()) {
    case 1:
      return "true or false";
    case 2:
      return "a number";
    case 3:
      return "a text";
    case 4:
      return "a list";
    default:
      return v.other.empty() ? "something else" : v.other;
  }
}

bool is_list(value_kind kind) {
  return kind == value_kind::domain_list || kind == value_kind::network_list || kind == value_kind::server_list ||
         kind == value_kind::id_list || kind == value_kind::clock_list || kind == value_kind::key_list ||
         kind == value_kind::own_address_list || kind == value_kind::address_list || kind == value_kind::host_list;
}

outcome wrong_type(const key& k, const raw_value& v) {
  outcome o{"is " + std::string(kind_of(v)) + ", expected is " + std::string(expected(k.kind)), {}};
  const auto* number = std::get_if<std::int64_t>(&v.held);
  const bool has_unit = k.kind == value_kind::size || k.kind == value_kind::rate || k.kind == value_kind::duration;
  if (number && has_unit) {
    o.wrong = std::to_string(*number) + " has no unit, expected is " + std::string(expected(k.kind));
    if (*number >= 0)
      o.remedy = "write " + quoted(std::to_string(*number) + (k.kind == value_kind::size   ? "B"
                                                              : k.kind == value_kind::rate ? "B/s"
                                                                                           : "s"));
  }
  if (const auto* text = std::get_if<std::string_view>(&v.held)) {
    const bool digits = !text->empty() && std::ranges::all_of(*text, ascii::is_digit);
    if (k.kind == value_kind::count && digits)
      o.remedy = "write it without quotes: " + std::string(text->substr(0, 20));
    if (k.kind == value_kind::boolean && (*text == "true" || *text == "false")) o.remedy = "write it without quotes";
    if (is_list(k.kind))
      o.remedy = "write [" + quoted(*text) + "]";
  }
  return o;
}

outcome in_range(const key& k, std::uint64_t value) {
  if (value >= k.min && value <= k.max) return {};
  return {"is outside the range " + range_text(k), {}};
}

// Parsed text into a member, after the range check where the schema has one.
template <class T, class Value>
outcome store(parsed<Value> p, void* member, const key* range = nullptr) {
  if (!p.ok()) return {std::move(p.wrong), std::move(p.remedy)};
  if constexpr (std::is_same_v<Value, milliseconds> || std::is_same_v<Value, std::uint64_t>) {
    if (range) {
      std::uint64_t plain = 0;
      if constexpr (std::is_same_v<Value, milliseconds>)
        plain = static_cast<std::uint64_t>(p.value.count());
      else
        plain = p.value;
      if (outcome o = in_range(*range, plain); !o.wrong.empty()) return o;
    }
  }
  *static_cast<T*>(member) = std::move(p.value);
  return {};
}

parsed<std::string> parse_path(std::string_view text, bool standard_streams) {
  if (standard_streams && (text == "stderr" || text == "stdout")) return {std::string(text), {}, {}};
  if (!text.starts_with('/')) return {{}, quoted(text) + " is not an absolute path", "begin it with a slash"};
  if (text.size() > 4095 || text.find('\0') != text.npos) return {{}, "is not a usable path", {}};
  return {std::string(text), {}, {}};
}

parsed<std::string> parse_id(std::string_view text) {
  const bool good = !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || ascii::is_digit(c) || c == '-';
  });
  if (good) return {std::string(text), {}, {}};
  return {{}, quoted(text) + " is not a rule id", "ids are lower-case words with hyphens"};
}

outcome read_choice(const key& k, std::string_view text, void* member) {
  for (std::size_t i = 0; i < k.choices.size(); ++i)
    if (k.choices[i] == text) return k.set_choice(member, i), outcome{};
  std::string list;
  for (std::string_view c : k.choices) list += (list.empty() ? "" : ", ") + quoted(c);
  const std::string_view best = nearest(text, k.choices);
  return {quoted(text) + " is not one of " + list, best.empty() ? "" : "did you mean " + quoted(best) + "?"};
}

outcome read_text(const key& k, std::string_view text, void* member) {
  switch (k.kind) {
    case value_kind::size:
      return store<std::uint64_t>(parse_size(text), member, &k);
    case value_kind::rate:
      return store<std::uint64_t>(parse_rate(text), member, &k);
    case value_kind::duration:
      return store<milliseconds>(parse_duration(text), member, &k);
    case value_kind::choice:
      return read_choice(k, text, member);
    case value_kind::host_name:
    case value_kind::domain:
      return store<std::string>(parse_domain(text, false), member);
    case value_kind::mail_address:
      return store<std::string>(parse_mail_address(text), member);
    case value_kind::https_url:
      return store<std::string>(parse_https_url(text), member);
    case value_kind::path:
      return store<std::string>(parse_path(text, false), member);
    case value_kind::log_target:
      return store<std::string>(parse_path(text, true), member);
    case value_kind::web_address: {
      parsed<web_address> p = parse_web_address(text);
      if (!p.ok()) return {std::move(p.wrong), std::move(p.remedy)};
      return *static_cast<std::string*>(member) = std::string(text), outcome{};
    }
    case value_kind::interface_name:
      return store<std::string>(parse_interface_name(text), member);
    case value_kind::ip_address:
      return store<std::string>(parse_ip_address(text), member);
    case value_kind::network:
      return store<network>(parse_network(text), member);
    case value_kind::listen_or_off:
      if (text == "off") return *static_cast<endpoint*>(member) = {}, outcome{};
      [[fallthrough]];
    case value_kind::listen_address:
      return store<endpoint>(parse_endpoint(text, false), member);
    case value_kind::host_and_port:
      return store<endpoint>(parse_endpoint(text, true), member);
    default:
      return {"is a text, expected is " + std::string(expected(k.kind)), {}};
  }
}

template <class Value, class Parse>
void read_list(const key& k, const std::vector<raw_value>& entries, void* member, const std::string& path,
               std::vector<problem>& problems, Parse parse_entry) {
  auto& list = *static_cast<std::vector<Value>*>(member);
  list.clear();
  if (entries.size() > k.max)
    return problems.push_back(
        {entries[static_cast<std::size_t>(k.max)].at, path, "has more than " + std::to_string(k.max) + " entries", {}, false});
  for (const raw_value& entry : entries) {
    const auto* text = std::get_if<std::string_view>(&entry.held);
    parsed<Value> p;
    if (text)
      p = parse_entry(*text);
    else
      p.wrong = "has an entry that is no text, expected is " + std::string(expected(k.kind));
    if (p.ok() && std::ranges::find(list, p.value) != list.end()) p.wrong = quoted(*text) + " is there twice";
    if (p.ok())
      list.push_back(std::move(p.value));
    else
      problems.push_back({entry.at, path, std::move(p.wrong), std::move(p.remedy), false});
  }
}

}  // namespace

void read_value(const key& k, const raw_value& v, void* section, const std::string& path,
                std::vector<problem>& problems) {
  void* member = k.locate(section);
  if (const auto* list = std::get_if<std::vector<raw_value>>(&v.held); list && is_list(k.kind)) {
    if (k.kind == value_kind::network_list) return read_list<network>(k, *list, member, path, problems, parse_network);
    if (k.kind == value_kind::own_address_list) return read_list<network>(k, *list, member, path, problems, parse_own_address);
    if (k.kind == value_kind::address_list) return read_list<std::string>(k, *list, member, path, problems, parse_ip_address);
    if (k.kind == value_kind::host_list) return read_list<std::string>(k, *list, member, path, problems, parse_host);
    if (k.kind == value_kind::id_list) return read_list<std::string>(k, *list, member, path, problems, parse_id);
    if (k.kind == value_kind::clock_list) return read_list<std::string>(k, *list, member, path, problems, parse_clock);
    if (k.kind == value_kind::key_list) return read_list<std::string>(k, *list, member, path, problems, parse_public_key);
    if (k.kind == value_kind::server_list) return read_list<std::string>(k, *list, member, path, problems, parse_server);
    return read_list<std::string>(k, *list, member, path, problems,
                                  [](std::string_view s) { return parse_domain(s, true); });
  }
  outcome o;
  const auto* text = std::get_if<std::string_view>(&v.held);
  const auto* number = std::get_if<std::int64_t>(&v.held);
  const auto* flag = std::get_if<bool>(&v.held);
  if (flag && k.kind == value_kind::boolean) {
    *static_cast<bool*>(member) = *flag;
  } else if (number && k.kind == value_kind::count) {
    o = *number < 0 ? outcome{"is outside the range " + range_text(k), {}}
                    : in_range(k, static_cast<std::uint64_t>(*number));
    if (o.wrong.empty())
      *static_cast<std::uint64_t*>(member) = static_cast<std::uint64_t>(*number);
    else
      o.wrong = std::to_string(*number) + " " + o.wrong;
  } else if (text && !is_list(k.kind) && k.kind != value_kind::boolean && k.kind != value_kind::count) {
    o = read_text(k, *text, member);
    if (o.wrong.starts_with("is outside")) o.wrong = quoted(*text) + " " + o.wrong;
  } else {
    o = wrong_type(k, v);
  }
  if (!o.wrong.empty()) problems.push_back({v.at, path, std::move(o.wrong), std::move(o.remedy), false});
}

}  // namespace sluice::config

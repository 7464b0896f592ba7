// Makers of schema rows. They take the member's address as a template argument, so that kind and C++ type cannot drift
// apart: a duration row on a count does not compile. Used by schema_*.cpp only.
#pragma once
#include <array>
#include <type_traits>

#include "config/choices.hpp"
#include "config/schema.hpp"

namespace sluice::config::rows {

template <class T>
struct member_of;
template <class Class, class Type>
struct member_of<Type Class::*> {
  using section = Class;
  using type = Type;
};
template <auto Member>
using section_t = typename member_of<decltype(Member)>::section;
template <auto Member>
using type_t = typename member_of<decltype(Member)>::type;

template <auto Member>
void* locate(void* section) {
  return &(static_cast<section_t<Member>*>(section)->*Member);
}

template <auto Member, class Type>
constexpr key row(std::string_view name, value_kind kind, std::uint64_t min, std::uint64_t max, reload when,
                  std::string_view help) {
  static_assert(std::is_same_v<type_t<Member>, Type>);
  return key{name, kind, {}, min, max, false, when, {}, help, &locate<Member>, {}, nullptr, nullptr};
}

template <auto Member>
constexpr key boolean(std::string_view name, reload when, std::string_view help) {
  return row<Member, bool>(name, value_kind::boolean, 0, 1, when, help);
}
template <auto Member>
constexpr key count(std::string_view name, std::string_view unit, std::uint64_t min, std::uint64_t max, reload when,
                    std::string_view help) {
  key k = row<Member, std::uint64_t>(name, value_kind::count, min, max, when, help);
  k.unit = unit;
  return k;
}
template <auto Member>
constexpr key size(std::string_view name, std::uint64_t min, std::uint64_t max, reload when, std::string_view help) {
  return row<Member, std::uint64_t>(name, value_kind::size, min, max, when, help);
}
template <auto Member>
constexpr key rate(std::string_view name, std::uint64_t min, std::uint64_t max, reload when, std::string_view help) {
  return row<Member, std::uint64_t>(name, value_kind::rate, min, max, when, help);
}
template <auto Member>
constexpr key duration(std::string_view name, milliseconds min, milliseconds max, reload when, std::string_view help) {
  return row<Member, milliseconds>(name, value_kind::duration, static_cast<std::uint64_t>(min.count()),
                                   static_cast<std::uint64_t>(max.count()), when, help);
}
template <auto Member>
constexpr key choice(std::string_view name, reload when, std::string_view help) {
  using enum_type = type_t<Member>;
  key k = row<Member, enum_type>(name, value_kind::choice, 0, 0, when, help);
  k.choices = choices<enum_type>::names;
  k.set_choice = [](void* member, std::size_t index) {
    *static_cast<enum_type*>(member) = static_cast<enum_type>(index);
  };
  k.get_choice = [](const void* member) { return static_cast<std::size_t>(*static_cast<const enum_type*>(member)); };
  return k;
}
inline constexpr std::uint64_t max_text_bytes = 4096;  // PATH_MAX
inline constexpr std::uint64_t max_list_entries = 1000;

template <auto Member>
constexpr key text(std::string_view name, value_kind kind, reload when, std::string_view help) {
  return row<Member, std::string>(name, kind, 1, max_text_bytes, when, help);
}
template <auto Member>
constexpr key domains(std::string_view name, reload when, std::string_view help) {
  return row<Member, std::vector<std::string>>(name, value_kind::domain_list, 0, max_list_entries, when, help);
}
template <auto Member>
constexpr key networks(std::string_view name, reload when, std::string_view help) {
  return row<Member, std::vector<network>>(name, value_kind::network_list, 0, max_list_entries, when, help);
}
template <auto Member>
constexpr key servers(std::string_view name, reload when, std::string_view help) {
  return row<Member, std::vector<std::string>>(name, value_kind::server_list, 0, 8, when, help);
}
template <auto Member>
constexpr key keys(std::string_view name, reload when, std::string_view help) {
  return row<Member, std::vector<std::string>>(name, value_kind::key_list, 0, 8, when, help);
}
template <auto Member>
constexpr key address(std::string_view name, value_kind kind, reload when, std::string_view help) {
  return row<Member, endpoint>(name, kind, 0, 0, when, help);
}

constexpr key required(key k) {
  k.required = true;
  return k;
}
// An absent value is not the member's default but comes from elsewhere; `text` says from where.
constexpr key derived(key k, std::string_view text) {
  k.derived = text;
  return k;
}

// [path] that is a member of the model, or (Parent, Member) of one of its members.
template <class Section>
inline const Section default_section{};

template <auto... Path>
struct walk;
template <auto Member>
struct walk<Member> {
  static auto& get(model& m) { return m.*Member; }
};
template <auto Parent, auto Member>
struct walk<Parent, Member> {
  static auto& get(model& m) { return m.*Parent.*Member; }
};

template <auto... Path>
table plain(std::string_view path, std::span<const key> keys, std::string_view help) {
  using section = std::remove_reference_t<decltype(walk<Path...>::get(std::declval<model&>()))>;
  return {path,
          false,
          help,
          keys,
          [](const model&) { return std::size_t{1}; },
          [](model& m, std::size_t) -> void* { return &walk<Path...>::get(m); },
          nullptr,
          &default_section<section>,
          {}};
}
template <auto... Path>
table array(std::string_view path, std::string_view identity, std::span<const key> keys, std::string_view help) {
  using list = std::remove_reference_t<decltype(walk<Path...>::get(std::declval<model&>()))>;
  return {path,
          true,
          help,
          keys,
          [](const model& m) { return walk<Path...>::get(const_cast<model&>(m)).size(); },
          [](model& m, std::size_t i) -> void* { return &walk<Path...>::get(m)[i]; },
          [](model& m) -> void* { return &walk<Path...>::get(m).emplace_back(); },
          &default_section<typename list::value_type>,
          identity};
}

// Row lists, one file per group of tables.
std::span<const key> top_keys();
std::span<const key> listener_keys();
std::span<const key> route_keys();
std::span<const key> tls_keys();
std::span<const key> certificate_keys();
std::span<const key> acme_keys();
std::span<const key> deadline_keys();
std::span<const key> limit_keys();
std::span<const key> memory_keys();
std::span<const key> inspect_keys();
std::span<const key> dns_keys();
std::span<const key> auth_keys();
std::span<const key> reputation_list_keys();
std::span<const key> exception_keys();
std::span<const key> weight_keys();
std::span<const key> policy_keys();
std::span<const key> unscanned_keys();
std::span<const key> baseline_keys();
std::span<const key> spool_keys();
std::span<const key> quarantine_keys();
std::span<const key> retention_keys();
std::span<const key> recipient_domain_keys();
std::span<const key> probe_keys();
std::span<const key> own_mail_keys();
std::span<const key> digest_keys();
std::span<const key> digest_domain_keys();
std::span<const key> digest_recipient_keys();
std::span<const key> lists_keys();
std::span<const key> trace_keys();
std::span<const key> privacy_keys();
std::span<const key> status_keys();
std::span<const key> management_keys();
std::span<const key> pull_keys();
std::span<const key> backup_keys();
std::span<const key> network_keys();
std::span<const key> interface_keys();
std::span<const key> vlan_keys();
std::span<const key> static_route_keys();
std::span<const key> update_keys();
std::span<const key> safe_mode_keys();
std::span<const key> log_keys();
std::span<const key> syslog_keys();

}  // namespace sluice::config::rows

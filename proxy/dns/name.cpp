// Domain names in text form; see name.hpp.
#include "dns/name.hpp"

#include "core/ascii.hpp"

namespace sluice::dns {
namespace {

template <class LabelTest>
bool check(byte_view name, LabelTest good) {
  if (name.empty() || name.size() > limits::name_bytes) return false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    if (i < name.size() && name[i] != '.') continue;
    const byte_view label = name.substr(begin, i - begin);
    if (label.empty() || label.size() > limits::label_bytes || !good(label)) return false;
    begin = i + 1;
  }
  return true;
}

}  // namespace

bool valid_name(byte_view name) {
  return check(name, [](byte_view label) {
    for (const char c : label)
      if (c < ' ' || c >= 0x7f || c == '\\') return false;
    return true;
  });
}

bool valid_hostname(byte_view name) {
  return check(name, [](byte_view label) {
    for (const char c : label)
      if (!ascii::is_alnum(c) && c != '-' && c != '_') return false;
    return label.front() != '-' && label.back() != '-';
  });
}

byte_view strip_dot(byte_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  return name;
}

std::size_t label_count(byte_view name) {
  if (name.empty()) return 0;
  std::size_t count = 1;
  for (const char c : name) count += c == '.';
  return count;
}

byte_view parent_of(byte_view name) {
  const std::size_t dot = name.find('.');
  return dot == byte_view::npos ? byte_view{} : name.substr(dot + 1);
}

bool is_within(byte_view name, byte_view ancestor) {
  if (ancestor.empty() || name.size() < ancestor.size()) return false;
  if (!ascii::iequals(name.substr(name.size() - ancestor.size()), ancestor)) return false;
  return name.size() == ancestor.size() || name[name.size() - ancestor.size() - 1] == '.';
}

}  // namespace sluice::dns

#include "mime/html_entities.hpp"

#include <algorithm>
#include <iterator>

namespace sluice::mime {
namespace {

#include "mime/html_entities.inc"

struct entry {
  byte_view name, text;
  bool bare;  // valid without ';'
};

entry entry_at(std::uint16_t offset) {
  const char* p = entity_blob + offset;
  const auto head = static_cast<unsigned char>(*p++);
  const std::size_t size = head & 0x7f;
  const byte_view name{p, size};
  p += size;
  const auto text = static_cast<std::size_t>(static_cast<unsigned char>(*p++));
  return {name, {p, text}, (head & 0x80) != 0};
}

const entry* find(byte_view name, entry& room) {
  const auto found = std::lower_bound(std::begin(entity_at), std::end(entity_at), name,
                                      [](std::uint16_t offset, byte_view n) { return entry_at(offset).name < n; });
  if (found == std::end(entity_at)) return nullptr;
  room = entry_at(*found);
  return room.name == name ? &room : nullptr;
}

constexpr std::uint16_t windows_1252[32] = {0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                            0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d,   0x017d, 0x8f,
                                            0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                            0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178};

}  // namespace

entity_match find_entity(byte_view name, bool semicolon) {
  entry room{};
  if (name.size() > longest_entity) name = name.substr(0, longest_entity), semicolon = false;
  if (semicolon)
    if (const entry* e = find(name, room)) return {e->text, name.size()};
  constexpr std::size_t longest_bare = 6;  // "Aacute"
  for (std::size_t n = std::min(name.size(), longest_bare); n >= 2; --n)
    if (const entry* e = find(name.substr(0, n), room); e && e->bare) return {e->text, n};
  return {};
}

char32_t numeric_entity(std::uint32_t code) {
  if (code >= 0x80 && code < 0xa0) return windows_1252[code - 0x80];
  if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return 0xfffd;
  return code;
}

}  // namespace sluice::mime

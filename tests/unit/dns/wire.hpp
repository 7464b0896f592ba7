// Builds DNS responses in wire format for the tests, also broken ones.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "dns/answer.hpp"

namespace sluice::dns::test {

inline std::string u16(unsigned v) { return {static_cast<char>(v >> 8), static_cast<char>(v & 0xff)}; }
inline std::string u32(std::uint32_t v) { return u16(v >> 16) + u16(v & 0xffff); }

inline std::string name(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    out += static_cast<char>(label.size());
    out += label;
    text = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
  }
  return out + '\0';
}

inline std::string string_of(std::string_view s) { return static_cast<char>(s.size()) + std::string(s); }

inline std::string record(std::string owner, record_type type, std::uint32_t ttl, const std::string& data) {
  return std::move(owner) + u16(static_cast<unsigned>(type)) + u16(1) + u32(ttl) + u16(static_cast<unsigned>(data.size())) + data;
}

struct response {
  std::string asked = "example.com";
  record_type type = record_type::txt;
  unsigned flags = 0x8180;  // response, recursion desired and available, no error
  std::string answers = {}, authorities = {};
  unsigned answer_count = 0, authority_count = 0;

  response& answer(const std::string& r) { return answers += r, ++answer_count, *this; }
  response& authority(const std::string& r) { return authorities += r, ++authority_count, *this; }
  std::string wire() const {
    return u16(0x1234) + u16(flags) + u16(1) + u16(answer_count) + u16(authority_count) + u16(0) + name(asked) +
           u16(static_cast<unsigned>(type)) + u16(1) + answers + authorities;
  }
};

inline std::string soa(std::uint32_t minimum) {
  return name("ns.example.com") + name("host.example.com") + u32(1) + u32(2) + u32(3) + u32(4) + u32(minimum);
}

}  // namespace sluice::dns::test

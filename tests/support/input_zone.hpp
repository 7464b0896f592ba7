// A DNS for fuzz targets: every question is answered by the next line of the input, or by a few lines in turn. An empty
// line is no such name, "!" a failure that depends on the input's size, anything else records with '|' between them.
#pragma once
#include <cstdint>

#include "dns/lookup.hpp"

namespace sluice::test {

class input_zone {
 public:
  input_zone(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size), size_(size) {}

  byte_view line() {
    const byte_view found = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(found.size() < rest_.size() ? found.size() + 1 : found.size());
    return found;
  }
  byte_view rest() const { return rest_; }

  // From here on the next six lines answer in turn, and the rest of the input is something else.
  void keep_lines() {
    for (byte_view& kept : kept_) kept = line();
    keeps_ = true;
  }

  dns::answer next(dns::record_type type) {
    if (++asked_ > 1000) __builtin_trap();  // whoever asks has limits of its own
    byte_view records = keeps_ ? kept_[asked_ % 6] : line();
    if (records.empty()) return {dns::status::nxdomain, 0, {}};
    if (records[0] == '!') return {static_cast<dns::status>(1 + size_ % 8), 0, {}};
    dns::answer_builder packed(room_);
    for (bool more = true; more;) {
      const std::size_t bar = records.find('|');
      const byte_view one = records.substr(0, bar);
      if (type == dns::record_type::a) packed.add(one.size() % 2 == 0 ? address() : byte_view("\x7f\0\0\2", 4));
      else if (type != dns::record_type::aaaa || one.size() == 16) packed.add(one);
      more = bar != byte_view::npos;
      if (more) records.remove_prefix(bar + 1);
    }
    return {packed.records() == 0 ? dns::status::no_data : dns::status::ok, 300, packed.packed()};
  }

  void serve(dns::lookup_client& client) {
    for (dns::lookup l; client.next_lookup(l);) {
      if (!dns::valid_name(l.question.name)) __builtin_trap();
      client.on_answer(l.id, next(l.question.type));
    }
  }

  static byte_view address() { return {"\xc0\0\2\1", 4}; }  // the client of these tests: 192.0.2.1

 private:
  byte_view rest_, kept_[6];
  bool keeps_ = false;
  std::size_t size_, asked_ = 0;
  char room_[4096];
};

}  // namespace sluice::test

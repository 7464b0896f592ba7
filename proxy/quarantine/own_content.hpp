// Puts the pieces of a mail of our own together while they are written: held messages pass through one frame at a time,
// on request only their header, on request with words replaced. Internal to the quarantine.
#pragma once
#include <span>
#include <string>

#include "quarantine/index.hpp"
#include "quarantine/own_message.hpp"

namespace sluice::quarantine {

class own_content {
 public:
  own_content(index& i, sealed_writer& out, std::uint64_t most) : index_(i), out_(out), most_(most) {}
  // own_mail_full when it grows beyond `most`; damaged, no_content, not_found for the held message.
  result<void> add(std::span<const own_piece> pieces);
  bool eight_bit() const { return eight_bit_; }

 private:
  result<void> add_held(const own_piece& p);
  result<void> replace(byte_view data, std::span<const own_replacement> words, bool last);
  result<void> write(byte_view data);

  index& index_;
  sealed_writer& out_;
  std::uint64_t most_, written_ = 0;
  std::string pending_;  // may begin a word; shorter than the longest
  bool eight_bit_ = false;
};

}  // namespace sluice::quarantine

// Watches plain text for a uuencoded file ("begin 644 name" ... "end"), which old clients show as an attachment, and
// decodes it beside the text. Also reports a yEnc file's beginning. Called by the walker's leaf.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"
#include "mime/sink.hpp"
#include "mime/transfer.hpp"

namespace sluice::mime {

class uu_events {
 public:
  virtual void uu_begin(byte_view name, bool readable) = 0;  // not readable: yEnc, no octets follow
  virtual void uu_octets(byte_view) = 0;
  virtual void uu_end() = 0;

 protected:
  ~uu_events() = default;
};

class uu_watch {
 public:
  void start();
  // How many octets of `text` there are up to the end of the first line behind which a file may begin or end; all of them
  // when there is no such line. At least one; `text` is not empty.
  std::size_t undisturbed(byte_view text) const;
  // `text` is what undisturbed() has measured.
  void feed(byte_view text, uu_events& out);
  void finish(uu_events& out);

 private:
  enum class state : std::uint8_t { line_start, begin_line, skip, data };
  void begin_ended(uu_events& out);
  void data_ended(uu_events& out);

  state state_ = state::line_start;
  std::uint8_t size_ = 0;
  char line_[96];
  transfer_decoder decoder_;
};

}  // namespace sluice::mime

// The envelope of one transaction (RFC 5321 2.3.1), kept until its end: for the downstream, for replaying it on another
// connection, for the quarantine and for the log. Text lies in one string per session, charged to a process-wide
// budget; what does not fit is refused with a temporary reply, so that many recipients of many sessions cannot use up
// the memory.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/gauge.hpp"
#include "smtp/command.hpp"

namespace sluice::relay {

inline constexpr std::size_t envelope_bytes_max = 32 * 1024;  // of one transaction

class envelope {
 public:
  explicit envelope(gauge& memory) : memory_(&memory) {}
  ~envelope() { clear(); }
  envelope(const envelope&) = delete;
  envelope& operator=(const envelope&) = delete;

  // False: the budget or envelope_bytes_max is used up; nothing was stored.
  bool set_mail(const smtp::mail_command& mail);
  bool add_recipient(const smtp::rcpt_command& rcpt);
  void clear();

  bool open() const { return open_; }
  std::size_t recipients() const { return recipients_.size(); }
  // Views into this envelope, valid until it is changed.
  smtp::mail_command mail() const;
  smtp::rcpt_command recipient(std::size_t i) const;

 private:
  struct text {
    std::uint32_t begin = 0, size = 0;
  };
  struct stored_recipient {
    text path, orcpt;
    std::uint8_t notify;
  };
  bool charge(std::size_t bytes);
  text keep(byte_view in);
  byte_view at(text t) const { return byte_view(store_).substr(t.begin, t.size); }

  gauge* memory_;
  std::uint64_t charged_ = 0;
  std::string store_;
  std::vector<stored_recipient> recipients_;
  smtp::mail_command mail_;
  text path_, envid_;
  bool open_ = false;
};

}  // namespace sluice::relay

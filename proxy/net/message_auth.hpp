// Sender authentication of one message while it comes in: finds the end of its header, hands header and body to the
// checker, keeps its questions going. Waiting and acting are mail_session's (session_auth.cpp); verifying is auth's.
//
// The header lies in the window until the empty line has come. When it has to leave before that (the pool is short and
// the header long), what leaves is copied into the loop's one room for that; when that is taken, nothing of the message
// can be verified: temperror, and the message is `unscanned` for want of memory.
#pragma once
#include <cstdint>

#include "auth/checker.hpp"
#include "dns/ares_resolver.hpp"
#include "inspect/message_inspector.hpp"
#include "net/io.hpp"
#include "relay/window.hpp"

namespace sluice::net {

class auth_service;

class message_auth final : public inspect::link_listener {
 public:
  explicit message_auth(auth_service& home);
  ~message_auth();
  message_auth(const message_auth&) = delete;
  message_auth& operator=(const message_auth&) = delete;

  // `what` must live until end().
  void begin(const auth::options& what, const auth::envelope& from);
  // The next content; `held` has what came before it, as far as it has not been given to leaving().
  void feed(byte_view content, const relay::window& held);
  // The window is about to be emptied.
  void leaving(const relay::window& held);
  // The content has ended and is in `held`, as far as it has not left.
  void finish(const relay::window& held);
  void end();  // gives everything back; later answers are nobody's

  bool header_complete() const { return header_complete_; }
  bool header_lost() const { return header_lost_; }
  clock::time_point header_at() const { return header_at_; }
  bool waiting() const { return task_.open() != 0; }
  void expire();

  auth::checker& results() { return checker_; }
  const auth::checker& results() const { return checker_; }
  dns::ares_resolver::task& task() { return task_; }
  bool cut_short = false;  // the time for DNS was used up

 private:
  void on_link_host(byte_view host) override;
  std::size_t header_end(byte_view content);
  void give_header(byte_view last, const relay::window& held);
  void ask();

  enum class at : std::uint8_t { line_start, after_cr, in_line };

  auth_service& home_;
  auth::checker checker_;
  dns::ares_resolver::task task_;
  at at_ = at::line_start;
  bool header_complete_ = false, header_lost_ = false, new_hosts_ = false, has_long_header_ = false;
  clock::time_point header_at_{};
};

}  // namespace sluice::net

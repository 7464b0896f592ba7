// Test mails of our own: which connection is one, and what its session found. A test mail comes in through a listener like
// any other mail; it is known by the address and port that it comes from, which are written down here before it connects
// and count once. Nobody else can have them: the port is ours as long as the connection lives, and the address is one of
// this machine's own. One at a time. Thread safe: the sender writes on the control loop, the session on its own.
#pragma once
#include <mutex>
#include <optional>

#include "core/text.hpp"
#include "inspect/verdict.hpp"
#include "net/io.hpp"
#include "smtp/replies.hpp"

namespace sluice::net {

inline constexpr std::uint32_t probe_sessions = 1;  // at a time, with a slot and a window block of their own

// What the session of a test mail saw behind its replies.
struct probe_findings {
  bool asked = false;                          // the downstream, up to RCPT
  smtp::cause failure = smtp::cause::none;     // why there was no reply
  std::uint16_t code = 0;                      // of the downstream's reply to MAIL or RCPT
  fixed_string<160> reply, host;
  bool judged = false;
  inspect::action act = inspect::action::forward, would = inspect::action::forward;  // would: without observe
  std::int32_t score = 0;
  fixed_string<32> profile;
  fixed_string<120> rules;  // ids of the findings, heaviest first, as far as they fit
  inspect::unscanned cause = inspect::unscanned::none;
};

class probe_book {
 public:
  using endpoint = asio::ip::tcp::endpoint;

  // Before the connection is made. `ask_within`: how long the downstream may take for its answer; 0: it is not asked.
  // False: there is one already.
  bool expect(const endpoint& from, std::chrono::milliseconds ask_within) {
    std::lock_guard lock(mutex_);
    if (open_) return false;
    open_ = true;
    from_ = from;
    ask_within_ = ask_within;
    found_ = {};
    return true;
  }
  // At admission: whether this connection is the expected one. True once.
  bool take(const endpoint& peer) {
    std::lock_guard lock(mutex_);
    if (!open_ || !from_ || *from_ != peer) return false;
    from_.reset();
    return true;
  }
  std::chrono::milliseconds ask_within() {
    std::lock_guard lock(mutex_);
    return ask_within_;
  }
  void asked(smtp::cause failure, std::uint16_t code, byte_view reply, byte_view host) {
    std::lock_guard lock(mutex_);
    found_.asked = true;
    found_.failure = failure;
    found_.code = code;
    assign_cut(found_.reply, reply);
    assign_cut(found_.host, host);
  }
  void judged(const inspect::verdict& v, inspect::action would) {
    std::lock_guard lock(mutex_);
    found_.judged = true;
    found_.act = v.act;
    found_.would = would;
    found_.score = v.found.score;
    found_.cause = v.found.cause;
    assign_cut(found_.profile, view(v.found.profile));
    found_.rules.clear();
    for (const inspect::finding& f : v.found.list) {
      if (found_.rules.size() + f.rule.size() + 1 > found_.rules.capacity()) break;
      if (!found_.rules.empty()) append_cut(found_.rules, ",");
      append_cut(found_.rules, f.rule);
    }
  }
  // The connection is over; what its session found.
  probe_findings end() {
    std::lock_guard lock(mutex_);
    open_ = false;
    from_.reset();
    return found_;
  }

 private:
  std::mutex mutex_;
  bool open_ = false;
  std::optional<endpoint> from_;
  std::chrono::milliseconds ask_within_{0};
  probe_findings found_;
};

}  // namespace sluice::net

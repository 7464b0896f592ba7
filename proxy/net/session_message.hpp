// The state of one message while its content comes in; exists from DATA or the first BDAT to our reply.
#pragma once
#include <memory>
#include <optional>

#include "inspect/verdict.hpp"
#include "net/message_auth.hpp"
#include "net/observer.hpp"
#include "net/worker.hpp"
#include "quarantine/spool.hpp"
#include "smtp/dot_stuffer.hpp"
#include "smtp/replies.hpp"

namespace sluice::net {

// A reply of the downstream that is told to the client later than it came.
struct kept_reply {
  std::uint16_t code = 0;
  smtp::enhanced_status status;
  fixed_string<256> text;
  explicit kept_reply(const smtp::reply& r) : code(r.code), status(r.status) { append_cut(text, r.text); }
  smtp::reply get() const { return {code, status, view(text)}; }
};

struct session_message {
  enum class mode : std::uint8_t {
    hold,     // in the window; nothing has gone anywhere
    spill,    // window and rest go to the spool
    stream,   // goes downstream as it comes, without the final dot
    discard,  // already refused; the rest is swallowed
  };

  explicit session_message(inspector_lease l) : lease(std::move(l)) {}
  inspect::message_inspector& inspector() { return *lease.inspector; }
  const inspect::message_inspector& inspector() const { return *lease.inspector; }

  inspector_lease lease;
  std::unique_ptr<message_auth> auth;  // null when authentication is off
  mode now = mode::hold;
  passage way = passage::window;
  std::optional<quarantine::spool_file> spool;  // touched on the storage thread only
  bool author_vouched = false;  // From passed authentication
  bool header_checked = false;
  bool blocked = false;           // the author is on the block list
  std::uint16_t downstream_code = 0;
  bool dot_sent = false;          // our dot went out behind the content, in the same write
  std::uint64_t octets = 0;       // of content, received
  std::uint64_t sent_offset = 0;  // of content, gone downstream or skipped
  clock::time_point began = clock::now(), ended{};
  smtp::dot_stuffer stuffer;
  fixed_string<24> id;
  std::unique_ptr<inspect::verdict> verdict;
  std::unique_ptr<auth_summary> authenticated;
  std::unique_ptr<kept_reply> downstream_said;  // its refusal of DATA, told at the end of data
};

}  // namespace sluice::net

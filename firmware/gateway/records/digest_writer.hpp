// Decides who is told what now, and queues the mail: one recipient per step, so that the storage thread is free again
// soon. What was told stands in the quarantine's index and changes in the transaction that queues the mail: after a crash
// nobody is told twice, and what does not fit into the outbox stays untold and is tried again.
//
// On the storage thread; makes no sockets, reads no clock.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/gateway/records/digest_plan.hpp"
#include "firmware/gateway/records/digest_text.hpp"
#include "inspect/lexicon.hpp"
#include "quarantine/store.hpp"
#include "quarantine/telling.hpp"
#include "status/links/token.hpp"

namespace sluice::gateway {

enum class told_step : std::uint8_t {
  idle,    // nothing is due
  worked,  // call again
  full,    // the outbox has no room: later
  failed,  // the storage: later
};

// Queues one mail of ours and marks what it tells of, both or neither.
using queue_digest = std::function<quarantine::result<void>(const digest_mail& mail, const digest_facts& facts,
                                                            const quarantine::told_mark& mark, std::int64_t now)>;

class digest_writer {
 public:
  explicit digest_writer(queue_digest queue) : queue_(std::move(queue)) {}

  told_step step(quarantine::telling& told, const digest_plan& plan, const status::link_keys& keys, const inspect::lexicon& words,
                 std::int64_t now);
  // A digest of this domain is due at `now`, whatever the schedule says. All domains: empty.
  void send_now(std::string_view domain, const digest_plan& plan, std::int64_t now);

  std::uint64_t mails() const { return mails_; }

 private:
  struct state {
    std::string domain;
    std::string after;         // the recipient that was last told in this run
    std::int64_t forced = 0;   // send_now()
    std::int64_t message = 0;  // whose notices are being written; 0: none
    std::int64_t position = -1;
  };
  struct work {
    quarantine::telling& told;
    const digest_plan& plan;
    const status::link_keys& keys;
    const inspect::lexicon& words;
    std::int64_t now;
  };

  state& state_of(std::string_view domain);
  told_step domain_step(const work& w, const digest_plan::domain& d, state& s);
  told_step notice_step(const work& w, const digest_plan::domain& d, state& s, quarantine::told_progress p);
  told_step digest_step(const work& w, const digest_plan::domain& d, state& s, quarantine::told_progress p, std::int64_t due);
  quarantine::result<bool> notice_is_due(const work& w, const digest_plan::domain& d, const quarantine::held_item& item);
  told_step queue(const work& w, digest_facts facts, const std::vector<quarantine::held_item>& items, const quarantine::told_mark& mark);

  queue_digest queue_;
  std::vector<state> states_;
  std::uint64_t mails_ = 0;
};

// The links of a row: release or a request to an operator, and delete. None without a listener for them.
std::vector<digest_link> links_for(const quarantine::held_item& item, const digest_plan& plan, const status::link_key& key,
                                   std::int64_t until);

}  // namespace sluice::gateway

// Which recipient was told of which held message, which links were used, who asked for an operator. No text is made here
// (firmware/gateway/digest_*). Part of the store, reached by store::telling(); every call blocks, on the storage thread.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "quarantine/errc.hpp"
#include "quarantine/store.hpp"
#include "quarantine/told.hpp"

namespace sluice::quarantine {

class change;
class index;

class telling {
 public:
  explicit telling(index& i) : index_(i) {}

  // ---- what is to be told ----
  // The next recipient of `domain` behind `after` (in the order of addresses, case ignored) with mail that is held, not
  // told and received before `before`.
  result<std::optional<untold_mail>> next_untold(std::string_view domain, std::string_view after, unix_time before,
                                                 std::size_t rows);
  // The first message behind `after` that is held for somebody of `domain` who was not told; 0: none.
  result<std::int64_t> next_held(std::string_view domain, std::int64_t after);
  // Its next such recipient behind the position `after` (-1 starts).
  result<std::optional<held_item>> next_recipient(std::string_view domain, std::int64_t sequence, std::int64_t after);
  result<std::uint64_t> notices_since(std::string_view address, unix_time since);
  result<bool> last_was_refused(std::string_view address);  // the last digest or notice, by the mail server
  result<void> mark(const told_mark&, unix_time now);       // within the transaction that queues the mail

  result<told_progress> progress(std::string_view domain);
  result<void> set_progress(std::string_view domain, const told_progress&);
  result<std::int64_t> newest();  // sequence of the newest message; 0: none

  // ---- links ----
  result<std::optional<link_subject>> subject_of(const link_use&);  // nothing: the message or recipient is not there
  // Does it and remembers that the link was used, in one transaction; after an error neither is so.
  result<link_result> use(const link_use&, std::string_view who, unix_time now);
  // Who waits for an operator, newest message first; `before` are sequence and position of the last row of the former
  // page, 0 starts.
  result<std::vector<release_request>> requests(std::int64_t before, std::uint32_t before_position, std::size_t limit);
  // An operator says no: the recipient's copy stays as it is and is no longer listed. not_found: there is no such request.
  result<action_result> refuse_request(std::string_view id, std::string_view address, std::string_view who, unix_time now);
  result<std::uint64_t> used_links();

 private:
  result<std::vector<held_item>> with_rules(class query& q);
  result<void> add_rules(held_item& item);
  result<bool> was_used(std::string_view mark);
  result<bool> remember(const link_use& u, unix_time now);
  result<action_result> ask(const link_subject& s, std::string_view who, unix_time now);
  result<link_subject> find(const link_use& u);
  result<action_result> act(change& c, const link_use& u, const link_subject& s, std::string_view who, unix_time now);

  index& index_;
};

}  // namespace sluice::quarantine

// Makes addresses and subjects unreadable when their time is over, removes what is too old, and erases one address on
// request, in history, trace, lists, quarantine index and baseline. Work on the medium is done piece by piece on the
// storage thread: one segment of the trace at a time.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>

#include "config/model.hpp"
#include "firmware/gateway/records/list_store.hpp"
#include "firmware/gateway/records/pseudonym.hpp"
#include "firmware/gateway/records/trace_log.hpp"
#include "status/history.hpp"

namespace sluice::gateway {

struct privacy_times {  // seconds; 0: never
  std::int64_t addresses_after = 0, subjects_after = 0, history_age = 0, trace_age = 0;
  bool drop = false;  // instead of a name
};
privacy_times privacy_of(const config::privacy_settings& p);
// Segments of the trace end early enough for the shortest of these times.
trace_limits trace_limits_of(const config::model& m);

struct erased {
  int error = 0;               // errno: nothing or not everything was done; ask again
  std::uint32_t held = 0;      // messages in the quarantine that are still held: nothing was done
  std::uint32_t history = 0, trace = 0, notes = 0, messages = 0, recipients = 0, entries_named = 0;
  std::string name;            // what stands for the address now
};

class privacy_keeper {
 public:
  privacy_keeper(net::shared& all, status::history& past, trace_log& trace, list_store& lists, const pseudonyms& names)
      : all_(all), past_(past), trace_(trace), lists_(lists), names_(names) {}

  const pseudonyms& names() const { return names_; }

  void use(const privacy_times& t) {  // any thread
    const std::lock_guard lock(guard_);
    set_ = t;
  }
  void keep(std::int64_t now);  // storage thread, now and then
  // `address` is a plain one.
  net::awaitable<erased> erase(net::asio::io_context& loop, std::string address, bool held_too, std::string who);

 private:
  void keep_history(std::int64_t now);
  void keep_trace(std::int64_t now);
  void hide(trace_record& r, fixed_string<trace_text_octets>& joined, std::array<pseudonym_text, 2>& kept) const;
  std::uint32_t erase_history(const std::string& address, byte_view name);
  int erase_segment(std::uint64_t number, const std::string& address, byte_view name, std::uint32_t& changed);
  net::awaitable<void> erase_notes(net::asio::io_context& loop, std::string address, erased& out);

  net::shared& all_;
  status::history& past_;
  trace_log& trace_;
  list_store& lists_;
  const pseudonyms& names_;
  std::mutex guard_;
  privacy_times set_;    // under the guard
  privacy_times times_;  // of the work under way; storage thread
  std::int64_t next_ = 0;
};

}  // namespace sluice::gateway

// The quarantine desk: what API and pages do with held mail, each as one call that awaits the storage thread. Nothing here
// knows HTTP. All on the control loop.
//
// Memory: one request works at a time (enter()), and few downloads are open; both are the budget's row "quarantine desk".
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/gauge.hpp"
#include "firmware/gateway/manage/abuse_report.hpp"
#include "firmware/gateway/manage/desk_allow.hpp"
#include "firmware/gateway/records/own_mailer.hpp"
#include "firmware/gateway/manage/text_preview.hpp"
#include "net/worker.hpp"
#include "quarantine/told.hpp"

namespace sluice::gateway {

inline constexpr std::size_t desk_rows = 25;              // of a page of the list; the API may ask for fewer
inline constexpr std::size_t desk_bulk_max = 50;          // messages of one bulk action
inline constexpr std::size_t desk_recipients_shown = 100; // of one message, and as many entries of its audit
inline constexpr std::uint64_t desk_downloads = 2;        // at a time

enum class desk_action : std::uint8_t { release, remove };

struct desk_outcome {
  std::string id;
  std::vector<quarantine::action_result> results;
  boost::system::error_code why;
  std::string words;  // of the failure
  bool ok() const { return !why; }
};

struct desk_report {
  quarantine::message_detail message;
  abuse_desk desk;
  abuse_report text;  // when there is an address to send it to
  std::string to;
  std::string refused;  // why there is no report: it could not be redacted as a whole
};

struct desk_allowed {
  std::string why;          // of a refusal; empty: done
  std::size_t entries = 0;  // exceptions in force, those that were there before included
  desk_outcome released;
};

class list_store;

class desk {
 public:
  template <class T>
  using result = quarantine::result<T>;

  desk(net::worker& home, own_mailer& mailer, list_store& lists, std::string version);

  // A place at the desk; false: others kept it busy for too long. Given back by `turn`.
  class turn {
   public:
    turn() = default;
    turn(turn&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    turn& operator=(turn&&) = delete;
    ~turn() { if (of_ != nullptr) of_->give_back(1); }
    explicit operator bool() const { return of_ != nullptr; }

   private:
    friend class desk;
    explicit turn(gauge& g) : of_(&g) {}
    gauge* of_ = nullptr;
  };
  net::awaitable<turn> enter();

  net::awaitable<result<quarantine::list_page>> list(const quarantine::list_filter& filter, std::int64_t before, std::size_t limit);
  net::awaitable<result<quarantine::message_detail>> show(const std::string& id);  // cut to what is shown
  net::awaitable<result<std::unique_ptr<text_preview>>> preview(const std::string& id);
  // On all recipients when `who.all`, else on the named ones.
  net::awaitable<desk_outcome> act(desk_action what, const std::string& id, const quarantine::selection& who, const std::string& by);
  // Exceptions first, then the release; without the release they are taken back.
  net::awaitable<desk_allowed> release_and_allow(const quarantine::message_detail& m, const std::vector<std::string>& recipients, std::int64_t days,
                                                 const std::string& by);
  // What would be sent to `to`, or to the known abuse desk when that is empty.
  net::awaitable<result<desk_report>> report_for(const std::string& id, const std::string& to);
  net::awaitable<own_queued> send(const desk_report& r, const std::string& by);
  // Who asks for a held message (digest.md), newest message first; `before` and `position` as telling::requests() has them.
  net::awaitable<result<std::vector<quarantine::release_request>>> requests(std::int64_t before, std::uint32_t position, std::size_t limit);
  net::awaitable<result<quarantine::action_result>> refuse_request(const std::string& id, const std::string& address, const std::string& by);
  net::awaitable<result<std::vector<quarantine::own_summary>>> own_list(std::int64_t before);
  net::awaitable<result<bool>> drop_own(const std::string& id, const std::string& by);

  // The message as it came in, a frame at a time: nothing when all downloads are in use or it cannot be read.
  class download;
  net::awaitable<result<std::shared_ptr<download>>> open(const std::string& id);
  static net::awaitable<std::string> next(std::shared_ptr<download> d);  // empty: the end; throws when it breaks off

  const gauge& work() const { return work_; }
  const gauge& downloads() const { return downloads_; }
  std::string last_error() const { return home_.all().volume->last_error(); }

 private:
  template <class T, class Call>
  net::awaitable<result<T>> on_storage(Call& call);

  net::worker& home_;
  own_mailer& mailer_;
  list_store& lists_;
  std::string version_;
  gauge work_, downloads_;
};

}  // namespace sluice::gateway

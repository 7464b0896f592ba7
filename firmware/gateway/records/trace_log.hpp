// "Where is my mail?": what became of every message, refused recipient, failed handshake, 421 and turned away connection.
// Event loops put records into blocks of a fixed number; a coroutine on the control loop has full ones written, and
// others after the write interval. When all blocks wait for the medium, records are dropped and counted: no loop waits.
//
// Callers: message_log (events), app (life), manage_trace.cpp (looking), privacy_keeper (hiding, erasing).
#pragma once
#include <array>
#include <atomic>
#include <mutex>

#include "firmware/gateway/records/pseudonym.hpp"
#include "firmware/gateway/records/trace_files.hpp"
#include "net/observer.hpp"
#include "net/shared.hpp"

namespace sluice::gateway {

inline constexpr std::size_t trace_blocks = 3;
// In RAM: the blocks, and what one look or one rewriting needs (a block read, a block written, offsets).
inline constexpr std::size_t trace_memory_octets = (trace_blocks + 2) * (trace_block_octets + 512) + trace_index_octets;

struct trace_query {
  std::string text{};    // part of a sender's, author's or recipient's address, or a whole verdict id
  std::string client{};  // beginning of the client's address
  std::int64_t from = 0, to = 0;  // UTC seconds; 0: no bound
  std::size_t limit = 50;
  std::string before{};  // where the last page ended
};

struct trace_page {
  std::vector<std::string> rows;  // JSON objects, newest first
  std::string next;               // for the next page; empty: that was the last
  int error = 0;
};

class trace_log {
 public:
  trace_log(hal::files& files, const std::string& data_directory, net::shared& all, const pseudonyms& names)
      : files_(files, data_directory), all_(all), names_(names) {}

  std::string open(const trace_limits& limits);  // before the start; empty or why there is none
  void use(net::milliseconds write_interval, const trace_limits& limits);  // any thread

  // ---- event loops ----
  void on_message(const net::message_event& e);
  void on_refusal(const net::refusal_event& e);

  // ---- control loop ----
  net::awaitable<void> run(net::asio::io_context& loop);
  net::awaitable<trace_page> look(net::asio::io_context& loop, trace_query q);
  void seal_now() { seal(false); }  // what is there becomes part of the next flush()
  void flush();  // storage thread, or when it has ended
  trace_files& files() { return files_; }  // storage thread

  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  std::uint64_t records() const { return records_.load(std::memory_order_relaxed); }
  std::uint64_t octets() const { return octets_.load(std::memory_order_relaxed); }
  std::uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  std::uint64_t written() const { return written_.load(std::memory_order_relaxed); }

 private:
  void put(const trace_record& r);
  bool seal(bool full_ones_only);  // true: there is something to write
  struct place {
    std::uint64_t segment = UINT64_MAX, block = UINT64_MAX, record = UINT64_MAX;  // the next one is before this
  };
  static place place_of(const std::string& cursor);
  void look_at_segment(const trace_query& q, std::uint64_t number, place& at, trace_page& out);

  trace_files files_;
  net::shared& all_;
  const pseudonyms& names_;
  std::mutex guard_;  // the next five
  std::array<trace_block, trace_blocks> blocks_;
  std::array<bool, trace_blocks> full_{};
  std::size_t filling_ = 0, oldest_ = 0;
  trace_limits limits_;
  std::atomic<bool> on_{false};
  std::atomic<std::int64_t> interval_s_{60};
  std::atomic<std::uint64_t> dropped_{0}, records_{0}, octets_{0}, limit_{0}, written_{0};
  bool complained_ = false;
  bool looking_ = false;
};

// A record as a JSON object.
std::string trace_json(const trace_record& r);
bool fits(const trace_query& q, const pseudonyms& names, const trace_record& r);

}  // namespace sluice::gateway

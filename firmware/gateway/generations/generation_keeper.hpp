// The generations of a running box: takes pushed configurations (API, page, shell), the file (start, SIGHUP) and fetched
// ones, checks them, and carries out what config/generations/machine decides: write, apply, prove, wait, go back. What the
// running program has to do for it is behind generation_host.
//
// On the control loop; files and parsing on the storage thread, hostile bytes first in the helper process. Memory: the
// models of at most two generations and the text of one push, see cost::generations_bytes.
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/diff.hpp"
#include "config/generations/machine.hpp"
#include "config/generations/store.hpp"
#include "firmware/gateway/generations/generation_host.hpp"
#include "firmware/gateway/generations/helper_process.hpp"
#include "hal/include/hal/files.hpp"
#include "net/worker.hpp"

namespace sluice::gateway {

namespace generations = config::generations;

inline constexpr std::int64_t least_confirm_s = 60, most_confirm_s = 24 * 3600;
inline constexpr std::size_t most_changes = 200;  // of a difference that is shown; more are counted

struct push_request {
  std::string text;
  std::string signature;  // base64, detached, over the exact octets; empty: none
  std::string who;
  generations::way from = generations::way::api;
  std::int64_t confirm_within_s = 0;  // 0: management.confirm_timeout
  bool only_check = false;            // everything but taking it
  bool may_restart = false;           // what only a start can change is tried at one, at once
};

struct push_answer {
  unsigned status = 200;        // of HTTP: 200 valid or unchanged, 202 taken, otherwise a refusal that changed nothing
  std::string title, detail;
  std::vector<config::problem> problems;
  std::vector<config::change> changes;  // from the running generation, at most most_changes + 1
  std::uint64_t number = 0;             // of the generation it became
};

struct generations_view {
  generations::state at = generations::state::idle;
  std::uint64_t running = 0, confirmed = 0, candidate = 0, serial = 0;
  std::string running_hash;
  std::int64_t deadline = 0, seconds_left = 0;  // while waiting; deadline in unix seconds
};

class generation_keeper {
 public:
  explicit generation_keeper(hal::files& files) : files_(files) {}

  struct start {
    config::model model;
    std::uint64_t number = 1;
  };
  // Before anything runs: which generation rules (firmware/docs/adr: which-generation-rules). Nothing, and an exit code after
  // problems were printed, when there is none.
  std::optional<start> choose(const std::string& file, int& code);
  // The program could not start with it. True: another one rules at the next start; begin anew.
  bool start_failed(const std::string& why);

  // With the program built; all of them outlive run() and every other call below.
  void attach(net::worker& home, helper_process& helper, generation_host& host);
  net::awaitable<void> run();  // until the program stops
  void take_file();            // SIGHUP
  // The files that the running generation names, again, and waits for it: empty, or why it stays as it was. When it has to
  // wait for a generation on trial, or for old sessions, it is done later.
  net::awaitable<std::string> read_files();

  net::awaitable<push_answer> push(push_request r);
  // `meant` is the generation that was seen; 0: whichever waits.
  net::awaitable<push_answer> confirm(std::string who, std::uint64_t meant);
  net::awaitable<push_answer> take_back(std::string who, std::uint64_t meant);

  generations_view look() const;
  std::string etag() const;  // of the running generation, with its quotes
  const generations::record& known() const { return machine_.known(); }
  net::awaitable<std::optional<std::string>> text_of(std::uint64_t number);
  // What `to` changed against `from`; nothing when one of them is not kept any more.
  net::awaitable<std::optional<std::vector<config::change>>> changes_between(std::uint64_t from, std::uint64_t to);
  const config::management_settings& settings() const { return running_model_->management; }

 private:
  using model_ref = std::shared_ptr<const config::model>;
  struct checked {
    push_answer answer;  // status 200 when it is valid
    model_ref model;
    bool needs_start = false;
  };
  // Whoever changes the machine and writes it down does both before the next one begins; so for checks.
  class turn {
   public:
    explicit turn(bool& flag) : flag_(flag) { flag_ = true; }
    ~turn() { flag_ = false; }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

   private:
    bool& flag_;
  };

  // generation_start.cpp
  std::optional<start> choose_file(const std::string& text, bool is_new, int& code);
  std::optional<start> choose_stored(std::uint64_t number);
  bool record_now(generations::actions all, const std::string& text);
  void open_record(const std::string& data_directory);

  // generation_push.cpp
  net::awaitable<checked> check(const std::string& text, bool from_file, bool may_restart);  // `text` outlives it
  net::awaitable<std::optional<push_answer>> parse_apart(const std::string& text);
  std::optional<push_answer> signature_fault(const push_request& r) const;
  static push_answer refused(generations::refusal why);
  net::awaitable<push_answer> take(generations::offer o, model_ref model, std::string text);

  // generation_keeper.cpp
  net::awaitable<int> commit(generations::machine next, generations::actions all, std::string text);
  net::awaitable<void> carry_out(generations::action a);
  net::awaitable<void> apply(std::uint64_t number);
  net::awaitable<void> restart();
  net::awaitable<void> prove();
  net::awaitable<void> after(generations::machine next, generations::actions all);
  net::awaitable<void> take_file_now();
  net::awaitable<void> read_files_again(std::string hash);
  void reload_later(bool& asked, const std::string& why);
  net::awaitable<model_ref> model_of(std::uint64_t number);
  net::awaitable<void> lock();
  static generations::moment now();

  hal::files& files_;
  generation_host* host_ = nullptr;
  net::worker* home_ = nullptr;
  helper_process* helper_ = nullptr;
  std::string file_, data_directory_;
  std::unique_ptr<generations::store> store_;  // null: the data directory is another process's
  int lock_ = -1;
  generations::machine machine_;
  std::deque<generations::action> todo_;
  model_ref running_model_, candidate_model_, former_model_;
  bool writing_ = false, checking_ = false, file_asked_ = false, files_asked_ = false, file_waits_ = false;
  std::string read_error_;  // of the last time that files were read again
  net::clock::time_point file_due_{};  // of a reload that came at a bad moment
  std::unique_ptr<net::timer> wake_;
};

std::string sha256_of(std::string_view text);  // hex

}  // namespace sluice::gateway

// The administrator's lists on the medium and in force: data_directory/lists, JSON lines with a checksum at the end,
// replaced as a whole (write, sync, rename, sync directory), so that a power cut leaves the old or the new one. A change
// is in force at once and is kept only when it could be written.
//
// Lives on the control loop; files are touched on the storage thread. Callers: manage_lists.cpp, the quarantine desk
// ("release and allow" calls add()), app.cpp.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "hal/include/hal/files.hpp"
#include "inspect/ruleset.hpp"
#include "net/lists.hpp"
#include "net/worker.hpp"

namespace sluice::gateway {

enum class list_file_state : std::uint8_t { good, missing, damaged, unreadable };

// Reads what fits; what has expired meanwhile is left out.
list_file_state load_lists(hal::files& files, const std::string& directory, net::lists& out, std::int64_t now);
int save_lists(hal::files& files, const std::string& directory, net::lists& from);  // 0 or errno

// One entry as a JSON object without its line end; the form of file, API and export.
std::string list_json(const policy::list_entry& e);
// Reads what list_json() wrote, or what people and programs write: `text` is the whole text of a slot, of which text_id
// is made when it is missing; `days` or `expires`. False with the reason in `why`.
bool list_from_json(std::string_view line, std::int64_t now, policy::list_entry& out, std::string& why);

class list_store {
 public:
  list_store(hal::files& files, std::string directory, net::shared& all) : files_(files), directory_(std::move(directory)), all_(all) {}

  std::string open();  // before the start; empty or what was lost, for the log

  struct result {
    policy::list_fault fault = policy::list_fault::none;
    int disk = 0;        // errno when it could not be written: nothing was changed
    std::string detail;  // for people; empty when done
    std::string id;
    bool ok() const { return fault == policy::list_fault::none && disk == 0; }
  };
  // Checked, in force and on the medium when it returns. `loop` is the caller's.
  net::awaitable<result> add(net::asio::io_context& loop, policy::list_entry e);
  net::awaitable<result> add_all(net::asio::io_context& loop, std::vector<policy::list_entry> entries);  // all or none
  net::awaitable<result> remove(net::asio::io_context& loop, std::string id);
  // expires: as it is to be; 0 never.
  net::awaitable<result> change(net::asio::io_context& loop, std::string id, std::int64_t expires, std::string note);
  // Storage thread, now and then: what has expired leaves the table and the file.
  void purge(std::int64_t now);

  net::lists& table() { return all_.listed; }

 private:
  net::awaitable<int> write(net::asio::io_context& loop);
  result fault_of(policy::list_entry& e, std::int64_t now) const;

  hal::files& files_;
  std::string directory_;
  net::shared& all_;
};

}  // namespace sluice::gateway

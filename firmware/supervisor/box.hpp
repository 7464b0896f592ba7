// The supervisor at work: one poll loop around the life of the service, the hardware and the control socket. What is
// decided is in life, request and state; here it is done.
#pragma once
#include <memory>
#include <string>

#include "firmware/supervisor/life.hpp"
#include "firmware/supervisor/options.hpp"
#include "firmware/supervisor/request.hpp"
#include "firmware/supervisor/sockets.hpp"
#include "firmware/supervisor/state.hpp"
#include "firmware/supervisor/tool_job.hpp"
#include "hal/include/hal/board.hpp"
#include "hal/include/hal/clock_trust.hpp"
#include "hal/include/hal/reset_button.hpp"
#include "hal/include/hal/status_led.hpp"
#include "hal/include/hal/watchdog.hpp"

namespace sluice::supervisor {

// What the box consists of; main takes the Linux back ends, a test takes fakes.
struct hardware {
  std::unique_ptr<hal::watchdog> dog;
  std::unique_ptr<hal::status_led> led;
  std::unique_ptr<hal::reset_button> button;
  std::unique_ptr<hal::boot_slots> slots;
  std::unique_ptr<hal::clock_trust> clock;
  hal::board_identity identity;
};

class box {
 public:
  box(const options& o, hardware h);
  ~box();
  int run();  // until a signal; exit code

 private:
  enum class job : std::uint8_t { none, inspect_bundle, install, network, factory_reset };
  enum class goal : std::uint8_t { serve, leave, reboot, factory_reset };

  // box.cpp: the loop
  std::string open();
  void open_watchdog();
  void set_clock();
  void loop_once();
  void hear_signals();
  void hear_notices();
  void hear_button();
  void feed();
  void keep_time(bool last);
  void reap();
  void keep_copy();

  // box_life.cpp: what the machine says
  void perform(const life::actions& todo);
  void start_service(bool safe);
  std::uint64_t memory_of_config() const;
  void became_well();
  void go(goal g, const reset_reason& why);
  bool lost_its_data() const;
  void arrived();  // the service has ended, now the goal
  void show(hal::led_state s);

  // verbs.cpp: what is asked for; verbs_update.cpp: of images and slots
  void answer(client& c, const std::string& line);
  void dispatch(client& c, const request& q);
  void status(client& c);
  void reboot(client& c, const request& q);
  void network(client& c, const request& q);
  void install(client& c, const request& q);
  void mark_good(client& c);
  void mark_bad(client& c, const request& q);
  std::string leave_this_slot(const std::string& why);  // empty, or why not
  bool start_job(client& c, job what, const std::vector<std::string>& words, milliseconds longest);
  void hear_job();
  void estimate_progress();
  void job_ended(int wait_status);
  void bundle_inspected(int code);
  void finish_job(const std::string& reply);
  client* asker();
  std::string slot_state(char slot) const;
  std::string other_state() const;

  milliseconds now() const;

  options options_;
  hardware hw_;
  state_files state_;
  release_facts release_;
  reset_reason reset_;
  life life_;
  notice_socket notices_;
  control_socket control_;
  tool_job job_, copy_;
  hal::press_judge press_;
  int signals_ = -1;
  uid_t uid_ = 0;
  gid_t gid_ = 0;
  bool has_user_ = false, limited_ = false, copy_wanted_ = false;
  pid_t child_ = -1;
  std::optional<char> slot_;
  std::uint64_t memory_max_ = 0;
  std::string service_status_;
  milliseconds fed_{0}, timed_{0}, gone_down_{-1};
  bool dog_failed_ = false, done_ = false;
  goal goal_ = goal::serve;
  job job_now_ = job::none;
  int asker_fd_ = -1;
  unsigned job_percent_ = 0;
  bool job_told_ = false;  // the updater tells its progress itself
  std::uint64_t bundle_bytes_ = 0;
  std::string bundle_, bundle_version_, job_error_;
  pid_t reboot_pid_ = -1;
};

}  // namespace sluice::supervisor

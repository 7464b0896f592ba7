// Gets and renews the box's certificate by ACME (RFC 8555) as [tls.acme] says: looks when an order is due, carries it out
// (order.hpp says what is needed), and gives what comes to certificate_desk, the way of every upload: checked, kept under the
// name "acme", put into force without a restart; what fails leaves the former certificate in use. Without a clock that can be
// believed nothing is ordered.
//
// On the control loop; files and parsing of certificates on the storage thread, keys in a helper process.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "config/model.hpp"
#include "firmware/gateway/acme/account_file.hpp"
#include "firmware/gateway/acme/responder.hpp"
#include "firmware/gateway/trust/certificate_desk.hpp"
#include "firmware/gateway/trust/https_client.hpp"
#include "hal/include/hal/files.hpp"
#include "net/worker.hpp"

namespace sluice::gateway::acme {

inline constexpr const char* stored_name = "acme";  // among the stored certificates
inline constexpr std::chrono::seconds first_look{3};  // after the start or a change of the settings

enum class state : std::uint8_t { off, waits, ordering, no_clock, on_trial };
const char* name_of(state s);  // "off", "waits", "ordering", "waits for the clock", "waits for the confirmation"

// What is shown of it.
struct view {
  state now = state::off;
  std::string doing, directory, error, fingerprint;  // doing: while ordering; fingerprint: of the certificate kept
  std::vector<std::string> names;
  cause why = cause::none;  // of the next order
  std::int64_t next = 0, tried = 0, succeeded = 0;  // 0: never, nothing known
  std::uint64_t failures = 0;  // in a row
  std::uint64_t orders = 0, failed_orders = 0, answered = 0;  // since the start; answered: questions of the CA
};

struct service_parts {
  net::worker& home;
  hal::files& files;
  certificate_desk& desk;
  std::function<bool()> on_trial;  // a generation waits for its confirmation
  std::function<net::awaitable<void>(std::string what, unsigned status)> audit;
};

class service {
 public:
  service(service_parts parts, const config::model& m);

  void start();  // with the loop
  void stop() { responder_.close(); }
  void reconfigure(const config::model& m);
  view look() const;
  // An order at once, whatever the schedule says. Empty: it begins; otherwise why not.
  std::string renew_now();

 private:
  struct outcome {
    std::string why;  // empty: it is in force
    std::int64_t pause_s = 0;
    bool dropped = false;  // by a stop or other settings: no failure
  };
  struct means;
  net::awaitable<void> run();
  net::awaitable<void> look_at_store();
  net::awaitable<void> attempt();
  net::awaitable<void> tell(const config::acme_settings& s, const outcome& end);
  net::awaitable<outcome> carry_out(const config::acme_settings& s);
  net::awaitable<std::string> prepare(const config::acme_settings& s, means& m);
  net::awaitable<order_answer> ask(const order_request& q, const means& m);
  net::awaitable<void> make_request(const config::acme_settings& s, order& o);
  net::awaitable<void> install(const config::acme_settings& s, order& o);
  net::awaitable<void> save();
  net::awaitable<void> pause(std::chrono::milliseconds time);
  bool stopping() const { return parts_.home.all().stopping; }

  service_parts parts_;
  config::acme_settings settings_;
  std::string data_directory_;
  account_file file_;
  responder responder_;
  memory memory_;
  plan_ahead plan_;
  std::optional<tls::certificate_info> kept_;
  bool usable_ = false, known_ = false, full_ = false, wished_ = false, ordering_ = false;
  std::uint64_t seen_changes_ = 0, orders_ = 0, failed_ = 0;
  net::clock::time_point looked_{}, not_before_{};
  std::string doing_;
};

}  // namespace sluice::gateway::acme

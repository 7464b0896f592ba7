// Certificates that end soon, told to the administrator by mail: once for each certificate and threshold (tls.expiry_notice,
// tls.expiry_alarm, the end), also over restarts. What was told lies in data_directory/expiry.told; a mail that could not be
// queued is tried again.
//
// marks, limits and text are plain values; the mailer is on the control loop, its file on the storage thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/gateway/records/own_mailer.hpp"
#include "firmware/gateway/trust/expiry_watch.hpp"
#include "hal/include/hal/files.hpp"
#include "net/worker.hpp"

namespace sluice::gateway {

inline constexpr std::size_t most_expiry_mark_octets = 16 * 1024;
inline constexpr std::int64_t expiry_mail_pause_s = 600;  // after one that could not be queued

// What holds for one certificate. One that is renewed by itself is no news before its renewal is overdue: within a quarter
// of its lifetime, and an eighth for the alarm, when that is shorter.
expiry_limits limits_for(const tls::certificate_info& c, expiry_limits l, bool renewed_by_itself);

class expiry_marks {
 public:
  static expiry_marks from(std::string_view text);  // lines that it does not know are left out
  std::string text() const;
  // How urgent it is, when that has not been told yet; fine: nothing to tell.
  expiry due(const tls::certificate_info& c, std::int64_t now, expiry_limits l) const;
  void told(const tls::certificate_info& c, expiry what);
  void keep_only(const std::vector<tls::certificate_info>& all);  // the others are not in use any more

 private:
  struct mark {
    std::string sha256;
    expiry what;
  };
  std::vector<mark> all_;  // one per certificate, the most urgent
};

std::string expiry_mail_subject(const tls::certificate_info& c, std::int64_t now, expiry_limits l);
// LF line ends. `outlook`: what is known of its renewal, a sentence; may be empty.
std::string expiry_mail_body(const tls::certificate_info& c, const std::string& hostname, expiry what, const std::string& outlook);

class expiry_mailer {
 public:
  expiry_mailer(hal::files& files, const std::string& data_directory) : files_(files), path_(data_directory + "/expiry.told") {}

  struct look {
    std::vector<tls::certificate_info> certificates;  // in use
    std::int64_t now = 0;
    expiry_limits limits;
    std::string hostname, administrator;
    std::string renewed, outlook;  // fingerprint of the one that is renewed by itself, and what is known of that
  };
  net::awaitable<void> run(net::worker& home, own_mailer& mailer, look l);

 private:
  net::awaitable<bool> load(net::worker& home);
  net::awaitable<void> save(net::worker& home);

  hal::files& files_;
  std::string path_;
  expiry_marks marks_;
  bool loaded_ = false;
  std::int64_t not_before_ = 0;
};

}  // namespace sluice::gateway

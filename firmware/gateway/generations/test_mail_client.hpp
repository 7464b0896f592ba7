// Sends one test mail to one of the program's own listeners, as a client from outside would: a socket, the PROXY header
// where the listener wants one, TLS where it offers it, then SMTP up to the reply to the content. The session behind is
// told through net::probe_book that the mail is ours. On the control loop.
#pragma once
#include <string>

#include "firmware/gateway/generations/test_mail_samples.hpp"
#include "net/probe_book.hpp"
#include "net/worker.hpp"

namespace sluice::gateway {

struct test_mail_result {
  std::string listener;  // "0.0.0.0:25"
  test_sample sample = test_sample::clean;
  std::string profile;
  std::string failed;  // the step that failed: "connect", "TLS", "greeting", "EHLO", "STARTTLS", "MAIL", "RCPT", "DATA", "content"
  std::string why;     // a reply, or our words
  std::string tls;     // "TLSv1.3"; empty without
  net::probe_findings found;
  std::uint32_t milliseconds = 0;
  bool went_through() const { return failed.empty(); }
  // Failed before the session could say anything: the place of test mails was taken, memory for TLS was short.
  bool may_try_again() const { return failed == "connect" || failed == "TLS" || failed == "greeting" || failed == "STARTTLS"; }
};

// `ask_within`: of net::probe_book::expect(). Ends before `last` whatever happens.
net::awaitable<test_mail_result> send_test_mail(net::worker& home, std::shared_ptr<const net::settings> rules, std::size_t listener,
                                                test_sample sample, std::string recipient, net::milliseconds ask_within,
                                                net::clock::time_point last);

// "0.0.0.0:25", "[::]:25".
std::string text_of(const net::listener_settings& l);

}  // namespace sluice::gateway

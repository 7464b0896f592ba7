#include "firmware/gateway/generations/test_mail_samples.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace sluice::gateway {
namespace {

std::string date_text(std::int64_t unix_seconds) {
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t t = static_cast<std::time_t>(unix_seconds);
  std::tm utc{};
  ::gmtime_r(&t, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return text;
}

struct lure {
  const char* profile;
  const char* from_name;
  const char* from;
  const char* subject;
  const char* body;
};

// The lure stands where an outsider can write: the tenant's name, the seller's note.
constexpr lure entra{"entra", "Microsoft on behalf of Charge of $842.10 approved. Not you? Call +1 (808) 555-0137", "msonlineservicesteam@microsoftonline.com",
                     "Charge of $842.10 approved. Not you? Call +1 (808) 555-0137 account email verification code",
                     "Verify your email address\r\n\r\nThanks for verifying your account!\r\n\r\nYour code is: 104729\r\n\r\nSincerely,\r\n"
                     "Charge of $842.10 approved. Not you? Call +1 (808) 555-0137\r\n"};
constexpr lure paypal{"paypal", "service@paypal.com", "service@paypal.com", "Invoice from Billing Department",
                      "Billing Department sent you an invoice for $842.10 USD\r\n\r\nNote from seller\r\n"
                      "Your account was charged $842.10. If this was not you, call us at once at +1 (808) 555-0137 to cancel and get a refund.\r\n\r\n"
                      "View and pay the invoice in your account.\r\n"};
// Of nobody's profile: what is told from its words alone.
constexpr lure nobody{"", "Billing Department", "billing@example.org", "Your account was charged $842.10. Not you? Call +1 (808) 555-0137",
                      "Your account was charged $842.10 today. If this was not you, call our support at once at +1 (808) 555-0137 to cancel the "
                      "payment and get a refund. The amount is taken from your bank account within 24 hours.\r\n"};

std::string header(const std::string& from, const std::string& to, const std::string& subject, const std::string& hostname,
                   std::int64_t now, const char* tag) {
  return "From: " + from + "\r\nTo: <" + to + ">\r\nSubject: " + subject + "\r\nDate: " + date_text(now) + "\r\nMessage-ID: <" +
         std::to_string(now) + "." + tag + ".test-mail@" + hostname +
         ">\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n";
}

}  // namespace

const char* name_of(test_sample s) { return s == test_sample::clean ? "clean" : "scam"; }

test_mail make_test_mail(test_sample s, const inspect::ruleset& rules, const std::string& hostname, const std::string& recipient,
                         std::int64_t unix_seconds) {
  test_mail out;
  if (s == test_sample::clean) {
    out.sender = "postmaster@" + hostname;
    out.content = header("Sluice <" + out.sender + ">", recipient, "Test mail", hostname, unix_seconds, "clean") +
                  "This is a test mail of the mail gateway itself. It is inspected and then dropped;\r\nnobody gets it.\r\n";
    return out;
  }
  const lure& l = rules.find_id(entra.profile) != nullptr ? entra : rules.find_id(paypal.profile) != nullptr ? paypal : nobody;
  out.sender = l.from;
  out.profile = l.profile;
  out.content = header(std::string("\"") + l.from_name + "\" <" + l.from + ">", recipient, l.subject, hostname, unix_seconds, "scam") + l.body;
  return out;
}

}  // namespace sluice::gateway

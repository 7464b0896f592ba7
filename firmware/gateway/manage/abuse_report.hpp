// An abuse report about a held message in the Abuse Reporting Format (RFC 5965): to whom, and every line of it. Values in,
// text out; the held message itself is put in by the outbox, so it never lies in memory. Redaction: RFC 6590.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "inspect/ruleset.hpp"
#include "quarantine/store.hpp"

namespace sluice::gateway {

// Where reports about a message go. `known`: the sender's profile names it. Otherwise `to` is empty and `suggested` is what
// RFC 2142 makes likely: abuse@ the author's domain; nobody has checked that it exists.
struct abuse_desk {
  std::string to, profile_name, suggested;
  bool known() const { return !to.empty(); }
};
abuse_desk abuse_desk_of(const quarantine::message_detail& m, const inspect::ruleset& rules);

struct abuse_report_options {
  std::string to, hostname, version;
  std::uint64_t message_bytes = 0;  // the most that a report may have; longer messages go with their header only
  bool redact = false;
  std::string head;      // header fields without Content-Type, CRLF line ends (own_mail_head)
  std::string boundary;  // random
  std::function<std::string(std::string_view)> pseudonym;  // for redaction
};

struct abuse_report {
  std::string before, after;  // the held message, or its header, stands between them
  bool header_only = false;
  bool smtputf8 = false;
  std::vector<quarantine::own_replacement> replaced;
  // The first two parts in plain text, for those who look before they send.
  std::string letter, fields;
};
std::string abuse_subject(const quarantine::message_detail& m);
abuse_report write_abuse_report(const quarantine::message_detail& m, const abuse_report_options& o);

// A plain address that a report may be sent to.
bool is_report_address(std::string_view text);

}  // namespace sluice::gateway

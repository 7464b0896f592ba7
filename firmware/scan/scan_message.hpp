// Inspects stored messages: what `sluice scan` and the detection benchmark share. Reads a file or an mbox, brings line
// ends to CRLF once, runs the same inspector and policy as the proxy. Blocking; not for the event loop.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/message_inspector.hpp"
#include "inspect/ruleset.hpp"
#include "mime/charset_pool.hpp"
#include "policy/decide.hpp"

namespace sluice::scan {

struct scan_settings {
  std::shared_ptr<const inspect::ruleset> rules;
  policy::settings policy;
  // Recorded Authentication-Results with this authserv-id are believed ("*": the topmost of any), because the
  // signatures of stored mail seldom verify any more. Empty: authentication is not known.
  std::string trusted_results;
};

struct scan_result {
  std::string name;   // file, and "#N" for the Nth message of an mbox
  std::string error;  // why it could not be read; the rest is empty then
  policy::decision decision;
  inspect::findings found;
  inspect::message_facts facts;
  inspect::auth_facts authentication;
};

// One inspector and its buffers; one per thread.
class message_scanner {
 public:
  explicit message_scanner(const scan_settings& settings);
  // Calls `done` once per message of the file; "-" is standard input.
  void scan_file(const std::string& path, const std::function<void(scan_result&&)>& done);
  // `content` as it is stored, LF or CRLF.
  scan_result scan(std::string_view content, std::string name);

 private:
  const scan_settings& settings_;
  mime::charset_pool pool_;
  std::unique_ptr<inspect::message_inspector> inspector_;
};

// SPF, DKIM and DMARC of the first Authentication-Results field of the header whose authserv-id is `trusted`.
inspect::auth_facts recorded_results(std::string_view header, std::string_view trusted);

}  // namespace sluice::scan

// The token by file: the one credential that an appliance's image can bring along. Opens pages to look at, the metrics
// and the API; not users, tokens and configuration. Compared in constant time.
#pragma once
#include <string>
#include <string_view>

#include "status/http/gate.hpp"

namespace sluice::status {

class status_token : public gate {
 public:
  explicit status_token(std::string token) : token_(std::move(token)) {}  // not empty

  admission who_is(const credentials& c) override;
  std::string entrance(const web_request&) override { return {}; }
  bool same_site(const credentials&, const web_request&) override { return false; }
  void done(const web_request&, const char*, unsigned) override {}

 private:
  std::string token_;
};

}  // namespace sluice::status

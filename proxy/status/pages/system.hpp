// The view System: what this is and what it is made of, who may come in, and what was done.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "status/access/book.hpp"
#include "status/access/sessions.hpp"
#include "status/http/route.hpp"
#include "status/snapshot.hpp"

namespace sluice::status {

struct component {
  std::string name, version, licence;
};

struct system_view {
  snapshot now;
  std::vector<component> components;
  std::vector<session> sessions;  // those that `who` may see
  std::int64_t steady_now = 0;    // the clock of sessions
  std::vector<user_entry> users;  // of administrators only
  std::vector<token_entry> tokens;
  std::vector<std::pair<std::string, std::string>> tools;  // path and name of pages without a place in the navigation
  std::string box;                // sections about the box itself; finished HTML
  std::string fault;              // what was asked for and could not be done; empty: nothing
  std::string fresh_token;        // made just now: shown once
};

std::string system_page(const system_view& v, const principal& who);
// `lines` are JSON objects as the audit log has them, newest first.
std::string audit_page_of(const std::vector<std::string>& lines, std::uint64_t older, const principal& who);
std::string licences_text(const std::vector<component>& all);

}  // namespace sluice::status

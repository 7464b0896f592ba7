// Routes of the box itself under /api/v1/system, and its part of the page System.
#pragma once
#include <string>

#include "firmware/gateway/manage/manage.hpp"
#include "firmware/gateway/system/appliance.hpp"
#include "status/http/route.hpp"

namespace sluice::gateway {

struct appliance_parts {
  appliance& box;
  snapshot_source look;
  std::function<config::model()> config;  // in force
};

void add_appliance_api(status::web_routes& routes, appliance_parts parts);    // manage_appliance.cpp
void add_appliance_pages(status::web_routes& routes, appliance_parts parts);  // manage_appliance_page.cpp

// For the page System: what the box is and how it does, updates, the dangerous buttons. Finished HTML.
net::awaitable<std::string> appliance_section(const appliance_parts& parts, const status::principal& who);
// Above every page while it is true; empty otherwise. Of what the box said last.
std::string appliance_banner(const appliance_parts& parts);

// The live numbers of the pages with what an update does.
std::string with_update(std::string numbers, appliance& box);

// Shared by both: the problem that an answer of the supervisor is, or 202.
status::web_reply reply_for(const supervisor_answer& a, const char* title);
status::web_reply no_appliance();
bool confirms(const std::string& typed, const config::model& m);

}  // namespace sluice::gateway

// Routes of the generations: the API under /api/v1/config and the page /config.
#pragma once
#include <string>

#include "firmware/gateway/generations/generation_keeper.hpp"
#include "status/http/route.hpp"

namespace sluice::gateway {

void add_config_api(status::web_routes& routes, generation_keeper& keeper);    // manage_config.cpp
void add_config_pages(status::web_routes& routes, generation_keeper& keeper);  // manage_config_page.cpp

// Shared by both.
std::string shown_to(const status::principal& who, std::string text);  // of a configuration: for administrators as it is
generations::way way_of(const status::principal& who);
std::string who_of(const status::principal& who);
std::string audit_of(const push_answer& a, const char* did);  // "pushed generation 7 (3 changes)"
std::uint64_t number_of(const std::string& text, std::uint64_t otherwise);
std::int64_t confirm_seconds(const std::string& text, bool& good);  // empty: 0

}  // namespace sluice::gateway

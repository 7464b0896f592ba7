// GET /api/v1/support-bundle: a tar archive for those who help, made while it is sent, one at a time.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "firmware/gateway/manage/manage.hpp"
#include "quarantine/store.hpp"

namespace sluice::gateway {

struct support_parts {
  net::worker& home;
  status::access_service& access;
  const status::web_routes& routes;  // the history of generations is asked of them
  snapshot_source look;
  std::function<config::model()> config;
  std::function<std::string()> events;  // the last ones
};

void add_support_routes(status::web_routes& routes, support_parts parts, gauge& bundles);

}  // namespace sluice::gateway

// Routes that show the running program: the overview page, its style sheet, /metrics, the report, health.
#include "firmware/gateway/manage.hpp"

namespace sluice::gateway {
namespace {

using status::http::verb;
using status::role;
using status::web_reply;
using status::web_request;

web_reply plain(const char* type, std::string body) {
  web_reply r;
  r.content_type = type;
  r.body = std::move(body);
  return r;
}

}  // namespace

void add_status_routes(status::web_routes& routes, snapshot_source look) {
  routes.add({verb::get, "/", role::viewer, status::no_body, "Show the overview page",
              [look](const web_request&) -> net::awaitable<web_reply> { co_return status::html_reply(page_of(look())); }});
  routes.add({verb::get, "/style.css", role::nobody, status::no_body, "Get the style sheet",
              [](const web_request&) -> net::awaitable<web_reply> {
                co_return plain("text/css; charset=utf-8", std::string(status::style_sheet()));
              }});
  routes.add({verb::get, "/metrics", role::viewer, status::no_body, "Get the metrics in Prometheus' text format",
              [look](const web_request&) -> net::awaitable<web_reply> {
                co_return plain("text/plain; version=0.0.4; charset=utf-8", metrics_of(look()));
              }});
  routes.add({verb::get, "/api/v1/status", role::viewer, status::no_body, "Get all numbers and the last messages",
              [look](const web_request&) -> net::awaitable<web_reply> { co_return status::json_reply(report_of(look())); }});
  for (const char* path : {"/healthz", "/health/live"})
    routes.add({verb::get, path, role::nobody, status::no_body, "Tell that the process answers",
                [](const web_request&) -> net::awaitable<web_reply> { co_return plain("text/plain; charset=utf-8", "ok\n"); }});
}

}  // namespace sluice::gateway

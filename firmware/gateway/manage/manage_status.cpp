// Routes that show the running program: the overview page, its assets, /metrics, the report, health.
#include "firmware/gateway/manage/manage.hpp"
#include "status/assets/assets.hpp"

namespace sluice::gateway {
namespace {

using status::http::verb;
using status::role;
using status::web_reply;
using status::web_request;

constexpr std::size_t reported_messages = 50;

web_reply plain(const char* type, std::string body) {
  web_reply r;
  r.content_type = type;
  r.body = std::move(body);
  return r;
}

}  // namespace

void add_status_routes(status::web_routes& routes, snapshot_source look, const status::history& past) {
  routes.add({verb::get, "/", role::viewer, status::no_body, "Show the overview page",
              [look, &past](const web_request& q) -> net::awaitable<web_reply> {
                status::snapshot s = look();
                s.messages = past.page(0, status::overview_messages);
                co_return status::html_reply(overview_page(s, q.who));
              }});
  for (const status::asset& a : status::all_assets())
    routes.add({verb::get, a.path.data(), role::nobody, status::no_body,
              {"Get a part of the pages: style, script, icon", "v", "", "200 304 text/css text/javascript image/svg+xml"},
                [&a](const web_request& q) -> net::awaitable<web_reply> { co_return asset_reply(a, q); }});
  routes.add({verb::get, "/metrics", role::viewer, status::no_body,
              {"Get the metrics in Prometheus' text format, or as OpenMetrics", "", "",
               "text/plain application/openmetrics-text"},
              [look](const web_request& q) -> net::awaitable<web_reply> {
                const status::metrics_format f = status::metrics_format_for(q.accept);
                co_return plain(std::string(content_type_of(f)).c_str(), metrics_of(look(), f));
              }});
  routes.add({verb::get, "/api/v1/status", role::viewer, status::no_body, "Get all numbers and the last messages",
              [look, &past](const web_request&) -> net::awaitable<web_reply> {
                status::snapshot s = look();
                s.messages = past.page(0, reported_messages);
                co_return status::json_reply(report_of(s));
              }});
  for (const char* path : {"/healthz", "/health/live"})
    routes.add({verb::get, path, role::nobody, status::no_body, {"Tell that the process answers", "", "", "text/plain"},
                [](const web_request&) -> net::awaitable<web_reply> { co_return plain("text/plain; charset=utf-8", "ok\n"); }});
}

}  // namespace sluice::gateway

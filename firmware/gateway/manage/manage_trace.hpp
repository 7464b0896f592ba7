// "Where is my mail?" on the management surface.
#pragma once
#include "firmware/gateway/records/trace_log.hpp"
#include "status/http/route.hpp"

namespace sluice::gateway {

void add_trace_routes(status::web_routes& routes, trace_log& trace, net::asio::io_context& loop);

}  // namespace sluice::gateway

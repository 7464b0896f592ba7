// Erasing on request on the management surface.
#pragma once
#include "firmware/gateway/records/privacy_keeper.hpp"
#include "status/http/route.hpp"

namespace sluice::gateway {

void add_privacy_routes(status::web_routes& routes, privacy_keeper& privacy, net::asio::io_context& loop);

}  // namespace sluice::gateway

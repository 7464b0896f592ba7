// The lists on the management surface: /api/v1/lists for programs and the command line, /lists for people.
#pragma once
#include "firmware/gateway/records/list_store.hpp"
#include "status/http/route.hpp"

namespace sluice::gateway {

void add_list_api(status::web_routes& routes, list_store& lists, net::asio::io_context& loop);
void add_list_page(status::web_routes& routes, list_store& lists, net::asio::io_context& loop);

}  // namespace sluice::gateway

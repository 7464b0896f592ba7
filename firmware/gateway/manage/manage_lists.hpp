// The lists on the management surface: /api/v1/lists for programs and the command line, /lists for people.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "firmware/gateway/records/list_store.hpp"
#include "status/http/route.hpp"

namespace sluice::gateway {

// What somebody looks for in the lists, page by page, newest first. Empty members fit everything.
struct list_search {
  std::string text;  // in address, note, rule, words, profile or who made it, without regard to ASCII case; or the whole id
  std::optional<policy::list_kind> kind;
  std::uint64_t before = 0;  // where this page begins (0: at the newest), then where the next one does

  bool is_open() const { return text.empty() && !kind; }
  bool fits(const policy::list_entry& e) const;
  // Gives out up to `most` entries. False: there are no further ones.
  bool each(list_store& lists, std::size_t most, const std::function<void(const policy::list_entry&)>& take);
};
list_search list_search_of(const status::web_request& q);  // ?q= kind= before=

void add_list_api(status::web_routes& routes, list_store& lists, net::asio::io_context& loop);
void add_list_page(status::web_routes& routes, list_store& lists, net::asio::io_context& loop);

}  // namespace sluice::gateway

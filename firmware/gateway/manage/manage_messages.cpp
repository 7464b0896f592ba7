// The recent history: /messages and /messages/{id}, and the same as JSON.
#include <algorithm>
#include <charconv>

#include "firmware/gateway/manage/manage.hpp"
#include "status/pages/messages.hpp"
#include "status/snapshot.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;

constexpr std::size_t most_listed = 100, usually_listed = 50;

web_reply listed(const history& past, const web_request& q) {
  const std::string text = q.query_value("limit");
  std::size_t limit = usually_listed;
  std::from_chars(text.data(), text.data() + text.size(), limit);
  const message_list l = list_for(q, past, std::clamp<std::size_t>(limit, 1, most_listed));
  std::string out;
  for (const history_entry& m : l.entries) out += (out.empty() ? "" : ",\n") + message_json(m);
  return json_reply("{\"messages\":[" + out + "],\"before\":" + (l.older == 0 ? "null" : std::to_string(l.older)) + ",\"kept\":" + std::to_string(l.kept) + "}\n");
}

web_reply gone() { return problem(404, "Not found", "The history holds no message with this id; the log may."); }

}  // namespace

void add_message_routes(web_routes& routes, const manage_parts& parts) {
  const history& past = parts.past;
  const auto rules = parts.rules;
  routes.add({verb::get, "/messages", role::viewer, no_body, {"Show the recent messages", "q;outcome;sender;rule;profile;before:number"},
              [&past](const web_request& q) -> reply { co_return html_reply(messages_page(list_for(q, past), q.who)); }});
  routes.add({verb::get, "/messages/{id}", role::viewer, no_body, "Show a message with its verdict", [&past, rules](const web_request& q) -> reply {
                const auto m = past.find(q.parameters[0]);
                if (!m) co_return gone();
                const auto known = rules();
                co_return html_reply(message_page(*m, known->find_id(std::string_view(m->profile.data(), m->profile.size())), q.who));
              }});
  routes.add({verb::get, "/api/v1/messages", role::viewer, no_body, 
              {"List the recent messages",
               "q;outcome:forwarded|quarantined|rejected|deferred|refused|violation|abandoned:What became of it;"
               "sender:text:A part of the sender;rule:text:Id of a rule that found something;"
               "profile:text:Id of a sender profile;before:number;limit:1-100=50"},
              [&past](const web_request& q) -> reply { co_return listed(past, q); }});
  routes.add({verb::get, "/api/v1/messages/{id}", role::viewer, no_body, "Get a message with its verdict", [&past, rules](const web_request& q) -> reply {
                const auto m = past.find(q.parameters[0]);
                if (!m) co_return gone();
                const auto known = rules();
                co_return json_reply(message_detail_json(*m, known->find_id(std::string_view(m->profile.data(), m->profile.size()))));
              }});
}

}  // namespace sluice::gateway

// POST /api/v1/privacy/erase: takes one address out of everything that is kept. The audit names it by its pseudonym only.
#include "firmware/gateway/manage/manage_privacy.hpp"

#include <boost/json.hpp>
#include <cstring>

#include "core/concat.hpp"
#include "policy/lists.hpp"
#include "status/pages/frame.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;

std::string plain(const std::string& address) { return std::string(sluice::view(policy::plain_address(address))); }

std::string audit_of(const erased& e) { return concat("erase an address, now ", e.name); }

std::string sentence_of(const erased& e) {
  return concat("It is out of ", std::to_string(e.history), " messages of the history, ", std::to_string(e.trace), " lines of the trace, ",
         std::to_string(e.messages), " messages and ", std::to_string(e.recipients), " recipients of the quarantine's index, and ",
         std::to_string(e.notes), " notes of lists; ", std::to_string(e.entries_named), " list entries name it still. It was replaced by ", e.name, ".");
}

reply erase(privacy_keeper& privacy, net::asio::io_context& loop, const web_request& q) {
  boost::system::error_code ec;
  const boost::json::value v = boost::json::parse(q.body, ec);
  if (ec || !v.is_object()) co_return problem(400, "Bad body", "A JSON object with address and, for held mail, held = \"delete\" is expected.");
  const boost::json::object& o = v.as_object();
  const auto* given = o.if_contains("address");
  const std::string address = given != nullptr && given->is_string() ? plain(std::string(given->as_string().data(), given->as_string().size())) : "";
  const auto* held = o.if_contains("held");
  const bool held_too = held != nullptr && held->is_string() && held->as_string() == "delete";
  if (address.empty()) co_return problem(422, "Bad address", "\"address\" is one address such as user@example.net.");
  if (held != nullptr && !held_too) co_return problem(422, "Bad held", "\"held\" is \"delete\", or is left out.");
  std::string who = q.who.name;
  const erased e = co_await privacy.erase(loop, address, held_too, who);
  web_reply r;
  if (e.held != 0)
    r = problem(409, "Mail is held", concat(std::to_string(e.held), " messages of or to this address are held or being released; say held = \"delete\" to delete them, or decide on them first. Nothing was changed."));
  else if (e.error != 0)
    r = problem(503, "Not finished", concat("Ask again: ", std::strerror(e.error)));
  else
    r = json_reply(concat("{\"name\":", json(e.name), ",\"history\":", std::to_string(e.history), ",\"trace\":", std::to_string(e.trace), ",\"quarantine_messages\":",
                   std::to_string(e.messages), ",\"quarantine_recipients\":", std::to_string(e.recipients), ",\"list_notes\":", std::to_string(e.notes),
                   ",\"list_entries_left\":", std::to_string(e.entries_named), "}\n"));
  r.audit = audit_of(e);
  co_return r;
}

web_reply page(const web_request& q, unsigned status, std::string_view kind, std::string_view note) {
  web_reply r = html_reply(framed(
      "Erase an address", status::view::lists, q.who,
      concat(notice_of(kind, note),
          section_of("Erase on request",
                     concat("<p>Takes one address out of history, trace, list notes, the quarantine's index and what was learned of names. Names made with a key of this box "
                     "take its place. This cannot be undone.</p><form method=\"post\" action=\"/privacy\" class=\"fields\">",
                         csrf_field(q.who), input_of("Address", "address", "text", "", "required maxlength=\"254\" autocomplete=\"off\""),
                         "<p class=\"field\"><label><input type=\"checkbox\" name=\"held\" value=\"delete\"> Delete held mail of or to it, too</label></p>"
                         "<p><button type=\"submit\" class=\"danger\">Erase</button></p></form>"),
                     "erase"))));
  r.status = status;
  return r;
}

reply erase_by_form(privacy_keeper& privacy, net::asio::io_context& loop, const web_request& q) {
  const std::string address = plain(q.form_value("address"));
  if (address.empty()) co_return page(q, 422, "bad", "Give one address such as user@example.net.");
  std::string who = q.who.name;
  const erased e = co_await privacy.erase(loop, address, q.form_value("held") == "delete", who);
  web_reply r = e.held != 0    ? page(q, 409, "bad", concat(std::to_string(e.held), " messages of or to it are still held; nothing was changed."))
                : e.error != 0 ? page(q, 503, "bad", concat("Not finished, ask again: ", std::strerror(e.error)))
                               : page(q, 200, "good", sentence_of(e));
  r.audit = audit_of(e);
  co_return r;
}

}  // namespace

void add_privacy_routes(web_routes& routes, privacy_keeper& privacy, net::asio::io_context& loop) {
  routes.add({verb::post, "/api/v1/privacy/erase", role::admin, small_body,
              {"Erase one address", "", "address!:text:One mail address;held:delete|:Held mail of or to it goes, too"},
              [&privacy, &loop](const web_request& q) -> reply { return erase(privacy, loop, q); }});
  routes.add({verb::get, "/privacy", role::admin, no_body, "Show the form for erasing",
              [](const web_request& q) -> reply { co_return page(q, 200, "", ""); }});
  routes.add({verb::post, "/privacy", role::admin, small_body, {"Erase one address by form", "", "address!;held:delete|"},
              [&privacy, &loop](const web_request& q) -> reply { return erase_by_form(privacy, loop, q); }});
}

}  // namespace sluice::gateway

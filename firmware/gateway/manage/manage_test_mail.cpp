// POST /api/v1/test-mail sends the test mails now; GET tells how the last ones went.
#include "firmware/gateway/generations/generation_runner.hpp"
#include "firmware/gateway/manage/manage.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;

std::string yes(bool b) { return b ? "true" : "false"; }

std::string word_json(const downstream_word& w) {
  if (!w.asked) return "null";
  return "{\"host\":" + json(w.host) + ",\"accepted\":" + yes(w.accepted) + ",\"reply\":" + json(w.text) + "}";
}

std::string mail_json(const test_mail_result& m) {
  const net::probe_findings& f = m.found;
  std::string out = "{\"listener\":" + json(m.listener) + ",\"sample\":" + json(name_of(m.sample)) + ",\"went_through\":" + yes(m.went_through());
  if (!m.went_through()) out += ",\"failed_at\":" + json(m.failed) + ",\"why\":" + json(m.why);
  out += ",\"tls\":" + (m.tls.empty() ? "null" : json(m.tls)) + ",\"downstream\":" + word_json(word_of(f));
  if (f.judged)
    out += ",\"verdict\":" + json(inspect::name_of(f.would)) + ",\"score\":" + std::to_string(f.score) + ",\"profile\":" + json(sluice::view(f.profile)) +
           ",\"rules\":" + json(sluice::view(f.rules));
  return out + ",\"milliseconds\":" + std::to_string(m.milliseconds) + "}";
}

reply run(generation_runner& live) {
  std::optional<test_report> r = co_await live.send_test_mails();
  if (!r) {
    web_reply busy = problem(409, "Test mails are under way", "Ask again in a moment.");
    busy.headers.emplace_back("Retry-After", "5");
    co_return busy;
  }
  web_reply out = json_reply(report_json(*r));
  out.audit = std::string("Sent test mails: ") + (r->good ? "all went well" : "not all went well");
  co_return out;
}

reply last(generation_runner& live) {
  if (!live.tests().last()) co_return problem(404, "No test mails yet", "None were sent since the start of the program.");
  co_return json_reply(report_json(*live.tests().last()));
}

}  // namespace

std::string report_json(const test_report& r) {
  std::string mails;
  for (const test_mail_result& m : r.mails) mails += (mails.empty() ? "" : ",") + mail_json(m);
  return "{\"at\":" + json(utc(r.unix_seconds)) + ",\"generation\":" + std::to_string(r.generation) + ",\"good\":" + yes(r.good) +
         ",\"to_blame\":" + yes(r.to_blame) + ",\"text\":" + json(r.text) + ",\"recipient\":" + json(r.recipient) +
         ",\"milliseconds\":" + std::to_string(r.milliseconds) + ",\"downstream\":" + word_json(r.downstream) +
         ",\"downstream_before\":" + word_json(r.before) + ",\"mails\":[" + mails + "]}";
}

void add_test_mail_routes(web_routes& routes, generation_runner& live) {
  routes.add({verb::post, "/api/v1/test-mail", role::operate, no_body, "Send the test mails through every listener now",
              [&live](const web_request&) -> reply { return run(live); }});
  routes.add({verb::get, "/api/v1/test-mail", role::viewer, no_body, "Tell how the last test mails went",
              [&live](const web_request&) -> reply { return last(live); }});
}

}  // namespace sluice::gateway

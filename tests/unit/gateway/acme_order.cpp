// The order machine by bytes alone: a CA of straw answers what the test says.
#include "firmware/gateway/acme/order.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <utility>

#include "firmware/gateway/acme/limits.hpp"
#include "tls/heap.hpp"
#include "tls/request.hpp"

using namespace sluice;
using namespace sluice::gateway;
using acme::order;
using need = acme::order::need;

namespace {

constexpr const char* at = "https://ca.example";
constexpr const char* token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
constexpr const char* csr = "-----BEGIN CERTIFICATE REQUEST-----\nMAAw+/A=\n-----END CERTIFICATE REQUEST-----\n";
constexpr const char* pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

const tls::account_key& key() {
  [[maybe_unused]] static const bool heap = tls::heap::install(tls::limits::heap_default_bytes);
  static const std::shared_ptr<const tls::account_key> made = *tls::account_key::load(*tls::make_key(tls::key_kind::ecdsa_p256));
  return *made;
}

std::string problem_text(const std::string& type, const std::string& detail = "some detail") {
  return R"({"type":"urn:ietf:params:acme:error:)" + type + R"(","detail":")" + detail + R"(","status":400})";
}

std::string text_of(const boost::json::value& v) { return std::string(v.as_string()); }

boost::json::object decoded(const std::string& body, const char* part) {
  const boost::json::object o = boost::json::parse(body).as_object();
  return boost::json::parse(*tls::from_base64url(std::string(o.at(part).as_string()))).as_object();
}

// A CA that does everything right, unless `twist` answers in its place.
struct straw_ca {
  explicit straw_ca(acme::account_memory known = {}, acme::order_plan p = plan_for({"mx.example.org"})) : machine(std::move(p), key(), std::move(known), 0) {}

  static acme::order_plan plan_for(std::vector<std::string> names) {
    acme::order_plan p;
    p.directory_url = std::string(at) + "/dir";
    p.contact = "postmaster@example.org";
    p.names = std::move(names);
    return p;
  }

  order machine;
  std::int64_t now = 0;
  std::vector<std::string> asked;  // "POST /new-order"
  std::vector<std::string> bodies;
  std::function<bool(const std::string& what, acme::order_answer& a)> twist;
  int nonces = 0, opened = 0;
  std::string open_error, request_error, install_error;
  bool proven = false, finalized = false;
  int polls_until_proven = 1, polls_until_signed = 1;

  std::string nonce() { return "nonce" + std::to_string(++nonces); }

  std::string authorization(const char* state) const {
    return std::string(R"({"status":")") + state + R"(","identifier":{"type":"dns","value":"mx.example.org"},"challenges":[{"type":"dns-01","url":")" + at +
           R"(/no","token":"x","status":"pending"},{"type":"http-01","url":")" + at + R"(/chall-1","token":")" + token + R"(","status":"pending"}]})";
  }
  std::string order_text(const char* state, bool with_certificate = false) const {
    return std::string(R"({"status":")") + state + R"(","identifiers":[{"type":"dns","value":"mx.example.org"}],"authorizations":[")" + at + R"(/authz-1"],"finalize":")" + at + "/finalize-1\"" +
           (with_certificate ? std::string(R"(,"certificate":")") + at + "/cert-1\"" : "") + "}";
  }

  acme::order_answer right(const std::string& what) {
    acme::order_answer a;
    a.status = 200;
    if (what != "GET /dir") a.nonce = nonce();
    if (what == "GET /dir") a.body = std::string(R"({"newNonce":")") + at + R"(/nonce","newAccount":")" + at + R"(/new-account","newOrder":")" + at + R"(/new-order","meta":{"externalAccountRequired":false}})";
    else if (what == "HEAD /nonce") a.body.clear();
    else if (what == "POST /new-account") a.status = 201, a.location = std::string(at) + "/account-7", a.body = R"({"status":"valid"})";
    else if (what == "POST /account-7") a.body = R"({"status":"valid"})";
    else if (what == "POST /new-order") a.status = 201, a.location = std::string(at) + "/order-1", a.body = order_text("pending");
    else if (what == "POST /authz-1") {
      if (proven && polls_until_proven > 0) --polls_until_proven;
      a.body = authorization(proven && polls_until_proven == 0 ? "valid" : "pending");
    } else if (what == "POST /chall-1") proven = true, a.body = R"({"status":"processing"})";
    else if (what == "POST /finalize-1") finalized = true, a.body = order_text("processing");
    else if (what == "POST /order-1") {
      if (finalized && polls_until_signed > 0) --polls_until_signed;
      a.body = finalized ? order_text(polls_until_signed == 0 ? "valid" : "processing", polls_until_signed == 0) : order_text("ready");
    } else if (what == "POST /cert-1") a.body = pem;
    else FAIL("asked for " + what);
    return a;
  }

  // Until it is done or failed; true when done.
  bool run() {
    for (int i = 0; i < 5000; ++i) {
      switch (machine.next(now)) {
        case need::request: {
          const acme::order_request q = machine.to_send();
          if (machine.next(now) == need::failed) return false;
          REQUIRE(q.url.starts_with(at));
          const std::string what = std::string(q.method) + " " + q.url.substr(std::string_view(at).size());
          asked.push_back(what);
          bodies.push_back(q.body);
          acme::order_answer a;
          if (!twist || !twist(what, a)) a = right(what);
          machine.received(a, now);
          break;
        }
        case need::wait:
          REQUIRE(machine.wait_until() > now);
          now = machine.wait_until();
          break;
        case need::open_challenges: ++opened, machine.opened(open_error); break;
        case need::certificate_request: machine.request_made(request_error.empty() ? csr : "", request_error); break;
        case need::install: machine.installed(install_error); break;
        case need::done: return true;
        case need::failed: return false;
      }
    }
    FAIL("it does not end");
    return false;
  }
  long count(const std::string& what) const { return std::count(asked.begin(), asked.end(), what); }
  bool says(const char* words) const { return machine.why().find(words) != std::string::npos; }
};

acme::order_answer refusal(unsigned status, const std::string& body, std::int64_t retry_after = -1) {
  acme::order_answer a;
  a.status = status;
  a.body = body;
  a.retry_after_s = retry_after;
  return a;
}

// Every request of a whole order once.
const std::vector<std::string> all_steps{"GET /dir",         "HEAD /nonce",   "POST /new-account", "POST /new-order", "POST /authz-1",
                                         "POST /chall-1",    "POST /order-1", "POST /finalize-1",  "POST /cert-1"};

}  // namespace

TEST_CASE("an order goes from the directory to the chain") {
  straw_ca ca;
  REQUIRE(ca.run());
  CHECK(ca.asked == std::vector<std::string>{"GET /dir", "HEAD /nonce", "POST /new-account", "POST /new-order", "POST /authz-1", "POST /chall-1", "POST /authz-1", "POST /order-1", "POST /finalize-1",
                                             "POST /order-1", "POST /cert-1"});
  CHECK(ca.machine.chain() == pem);
  CHECK(ca.opened == 1);
  REQUIRE(ca.machine.challenges().size() == 1);
  CHECK(ca.machine.challenges()[0].token == token);
  CHECK(ca.machine.challenges()[0].answer == std::string(token) + "." + key().thumbprint());
  CHECK(ca.machine.account().url == std::string(at) + "/account-7");
  // RFC 8555 sections 6.2 to 6.4: the key once, then the account; the address; a nonce of its own each
  const auto first = decoded(ca.bodies[2], "protected"), second = decoded(ca.bodies[3], "protected");
  CHECK(text_of(first.at("alg")) == "ES256");
  CHECK(boost::json::serialize(first.at("jwk")) == key().jwk());
  CHECK_FALSE(first.contains("kid"));
  CHECK(text_of(first.at("url")) == std::string(at) + "/new-account");
  CHECK(text_of(second.at("kid")) == std::string(at) + "/account-7");
  CHECK_FALSE(second.contains("jwk"));
  std::vector<std::string> nonces;
  for (std::size_t i = 2; i < ca.bodies.size(); ++i) nonces.emplace_back(decoded(ca.bodies[i], "protected").at("nonce").as_string());
  std::sort(nonces.begin(), nonces.end());
  CHECK(std::adjacent_find(nonces.begin(), nonces.end()) == nonces.end());
  CHECK(decoded(ca.bodies[2], "payload").at("termsOfServiceAgreed").as_bool());
  CHECK(boost::json::serialize(decoded(ca.bodies[2], "payload").at("contact")) == R"(["mailto:postmaster@example.org"])");
  CHECK(text_of(boost::json::parse(ca.bodies[4]).as_object().at("payload")) == "");  // POST-as-GET
  CHECK(text_of(decoded(ca.bodies[8], "payload").at("csr")) == "MAAw-_A");
}

TEST_CASE("an account of before is used, with today's contact, and made anew when the CA has lost it") {
  const std::string dir = std::string(at) + "/dir", url = std::string(at) + "/account-7";
  straw_ca same({dir, url, "postmaster@example.org"});
  REQUIRE(same.run());
  CHECK(same.count("POST /new-account") == 0);
  CHECK(same.count("POST /account-7") == 0);
  straw_ca moved({dir, url, "old@example.org"});
  REQUIRE(moved.run());
  CHECK(moved.count("POST /account-7") == 1);
  CHECK(moved.machine.account().contact == "postmaster@example.org");
  straw_ca elsewhere({"https://other.example/dir", "https://other.example/1", "postmaster@example.org"});
  REQUIRE(elsewhere.run());
  CHECK(elsewhere.count("POST /new-account") == 1);
  straw_ca lost({dir, url, "postmaster@example.org"});
  lost.twist = [&](const std::string& what, acme::order_answer& a) {
    if (what != "POST /new-order" || lost.count("POST /new-account") > 0) return false;
    a = refusal(400, problem_text("accountDoesNotExist"));
    return true;
  };
  REQUIRE(lost.run());
  CHECK(lost.count("POST /new-account") == 1);
  straw_ca never;
  never.twist = [&](const std::string& what, acme::order_answer& a) { return what == "POST /new-order" ? (a = refusal(400, problem_text("accountDoesNotExist")), true) : false; };
  CHECK_FALSE(never.run());
  CHECK(never.says("does not know the account"));
  // 200: the account was there, so its contact may be another
  straw_ca found;
  found.twist = [&](const std::string& what, acme::order_answer& a) {
    if (what != "POST /new-account") return false;
    a = found.right(what);
    a.status = 200;
    return true;
  };
  REQUIRE(found.run());
  CHECK(found.count("POST /account-7") == 1);
}

TEST_CASE("a bad nonce at any step is tried again with a fresh one, and not for ever") {
  for (const std::string& step : all_steps) {
    if (!step.starts_with("POST")) continue;
    for (const bool with_fresh : {true, false}) {
      INFO(step);
      straw_ca ca;
      int left = 3;
      ca.twist = [&](const std::string& what, acme::order_answer& a) {
        if (what != step || left-- <= 0) return false;
        a = refusal(400, problem_text("badNonce"));
        if (with_fresh) a.nonce = ca.nonce();
        return true;
      };
      REQUIRE(ca.run());
      CHECK(ca.count(step) >= 4);
      CHECK(ca.count("HEAD /nonce") == (with_fresh ? 1 : 4));
    }
    straw_ca ca;
    ca.twist = [&](const std::string& what, acme::order_answer& a) { return what == step ? (a = refusal(400, problem_text("badNonce")), true) : false; };
    CHECK_FALSE(ca.run());
    CHECK(ca.count(step) >= acme::most_nonce_tries);
    CHECK(ca.count(step) <= acme::most_nonce_tries + 2);
  }
}

TEST_CASE("a lost connection at any step is tried again, with growing pauses, and not for ever") {
  for (const std::string& step : all_steps) {
    for (const bool was_done : {false, true}) {  // the request came through and its answer was lost
      INFO(step << was_done);
      straw_ca ca;
      int left = acme::most_tries - 1;
      ca.twist = [&](const std::string& what, acme::order_answer& a) {
        if (what != step || left-- <= 0) return false;
        if (was_done) ca.right(what);
        a.error = "Connection reset by peer";
        return true;
      };
      REQUIRE(ca.run());
      CHECK(ca.now >= acme::first_retry_s);
    }
    straw_ca ca;
    ca.twist = [&](const std::string& what, acme::order_answer& a) { return what == step ? (a.error = "Connection refused", true) : false; };
    CHECK_FALSE(ca.run());
    CHECK(ca.says("Connection refused"));
    CHECK(ca.machine.asked_pause_s() == 0);
    straw_ca stranger;  // its certificate will not be another one a minute later
    stranger.twist = [&](const std::string& what, acme::order_answer& a) { return what == step ? (a.error = "TLS: rejected", a.is_final = true, true) : false; };
    CHECK_FALSE(stranger.run());
    CHECK((stranger.count(step) == 1 && stranger.says("TLS: rejected")));
  }
}

TEST_CASE("a fault of the server is tried again, a refusal is told in words") {
  for (const std::string& step : all_steps) {
    INFO(step);
    straw_ca ca;
    bool once = true;
    ca.twist = [&](const std::string& what, acme::order_answer& a) { return what == step && std::exchange(once, false) ? (a = refusal(500, "<html>oops"), true) : false; };
    REQUIRE(ca.run());
    straw_ca refused;
    refused.twist = [&](const std::string& what, acme::order_answer& a) { return what == step ? (a = refusal(403, problem_text("rejectedIdentifier", "not mx.example.org")), true) : false; };
    CHECK_FALSE(refused.run());
    CHECK(refused.says("does not give out certificates"));
    CHECK(refused.says("The CA says: not mx.example.org"));
    straw_ca moved;
    moved.twist = [&](const std::string& what, acme::order_answer& a) { return what == step ? (a = refusal(302, ""), true) : false; };
    CHECK_FALSE(moved.run());
    CHECK(moved.says("302"));
  }
}

TEST_CASE("a rate limit is kept to: a short one within the order, a long one before the next") {
  for (const std::string& step : all_steps) {
    INFO(step);
    straw_ca soon;
    bool once = true;
    soon.twist = [&](const std::string& what, acme::order_answer& a) { return what == step && std::exchange(once, false) ? (a = refusal(429, problem_text("rateLimited"), 40), true) : false; };
    REQUIRE(soon.run());
    CHECK(soon.now >= 40);
    straw_ca later;
    later.twist = [&](const std::string& what, acme::order_answer& a) { return what == step ? (a = refusal(429, problem_text("rateLimited", "too many for example.org"), 3600), true) : false; };
    CHECK_FALSE(later.run());
    CHECK(later.machine.asked_pause_s() == 3600);
    CHECK(later.says("too many certificates"));
    straw_ca busy;
    busy.twist = [&](const std::string& what, acme::order_answer& a) { return what == step ? (a = refusal(503, "", 7200), true) : false; };
    CHECK_FALSE(busy.run());
    CHECK(busy.machine.asked_pause_s() == 7200);
  }
  straw_ca long_ago;
  long_ago.twist = [&](const std::string&, acme::order_answer& a) { return a = refusal(429, "", 400LL * 86'400), true; };
  CHECK_FALSE(long_ago.run());
  CHECK(long_ago.machine.asked_pause_s() == acme::most_asked_pause_s);
}

TEST_CASE("a proof is waited for, as long as the CA says, and a failed one is told with its reason") {
  straw_ca slow;
  slow.polls_until_proven = 6;
  slow.polls_until_signed = 6;
  REQUIRE(slow.run());
  CHECK(slow.count("POST /authz-1") == 7);
  CHECK(slow.count("POST /chall-1") == 1);
  CHECK(slow.now > 2 * (1 + 2 + 4 + 8));
  straw_ca told;
  told.polls_until_proven = 3;
  told.twist = [&](const std::string& what, acme::order_answer& a) {
    if (what != "POST /authz-1") return false;
    a = told.right(what);
    a.retry_after_s = 17;
    return true;
  };
  REQUIRE(told.run());
  CHECK(told.now >= 2 * 17);
  straw_ca never;
  never.polls_until_proven = 100000;
  CHECK_FALSE(never.run());
  CHECK(never.says("tls.acme.order_timeout"));
  CHECK(never.now <= 900 + acme::most_poll_s);
  straw_ca bad;
  bad.twist = [&](const std::string& what, acme::order_answer& a) {
    if (what != "POST /authz-1" || !bad.proven) return false;
    a.status = 200;
    a.body = R"({"status":"invalid","identifier":{"type":"dns","value":"mx.example.org"},"challenges":[{"type":"http-01","url":"https://ca.example/chall-1","token":"abc","status":"invalid","error":)" +
             problem_text("connection", "192.0.2.1: Timeout during connect") + "}]}";
    return true;
  };
  CHECK_FALSE(bad.run());
  CHECK(bad.says("could not connect to mx.example.org"));
  CHECK(bad.says("port 80"));
  CHECK(bad.says("192.0.2.1: Timeout during connect"));
}

TEST_CASE("what was proven before is not proven again") {
  straw_ca ca;
  ca.proven = true;
  REQUIRE(ca.run());
  CHECK(ca.opened == 0);
  CHECK(ca.count("POST /chall-1") == 0);
}

TEST_CASE("answers that make no sense end the order, whatever they are") {
  const std::vector<std::string> nonsense{"", "{", "[]", "null", "{\"status\":5}", "{\"status\":\"pending\"}", std::string(200'000, '['), "{\"a\":" + std::string(20'000, ' ') + "1}",
                                          "{\"x\":[" + std::string(3000, ',') + "]}", std::string("\0\xff{", 3)};
  for (const std::string& step : all_steps) {
    if (step == "HEAD /nonce" || step == "POST /chall-1") continue;  // only their fields matter
    for (const std::string& body : nonsense) {
      INFO(step << " " << body.substr(0, 40));
      straw_ca ca;
      ca.twist = [&](const std::string& what, acme::order_answer& a) {
        if (what != step) return false;
        a = ca.right(what);
        a.body = body;
        if (step == "POST /new-account") a.location = "http://plain.example/";
        return true;
      };
      CHECK_FALSE(ca.run());
      CHECK_FALSE(ca.machine.why().empty());
      CHECK(ca.machine.why().size() < 600);
    }
  }
}

TEST_CASE("what the CA names is looked at before it is used") {
  struct row {
    const char *step, *find, *put, *why;
  };
  for (const row& r : {row{"POST /authz-1", "mx.example.org", "evil.example", "was not ordered"}, row{"POST /authz-1", token, "../../etc", "no proof over HTTP"}, row{"POST /authz-1", token, "a\\r\\nb", "no proof over HTTP"},
                       row{"POST /authz-1", "http-01", "tls-alpn-01", "no proof over HTTP"}, row{"POST /authz-1", "https://ca.example/chall", "http://ca.example/chall", "no proof over HTTP"},
                       row{"POST /new-order", "https://ca.example/finalize", "file:///finalize", "cannot be understood"}, row{"GET /dir", "https://ca.example/nonce", "ftp://x/", "no directory"},
                       row{"POST /cert-1", "BEGIN CERTIFICATE", "BEGIN PRIVATE KEY", "is none"}, row{"POST /order-1", "\"ready\"", "\"invalid\"", "closed the order"},
                       row{"POST /order-1", "\"ready\"", "\"sold\"", "closed the order"}, row{"POST /authz-1", "\"pending\",\"id", "\"revoked\",\"id", "does not believe"}}) {
    INFO(r.step << " " << r.put);
    straw_ca ca;
    ca.twist = [&](const std::string& what, acme::order_answer& a) {
      if (what != r.step) return false;
      a = ca.right(what);
      const std::size_t here = a.body.find(r.find);
      REQUIRE(here != std::string::npos);
      a.body.replace(here, std::string_view(r.find).size(), r.put);
      return true;
    };
    CHECK_FALSE(ca.run());
    CHECK(ca.says(r.why));
  }
  straw_ca no_place;
  no_place.twist = [&](const std::string& what, acme::order_answer& a) { return what == "POST /new-order" ? (a = no_place.right(what), a.location = "", true) : false; };
  CHECK_FALSE(no_place.run());
  straw_ca no_nonce;
  no_nonce.twist = [&](const std::string& what, acme::order_answer& a) { return what == "HEAD /nonce" ? (a = no_nonce.right(what), a.nonce = "not a nonce!", true) : false; };
  CHECK_FALSE(no_nonce.run());
  CHECK(no_nonce.says("Replay-Nonce"));
}

TEST_CASE("what fails on the box ends the order with its reason") {
  straw_ca closed;
  closed.open_error = "Address already in use";
  CHECK_FALSE(closed.run());
  CHECK(closed.says("Address already in use"));
  CHECK(closed.count("POST /chall-1") == 0);
  straw_ca no_key;
  no_key.request_error = "Four requests wait";
  CHECK_FALSE(no_key.run());
  CHECK(no_key.says("Four requests wait"));
  CHECK(no_key.count("POST /finalize-1") == 0);
  straw_ca refused;
  refused.install_error = "the certificate was not taken";
  CHECK_FALSE(refused.run());
  CHECK(refused.says("was not taken"));
}

TEST_CASE("a CA that binds accounts to customers is given the binding, and without one the administrator is told") {
  const auto wants = [](straw_ca& ca) {
    return [&ca](const std::string& what, acme::order_answer& a) {
      if (what != "GET /dir") return false;
      a = ca.right(what);
      a.body.replace(a.body.find("false"), 5, "true");
      return true;
    };
  };
  straw_ca without;
  without.twist = wants(without);
  CHECK_FALSE(without.run());
  CHECK(without.says("tls.acme.account_binding"));
  acme::order_plan p = straw_ca::plan_for({"mx.example.org"});
  p.binding_id = "customer-1";
  p.binding_key = "0123456789abcdef";
  straw_ca with({}, p);
  with.twist = wants(with);
  REQUIRE(with.run());
  // RFC 8555 section 7.3.4: the JWK, signed with the customer's key
  const auto binding = decoded(with.bodies[2], "payload").at("externalAccountBinding").as_object();
  const std::string head(binding.at("protected").as_string()), jwk(binding.at("payload").as_string());
  CHECK(*tls::from_base64url(head) == R"({"alg":"HS256","kid":"customer-1","url":"https://ca.example/new-account"})");
  CHECK(*tls::from_base64url(jwk) == key().jwk());
  CHECK(text_of(binding.at("signature")) == tls::base64url(tls::hmac_sha256(p.binding_key, head + "." + jwk)));
}

TEST_CASE("several names are proven one after the other") {
  // Built by hand: two authorizations, the second one was proven before.
  acme::order_plan p = straw_ca::plan_for({"mx.example.org", "smtp.example.org"});
  order o(p, key(), {p.directory_url, std::string(at) + "/account-7", p.contact}, 0);
  straw_ca ca;  // for its texts
  std::vector<std::string> asked;
  bool first_proven = false;
  for (int i = 0; i < 100; ++i) {
    const std::int64_t now = 2 * i;
    switch (o.next(now)) {
      case need::request: {
        const acme::order_request q = o.to_send();
        asked.push_back(q.url.substr(std::string_view(at).size()));
        const std::string& what = asked.back();
        acme::order_answer a;
        a.status = 200;
        if (what != "/dir") a.nonce = "n" + std::to_string(i);
        const auto authorization = [&](const char* name, const char* state, const char* secret) {
          return std::string(R"({"status":")") + state + R"(","identifier":{"type":"dns","value":")" + name + R"("},"challenges":[{"type":"http-01","url":")" + at + "/chall-" + secret + R"(","token":")" + secret +
                 R"(","status":"pending"}]})";
        };
        const auto text = [&](const char* state, const char* more) {
          return std::string(R"({"status":")") + state + R"(","authorizations":[")" + at + R"(/authz-1",")" + at + R"(/authz-2",")" + at + R"(/authz-3"],"finalize":")" + at + "/finalize-1\"" + more + "}";
        };
        if (what == "/dir") a.body = ca.right("GET /dir").body;
        else if (what == "/new-order") a.body = text("pending", ""), a.location = std::string(at) + "/order-1";
        else if (what == "/authz-1") a.body = authorization("mx.example.org", first_proven ? "valid" : "pending", "one");
        else if (what == "/authz-2") a.body = authorization("smtp.example.org", "valid", "two");
        else if (what == "/authz-3") a.body = authorization("SMTP.example.org", first_proven && std::count(asked.begin(), asked.end(), "/chall-three") > 0 ? "valid" : "pending", "three");
        else if (what == "/chall-one") first_proven = true;
        else if (what == "/order-1") a.body = text(std::count(asked.begin(), asked.end(), "/finalize-1") > 0 ? "valid" : "ready", R"(,"certificate":"https://ca.example/cert-1")");
        else if (what == "/finalize-1") a.body = text("valid", R"(,"certificate":"https://ca.example/cert-1")");
        else if (what == "/cert-1") a.body = pem;
        o.received(a, now);
        break;
      }
      case need::open_challenges:
        CHECK(o.challenges().size() == 2);
        o.opened("");
        break;
      case need::certificate_request: o.request_made(csr, ""); break;
      case need::install: o.installed(""); break;
      default: break;
    }
  }
  INFO(o.why());
  CHECK(o.next(0) == need::done);
  CHECK(asked == std::vector<std::string>{"/dir", "/nonce", "/new-order", "/authz-1", "/authz-2", "/authz-3", "/chall-one", "/authz-1", "/chall-three", "/authz-3", "/order-1", "/finalize-1", "/cert-1"});
}

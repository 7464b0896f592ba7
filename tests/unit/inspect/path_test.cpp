// Replay and relay: what multiplies findings and is none by itself.
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>

#include "inspect/message_inspector.hpp"
#include "unit/inspect/rules.hpp"

using namespace sluice;
using namespace sluice::inspect;

namespace {

struct bench {
  mime::charset_pool pool;
  message_inspector inspector{real_rules(), own_names{}, pool};

  std::int32_t relayed(std::string_view mail_from, std::string_view recipient, std::string_view mail) {
    const byte_view one[] = {recipient};
    envelope_facts envelope;
    envelope.mail_from = mail_from;
    envelope.recipients = one;
    envelope.recipient_count = 1;
    inspector.begin(envelope);
    inspector.feed(mail);
    inspector.finish();
    return weight("relayed");
  }
  std::int32_t weight(std::string_view rule) const {
    for (const finding& f : inspector.found().list) {
      if (f.rule == rule) return f.weight;
    }
    return 0;
  }
};

std::string paypal(std::string_view fields, std::string_view note) {
  return "From: service@paypal.com\r\n" + std::string(fields) + "Subject: Invoice from Blue Shop\r\n\r\nNote from seller: " + std::string(note) + "\r\n";
}
const std::string lure = "Call 1-888-555-0142 now to cancel your Bitcoin order of $499.99";

}  // namespace

TEST_CASE("the more a path looks handed on, the more it multiplies") {
  auto b = std::make_unique<bench>();
  CHECK(b->relayed("service@paypal.com", "a@example.org", paypal("To: a@example.org\r\n", lure)) == 0);
  const auto plain = b->relayed("service@paypal.com", "a@example.org", paypal("To: list@other.example\r\n", lure));
  const auto tenant = b->relayed("service@paypal.com", "a@example.org", paypal("To: x@abc.onmicrosoft.com\r\n", lure));
  const auto rewritten = b->relayed("bounces+SRS=ab=cd@abc.onmicrosoft.com", "a@example.org", paypal("To: x@abc.onmicrosoft.com\r\n", lure));
  CHECK(plain >= 10);
  CHECK(tenant > plain);
  CHECK(rewritten >= tenant);  // both at the most a multiplier gives, perhaps
  CHECK(rewritten <= 60);
  for (const char* field : {"Resent-To: a@example.org\r\n", "X-Forwarded-To: a@example.org\r\n", "Received: from x.outbound.protection.outlook.com (1.2.3.4) by y\r\n"}) {
    INFO(field);
    CHECK(b->relayed("service@paypal.com", "a@example.org", paypal(std::string("To: list@other.example\r\n") + field, lure)) > plain);
  }
  CHECK(b->relayed("service@paypal.com", "a@example.org", paypal("", lure)) > plain);  // nobody is named at all
}

TEST_CASE("a path alone is no finding") {
  auto b = std::make_unique<bench>();
  CHECK(b->relayed("SRS0=x=y=paypal.com=service@abc.onmicrosoft.com", "a@example.org", paypal("Resent-To: a@example.org\r\nTo: x@abc.onmicrosoft.com\r\n", "Thank you")) == 0);
  CHECK(b->inspector.found().score < 30);
  b->inspector.delivered_before(500, 200);
  CHECK(b->weight("replayed") == 0);
  CHECK(b->inspector.facts().signature_recipients == 200);
}

TEST_CASE("one signature for many recipients multiplies, unless the reader is named") {
  auto b = std::make_unique<bench>();
  b->relayed("service@paypal.com", "a@example.org", paypal("To: list@other.example\r\n", lure));
  b->inspector.delivered_before(2, 2);
  CHECK(b->weight("replayed") == 0);
  b->inspector.delivered_before(3, 3);
  const auto some = b->weight("replayed");
  CHECK(some > 0);
  b->relayed("service@paypal.com", "a@example.org", paypal("To: list@other.example\r\n", lure));
  b->inspector.delivered_before(40, 40);
  CHECK(b->weight("replayed") > some);
  b->relayed("service@paypal.com", "a@example.org", paypal("To: a@example.org\r\n", lure));
  b->inspector.delivered_before(40, 40);
  CHECK(b->weight("replayed") == 0);
}

TEST_CASE("the signature's value is read whatever its white space and place") {
  const auto h = signature_hash("v=1; a=rsa-sha256; bh=zzz=; d=x.example; b=AbC dEf\t+/=; s=k");
  CHECK(h != 0);
  CHECK(h == signature_hash("b=AbCdEf+/="));
  CHECK(h == signature_hash(" b = AbCdEf+/= ;v=1"));
  CHECK(h != signature_hash("b=AbCdEf+/"));
  CHECK(signature_hash("v=1; bh=AbC") == 0);
  CHECK(signature_hash("b=; d=x") == 0);
  CHECK(signature_hash("") == 0);
}

#include "tls/pair_check.hpp"

#include <ctime>
#include <fstream>

#include "fixture.hpp"
#include "tls/request.hpp"
#include "tls/self_signed.hpp"

using namespace sluice;

namespace {
std::string reason(const tls::key_pair& pair, std::int64_t now = std::time(nullptr)) {
  const auto r = tls::check_pair(pair, now);
  return r ? std::string() : r.error().text;
}
}  // namespace

TEST_CASE("a pair that somebody brings is looked at more strictly than one that is there") {
  const std::int64_t now = std::time(nullptr);
  const auto made = tls::make_self_signed("mx.example.org", now);
  REQUIRE(made.has_value());
  CHECK(reason(*made).empty());
  const auto info = tls::check_pair(*made, now);
  CHECK(info->names == std::vector<std::string>{"mx.example.org"});
  CHECK(info->serial.size() == 32);
  CHECK(reason(*made, now + 3651LL * 86400).find("expired") != std::string::npos);
  CHECK(reason(*made, now - 2 * 86400).find("not valid yet") != std::string::npos);
  const auto other = tls::make_self_signed("other.example.org", now);
  CHECK(reason({made->certificate, other->key}).find("does not belong") != std::string::npos);
  CHECK(reason({made->certificate + other->certificate, made->key}).find("did not issue the one before it") != std::string::npos);
  CHECK(tls::belong_together(made->certificate, made->key));
  CHECK_FALSE(tls::belong_together(made->certificate, other->key));
  CHECK_FALSE(tls::belong_together("nonsense", made->key));
  CHECK_FALSE(tls::belong_together(made->certificate, "nonsense"));
  CHECK(tls::describe_certificate(made->certificate)->names.front() == "mx.example.org");
}

TEST_CASE("requests carry what was asked for, and nothing that a name could smuggle in") {
  const auto key = tls::make_key(tls::key_kind::ecdsa_p256);
  REQUIRE(key.has_value());
  CHECK(key->starts_with("-----BEGIN EC PRIVATE KEY-----"));
  const auto made = tls::make_request(*key, {{"mx.example.org", "*.example.org"}, "Example Ltd.", "DE"});
  REQUIRE(made.has_value());
  CHECK(made->pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
  CHECK(made->der.size() > 200);
  CHECK(made->der[0] == 0x30);
  CHECK(made->der.find("*.example.org") != std::string::npos);
  CHECK(tls::make_key(tls::key_kind::ecdsa_p384).has_value());
  using subject = tls::request_subject;
  for (const subject& bad : {subject{{}, "", ""}, subject{{"a,CN=b.example"}, "", ""}, subject{{"nodots"}, "", ""}, subject{{"-a.example"}, "", ""}, subject{{"a..example"}, "", ""},
                             subject{{"a.example"}, "x,O=y", ""}, subject{{"a.example"}, "", "Germany"}, subject{{"a.example"}, std::string(65, 'x'), ""}, subject{{"a.*.example"}, "", ""},
                             subject{{"a.example\n"}, "", ""}, subject{std::vector<std::string>(17, "a.example"), "", ""}}) {
    CHECK_FALSE(tls::subject_fault(bad).empty());
    CHECK_FALSE(tls::make_request(*key, bad).has_value());
  }
  CHECK(tls::key_kind_named("rsa-3072") == tls::key_kind::rsa_3072);
  CHECK_FALSE(tls::key_kind_named("rsa-512"));
}

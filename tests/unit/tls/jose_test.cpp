#include "tls/jose.hpp"

#include "fixture.hpp"
#include "tls/request.hpp"

using namespace sluice;

namespace {

// RFC 6979 section A.2.5: the key of P-256 and its signature of "sample" with SHA-256.
constexpr const char* rfc6979_key =
    "-----BEGIN PRIVATE KEY-----\n"
    "MEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAlAgEBBCDJr6nYRbp1FmtcIVdn\n"
    "sdaTTlDD2zbomxJ7imIrEg9nIQ==\n"
    "-----END PRIVATE KEY-----\n";

std::string octets(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

}  // namespace

TEST_CASE("signatures and coordinates of P-256 are those of RFC 6979") {
  const auto key = tls::account_key::load(rfc6979_key);
  REQUIRE(key.has_value());
  const std::string x = tls::base64url(octets("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"));
  const std::string y = tls::base64url(octets("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"));
  CHECK((*key)->jwk() == R"({"crv":"P-256","kty":"EC","x":")" + x + R"(","y":")" + y + "\"}");
  CHECK((*key)->thumbprint().size() == 43);
  const auto signature = (*key)->sign("sample");
  REQUIRE(signature.has_value());
  CHECK(*signature == tls::base64url(octets("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
                                            "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")));
}

TEST_CASE("HS256 is that of RFC 7515 section A.1") {
  const auto key = tls::from_base64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  REQUIRE(key.has_value());
  const std::string text =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  CHECK(tls::base64url(tls::hmac_sha256(*key, text)) == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

TEST_CASE("base64url takes its own output back and nothing else") {
  for (const std::string& text : {std::string(), std::string("f"), std::string("fo"), std::string("foo"), std::string("\xff\xfe\x00\x01", 4)}) {
    const auto back = tls::from_base64url(tls::base64url(text));
    REQUIRE(back.has_value());
    CHECK(*back == text);
  }
  CHECK(tls::base64url("\xff\xef") == "_-8");
  for (const char* bad : {"A", "AB=", "A+B/", "AB C", "AC"}) CHECK_FALSE(tls::from_base64url(bad).has_value());
}

TEST_CASE("an account's key is one of P-256") {
  const auto other = tls::make_key(tls::key_kind::ecdsa_p384);
  REQUIRE(other.has_value());
  CHECK_FALSE(tls::account_key::load(*other).has_value());
  CHECK_FALSE(tls::account_key::load("").has_value());
  CHECK_FALSE(tls::account_key::load("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").has_value());
  const auto mine = tls::make_key(tls::key_kind::ecdsa_p256);
  CHECK(tls::account_key::load(*mine).has_value());
}

#include "tls/context.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "fixture.hpp"
#include "tls/self_signed.hpp"

using namespace sluice;
using tests::tls_certificates;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string refusal(const tls::key_pair& pair) {
  tls::server_options o;
  o.pairs = {pair};
  auto made = tls::server_context::build(o);
  return made ? std::string("accepted") : made.error().text;
}

struct bad_pair {
  const char* certificate;
  const char* key;
  const char* file;    // named by the refusal
  const char* reason;  // part of it
};

}  // namespace

TEST_CASE("a bad pair is refused with the file's name and a reason") {
  const std::string empty = tls_certificates::file("empty.crt");
  std::ofstream(empty).flush();
  const std::string garbage = tls_certificates::file("garbage.crt");
  std::ofstream(garbage) << "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const std::string huge = tls_certificates::file("huge.crt");
  std::ofstream(huge) << std::string(tls::limits::max_pem_bytes + 1, 'x');
  constexpr bad_pair rows[] = {
      {"missing.crt", "mx-ec.key", "missing.crt", "No such file"},
      {"mx-ec.crt", "missing.key", "missing.key", "No such file"},
      {"empty.crt", "mx-ec.key", "empty.crt", "empty"},
      {"garbage.crt", "mx-ec.key", "garbage.crt", "not a certificate"},
      {"huge.crt", "mx-ec.key", "huge.crt", "longer than"},
      {"mx-ec.key", "mx-ec.key", "mx-ec.key", "not a certificate"},
      {"mx-ec.crt", "mx-ec.crt", "mx-ec.crt", "not a private key"},
      {"mx-ec.crt", "shop-ec.key", "shop-ec.key", "does not belong to the certificate"},
      {"mx-ec.crt", "mx-rsa.key", "mx-rsa.key", "does not belong to the certificate"},
      {"mx-ec.crt", "encrypted.key", "encrypted.key", "encrypted"},
      {"no-signature.crt", "mx-ec.key", "no-signature.crt", "keyUsage"},
      {"client-only.crt", "mx-ec.key", "client-only.crt", "serverAuth"},
      {"too-long.crt", "mx-ec.key", "too-long.crt", "too long"},
  };
  for (const bad_pair& row : rows) {
    const std::string text = refusal(tls_certificates::pair(row.certificate, row.key));
    INFO(row.certificate << " + " << row.key << ": " << text);
    CHECK(text.find(row.file) != std::string::npos);
    CHECK(text.find(row.reason) != std::string::npos);
  }
}

TEST_CASE("a directory, no pair and an unknown file are errors too") {
  CHECK(refusal({"/tmp", tls_certificates::file("mx-ec.key")}).find("/tmp: ") == 0);
  CHECK(refusal({"", ""}) != "accepted");
  CHECK_FALSE(tls::server_context::build({}).has_value());
}

TEST_CASE("one broken pair among good ones refuses the whole") {
  tls::server_options o;
  o.pairs = {tls_certificates::pair("mx-ec"), tls_certificates::pair("mx-rsa.crt", "mx-ec.key")};
  const auto made = tls::server_context::build(o);
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().text.find("mx-ec.key") != std::string::npos);
}

TEST_CASE("what a certificate says is reported") {
  tls::server_options o;
  o.pairs = {tls_certificates::pair("mx-ec"), tls_certificates::pair("mx-rsa"),
             tls_certificates::pair("cn-only.crt", "mx-ec.key")};
  const auto infos = tests::make_server(o)->certificates();
  REQUIRE(infos.size() == 3);
  CHECK(infos[0].source == tls_certificates::file("mx-ec.crt"));
  CHECK(infos[0].subject == "CN=mx.example.org");
  CHECK(infos[0].issuer == "CN=Sluice test CA");
  CHECK(infos[0].names == std::vector<std::string>{"mx.example.org", "*.mail.example.org"});
  CHECK(infos[0].type == tls::key_type::ecdsa);
  CHECK(infos[0].key_bits == 256);
  CHECK(infos[0].not_before == 1577836800);  // 2020-01-01
  CHECK(infos[0].not_after == 4102444799);   // 2099-12-31 23:59:59
  CHECK(infos[0].sha256.size() == 64);
  CHECK(infos[1].type == tls::key_type::rsa);
  CHECK(infos[1].key_bits == 2048);
  CHECK(infos[1].sha256 != infos[0].sha256);
  CHECK(infos[2].names == std::vector<std::string>{"cn.example.org"});
}

TEST_CASE("an expired or future certificate is accepted, and said to be so") {
  tls::server_options o;
  o.pairs = {tls_certificates::pair("expired.crt", "mx-ec.key"), tls_certificates::pair("future.crt", "mx-ec.key")};
  const auto infos = tests::make_server(o)->certificates();
  constexpr std::int64_t now = 1795392000;  // 2026-11-23
  CHECK(infos[0].state(now) == tls::date_state::expired);
  CHECK(infos[1].state(now) == tls::date_state::not_yet_valid);
  CHECK(infos[0].state(1600000000) == tls::date_state::valid);
}

TEST_CASE("PEM text does as well as a path") {
  tls::server_options o;
  o.pairs = {{text_of(tls_certificates::file("mx-ec.crt")), text_of(tls_certificates::file("mx-ec.key"))}};
  CHECK(tests::make_server(o)->certificates()[0].source == "PEM text");
  const std::string text =
      refusal({text_of(tls_certificates::file("mx-ec.crt")), text_of(tls_certificates::file("shop-ec.key"))});
  CHECK(text == "PEM text: the key does not belong to the certificate in PEM text");
  CHECK(text.find("BEGIN") == std::string::npos);
}

TEST_CASE("a chain is sent with its intermediates and without its root") {
  tls::server_options o;
  o.pairs = {tls_certificates::pair("chain")};
  const auto server = tests::make_server(o);
  tls::client_options co;
  co.verify = tls::verify_mode::required;
  co.ca_file = tls_certificates::file("ca.crt");
  tests::tls_pair pair;
  tests::connect(pair, server, tests::make_client(co), "chain.example.org");
  CHECK(pair.handshake());
  CHECK(pair.client.engine.peer_verified() == tls::verify_result::ok);
}

TEST_CASE("the self-signed pair of the first boot serves its name for ten years") {
  constexpr std::int64_t now = 1795392000;
  const auto pair = tls::make_self_signed("Gateway.example.org", now);
  REQUIRE(pair.has_value());
  tls::server_options o;
  o.pairs = {*pair};
  const auto server = tests::make_server(o);
  const tls::certificate_info& info = server->certificates()[0];
  CHECK(info.names == std::vector<std::string>{"gateway.example.org"});
  CHECK(info.key_bits == 256);
  CHECK(info.not_before == now - 86400);
  CHECK(info.not_after == now + 3650LL * 86400);
  CHECK(tls::make_self_signed("Gateway.example.org", now)->key != pair->key);
  tls::client_options co;  // it is its own authority
  co.verify = tls::verify_mode::required;
  co.ca_file = pair->certificate;
  tests::tls_pair link;
  tests::connect(link, server, tests::make_client(co), "gateway.example.org");
  CHECK(link.handshake());
}

TEST_CASE("host names that no certificate can carry are refused") {
  for (const char* name : {"", "a b", "x,CN=y", "x\ny", "\xc3\xa4.example"}) {
    INFO(name);
    CHECK_FALSE(tls::make_self_signed(name, 1795392000).has_value());
  }
  CHECK(tls::make_self_signed(std::string(63, 'a') + "." + std::string(63, 'b') + ".example", 1795392000).has_value());
}

TEST_CASE("required verification without authorities is refused, a directory of them is read once each") {
  tls::client_options o;
  o.verify = tls::verify_mode::required;
  CHECK_FALSE(tls::client_context::build(o).has_value());
  const std::filesystem::path folder = tls_certificates::file("authorities");
  std::filesystem::create_directories(folder);
  o.ca_directory = folder.string();
  CHECK(tls::client_context::build(o).error().text.find("holds no CA certificate") != std::string::npos);
  for (const char* name : {"a.pem", "b.crt", "b.key", "note.txt"}) {
    std::filesystem::copy_file(tls_certificates::file("ca.crt"), folder / name,
                               std::filesystem::copy_options::overwrite_existing);
  }
  std::filesystem::copy_file(tls_certificates::file("cn-only.crt"), folder / "c.pem",
                             std::filesystem::copy_options::overwrite_existing);
  std::ofstream(folder / "broken.pem") << "nothing";
  CHECK(tests::make_client(o)->ca_count() == 2);
  o.ca_directory = "/nowhere";
  CHECK(tls::client_context::build(o).error().text.find("/nowhere") == 0);
  o.ca_directory.clear();
  o.ca_file = folder / "broken.pem";
  CHECK(tls::client_context::build(o).error().text.find("broken.pem") != std::string::npos);
}

TEST_CASE("nonsense in the options is refused") {
  tls::server_options o;
  o.pairs = {tls_certificates::pair("mx-ec")};
  o.min_version = tls::version::tls13;
  o.max_version = tls::version::tls12;
  CHECK_FALSE(tls::server_context::build(o).has_value());
  o.max_version = tls::version::tls13;
  o.alpn = {std::string(300, 'x')};
  CHECK_FALSE(tls::server_context::build(o).has_value());
}

#include "tls/errc.hpp"

#include <boost/asio/error.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace sluice::tls;

namespace {

struct row {
  int code;
  errc want;
};

}  // namespace

TEST_CASE("mbedTLS codes that callers branch on become causes of our own") {
  constexpr row rows[] = {
      {-0x7F00, errc::out_of_memory},           // SSL
      {-0x0010, errc::out_of_memory},           // bignum alone
      {-0x4D80, errc::out_of_memory},           // ECP
      {-0x7300 - 0x0010, errc::out_of_memory},  // bignum below a high-level code
      {-141, errc::out_of_memory},              // PSA
      {-0x7280, errc::truncated},
      {-0x7780, errc::peer_alert},
      {-0x6E00, errc::no_common_parameters},
      {-0x6E80, errc::no_common_parameters},
      {-0x7180, errc::bad_record},
      {-0x7200, errc::bad_record},
      {-0x2700, errc::certificate_rejected},
  };
  for (const row& r : rows) {
    INFO(std::hex << -r.code);
    CHECK(from_mbedtls(r.code) == make_error_code(r.want));
  }
  CHECK_FALSE(from_mbedtls(0).failed());
}

TEST_CASE("other mbedTLS codes stay what they are, with mbedTLS's text") {
  const auto ec = from_mbedtls(-0x7700);
  CHECK(ec.value() == -0x7700);
  CHECK(is_tls_error(ec));
  CHECK(ec.message().find("unexpected") != std::string::npos);
}

TEST_CASE("errors of the transport are no TLS errors") {
  namespace error = boost::asio::error;
  CHECK_FALSE(is_tls_error(boost::system::error_code(error::connection_reset)));
  CHECK_FALSE(is_tls_error(boost::system::error_code(error::eof)));
  CHECK(boost::system::error_code(error::eof) != make_error_code(errc::truncated));
  CHECK(is_truncated(make_error_code(errc::truncated)));
}

TEST_CASE("only what the peer did is the peer's fault") {
  CHECK(is_peer_fault(make_error_code(errc::bad_record)));
  CHECK(is_peer_fault(from_mbedtls(-0x7700)));
  CHECK_FALSE(is_peer_fault(make_error_code(errc::out_of_memory)));
  CHECK_FALSE(is_peer_fault(make_error_code(errc::not_started)));
  CHECK_FALSE(is_peer_fault(boost::system::error_code(boost::asio::error::eof)));
}

TEST_CASE("every cause has a text of its own") {
  std::string seen;
  for (int i = 1; i <= static_cast<int>(errc::closed); ++i) {
    const std::string text = make_error_code(static_cast<errc>(i)).message();
    CHECK(text != "unknown TLS error");
    CHECK(seen.find("|" + text + "|") == std::string::npos);
    seen += "|" + text + "|";
  }
}

// The module against OpenSSL: s_client and s_server, and python3's ssl where records of 16 KiB are wanted.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fstream>
#include <mutex>
#include <thread>

#include "core/ascii.hpp"
#include "fixture.hpp"
#include "flaky_layer.hpp"
#include "process.hpp"
#include "tls/stream.hpp"

using namespace sluice;
using namespace sluice::tests;

namespace {

using work = asio::awaitable<void, executor>;
constexpr asio::as_tuple_t<asio::use_awaitable_t<executor>> tuple{};
using tls_stream = tls::stream<tcp_socket&>;

constexpr std::size_t bulk_bytes = 200000;

std::string pattern(std::size_t n) {
  std::string s(n, '\0');
  for (std::size_t i = 0; i < n; ++i) s[i] = i % 80 == 79 ? '\n' : static_cast<char>('a' + (i * 7 + i / 80) % 26);
  return s;
}

// Writes what a client is to send: how much it sends, how much it wants, and the octets.
std::string request_file(std::size_t sends, std::size_t wants) {
  const std::string path = tls_certificates::file("request");
  std::ofstream(path, std::ios::binary) << sends << " " << wants << "\n" << pattern(sends);
  return path;
}

struct served {
  error_code ec;
  std::string version, suite, name, alpn;
  bool resumed = false, data_right = false;
};

// Answers one request per connection, on a thread and loop of its own.
class server {
 public:
  explicit server(server_ptr context, bool starttls = false)
      : context_(std::move(context)), starttls_(starttls), acceptor_(loop_, {asio::ip::address_v4::loopback(), 0}) {
    asio::co_spawn(loop_, accept(), asio::detached);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~server() {
    loop_.stop();
    thread_.join();
  }
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
  std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }
  served last() {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  work accept() {
    for (;;) {
      auto [ec, socket] = co_await acceptor_.async_accept(tuple);
      if (ec) co_return;
      tcp_socket mine = std::move(socket);
      served result;
      co_await serve(mine, result);
      const std::lock_guard lock(mutex_);
      last_ = result;
    }
  }

  work plain_part(tcp_socket& socket) {
    std::string in;
    for (const std::string reply : {"220 ready\r\n", "250-hello\r\n250 STARTTLS\r\n", "220 go ahead\r\n"}) {
      co_await asio::async_write(socket, asio::buffer(reply), tuple);
      if (reply.starts_with("220 go")) break;
      auto [ec, n] = co_await asio::async_read_until(socket, asio::dynamic_buffer(in), '\n', tuple);
      in.erase(0, n);
    }
  }

  work serve(tcp_socket& socket, served& result) {
    if (starttls_) co_await plain_part(socket);
    tls_stream stream(socket, scratch_, tls::engine(context_));
    auto [failed] = co_await stream.async_handshake(tuple);
    result.ec = failed;
    if (failed) co_return;
    const tls::engine& session = stream.session();
    result.version = session.version();
    result.suite = session.cipher_suite();
    result.name = session.server_name();
    result.alpn = session.alpn();
    result.resumed = session.resumed();
    std::string in;
    auto [ec, n] = co_await asio::async_read_until(stream, asio::dynamic_buffer(in), '\n', tuple);
    std::size_t takes = 0, sends = 0;
    if (!ec && std::sscanf(in.c_str(), "%zu %zu", &takes, &sends) == 2) {
      in.erase(0, n);
      if (in.size() < takes) {
        std::string rest(takes - in.size(), '\0');
        auto [ec2, n2] = co_await asio::async_read(stream, asio::buffer(rest), tuple);
        result.ec = ec2;
        in += rest;
      }
      result.data_right = in == pattern(takes);
      const std::string out = pattern(sends);
      co_await asio::async_write(stream, asio::buffer(out), tuple);
    }
    co_await stream.async_shutdown(tuple);
  }

  server_ptr context_;
  bool starttls_;
  asio::io_context loop_{1};
  tls::loop_scratch scratch_;
  asio::basic_socket_acceptor<asio::ip::tcp, executor> acceptor_;
  std::mutex mutex_;
  served last_;
  std::thread thread_;
};

server_ptr dual_context() {
  tls::server_options o;
  o.pairs = {tls_certificates::pair("mx-ec"), tls_certificates::pair("mx-rsa"), tls_certificates::pair("shop-ec")};
  o.tickets = *tls::make_ticket_keys();
  o.alpn = {"http/1.1"};
  return make_server(o);
}

// openssl s_client with further options; the report (not quiet) or the data alone (quiet).
std::string s_client(const server& at, const std::vector<std::string>& options, const std::string& input, bool quiet) {
  std::vector<std::string> words{"openssl", "s_client", "-connect", at.address(), "-ign_eof"};
  if (quiet) words.push_back("-quiet");
  words.insert(words.end(), options.begin(), options.end());
  return process(words, input, !quiet).output();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Releases of openssl write "CN = a" or "CN=a", and "ECDSA" or the scheme's name "ecdsa_secp256r1_sha256".
bool shows_name(const std::string& text, const std::string& name) { return has(text, "CN = " + name) || has(text, "CN=" + name); }

bool shows_signature(const std::string& text, std::string kind) {
  const std::string before = "Peer signature type: ";
  if (has(text, before + kind)) return true;
  for (char& c : kind) c = c == '-' ? '_' : ascii::lower(c);
  return has(text, before + kind);
}

struct dialect {
  std::vector<std::string> options;
  const char* version;
  const char* suite;  // part of it
};

}  // namespace

TEST_CASE("s_client sends and gets 200,000 octets, in every version, suite and group that we speak") {
  server at(dual_context());
  const std::string input = request_file(bulk_bytes, bulk_bytes);
  const dialect rows[] = {
      {{"-tls1_3"}, "TLSv1.3", "_GCM_"},
      {{"-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"}, "TLSv1.3", "AES_128_GCM"},
      {{"-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"}, "TLSv1.3", "AES_256_GCM"},
      {{"-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"}, "TLSv1.3", "CHACHA20"},
      {{"-tls1_3", "-groups", "P-256"}, "TLSv1.3", ""},
      {{"-tls1_3", "-groups", "P-384"}, "TLSv1.3", ""},
      {{"-tls1_3", "-groups", "P-521:X25519"}, "TLSv1.3", ""},  // HelloRetryRequest
      {{"-tls1_2"}, "TLSv1.2", "ECDHE_ECDSA"},
      {{"-tls1_2", "-groups", "P-384"}, "TLSv1.2", ""},
      {{"-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"}, "TLSv1.2", "ECDSA_WITH_AES_256_GCM"},
      {{"-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"}, "TLSv1.2", "RSA_WITH_AES_128_GCM"},
      {{"-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305"}, "TLSv1.2", "RSA_WITH_CHACHA20"},
      {{"-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA256"}, "TLSv1.2", "AES_128_CBC_SHA256"},
      {{"-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA"}, "TLSv1.2", "AES_256_CBC_SHA"},
      {{"-tls1_2", "-maxfraglen", "512"}, "TLSv1.2", ""},
  };
  for (const dialect& row : rows) {
    INFO(row.options.front() << " " << row.options.back());
    const std::string got = s_client(at, row.options, input, true);
    CHECK((got == pattern(bulk_bytes)));
    const served seen = at.last();
    CHECK(seen.data_right);
    CHECK(seen.version == row.version);
    CHECK(has(seen.suite, row.suite));
  }
}

TEST_CASE("s_client upgrades by STARTTLS") {
  server at(dual_context(), true);
  const std::string got = s_client(at, {"-starttls", "smtp", "-name", "client.example"}, request_file(10, 1000), true);
  CHECK(has(got, pattern(1000)));
  CHECK(at.last().data_right);
}

TEST_CASE("s_client gets the certificate for the name and the signatures it wants") {
  server at(dual_context());
  const std::string input = request_file(1, 1);
  CHECK(shows_name(s_client(at, {"-servername", "shop.example.net"}, input, false), "shop"));
  CHECK(at.last().name == "shop.example.net");
  CHECK(shows_name(s_client(at, {"-servername", "mx.example.org"}, input, false), "mx.example.org"));
  CHECK(shows_name(s_client(at, {"-noservername"}, input, false), "mx.example.org"));
  CHECK(shows_signature(s_client(at, {"-tls1_3"}, input, false), "ECDSA"));
  CHECK(shows_signature(s_client(at, {"-tls1_3", "-sigalgs", "RSA-PSS+SHA256"}, input, false), "RSA-PSS"));
  CHECK(shows_signature(s_client(at, {"-tls1_2", "-cipher", "aRSA"}, input, false), "RSA"));
  const std::string shop =
      s_client(at, {"-tls1_3", "-servername", "shop.example.net", "-sigalgs", "RSA-PSS+SHA256"}, input, false);
  CHECK(shows_name(shop, "mx.example.org"));  // RSA only: another name rather than no TLS
}

TEST_CASE("s_client verifies the chain, and agrees on the protocol") {
  server at(dual_context());
  const std::string input = request_file(1, 1);
  const std::string report = s_client(at,
                                      {"-CAfile", tls_certificates::file("ca.crt"), "-verify_return_error",
                                       "-verify_hostname", "mx.example.org", "-alpn", "h2,http/1.1"},
                                      input, false);
  CHECK(has(report, "Verify return code: 0 (ok)"));
  CHECK(has(report, "ALPN protocol: http/1.1"));
  CHECK(at.last().alpn == "http/1.1");
}

TEST_CASE("s_client resumes its sessions") {
  server at(dual_context());
  const std::string input = request_file(1, 1), session = tls_certificates::file("session");
  for (const char* version : {"-tls1_2", "-tls1_3"}) {
    CHECK(has(s_client(at, {version, "-sess_out", session}, input, false), "New, TLSv1"));
    CHECK_FALSE(at.last().resumed);
    const std::string again = s_client(at, {version, "-sess_in", session}, input, false);
    CHECK(has(again, "Reused, TLSv1"));
    CHECK(at.last().resumed);
    CHECK(at.last().data_right);
  }
}

TEST_CASE("versions before 1.2 are refused by an alert") {
  server at(dual_context());
  const std::string report = s_client(at, {"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"}, request_file(1, 1), false);
  CHECK(has(report, "alert protocol version"));
  CHECK(at.last().ec == tls::errc::no_common_parameters);
}

TEST_CASE("records of 16 KiB come in from other libraries") {
  server at(dual_context());
  const std::string script =
      "import socket, ssl, sys\n"
      "c = ssl.create_default_context(); c.check_hostname = False; c.verify_mode = ssl.CERT_NONE\n"
      "c.minimum_version = c.maximum_version = getattr(ssl.TLSVersion, sys.argv[2])\n"
      "s = c.wrap_socket(socket.create_connection(('127.0.0.1', int(sys.argv[1]))), server_hostname='mx.example.org')\n"
      "s.sendall(open(sys.argv[3], 'rb').read())\n"
      "got = b''\n"
      "while True:\n"
      "    part = s.recv(65536)\n"
      "    if not part: break\n"
      "    got += part\n"
      "sys.stdout.write(got.decode())\n";
  const std::string input = request_file(bulk_bytes, bulk_bytes);
  for (const char* version : {"TLSv1_2", "TLSv1_3"}) {
    const std::string got = process({"python3", "-c", script, at.port(), version, input}, "").output();
    CHECK((got == pattern(bulk_bytes)));
    CHECK(at.last().data_right);
  }
}

namespace {

// openssl s_server as the downstream.
class foreign_server {
 public:
  explicit foreign_server(const std::vector<std::string>& options)
      : child_(words(options), "", true, tls_certificates::file("")) {
    const std::string& text = child_.output_until("ACCEPT 127.0.0.1:");
    child_.output_until("\n");
    const std::size_t at = text.find("ACCEPT 127.0.0.1:");
    REQUIRE(at != std::string::npos);
    port_ = static_cast<std::uint16_t>(std::stoi(text.substr(at + 17)));
  }
  std::uint16_t port() const { return port_; }

 private:
  static std::vector<std::string> words(const std::vector<std::string>& options) {
    std::vector<std::string> w{"openssl", "s_server", "-accept", "127.0.0.1:0"};
    w.insert(w.end(), options.begin(), options.end());
    return w;
  }
  process child_;
  std::uint16_t port_ = 0;
};

struct visit {
  error_code ec;
  std::string got, version;
  bool resumed = false;
  tls::verify_result verified = tls::verify_result::not_checked;
};

// Connects, sends, reads to the end (or to `enough` octets).
visit talk_to(const foreign_server& at, const client_ptr& context, const std::string& say, std::size_t enough,
              const std::string& host = "mx.example.org") {
  asio::io_context loop{1};
  tls::loop_scratch scratch;
  visit v;
  const auto session = [&]() -> work {
    tcp_socket socket(loop);
    co_await socket.async_connect({asio::ip::address_v4::loopback(), at.port()}, tuple);
    tls_stream stream(socket, scratch, tls::engine(context, host));
    auto [failed] = co_await stream.async_handshake(tuple);
    v.ec = failed;
    if (failed) co_return;
    v.version = stream.session().version();
    v.resumed = stream.session().resumed();
    v.verified = stream.session().peer_verified();
    co_await asio::async_write(stream, asio::buffer(say), tuple);
    std::vector<char> buffer(30000);
    while (v.got.size() < enough) {
      auto [ec, n] = co_await stream.async_read_some(asio::buffer(buffer), tuple);
      v.ec = ec;
      if (ec) break;
      v.got.append(buffer.data(), n);
    }
    co_await stream.async_shutdown(tuple);
  };
  asio::co_spawn(loop, session(), asio::detached);
  loop.run_for(std::chrono::seconds(20));
  return v;
}

client_ptr strict_client(bool reuse = false) {
  tls::client_options o;
  o.verify = tls::verify_mode::required;
  o.ca_file = tls_certificates::file("ca.crt");
  o.reuse_sessions = reuse;
  return make_client(o);
}

}  // namespace

TEST_CASE("our client takes 200,000 octets from s_server, verified, in both versions") {
  std::ofstream(tls_certificates::file("bulk.txt"), std::ios::binary) << pattern(bulk_bytes);
  for (const char* version : {"-tls1_2", "-tls1_3"}) {
    for (const char* pair : {"mx-ec", "mx-rsa"}) {
      const foreign_server at({version, "-WWW", "-cert", tls_certificates::file(std::string(pair) + ".crt"), "-key",
                               tls_certificates::file(std::string(pair) + ".key")});
      const visit v = talk_to(at, strict_client(), "GET /bulk.txt HTTP/1.0\r\n\r\n", 1U << 30);
      INFO(version << " " << pair << " " << v.ec.message() << " " << v.got.substr(0, 100));
      CHECK(v.verified == tls::verify_result::ok);
      CHECK(v.version == (std::string(version) == "-tls1_2" ? "TLSv1.2" : "TLSv1.3"));
      CHECK((v.got.size() > bulk_bytes && v.got.ends_with(pattern(bulk_bytes))));
    }
  }
}

TEST_CASE("our client sends to s_server, and comes back with a ticket") {
  for (const char* version : {"-tls1_2", "-tls1_3"}) {
    const foreign_server at(
        {version, "-rev", "-cert", tls_certificates::file("mx-ec.crt"), "-key", tls_certificates::file("mx-ec.key")});
    const auto client = strict_client(true);
    for (bool again : {false, true}) {
      const visit v = talk_to(at, client, "EHLO sluice\n", 12);
      CHECK(v.got == "eciuls OLHE\n");
      CHECK(v.resumed == again);
      CHECK(v.verified == tls::verify_result::ok);
    }
  }
}

TEST_CASE("our client refuses s_server's certificate when the name is another's") {
  const foreign_server at(
      {"-rev", "-cert", tls_certificates::file("shop-ec.crt"), "-key", tls_certificates::file("shop-ec.key")});
  CHECK(talk_to(at, strict_client(), "x\n", 2).ec == tls::errc::certificate_rejected);
  const visit lax = talk_to(at, usual_client(), "ab\n", 3);
  CHECK(lax.got == "ba\n");
}

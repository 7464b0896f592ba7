// The load generator of against_peers.py: PARALLEL threads, each with one blocking connection at a time, send the same
// message again and again, one command per round trip as smtp-source does, plain, with STARTTLS or with TLS from the
// start. OpenSSL on purpose: the client of a comparison must not share code with one of the compared servers. Prints
// one line of JSON. Not a test and not part of the product.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using steady = std::chrono::steady_clock;

struct options {
  std::string host = "127.0.0.1", message_file, to = "bob@example.net", tls = "none";  // none, starttls, implicit
  int port = 25;
  int connections = 20, parallel = 20, per_connection = 1;
  bool tls12 = false, resume = false;
};

struct totals {
  std::mutex mutex;
  std::vector<double> message_ms, session_ms;  // MAIL to 250; connect to the first 250
  std::string first_error;
  int errors = 0, resumed = 0, handshakes = 0;
};

double ms_since(steady::time_point begin) {
  return std::chrono::duration<double, std::milli>(steady::now() - begin).count();
}

class connection {
 public:
  connection(const options& o, SSL_CTX* tls) : tls_(tls) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(o.port));
    ::inet_pton(AF_INET, o.host.c_str(), &at.sin_addr);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) throw std::runtime_error(std::strerror(errno));
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~connection() {
    if (ssl_ != nullptr) {
      SSL_shutdown(ssl_);
      SSL_free(ssl_);
    }
    ::close(fd_);
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  // `session` is offered when there is one, and replaced by the new one.
  bool secure(SSL_SESSION*& session, bool resume) {
    ssl_ = SSL_new(tls_);
    SSL_set_fd(ssl_, fd_);
    if (resume && session != nullptr) SSL_set_session(ssl_, session);
    if (SSL_connect(ssl_) != 1) throw std::runtime_error("TLS handshake failed");
    const bool reused = SSL_session_reused(ssl_) == 1;
    if (resume) {
      if (session != nullptr) SSL_SESSION_free(session);
      session = SSL_get1_session(ssl_);
    }
    return reused;
  }

  void send(const std::string& data) {
    for (std::size_t done = 0; done < data.size();) {
      const auto left = std::min<std::size_t>(data.size() - done, 1 << 20);
      const auto n = ssl_ != nullptr ? static_cast<ssize_t>(SSL_write(ssl_, data.data() + done, static_cast<int>(left)))
                                     : ::send(fd_, data.data() + done, left, MSG_NOSIGNAL);
      if (n <= 0) throw std::runtime_error("connection lost while sending");
      done += static_cast<std::size_t>(n);
    }
  }

  // One reply, all of its lines; its code must begin with this digit.
  void expect(char digit) {
    for (;;) {
      const std::size_t end = in_.find("\r\n");
      if (end == std::string::npos) {
        char more[4096];
        const auto n = ssl_ != nullptr ? static_cast<ssize_t>(SSL_read(ssl_, more, sizeof more)) : ::recv(fd_, more, sizeof more, 0);
        if (n <= 0) throw std::runtime_error("connection lost while reading");
        in_.append(more, static_cast<std::size_t>(n));
        continue;
      }
      const std::string line = in_.substr(0, end);
      in_.erase(0, end + 2);
      if (line.size() > 3 && line[3] == '-') continue;
      if (line[0] != digit) throw std::runtime_error("unexpected reply: " + line);
      return;
    }
  }
  void command(const std::string& line, char digit) {
    send(line);
    expect(digit);
  }

 private:
  int fd_ = -1;
  SSL_CTX* tls_;
  SSL* ssl_ = nullptr;
  std::string in_;
};

void one_connection(const options& o, SSL_CTX* tls, SSL_SESSION*& session, const std::string& content, totals& sums) {
  std::vector<double> took;
  const auto begin = steady::now();
  double first = 0;
  bool reused = false;
  connection c(o, tls);
  if (o.tls == "implicit") reused = c.secure(session, o.resume);
  c.expect('2');
  c.command("EHLO load.example.org\r\n", '2');
  if (o.tls == "starttls") {
    c.command("STARTTLS\r\n", '2');
    reused = c.secure(session, o.resume);
    c.command("EHLO load.example.org\r\n", '2');
  }
  for (int i = 0; i < o.per_connection; ++i) {
    const auto mail = steady::now();
    c.command("MAIL FROM:<alice@example.org>\r\n", '2');
    c.command("RCPT TO:<" + o.to + ">\r\n", '2');
    c.command("DATA\r\n", '3');
    c.command(content, '2');
    took.push_back(ms_since(mail));
    if (i == 0) first = ms_since(begin);
  }
  c.command("QUIT\r\n", '2');
  std::lock_guard lock(sums.mutex);
  sums.message_ms.insert(sums.message_ms.end(), took.begin(), took.end());
  sums.session_ms.push_back(first);
  if (o.tls != "none") ++sums.handshakes;
  if (reused) ++sums.resumed;
}

double percentile(std::vector<double>& of, double part) {
  if (of.empty()) return 0;
  std::sort(of.begin(), of.end());
  return of[std::min(of.size() - 1, static_cast<std::size_t>(part * static_cast<double>(of.size())))];
}

SSL_CTX* client_context(const options& o) {
  SSL_CTX* tls = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, nullptr);
  if (o.tls12) SSL_CTX_set_max_proto_version(tls, TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  return tls;
}

void run(const options& o, const std::string& content, totals& sums) {
  SSL_CTX* tls = client_context(o);
  std::atomic<int> next{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < o.parallel; ++t)
    threads.emplace_back([&] {
      SSL_SESSION* session = nullptr;
      while (next.fetch_add(1) < o.connections) {
        try {
          one_connection(o, tls, session, content, sums);
        } catch (const std::exception& e) {
          std::lock_guard lock(sums.mutex);
          if (sums.errors++ == 0) sums.first_error = e.what();
        }
      }
      if (session != nullptr) SSL_SESSION_free(session);
    });
  for (std::thread& t : threads) t.join();
  SSL_CTX_free(tls);
}

int usage() {
  std::fputs("smtp_load --host A --port N --message FILE [--to ADDRESS] [--tls none|starttls|implicit] [--tls12] [--resume]\n"
             "          [--connections N] [--parallel N] [--per-connection N]\n", stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  options o;
  for (int i = 1; i < argc; ++i) {
    const std::string key = argv[i];
    if (key == "--tls12") { o.tls12 = true; continue; }
    if (key == "--resume") { o.resume = true; continue; }
    if (i + 1 >= argc) return usage();
    const std::string value = argv[++i];
    if (key == "--host") o.host = value;
    else if (key == "--port") o.port = std::atoi(value.c_str());
    else if (key == "--message") o.message_file = value;
    else if (key == "--to") o.to = value;
    else if (key == "--tls") o.tls = value;
    else if (key == "--connections") o.connections = std::atoi(value.c_str());
    else if (key == "--parallel") o.parallel = std::atoi(value.c_str());
    else if (key == "--per-connection") o.per_connection = std::atoi(value.c_str());
    else return usage();
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::ifstream in(o.message_file, std::ios::binary);
  if (!in) return usage();
  std::string content(std::istreambuf_iterator<char>(in), {});
  content += ".\r\n";  // the message is given with its dots stuffed
  totals sums;
  const auto begin = steady::now();
  run(o, content, sums);
  const double seconds = ms_since(begin) / 1000;
  std::printf("{\"messages\":%zu,\"errors\":%d,\"first_error\":\"%s\",\"seconds\":%.4f,\"handshakes\":%d,\"resumed\":%d,"
              "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"session_p50_ms\":%.3f,\"session_p99_ms\":%.3f}\n",
              sums.message_ms.size(), sums.errors, sums.first_error.c_str(), seconds, sums.handshakes, sums.resumed,
              percentile(sums.message_ms, 0.5), percentile(sums.message_ms, 0.99), percentile(sums.session_ms, 0.5),
              percentile(sums.session_ms, 0.99));
  return sums.errors == 0 ? 0 : 1;
}

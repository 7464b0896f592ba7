// One connection to the management surface: requests one after the other, each read within its limits and answered.
#pragma once
#include <string>
#include <vector>

#include "net/byte_stream.hpp"
#include "status/http/request_head.hpp"
#include "status/http/server.hpp"

namespace sluice::status {

class body_stream;
class multipart_reader;

class connection {
 public:
  connection(web_server& home, net::tcp_socket socket, std::string client_ip, bool local);

  net::awaitable<void> serve();

  const std::string& client_ip() const { return client_ip_; }
  // What a waiting client may replace: bigger is weaker, 0 is never.
  unsigned weakness(net::clock::time_point now) const;
  void end();  // the operation that waits fails

 private:
  enum class phase : std::uint8_t { beginning, between, reading, answering };

  net::awaitable<void> let_finish();
  net::awaitable<bool> serve_one();  // true: another request may follow
  net::awaitable<std::size_t> read_head();
  net::awaitable<bool> read_body(std::size_t octets, std::size_t head, bool continues);
  net::awaitable<web_reply> answer(std::size_t head);
  net::awaitable<web_reply> run(const web_route& route);
  // connection_upload.cpp
  class plain_body;
  class form_body;
  net::awaitable<web_reply> answer_upload(const web_route& route, const credentials& c, std::uint64_t octets, bool continues, bool keep);
  net::awaitable<web_reply> run_upload(const web_route& route, body_stream& body);
  net::awaitable<void> read_away(plain_body& body);
  void use_fields(const multipart_reader& form);
  bool fold_form(const std::string& boundary);  // a small multipart form, file and all, as a plain one
  net::awaitable<bool> write(web_reply reply);
  net::awaitable<bool> write_pieces(web_reply& reply);
  net::awaitable<bool> send(byte_view text);
  bool parse(byte_view head);
  web_reply refuse_stranger(const admission& a, bool known);
  bool is_api() const;
  bool stopping() const;

  web_server& home_;
  net::byte_stream stream_;
  net::deadline until_;
  std::string client_ip_;
  bool local_;
  phase phase_ = phase::beginning;
  bool known_ = false;  // has once shown who it is
  net::clock::time_point since_ = net::clock::now();
  std::string in_;      // octets that are not used yet
  web_request request_;
  std::string authorization_, csrf_;
  std::vector<std::string> certificate_names_;
  std::uint64_t body_room_ = 0;
  std::size_t unread_ = 0;  // octets of a refused request's body that are still to come
  bool keep_ = false;
  bool old_ = false;    // HTTP/1.0
};

}  // namespace sluice::status

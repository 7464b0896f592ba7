// A DNS server on the loopback for the resolver's tests: answers by the first label of the name, also wrongly.
#pragma once
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <string>

#include "unit/dns/wire.hpp"

namespace sluice::dns::test {

namespace asio = boost::asio;

class scripted_server {
 public:
  explicit scripted_server(asio::io_context& io)
      : udp_(io), tcp_(io) {
    open_both();
    asio::co_spawn(io, serve_udp(), asio::detached);
    asio::co_spawn(io, serve_tcp(), asio::detached);
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(udp_.local_endpoint().port()); }
  std::size_t udp_questions = 0, tcp_questions = 0;
  bool mute = false;  // hears everything and says nothing

 private:
  // One port number free for both: the kernel chooses a UDP port whose TCP twin another program may hold.
  void open_both() {
    for (int tries = 0;; ++tries) {
      udp_ = asio::ip::udp::socket(udp_.get_executor(), {asio::ip::address_v4::loopback(), 0});
      boost::system::error_code error;
      tcp_.open(asio::ip::tcp::v4());
      tcp_.bind({asio::ip::address_v4::loopback(), udp_.local_endpoint().port()}, error);
      if (!error) tcp_.listen(asio::socket_base::max_listen_connections, error);
      if (!error) return;
      tcp_.close();
      if (tries == 100) throw boost::system::system_error(error);
    }
  }

  // The name asked and the type, from a query.
  static std::pair<std::string, record_type> question_of(const std::string& wire) {
    std::string text;
    std::size_t at = 12;
    for (; at < wire.size() && wire[at] != 0; at += 1u + static_cast<unsigned char>(wire[at])) {
      if (!text.empty()) text += '.';
      text += wire.substr(at + 1, static_cast<unsigned char>(wire[at]));
    }
    return {text, static_cast<record_type>(static_cast<unsigned char>(wire[at + 1]) << 8 | static_cast<unsigned char>(wire[at + 2]))};
  }

  static std::string with_id(std::string response, const std::string& query, int add = 0) {
    response[0] = query[0];
    response[1] = static_cast<char>(query[1] + add);
    return response;
  }

  static std::string txt(const std::string& asked, const std::string& text, unsigned flags = 0x8180) {
    response r{.asked = asked, .flags = flags};
    std::string data;
    for (std::size_t i = 0; i < text.size(); i += 255) data += string_of(text.substr(i, 255));
    r.answer(record("\xc0\x0c", record_type::txt, 300, data));
    return r.wire();
  }

  // What is sent back, one datagram per element.
  static std::vector<std::string> answers_to(const std::string& query, bool over_tcp) {
    const auto question = question_of(query);
    const std::string& asked = question.first;
    const record_type type = question.second;
    const std::string label = asked.substr(0, asked.find('.'));
    const auto right = [&](const std::string& text) { return with_id(txt(asked, text), query); };
    if (label == "silent") return {};
    if (label == "localhost") return {with_id(response{.asked = asked, .type = type, .flags = 0x8183}.wire(), query)};
    if (label == "servfail") return {with_id(response{.asked = asked, .type = type, .flags = 0x8182}.wire(), query)};
    if (label == "refused") return {with_id(response{.asked = asked, .type = type, .flags = 0x8185}.wire(), query)};
    if (label == "missing") return {with_id(response{.asked = asked, .type = type, .flags = 0x8183}.wire(), query)};
    if (label == "empty") return {with_id(response{.asked = asked, .type = type}.wire(), query)};
    if (label == "forged") return {with_id(txt(asked, "forged id"), query, 1), with_id(txt("other.example", "forged question"), query), right("true")};
    if (label == "onlyforged") return {with_id(txt(asked, "forged id"), query, 1)};
    if (label == "truncated" && !over_tcp) return {with_id(txt(asked, "cut", 0x8380), query)};
    if (label == "truncated") return {right(std::string(3000, 'x'))};
    if (label == "huge" && !over_tcp) return {with_id(txt(asked, "cut", 0x8380), query)};
    if (label == "huge") return {right(std::string(20000, 'x'))};
    if (label == "broken") {
      response r{.asked = asked};
      r.answer(record("\xc0\x0c", record_type::txt, 300, "\x7f" "short"));
      return {with_id(r.wire(), query)};
    }
    return {right("text of " + asked)};
  }

  asio::awaitable<void> serve_udp() {
    std::array<char, 1500> room;
    asio::ip::udp::endpoint from;
    for (;;) {
      const std::size_t n = co_await udp_.async_receive_from(asio::buffer(room), from, asio::use_awaitable);
      ++udp_questions;
      if (mute) continue;
      for (const std::string& a : answers_to(std::string(room.data(), n), false))
        co_await udp_.async_send_to(asio::buffer(a), from, asio::use_awaitable);
    }
  }

  asio::awaitable<void> serve_tcp() {
    for (;;) {
      asio::ip::tcp::socket peer = co_await tcp_.async_accept(asio::use_awaitable);
      std::array<char, 2> size;
      co_await asio::async_read(peer, asio::buffer(size), asio::use_awaitable);
      std::string query(static_cast<std::size_t>(static_cast<unsigned char>(size[0]) << 8 | static_cast<unsigned char>(size[1])), '\0');
      co_await asio::async_read(peer, asio::buffer(query), asio::use_awaitable);
      ++tcp_questions;
      for (const std::string& a : answers_to(query, true)) {
        const std::string framed = u16(static_cast<unsigned>(a.size())) + a;
        co_await asio::async_write(peer, asio::buffer(framed), asio::use_awaitable);
      }
    }
  }

  asio::ip::udp::socket udp_;
  asio::ip::tcp::acceptor tcp_;
};

}  // namespace sluice::dns::test

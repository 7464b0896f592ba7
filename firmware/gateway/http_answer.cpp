#include "firmware/gateway/http_answer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/optional.hpp>

#include "core/concat.hpp"

namespace sluice::gateway {
namespace {

namespace beast_http = boost::beast::http;
using boost::system::error_code;

}  // namespace

struct http_answer::parts {
  // Beast's concept Body, for reading alone.
  struct kept_or_given {
    struct value_type {
      std::string kept;
      std::size_t most = 0;
      piece_taker take;
      bool stopped = false;  // by the taker
    };

    class reader {
     public:
      template <bool is_request, class Fields>
      reader(beast_http::header<is_request, Fields>& head, value_type& value) : value_(value) {
        if constexpr (!is_request) head_ = &head;
      }
      void init(const boost::optional<std::uint64_t>&, error_code& ec) { ec = {}; }
      template <class Buffers>
      std::size_t put(const Buffers& buffers, error_code& ec) {
        ec = {};
        std::size_t n = 0;
        for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers) && !ec; ++at) {
          const boost::asio::const_buffer b(*at);
          piece({static_cast<const char*>(b.data()), b.size()}, ec);
          n += b.size();
        }
        return n;
      }
      void finish(error_code& ec) { ec = {}; }

     private:
      void piece(std::string_view octets, error_code& ec) {
        if (value_.take && head_->result_int() / 100 == 2) {
          value_.stopped = !value_.take(octets);
          if (value_.stopped) ec = beast_http::error::end_of_stream;
        } else if (octets.size() > value_.most - value_.kept.size()) {
          ec = beast_http::error::body_limit;
        } else {
          value_.kept.append(octets);
        }
      }

      const beast_http::response_header<>* head_ = nullptr;
      value_type& value_;
    };
  };

  beast_http::response_parser<kept_or_given> parser;
  std::string waiting, why;
};

http_answer::http_answer(const answer_limits& limits, piece_taker take) : parts_(std::make_unique<parts>()) {
  auto& p = parts_->parser;
  p.header_limit(static_cast<std::uint32_t>(limits.header_octets));
  // What is announced is refused before it comes; without a taker nothing longer is of use.
  if (take) p.body_limit(boost::none);
  else p.body_limit(limits.body_octets);
  p.eager(true);
  if (limits.without_body) p.skip(true);
  p.get().body().most = limits.body_octets;
  p.get().body().take = std::move(take);
}

http_answer::~http_answer() = default;

http_answer::state http_answer::feed(std::string_view octets) {
  error_code ec;
  parts& p = *parts_;
  p.waiting.append(octets);
  const std::size_t used = p.parser.put(boost::asio::const_buffer(p.waiting.data(), p.waiting.size()), ec);
  p.waiting.erase(0, used);
  if (p.parser.is_done()) return state::done;
  if (!ec || ec == beast_http::error::need_more) return state::more;
  if (p.parser.get().body().stopped) p.why = "the answer was not wanted any more";
  else if (ec == beast_http::error::body_limit) p.why = concat("the answer is larger than ", std::to_string(p.parser.get().body().most), " octets");
  else p.why = concat("the answer is no HTTP: ", ec.message());
  return state::bad;
}

http_answer::state http_answer::ended() {
  error_code ec;
  if (parts_->parser.got_some()) parts_->parser.put_eof(ec);
  if (!ec && parts_->parser.is_done()) return state::done;
  parts_->why = parts_->parser.got_some() ? "the answer is cut off" : "the connection ended without an answer";
  return state::bad;
}

unsigned http_answer::status() const { return parts_->parser.get().result_int(); }

std::string http_answer::field(std::string_view name) const {
  const auto value = parts_->parser.get()[boost::beast::string_view(name.data(), name.size())];
  return {value.data(), value.size()};
}

std::string http_answer::take_body() { return std::move(parts_->parser.get().body().kept); }
const std::string& http_answer::why() const { return parts_->why; }

}  // namespace sluice::gateway

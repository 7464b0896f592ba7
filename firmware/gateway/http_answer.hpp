// Reads one HTTP answer out of octets as they come, for everything of ours that asks a server: the box's own control socket
// (commands/local_client) and web servers (trust/https_client). No sockets, no clock; what it holds is bounded.
//
// RFC 9112.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::gateway {

// Gets the body of a good answer (2xx) piece by piece, in order; false from it ends the reading.
using piece_taker = std::function<bool(std::string_view)>;

struct answer_limits {
  std::size_t body_octets = 64 * 1024;    // that are kept; what a taker gets is not counted
  std::size_t header_octets = 8 * 1024;
  bool without_body = false;              // to HEAD: it tells a length and sends nothing
};

class http_answer {
 public:
  enum class state { more, done, bad };

  explicit http_answer(const answer_limits& limits, piece_taker take = nullptr);
  ~http_answer();

  // Both: done when the answer is whole, bad with the reason in why(). Octets after the answer's end are left alone.
  state feed(std::string_view octets);
  state ended();  // the server has closed: the end of an answer that tells no length, and too early for others

  unsigned status() const;
  std::string field(std::string_view name) const;  // empty when there is none
  std::string take_body();                         // of an answer that no taker got
  const std::string& why() const;                  // "the answer is larger than 65536 octets", "the answer is cut off"

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace sluice::gateway

// The body of a request that is too long for memory: given out in pieces as it comes. Routes that take one have
// web_route::take; the octets of a form's file and of a plain body look the same to them.
#pragma once
#include <cstddef>
#include <cstdint>

#include "net/io.hpp"

namespace sluice::status {

class body_stream {
 public:
  virtual ~body_stream() = default;
  virtual std::uint64_t octets_at_most() const = 0;  // of what is still to come, known from Content-Length
  // Octets put at `to`, at most n; 0 is the end, negative: the client left, was too slow, or sent no proper form.
  virtual net::awaitable<std::ptrdiff_t> read(char* to, std::size_t n) = 0;
};

}  // namespace sluice::status

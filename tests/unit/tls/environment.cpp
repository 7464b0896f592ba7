// What all TLS tests need before main: the counted heap, and Asio's and Beast's compiled parts.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
#include <csignal>
#include <cstdlib>

#include "tls/heap.hpp"

namespace {

const bool ready = [] {
  std::signal(SIGPIPE, SIG_IGN);
  if (!sluice::tls::heap::install(64U << 20)) std::abort();
  return true;
}();

}  // namespace

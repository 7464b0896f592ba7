// A piece of work for another event loop: runs there, and its caller goes on, on its own loop, when it is done.
#pragma once
#include "net/io.hpp"
#include "net/storage_thread.hpp"

namespace sluice::net {

// Not cancellable: both loops must go on running until it has come back.
awaitable<void> run_on(asio::io_context& there, asio::io_context& here, job_ref job);

}  // namespace sluice::net

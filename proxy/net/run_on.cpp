#include "net/run_on.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace sluice::net {

awaitable<void> run_on(asio::io_context& there, asio::io_context& here, job_ref job) {
  auto initiate = [&there, &here, &job](auto handler) {
    asio::any_completion_handler<void()> done(std::move(handler));
    asio::post(there, [&job, &here, keep = asio::make_work_guard(here), done = std::move(done)]() mutable {
      job();
      asio::post(here, std::move(done));
    });
  };
  // g++ 12: the awaitable is made in a statement of its own, never a capturing lambda inside co_await.
  auto pending = asio::async_initiate<const asio::use_awaitable_t<executor>, void()>(std::move(initiate), asio::use_awaitable_t<executor>{});
  co_await std::move(pending);
}

}  // namespace sluice::net

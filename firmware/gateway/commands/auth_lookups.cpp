// Lookups for `sluice auth`; see auth_lookups.hpp.
#include "firmware/gateway/commands/auth_lookups.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "dns/ares_resolver.hpp"
#include "firmware/gateway/commands/record_list.hpp"

namespace sluice::gateway {
namespace {

namespace asio = boost::asio;

class from_records final : public auth_lookups {
 public:
  explicit from_records(const record_list& records) : records_(records) {}
  bool serve(dns::lookup_client& client) override {
    records_.serve(client);
    return true;
  }

 private:
  const record_list& records_;
};

class from_network final : public auth_lookups {
 public:
  from_network(const std::vector<std::string>& servers, int seconds)
      : limit_(seconds), resolver_(io_.get_executor(), {.servers = servers}) {}
  bool open(std::string& error) { return resolver_.open(error); }

  bool serve(dns::lookup_client& client) override {
    dns::ares_resolver::task t(io_.get_executor());
    resolver_.start(t, client);
    bool ended = false, in_time = true;
    asio::co_spawn(io_, wait(t, in_time, ended), asio::detached);
    while (!ended && io_.run_one() != 0) {
    }
    io_.restart();
    return in_time;
  }

 private:
  dns::ares_resolver::awaitable<void> wait(dns::ares_resolver::task& t, bool& in_time, bool& ended) {
    in_time = co_await resolver_.wait(t, dns::ares_resolver::clock::now() + limit_);
    ended = true;
  }

  std::chrono::seconds limit_;
  asio::io_context io_{1};
  dns::ares_resolver resolver_;
};

}  // namespace

std::unique_ptr<auth_lookups> lookups_from(const record_list& records) { return std::make_unique<from_records>(records); }

std::unique_ptr<auth_lookups> lookups_from_network(const std::vector<std::string>& servers, int seconds, std::string& error) {
  auto out = std::make_unique<from_network>(servers, seconds);
  if (!out->open(error)) return nullptr;
  return out;
}

}  // namespace sluice::gateway

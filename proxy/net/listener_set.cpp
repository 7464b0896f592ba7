#include "net/listener_set.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>

#include "core/concat.hpp"

namespace sluice::net {
namespace {

constexpr int backlog = 4096;  // the kernel lowers it to net.core.somaxconn

std::string name_of(const asio::ip::tcp::endpoint& at) {
  const std::string host = at.address().is_v6() ? concat("[", at.address().to_string(), "]") : at.address().to_string();
  return concat(host, ":", std::to_string(at.port()));
}

asio::ip::tcp::endpoint endpoint_of(const listener_settings& l) { return {l.address, l.port}; }

bool is_wanted(const door& d, const std::vector<listener_settings>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&d](const listener_settings& l) { return endpoint_of(l) == d.at; });
}

error_code open_at(tcp_acceptor& a, const asio::ip::tcp::endpoint& at) {
  error_code ec;
  a.open(at.protocol(), ec);
  if (!ec) a.set_option(asio::socket_base::reuse_address(true), ec);
  if (!ec && at.address().is_v6()) a.set_option(asio::ip::v6_only(!at.address().is_unspecified()), ec);
  if (!ec) a.bind(at, ec);
  return ec;
}

}  // namespace

std::shared_ptr<door> listener_set::find(const listener_settings& l) const {
  const auto at = std::find_if(doors_.begin(), doors_.end(), [&l](const auto& d) { return d->at == endpoint_of(l); });
  return at == doors_.end() ? nullptr : *at;
}

// Linux: a listening socket that is shut down stops listening and stays bound; listen() makes it listen again.
void listener_set::park(door& d) {
  error_code ignored;
  d.open = false;
  d.acceptor.cancel(ignored);
  ::shutdown(d.acceptor.native_handle(), SHUT_RD);
}

// Listening on an address of which another door holds a part (0.0.0.0:25 beside 192.0.2.1:25) works only after that
// other one has stopped: the doors that are not `wanted` make way, and are remembered in `parked`; null: none does.
std::string listener_set::bring_up(const std::shared_ptr<door>& d, const std::vector<listener_settings>* wanted,
                                   door_list& parked) {
  for (bool again = true;; again = false) {
    error_code ec;
    if (!d->acceptor.is_open()) ec = open_at(d->acceptor, d->at);
    if (!ec) d->acceptor.listen(backlog, ec);
    if (!ec) {
      d->open = true;
      ++d->times_opened;
      return {};
    }
    bool made_way = false;
    for (const auto& other : doors_) {
      if (wanted == nullptr || other == d || !other->open || other->at.port() != d->at.port() || is_wanted(*other, *wanted)) continue;
      park(*other);
      parked.push_back(other);
      made_way = true;
    }
    if (ec == asio::error::address_in_use && made_way && again) {
      error_code ignored;
      if (std::find(doors_.begin(), doors_.end(), d) == doors_.end()) d->acceptor.close(ignored);
      continue;
    }
    return concat(name_of(d->at), ": ", ec.message());
  }
}

std::string listener_set::change(const std::vector<listener_settings>& wanted, door_list& opened) {
  door_list added, parked;
  std::string error;
  for (const listener_settings& l : wanted) {
    std::shared_ptr<door> d = find(l);
    if (d && d->open) continue;
    const bool is_new = !d;
    if (is_new) d = std::make_shared<door>(executor_, endpoint_of(l));
    error = bring_up(d, &wanted, parked);
    if (!error.empty()) break;
    opened.push_back(d);
    if (is_new) added.push_back(d);
  }
  if (!error.empty()) {
    for (const auto& d : opened) park(*d);
    opened.clear();
    added.clear();  // closes them
    door_list ignored;
    for (const auto& d : parked) {
      const std::string why = bring_up(d, nullptr, ignored);
      if (why.empty()) opened.push_back(d);
      else append_to(error, "; ", why);
    }
    return error;
  }
  doors_.insert(doors_.end(), added.begin(), added.end());
  for (const auto& d : doors_)
    if (d->open && !is_wanted(*d, wanted)) park(*d);
  return {};
}

std::string listener_set::try_addresses(const std::vector<listener_settings>& wanted) const {
  for (const listener_settings& l : wanted) {
    if (find(l)) continue;
    const bool beside = std::any_of(doors_.begin(), doors_.end(), [&](const auto& d) { return d->at.port() == l.port && !is_wanted(*d, wanted); });
    if (beside) continue;  // the other one makes way first
    tcp_acceptor a(executor_);
    if (const error_code ec = open_at(a, endpoint_of(l)); ec) return concat(name_of(endpoint_of(l)), ": ", ec.message());
  }
  return {};
}

void listener_set::settle() {
  std::erase_if(doors_, [](const auto& d) {
    if (d->open) return false;
    error_code ignored;
    d->acceptor.close(ignored);  // an accepting coroutine may still hold the door
    return true;
  });
}

void listener_set::close() {
  for (const auto& d : doors_) {
    error_code ignored;
    d->open = false;
    d->acceptor.close(ignored);
  }
}

}  // namespace sluice::net

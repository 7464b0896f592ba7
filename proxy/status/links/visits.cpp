#include "status/links/visits.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace sluice::status {

std::string client_of(std::string_view address) {
  boost::system::error_code ec;
  const auto a = boost::asio::ip::make_address(std::string(address), ec);
  if (ec || !a.is_v6()) return std::string(address.substr(0, 40));
  auto octets = a.to_v6().to_bytes();
  std::fill(octets.begin() + 8, octets.end(), std::uint8_t{0});
  return boost::asio::ip::address_v6(octets).to_string().substr(0, 36) + "/64";
}

bool visits::take(std::string_view address, std::int64_t now) {
  const std::string client = client_of(address);
  const std::int64_t minute = now / 60;
  auto at = std::ranges::find_if(all_, [&](const entry& e) { return view(e.client) == client; });
  if (at == all_.end() && all_.size() < visit_entries) at = all_.insert(all_.end(), entry());
  if (at == all_.end()) at = std::ranges::min_element(all_, {}, [&](const entry& e) { return e.minute == minute ? e.count : 0; });
  if (view(at->client) != client || at->minute != minute) {
    assign_cut(at->client, client);
    at->minute = minute;
    at->count = 0;
  }
  if (at->count >= per_minute_) {
    ++refused_;
    return false;
  }
  ++at->count;
  return true;
}

}  // namespace sluice::status

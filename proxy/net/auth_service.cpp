#include "net/auth_service.hpp"

#include <algorithm>
#include <cstring>

#include "auth/limits.hpp"
#include "core/log.hpp"

namespace sluice::net {
namespace {

constexpr std::size_t long_header_bytes = auth::limits::header_bytes + 1;  // one more: too long is then seen as such

}  // namespace

auth_service::auth_service(boost::asio::io_context& loop, const auth_service_options& options, auth_figures& figures)
    : loop_(loop),
      workspace_(options.workspace),
      resolver_(loop.get_executor(), options.dns),
      long_header_(std::make_unique<char[]>(long_header_bytes)),
      figures_(figures) {
  spare_.reserve(spare_checkers);
}

auth_service::~auth_service() = default;

std::unique_ptr<message_auth> auth_service::take() {
  ++leased_;
  if (spare_.empty()) return std::make_unique<message_auth>(*this);
  auto out = std::move(spare_.back());
  spare_.pop_back();
  return out;
}

void auth_service::give(std::unique_ptr<message_auth> used) {
  used->end();
  --leased_;
  if (spare_.size() < spare_checkers) spare_.push_back(std::move(used));
}

bool auth_service::take_long_header() {
  if (long_header_used_) return false;
  long_header_size_ = 0;
  return long_header_used_ = true;
}

void auth_service::append_long_header(byte_view piece) {
  const std::size_t n = std::min(piece.size(), long_header_bytes - long_header_size_);
  std::memcpy(long_header_.get() + long_header_size_, piece.data(), n);
  long_header_size_ += n;
}

void auth_service::publish() {
  const dns::ares_resolver::counters& c = resolver_.count();
  constexpr auto relaxed = std::memory_order_relaxed;
  figures_.questions.store(c.sent, relaxed);
  figures_.timeouts.store(c.timeouts, relaxed);
  figures_.failures.store(c.failures, relaxed);
  figures_.outages.store(c.outages, relaxed);
  figures_.in_flight.store(c.in_flight, relaxed);
  figures_.in_flight_peak.store(c.in_flight_peak, relaxed);
  figures_.cache_hits.store(resolver_.answers().hits(), relaxed);
  figures_.cache_misses.store(resolver_.answers().misses(), relaxed);
  figures_.cache_bytes.store(resolver_.answers().bytes_used(), relaxed);
  figures_.keys_peak.store(workspace_.keys().peak(), relaxed);
  figures_.keys_refused.store(workspace_.keys().refused(), relaxed);
  figures_.evaluators_peak.store(workspace_.evaluators().peak(), relaxed);
  figures_.evaluators_refused.store(workspace_.evaluators().refused(), relaxed);
  const bool outage = resolver_.outage();
  figures_.outage.store(outage, relaxed);
  if (outage != was_outage_)
    log::line(outage ? log::level::warning : log::level::info, outage ? "dns-down" : "dns-up");
  was_outage_ = outage;
}

std::size_t auth_service::fixed_bytes(const auth_service_options& options) {
  constexpr std::size_t question_bytes = sizeof(void*) * 3 + sizeof(dns::name_text) + 64;
  return sizeof(auth_service) + long_header_bytes + auth::workspace::memory_bytes(options.workspace) +
         dns::cache::memory_bytes(options.dns.cache) + dns::limits::answer_bytes +
         options.dns.in_flight * question_bytes + spare_checkers * sizeof(message_auth);
}

}  // namespace sluice::net

#include "firmware/gateway/generations/generation_pull.hpp"

#include <sodium.h>

#include <algorithm>

#include "config/toml_reader.hpp"
#include "config/value_text.hpp"
#include "core/concat.hpp"
#include "core/log.hpp"

namespace sluice::gateway {
namespace {

constexpr std::chrono::milliseconds look_period{500};
constexpr std::size_t most_signature_octets = 256;
constexpr std::ptrdiff_t most_interruptions = 3;  // of one text: what ends the program would be fetched again after each start

// The interval, a tenth more or less, so that a fleet does not come at once.
std::chrono::milliseconds with_jitter(std::chrono::milliseconds interval) {
  const auto tenth = static_cast<std::uint32_t>(std::min<std::int64_t>(interval.count() / 10, UINT32_MAX / 2));
  if (tenth == 0) return interval;
  return interval - std::chrono::milliseconds(tenth) + std::chrono::milliseconds(randombytes_uniform(2 * tenth));
}

// For logs, history and bundles: a query may hold what the server knows this box by.
std::string shown(const std::string& url) { return url.substr(0, url.find('?')); }

}  // namespace

void generation_puller::tell(const std::string& why) {
  if (why == told_) return;
  told_ = why;
  if (why.empty()) log::line(log::level::info, "pull-works").with("url", shown(keeper_.settings().pull.url));
  else log::line(log::level::warning, "pull-failed").with("url", shown(keeper_.settings().pull.url)).with("why", why);
}

net::awaitable<void> generation_puller::run() {
  net::timer wait(home_.loop().get_executor());
  config::pull_settings known;
  net::clock::time_point due = net::clock::now();
  unsigned backoff = 1;
  while (!home_.all().stopping) {
    wait.expires_after(look_period);
    [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
    const config::pull_settings now = keeper_.settings().pull;
    if (now != known) {
      if (now.url != known.url) {
        etag_.clear();
        seen_.clear();
      }
      known = now;
      due = net::clock::now() + pull_first_wait + with_jitter(now.interval) / 10;
      backoff = 1;
    }
    if (known.url.empty() || net::clock::now() < due) continue;
    reached_ = false;
    const std::optional<std::string> news = co_await fetch(known);
    if (news) tell(*news);
    backoff = reached_ ? 1 : std::min(2 * backoff, pull_most_backoff);
    due = net::clock::now() + with_jitter(known.interval * backoff);
  }
}

net::awaitable<https_answer> generation_puller::ask(const config::pull_settings& from, bool signature) {
  https_request q;
  const auto url = config::parse_web_address(from.url);
  q.at = url.value.at;
  q.target = url.value.target;
  q.ca_file = from.ca_file;
  q.time = pull_time;
  q.most_octets = signature ? most_signature_octets : config::max_file_bytes;
  if (signature) q.target.insert(std::min(q.target.find('?'), q.target.size()), ".sig");
  else if (!etag_.empty()) q.fields.emplace_back("If-None-Match", etag_);
  https_answer a = co_await https_ask(home_, std::move(q));
  co_return a;
}

// A text that was refused is not offered again until it changes; one that came at a bad moment is.
net::awaitable<std::optional<std::string>> generation_puller::fetch(const config::pull_settings& from) {
  https_answer got = co_await ask(from, false);
  if (got.status == 0) co_return got.error;
  if (got.status == 304) {
    reached_ = true;
    co_return std::nullopt;
  }
  if (got.status != 200) co_return concat("the server answered ", std::to_string(got.status));
  reached_ = true;
  const std::string hash = sha256_of(got.body);
  if (hash == seen_) co_return std::nullopt;
  const auto ended_it = [&hash](const generations::entry& e) { return e.from == generations::way::pull && e.what == generations::result::interrupted && e.hash == hash; };
  if (std::ranges::count_if(keeper_.known().entries, ended_it) >= most_interruptions) {
    etag_ = got.etag;
    seen_ = hash;
    co_return "three times the program ended while it tried this configuration: publish another one, or push it";
  }
  push_request r;
  r.signature = std::move(got.signature);
  if (r.signature.empty()) {
    https_answer by = co_await ask(from, true);
    if (by.status == 0) co_return concat("its signature: ", by.error);
    if (by.status != 200) co_return concat("the server answered ", std::to_string(by.status), " for its signature");
    r.signature = std::move(by.body);
  }
  r.text = std::move(got.body);
  r.who = shown(from.url).substr(0, generations::most_name_octets);
  r.from = generations::way::pull;
  const push_answer a = co_await keeper_.push(std::move(r));
  if (a.title == "Busy" || a.title == "Not yet" || a.status == 503) co_return concat("not now: ", a.detail);
  if (a.status != 403) {  // its signature may only be on its way
    etag_ = got.etag;
    seen_ = hash;
  }
  if (a.status < 300) co_return std::string();
  std::string why = concat(a.title, ": ", a.detail);
  for (const config::problem& p : a.problems) {
    if (p.is_note) continue;
    append_to(why, " ", config::format(p, "configuration"));
    break;
  }
  co_return why;
}

}  // namespace sluice::gateway

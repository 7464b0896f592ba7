// The sender profiles in force with what was seen of each: /profiles, /profiles/{id}, and the same as JSON.
#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "firmware/gateway/manage/manage.hpp"
#include "inspect/domain.hpp"
#include "net/shared.hpp"
#include "status/pages/profiles.hpp"

namespace sluice::gateway {
namespace {

using namespace status;
using http::verb;
using reply = net::awaitable<web_reply>;
using ruleset_ref = std::shared_ptr<const inspect::ruleset>;

constexpr std::int64_t day_s = 86400;
constexpr std::size_t most_domains = 8;    // of a profile whose baseline is shown
constexpr std::size_t pack_head_octets = 90;  // firmware/profiles/pack.hpp: serial at 72, made at 80, number at 88

std::size_t number_of(const web_request& q, const char* key) {
  const std::string text = q.query_value(key);
  std::size_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

// All of them, those most seen first.
std::vector<profile_row> rows_of(const ruleset_ref& rules, const profile_counts& seen) {
  std::vector<profile_row> out;
  for (const inspect::profile& p : rules->profiles()) out.push_back({&p, seen.of(p.id)});
  std::sort(out.begin(), out.end(), [](const profile_row& a, const profile_row& b) {
    if (a.seen.seen != b.seen.seen) return a.seen.seen > b.seen.seen;
    const int by_name = a.sender->name.compare(b.sender->name);
    return by_name != 0 ? by_name < 0 : a.sender < b.sender;
  });
  return out;
}

known_domain known_of(const std::string& domain, const inspect::baseline_entry& e) {
  return {domain, static_cast<std::int64_t>(e.first_day) * day_s, static_cast<std::int64_t>(e.last_day) * day_s, e.messages, e.days, e.surprising,
          e.links.used(), e.names.used(), e.text.used(), e.established()};
}

std::vector<known_domain> baseline_of(const net::baseline& learned, const inspect::profile& p) {
  std::vector<std::string> domains;
  const auto want = [&](std::string_view host) {
    const std::string domain(inspect::registrable(host));
    if (!domain.empty() && domains.size() < most_domains && std::ranges::find(domains, domain) == domains.end()) domains.push_back(domain);
  };
  for (const std::string& d : p.from_domains) want(d);
  for (const auto* addresses : {&p.from_addresses, &p.sender_addresses})
    for (const std::string& a : *addresses) want(std::string_view(a).substr(a.rfind('@') + 1));
  std::vector<known_domain> out;
  for (const std::string& d : domains)
    learned.with([&](const inspect::baseline_table& table) {
      if (const inspect::baseline_entry* e = table.find(d)) out.push_back(known_of(d, *e));
    });
  return out;
}

std::uint64_t little_endian(const char* at, unsigned octets) {
  std::uint64_t out = 0;
  for (unsigned i = octets; i-- > 0;) out = out << 8 | static_cast<unsigned char>(at[i]);
  return out;
}

// The head of the pack that was found good and kept (pack_store.cpp). On the storage thread.
std::optional<pack_in_force> read_pack_head(hal::files& files, const std::string& path) {
  int fd = -1;
  if (files.open(path.c_str(), fd) != 0) return std::nullopt;
  std::array<char, pack_head_octets> head{};
  std::size_t got = 0;
  const int error = files.read(fd, 0, head.data(), head.size(), got);
  files.close(fd);
  if (error != 0 || got < head.size()) return std::nullopt;
  return pack_in_force{little_endian(head.data() + 72, 8), static_cast<std::int64_t>(little_endian(head.data() + 80, 8)), static_cast<unsigned>(little_endian(head.data() + 88, 2))};
}

reply show_all(manage_parts parts, const web_request& q) {
  std::optional<pack_in_force> pack;
  const config::model m = parts.config();
  const std::string pack_path = m.inspect.pack.empty() ? std::string() : m.data_directory + "/profile-pack";
  auto work = [&] {
    if (!pack_path.empty()) pack = read_pack_head(parts.files, pack_path);
  };
  const net::job_ref job(work);
  net::worker& home = *parts.server.workers().front();
  [[maybe_unused]] const bool ran = co_await home.all().storage.run(home.loop(), job);
  const ruleset_ref rules = parts.rules();
  co_return html_reply(profiles_page({rows_of(rules, parts.seen.profiles()), number_of(q, "from"), q.query_value("q")}, pack, q.who));
}

web_reply one(const manage_parts& parts, const web_request& q, bool as_json) {
  const ruleset_ref rules = parts.rules();
  const inspect::profile* p = rules->find_id(q.parameters[0]);
  if (p == nullptr) return problem(404, "Not found", "There is no profile of this id.");
  const profile_row row{p, parts.seen.profiles().of(p->id)};
  const std::vector<known_domain> known = baseline_of(parts.server.workers().front()->all().learned, *p);
  return as_json ? json_reply(profile_detail_json(row, known)) : html_reply(profile_page(row, known, q.who));
}

}  // namespace

void add_profile_routes(web_routes& routes, const manage_parts& parts) {
  routes.add({verb::get, "/profiles", role::viewer, no_body, {"Show the sender profiles with what was seen of each", "q;from:number"},
              [parts](const web_request& q) -> reply { return show_all(parts, q); }});
  routes.add({verb::get, "/profiles/{id}", role::viewer, no_body, "Show a sender profile", [parts](const web_request& q) -> reply { co_return one(parts, q, false); }});
  routes.add({verb::get, "/api/v1/profiles", role::viewer, no_body,
              {"List the sender profiles with what was seen of each", "q;from:number:How many to leave out, the answer's \"from\""},
              [parts](const web_request& q) -> reply {
                const ruleset_ref rules = parts.rules();
                const profile_list l{rows_of(rules, parts.seen.profiles()), number_of(q, "from"), q.query_value("q")};
                co_return json_reply(profiles_json(l));
              }});
  routes.add({verb::get, "/api/v1/profiles/{id}", role::viewer, no_body, "Get a sender profile", [parts](const web_request& q) -> reply { co_return one(parts, q, true); }});
}

}  // namespace sluice::gateway

// See learn.hpp.
#include "firmware/profiles/learn.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "inspect/conformance.hpp"
#include "inspect/domain.hpp"
#include "mime/address.hpp"
#include "mime/charset_pool.hpp"
#include "mime/walker.hpp"

namespace sluice::profiles {
namespace {

constexpr std::uint32_t least_common = 2;           // samples that must share three words before they are fixed text
constexpr std::uint32_t common_share = 50;          // and one in so many of all
constexpr std::uint32_t least_words = 12;           // of a text part before it is measured
constexpr std::uint32_t steady_floor = 80;          // per cent: a sender whose mail hardly varies
constexpr std::size_t line_octets = 120;            // of base64 in the file

// "Mon, 23 Nov 2026" of "Mon, 23 Nov 2026 10:00:00 +0000".
std::string_view day_of(std::string_view date) {
  date = ascii::trim(date.substr(0, date.find(':')));
  return date.substr(0, date.rfind(' '));
}

class text_collector final : public mime::handler {
 public:
  text_collector(sample& out, mime::charset_pool& pool) : out_(out), pool_(pool) {}

 private:
  void on_field(const mime::field& f) override {
    if (f.part != 0) return;
    if (ascii::iequals(f.name, "Date") && out_.day.empty()) out_.day = day_of(f.value);
    std::string* to = ascii::iequals(f.name, "From") ? &out_.from : ascii::iequals(f.name, "Sender") ? &out_.sender : nullptr;
    if (to == nullptr || !to->empty()) return;
    mime::address_reader reader(f.value, pool_);
    mime::address one;
    if (reader.next(one)) to->assign(view(one.spec));
    std::transform(to->begin(), to->end(), to->begin(), ascii::lower);
  }
  void on_part_begin(const mime::part_info& part) override {
    if (ascii::iequals(view(part.disposition), "attachment")) attached_ = part.index;
  }
  void on_text(std::uint16_t part, mime::text_kind kind, byte_view text) override {
    if (part == attached_ || (kind != mime::text_kind::plain && kind != mime::text_kind::visible)) return;
    texts_[part] += text;
  }
  void on_link(const mime::link& l) override {
    if (l.hidden || l.conditional || l.from == mime::link::origin::image || l.from == mime::link::origin::other) return;
    byte_view rest = l.target;
    const std::size_t scheme = rest.find("://");
    if (scheme == byte_view::npos || !ascii::istarts_with(rest, "http")) return;
    rest = rest.substr(scheme + 3);
    rest = rest.substr(0, rest.find_first_of("/?#\\:"));
    std::string site(inspect::registrable(rest));
    std::transform(site.begin(), site.end(), site.begin(), ascii::lower);
    if (!site.empty() && std::find(out_.link_domains.begin(), out_.link_domains.end(), site) == out_.link_domains.end()) out_.link_domains.push_back(site);
  }
  void on_message_end() override {
    for (auto& [part, text] : texts_) out_.texts.push_back(std::move(text));
  }

  sample& out_;
  mime::charset_pool& pool_;
  std::map<std::uint16_t, std::string> texts_;
  std::uint16_t attached_ = 0xFFFF;
};

void shingles_of(std::string_view text, std::vector<std::uint32_t>& out, inspect::language_counter& language) {
  inspect::word_reader reader;
  std::uint32_t a = 0, b = 0;
  std::size_t n = 0;
  const auto use = [&](const inspect::word& w) {
    if (!w.varies) language.count(w.text);
    if (++n >= inspect::shingle_words) out.push_back(inspect::shingle_hash(a, b, w.hash));
    a = b;
    b = w.hash;
  };
  reader.feed(text, use);
  reader.finish(use);
}

using counts = std::unordered_map<std::uint32_t, std::uint32_t>;

std::uint32_t needed(std::size_t samples) { return std::max<std::uint32_t>(least_common, static_cast<std::uint32_t>(samples) / common_share); }

// The fixed text as all samples without `without` show it.
std::vector<std::uint32_t> fixed_text(const counts& seen, std::size_t samples, const sample* without) {
  std::vector<std::uint32_t> out;
  const std::uint32_t least = needed(samples - (without != nullptr ? 1 : 0));
  for (const auto& [hash, count] : seen) {
    const bool own = without != nullptr && std::binary_search(without->shingles.begin(), without->shingles.end(), hash);
    if (count - (own ? 1 : 0) >= least) out.push_back(hash);
  }
  return out;
}

void keep_most_common(std::vector<std::uint32_t>& hashes, const counts& seen, std::size_t most) {
  if (hashes.size() <= most) return;
  std::sort(hashes.begin(), hashes.end(), [&](std::uint32_t a, std::uint32_t b) {
    const std::uint32_t ca = seen.at(a), cb = seen.at(b);
    return ca != cb ? ca > cb : a < b;
  });
  hashes.resize(most);
}

// How much of the sample the others explain: its worst part, as mail is judged.
left_out measure(const sample& s, const std::vector<std::uint32_t>& fixed, std::uint32_t& longest) {
  std::vector<inspect::skeleton> one(1);
  one[0].assign(fixed);
  left_out out{s.name, 100};
  auto meter = std::make_unique<inspect::conformance_meter>();
  for (const std::string& text : s.texts) {
    meter->begin(one, 0);
    meter->feed(text);
    const inspect::conformance got = meter->end();
    if (got.words < least_words) continue;
    out.percent = std::min(out.percent, got.percent());
    longest = std::max(longest, got.longest);
  }
  return out;
}

// The three that the others cover least; of equal ones those that came first.
void keep_lowest(std::vector<left_out>& least, left_out one) {
  const auto at = std::upper_bound(least.begin(), least.end(), one.percent, [](std::uint32_t p, const left_out& other) { return p < other.percent; });
  least.insert(at, std::move(one));
  if (least.size() > 3) least.pop_back();
}

// `days`: on how many each text came, all texts together.
learned_skeleton learn_language(std::vector<sample>& group, std::uint32_t days, std::size_t most) {
  learned_skeleton out;
  out.language = group.front().language;
  out.samples = static_cast<std::uint32_t>(group.size());
  counts seen;
  for (const sample& s : group) {
    for (const std::uint32_t hash : s.shingles) ++seen[hash];
  }
  for (const sample& s : group) {
    std::vector<std::uint32_t> others = fixed_text(seen, group.size(), &s);
    keep_most_common(others, seen, most);
    keep_lowest(out.least, measure(s, others, out.longest));
  }
  out.floor = group.size() < 3 ? 0 : out.least.front().percent;  // two samples say nothing about a third
  if (out.floor >= steady_floor) out.samples = days;
  out.shingles = fixed_text(seen, group.size(), nullptr);
  keep_most_common(out.shingles, seen, most);
  return out;
}

}  // namespace

sample read_sample(std::string_view message, std::string name) {
  sample out;
  out.name = std::move(name);
  mime::charset_pool pool;
  text_collector collect(out, pool);
  mime::walker walker(collect, {}, pool);
  const std::size_t first = message.find('\n');
  if (first != std::string_view::npos && (first == 0 || message[first - 1] != '\r')) {
    std::string crlf;
    for (const char c : message) {
      if (c == '\n') crlf += '\r';
      crlf += c;
    }
    walker.feed(crlf);
  } else {
    walker.feed(message);
  }
  walker.finish();
  inspect::language_counter language;
  for (const std::string& text : out.texts) shingles_of(text, out.shingles, language);
  out.language = language.name();
  std::sort(out.shingles.begin(), out.shingles.end());
  out.shingles.erase(std::unique(out.shingles.begin(), out.shingles.end()), out.shingles.end());
  return out;
}

std::vector<learned_skeleton> learn(std::vector<sample> samples) {
  std::sort(samples.begin(), samples.end(), [](const sample& a, const sample& b) {
    const auto order = std::tie(a.shingles, a.day) <=> std::tie(b.shingles, b.day);
    return order != 0 ? order < 0 : a.name < b.name;  // of equal ones the first stays
  });
  std::map<std::string, std::uint32_t> days;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i == 0 || samples[i].day != samples[i - 1].day || samples[i].shingles != samples[i - 1].shingles) ++days[samples[i].language];
  }
  samples.erase(std::unique(samples.begin(), samples.end(), [](const sample& a, const sample& b) { return a.shingles == b.shingles; }), samples.end());
  std::map<std::string, std::vector<sample>> by_language;
  for (sample& s : samples) {
    if (!s.shingles.empty() && !s.language.empty()) by_language[s.language].push_back(std::move(s));
  }
  std::vector<learned_skeleton> out;
  std::size_t left = max_learned_shingles;
  for (auto& [language, group] : by_language) {
    if (group.size() < 2 || out.size() == inspect::skeleton::max_per_profile || left == 0) continue;
    learned_skeleton one = learn_language(group, days[language], std::min(left, inspect::skeleton::max_shingles));
    if (one.shingles.empty()) continue;
    left -= one.shingles.size();
    out.push_back(std::move(one));
  }
  return out;
}

std::string format_skeletons(const std::vector<learned_skeleton>& learned) {
  std::string out;
  for (const learned_skeleton& s : learned) {
    append_to(out, "\n[[skeleton]]\nlanguage = \"", s.language, "\"\nsamples = ", std::to_string(s.samples), "\nfloor = ", std::to_string(s.floor),
           "\nlongest = ", std::to_string(s.longest), "\nshingles = \"\"\"\n");
    const std::string base64 = inspect::format_shingles(s.shingles);
    for (std::size_t at = 0; at < base64.size(); at += line_octets) append_to(out, base64.substr(at, line_octets), "\n");
    out += "\"\"\"\n";
  }
  return out;
}

std::string without_skeletons(std::string_view profile_text) {
  const std::size_t at = profile_text.starts_with("[[skeleton]]") ? 0 : profile_text.find("\n[[skeleton]]");
  std::string out(profile_text.substr(0, at));
  while (!out.empty() && ascii::is_space(out.back())) out.pop_back();
  if (!out.empty()) out += '\n';
  return out;
}

}  // namespace sluice::profiles

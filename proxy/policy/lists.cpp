// The table behind the lists: entries packed by serial, and an index over what they name. See lists.hpp.
#include "policy/lists.hpp"

#include <algorithm>
#include <charconv>

#include "core/ascii.hpp"
#include "core/concat.hpp"

namespace sluice::policy {
namespace {

constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
constexpr std::size_t most_labels = 10;  // of a domain, when entries for what is below are looked for

std::uint64_t hash_of(std::uint64_t h, byte_view text) {
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}
std::uint64_t hash_of(list_subject s, byte_view key) { return hash_of(0xcbf29ce484222325ULL ^ static_cast<std::uint64_t>(s), key); }

// A network's key: family and length, then the octets without host bits.
using network_key = fixed_string<18>;
network_key key_of(const auth::ip_address& ip, unsigned bits) {
  network_key out;
  out.push_back(ip.v6 ? '6' : '4');
  out.push_back(static_cast<char>(bits));
  for (unsigned i = 0; i < ip.size(); ++i) {
    const unsigned left = bits > 8 * i ? std::min(8U, bits - 8 * i) : 0;
    out.push_back(static_cast<char>(ip.octets[i] & (left == 0 ? 0 : 0xFF << (8 - left))));
  }
  return out;
}

std::string packed_key(const list_entry& e) {
  if (e.subject != list_subject::network) return e.what;
  const std::size_t slash = e.what.find('/');
  auth::ip_address ip;
  unsigned bits = 0;
  auth::parse_ip(std::string_view(e.what).substr(0, slash), ip);
  std::from_chars(e.what.data() + slash + 1, e.what.data() + e.what.size(), bits);
  return std::string(view(key_of(ip, bits)));
}

std::string unpacked_key(list_subject s, byte_view key) {
  if (s != list_subject::network || key.size() < 2) return std::string(key);
  return concat(view(auth::to_text(auth::ip_from_octets(key.substr(2)))), "/", std::to_string(static_cast<unsigned char>(key[1])));
}

fixed_string<list_id_octets> id_from(std::uint64_t h) {
  static constexpr char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  fixed_string<list_id_octets> out;
  for (std::size_t i = 0; i < list_id_octets; ++i) out.push_back(alphabet[h >> (5 * i) & 31]);
  return out;
}

bool is_over(std::int64_t expires, std::int64_t now) { return expires != 0 && expires <= now; }

}  // namespace

list_table::list_table(std::size_t entries) : capacity_(entries) {
  std::size_t slots = 2;
  while (slots < 2 * entries) slots *= 2;
  index_.assign(entries == 0 ? 0 : slots, 0);
  entries_.reserve(entries);
}

list_table::packed list_table::pack(const list_entry& e) {
  packed p;
  const std::string key = packed_key(e);
  std::string skeleton;
  for (const std::uint32_t s : e.skeleton)
    for (int shift = 24; shift >= 0; shift -= 8) skeleton.push_back(static_cast<char>(s >> shift & 0xFF));
  p.text_id = e.text_id;
  p.created = e.created;
  p.expires = e.expires;
  p.hits = e.hits;
  p.kind = e.kind;
  p.subject = e.subject;
  assign_cut(p.id, e.id);
  std::string all;
  const auto put = [&all](std::uint8_t& length, const std::string& text) {
    length = static_cast<std::uint8_t>(std::min<std::size_t>(text.size(), 255));
    all.append(text, 0, length);
  };
  put(p.key, key);
  put(p.rule, e.rule);
  put(p.profile, e.profile);
  put(p.skeleton, skeleton);
  put(p.text, e.text);
  put(p.note, e.note);
  put(p.who, e.who);
  p.texts = std::string(all.data(), all.size());  // no more than it needs
  return p;
}

list_entry list_table::unpack(const packed& p) {
  list_entry e;
  byte_view rest = p.texts;
  const auto take = [&rest](std::uint8_t n) {
    const byte_view out = rest.substr(0, n);
    rest.remove_prefix(n);
    return out;
  };
  e.id = std::string(view(p.id));
  e.kind = p.kind;
  e.subject = p.subject;
  e.what = unpacked_key(p.subject, take(p.key));
  e.rule = std::string(take(p.rule));
  e.profile = std::string(take(p.profile));
  const byte_view skeleton = take(p.skeleton);
  for (std::size_t i = 0; i + 4 <= skeleton.size(); i += 4) {
    std::uint32_t s = 0;
    for (std::size_t k = 0; k < 4; ++k) s = s << 8 | static_cast<unsigned char>(skeleton[i + k]);
    e.skeleton.push_back(s);
  }
  e.text = std::string(take(p.text));
  e.note = std::string(take(p.note));
  e.who = std::string(take(p.who));
  e.text_id = p.text_id;
  e.created = p.created;
  e.expires = p.expires;
  e.hits = p.hits;
  return e;
}

std::size_t list_table::position_of(std::string_view id) const {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (view(entries_[i].id) == id) return i;
  return nowhere;
}

void list_table::put_in_index(std::size_t position) {
  const packed& p = entries_[position];
  std::size_t at = static_cast<std::size_t>(hash_of(p.subject, p.key_text())) & (index_.size() - 1);
  while (index_[at] != 0) at = (at + 1) & (index_.size() - 1);
  index_[at] = static_cast<std::uint32_t>(position + 1);
  if (p.subject != list_subject::network) return;
  std::vector<std::uint8_t>& lengths = p.texts[0] == '6' ? v6_bits_ : v4_bits_;
  const auto bits = static_cast<std::uint8_t>(p.texts[1]);
  const auto place = std::lower_bound(lengths.begin(), lengths.end(), bits, std::greater<>());
  if (place == lengths.end() || *place != bits) lengths.insert(place, bits);
}

void list_table::rebuild() {
  std::fill(index_.begin(), index_.end(), 0);
  v4_bits_.clear();
  v6_bits_.clear();
  text_octets_ = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    text_octets_ += entries_[i].texts.size();
    put_in_index(i);
  }
}

template <class Use>
void list_table::each_of(list_subject s, byte_view key, Use use) {
  if (index_.empty()) return;
  for (std::size_t at = static_cast<std::size_t>(hash_of(s, key)) & (index_.size() - 1); index_[at] != 0; at = (at + 1) & (index_.size() - 1)) {
    packed& p = entries_[index_[at] - 1];
    if (p.subject == s && p.key_text() == key && !use(p)) return;
  }
}

list_fault list_table::add(list_entry& e) {
  packed p = pack(e);
  bool known = false;
  each_of(p.subject, p.key_text(), [&](const packed& other) {
    const list_entry there = unpack(other);
    known = there.kind == e.kind && there.rule == e.rule && there.profile == e.profile && there.text_id == e.text_id && there.skeleton == e.skeleton;
    return !known;
  });
  if (known || (!e.id.empty() && position_of(e.id) != nowhere)) return list_fault::known;
  if (entries_.size() >= capacity_ || text_octets_ + p.texts.size() > text_capacity()) {
    ++refused_;
    return list_fault::full;
  }
  p.serial = ++serial_;
  if (e.id.empty()) {
    std::uint64_t h = hash_of(hash_of(p.subject, p.texts), std::to_string(e.created));
    do {
      h = hash_of(h, "n") ^ h >> 29;
      p.id = id_from(h);
    } while (position_of(view(p.id)) != nowhere);
    e.id = std::string(view(p.id));
  }
  text_octets_ += p.texts.size();
  entries_.push_back(std::move(p));
  put_in_index(entries_.size() - 1);
  return list_fault::none;
}

list_fault list_table::remove(std::string_view id) {
  const std::size_t at = position_of(id);
  if (at == nowhere) return list_fault::missing;
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
  rebuild();
  return list_fault::none;
}

list_fault list_table::change(std::string_view id, std::int64_t expires, std::string_view note) {
  const std::size_t at = position_of(id);
  if (at == nowhere) return list_fault::missing;
  list_entry e = unpack(entries_[at]);
  e.expires = expires;
  e.note = std::string(note);
  packed p = pack(e);
  if (text_octets_ - entries_[at].texts.size() + p.texts.size() > text_capacity()) return list_fault::full;
  text_octets_ = text_octets_ - entries_[at].texts.size() + p.texts.size();
  p.serial = entries_[at].serial;
  entries_[at] = std::move(p);
  return list_fault::none;
}

std::size_t list_table::purge(std::int64_t now) {
  const std::size_t before = entries_.size();
  std::erase_if(entries_, [now](const packed& p) { return is_over(p.expires, now); });
  if (entries_.size() != before) rebuild();
  return before - entries_.size();
}

std::optional<list_entry> list_table::find(std::string_view id) const {
  const std::size_t at = position_of(id);
  return at == nowhere ? std::nullopt : std::optional(unpack(entries_[at]));
}

std::optional<list_entry> list_table::next(std::uint64_t& after) const {
  const auto at = std::upper_bound(entries_.begin(), entries_.end(), after, [](std::uint64_t s, const packed& p) { return s < p.serial; });
  if (at == entries_.end()) return std::nullopt;
  after = at->serial;
  return unpack(*at);
}

std::optional<list_entry> list_table::before(std::uint64_t& before) const {
  auto at = before == 0 ? entries_.end()
                        : std::lower_bound(entries_.begin(), entries_.end(), before, [](const packed& p, std::uint64_t s) { return p.serial < s; });
  if (at == entries_.begin()) return std::nullopt;
  --at;
  before = at->serial;
  return unpack(*at);
}

// Of the entries under one key: a block before an allow. With a hit the entry is counted.
std::optional<list_hit> list_table::decide(list_subject s, byte_view key, bool below, std::int64_t now) {
  fixed_string<256> dotted;
  if (below) {
    dotted.push_back('.');
    append_cut(dotted, key);
    key = view(dotted);
  }
  packed* found = nullptr;
  each_of(s, key, [&](packed& p) {
    if (p.kind == list_kind::exception || is_over(p.expires, now)) return true;
    if (found == nullptr || p.kind == list_kind::block) found = &p;
    return found->kind != list_kind::block;
  });
  if (found == nullptr) return std::nullopt;
  ++found->hits;
  return list_hit{found->kind, found->id};
}

std::optional<list_hit> list_table::by_domain(list_subject s, byte_view domain, std::int64_t now) {
  if (auto hit = decide(s, domain, false, now)) return hit;
  for (std::size_t labels = 0; labels < most_labels && !domain.empty(); ++labels) {
    if (auto hit = decide(s, domain, true, now)) return hit;
    const std::size_t dot = domain.find('.');
    if (dot == byte_view::npos) break;
    domain.remove_prefix(dot + 1);
  }
  return std::nullopt;
}

std::optional<list_hit> list_table::client(const auth::ip_address& ip, std::int64_t now) {
  for (const std::uint8_t bits : ip.v6 ? v6_bits_ : v4_bits_)
    if (auto hit = decide(list_subject::network, view(key_of(ip, bits)), false, now)) return hit;
  return std::nullopt;
}

std::optional<list_hit> list_table::sender(byte_view address, std::int64_t now) {
  const auto plain = plain_address(address);
  if (plain.empty() || entries_.empty()) return std::nullopt;
  if (auto hit = decide(list_subject::address, view(plain), false, now)) return hit;
  return by_domain(list_subject::domain, view(plain).substr(plain.rfind('@') + 1), now);
}

std::optional<list_hit> list_table::recipient(byte_view address, std::int64_t now) {
  const auto plain = plain_address(address);
  if (plain.empty() || entries_.empty()) return std::nullopt;
  if (auto hit = decide(list_subject::recipient, view(plain), false, now)) return hit;
  return by_domain(list_subject::recipient, view(plain).substr(plain.rfind('@') + 1), now);
}

std::optional<list_hit> list_table::excepts(const inspect::finding& f, byte_view profile, std::span<const std::uint32_t> sample,
                                            byte_view recipient, std::int64_t now) {
  const auto plain = plain_address(recipient);
  if (plain.empty() || entries_.empty()) return std::nullopt;
  std::optional<list_hit> hit;
  const auto look = [&](packed& p) {
    if (p.kind != list_kind::exception || is_over(p.expires, now)) return true;
    const list_entry e = unpack(p);
    if (e.rule != f.rule || (!e.profile.empty() && e.profile != profile)) return true;
    if (e.text_id != 0 ? e.text_id != f.text_id : !inspect::same_skeleton(sample, e.skeleton)) return true;
    ++p.hits;
    hit = list_hit{p.kind, p.id};
    return false;
  };
  each_of(list_subject::recipient, view(plain), look);
  byte_view domain = view(plain).substr(plain.rfind('@') + 1);
  if (!hit) each_of(list_subject::recipient, domain, look);
  while (!hit && !domain.empty()) {
    fixed_string<256> dotted;
    dotted.push_back('.');
    append_cut(dotted, domain);
    each_of(list_subject::recipient, view(dotted), look);
    const std::size_t dot = domain.find('.');
    domain = dot == byte_view::npos ? byte_view{} : domain.substr(dot + 1);
  }
  return hit;
}

}  // namespace sluice::policy

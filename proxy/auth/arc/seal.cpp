// ARC sealing; see seal.hpp.
#include "auth/arc/seal.hpp"

#include <charconv>
#include <cstring>

#include "auth/common/base64.hpp"
#include "dns/name.hpp"

namespace sluice::auth::arc {
namespace {

void into_hash(void* hash, byte_view octets) { static_cast<sha256*>(hash)->update(octets); }

// Appends to the caller's room; once something did not fit, nothing does.
class text {
 public:
  explicit text(byte_span room) : room_(room) {}
  text& operator<<(byte_view more) {
    if (more.size() > room_.size() - used_) good_ = false;
    if (!good_ || more.empty()) return *this;
    std::memcpy(room_.data() + used_, more.data(), more.size());
    used_ += more.size();
    return *this;
  }
  text& operator<<(std::int64_t number) {
    char digits[24];
    return *this << byte_view(digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits));
  }
  bool good() const { return good_; }
  byte_view get() const { return {room_.data(), used_}; }
  void clear() { used_ = 0; }

 private:
  byte_span room_;
  std::size_t used_ = 0;
  bool good_ = true;
};

// One field "Name: value", folded only where relaxed canonicalization puts a single space again.
struct written_field {
  byte_view name, before, after;  // value before and behind the value of b=
};

void hash_field(const written_field& f, byte_view signature, bool last, sha256& out) {
  fixed_vector<char, 8192> value;
  for (const byte_view part : {f.before, signature, f.after})
    if (part.size() <= value.capacity() - value.size()) value.insert(value.end(), part.begin(), part.end());
  dkim::canonical_field(dkim::canon::relaxed, {}, f.name, {value.data(), value.size()}, {}, last, {into_hash, &out});
}

// Signs what `hash` holds and appends the base64 of it.
bool sign(sha256 hash, const private_key& key, byte_span room, byte_view& out) {
  char signature[max_signature_bytes];
  std::size_t size = 0;
  if (!key.sign(hash.finish(), signature, size)) return false;
  out = {room.data(), encode_base64({signature, size}, room)};
  return true;
}

constexpr std::size_t base64_room = (max_signature_bytes + 2) / 3 * 4;

}  // namespace

void sealer::begin(const header_index& header, byte_view fields, const sha256& sets, unsigned existing_sets) {
  sets_ = sets;
  instance_ = existing_sets + 1;
  fields_.reset();
  dkim::signature s;
  s.header = dkim::canon::relaxed;
  s.fields = fields;
  dkim::hash_signed_fields(header, s, UINT32_MAX, fields_);
}

byte_view sealer::write(const seal_names& names, const private_key& key, const facts& f, byte_span out) const {
  if (instance_ == 0 || instance_ > limits::arc_sets || !dns::valid_hostname(names.domain) ||
      !dns::valid_hostname(names.selector))
    return {};
  const byte_view algorithm = key.algorithm() == key_algorithm::rsa ? "rsa-sha256" : "ed25519-sha256";
  char room[4096], body[44], message_b[base64_room], seal_b[base64_room];
  text values(room);

  // ARC-Authentication-Results (4.1.1)
  values << " i=" << instance_ << "; " << f.results;
  const written_field results{"ARC-Authentication-Results", values.get(), {}};

  // ARC-Message-Signature (4.1.2)
  text message_before(byte_span(room).subspan(values.get().size()));
  message_before << " a=" << algorithm << ";\r\n b=";
  text message_after(byte_span(room).subspan(values.get().size() + message_before.get().size()));
  message_after << ";\r\n bh=" << byte_view(body, encode_base64({f.body.data(), f.body.size()}, body))
                << "; c=relaxed/relaxed; d=" << names.domain << ";\r\n h=" << names.fields << ";\r\n i=" << instance_
                << "; s=" << names.selector;
  if (f.now != 0) message_after << "; t=" << f.now;  // a time that cannot be believed is left out
  const written_field message{"ARC-Message-Signature", message_before.get(), message_after.get()};
  sha256 message_hash = fields_;
  hash_field(message, {}, true, message_hash);
  byte_view message_signature, seal_signature;
  if (!values.good() || !message_before.good() || !message_after.good() || !sign(message_hash, key, message_b, message_signature))
    return {};

  // ARC-Seal (4.1.3), over the sets so far, or over its own set alone when the chain failed (5.1.2)
  const bool failed = byte_view(f.chain) == "fail";
  char seal_room[1024];
  text seal_before(seal_room);
  seal_before << " a=" << algorithm << ";\r\n b=";
  text seal_after(byte_span(seal_room).subspan(seal_before.get().size()));
  seal_after << ";\r\n cv=" << f.chain << "; d=" << names.domain << "; i=" << instance_ << "; s=" << names.selector;
  if (f.now != 0) seal_after << "; t=" << f.now;
  const written_field seal{"ARC-Seal", seal_before.get(), seal_after.get()};
  sha256 seal_hash;
  if (!failed) seal_hash = sets_;
  hash_field(results, {}, false, seal_hash);
  hash_field(message, message_signature, false, seal_hash);
  hash_field(seal, {}, true, seal_hash);
  if (!seal_before.good() || !seal_after.good() || !sign(seal_hash, key, seal_b, seal_signature)) return {};

  text all(out);
  all << seal.name << ":" << seal.before << seal_signature << seal.after << "\r\n";
  all << message.name << ":" << message.before << message_signature << message.after << "\r\n";
  all << results.name << ":" << results.before << "\r\n";
  return all.good() ? all.get() : byte_view{};
}

}  // namespace sluice::auth::arc

// ARC validation; see verify.hpp.
#include "auth/arc/verify.hpp"

#include "core/ascii.hpp"

namespace sluice::auth::arc {
namespace {

void into_hash(void* hash, byte_view octets) { static_cast<sha256*>(hash)->update(octets); }

// Puts every field of one name into its set; null or what is wrong with one of them.
const char* collect(const header_index& header, byte_view name, std::uint16_t set::* place, chain& out) {
  std::uint16_t cursor = header_index::none;
  header_field f;
  while (header.next_up(name, cursor, f)) {
    unsigned instance = 0;
    byte_view results;
    if (place == &set::results) {
      if (!split_results(f.value, instance, results)) return "ARC-Authentication-Results without i=";
    } else {
      const bool seal = place == &set::seal;
      dkim::signature s;
      dkim::parse_signature(seal ? dkim::field_kind::arc_seal : dkim::field_kind::arc_message_signature, f.value, s);
      instance = s.instance;
      if (instance == 0) return seal ? "ARC-Seal without i=" : "ARC-Message-Signature without i=";
    }
    std::uint16_t& there = out.set_of[instance - 1].*place;
    if (there != header_index::none) return "two fields of one kind in a set";
    there = static_cast<std::uint16_t>(f.index);
    out.sets = out.sets > instance ? out.sets : instance;
  }
  return nullptr;
}

const char* check_structure(const header_index& header, const chain& c) {
  for (unsigned i = c.sets; i >= 1; --i) {
    const set& s = c.set_of[i - 1];
    if (s.results == header_index::none) return "ARC-Authentication-Results is missing";
    if (s.message == header_index::none) return "ARC-Message-Signature is missing";
    if (s.seal == header_index::none) return "ARC-Seal is missing";
    dkim::signature seal;
    if (const char* wrong = dkim::parse_signature(dkim::field_kind::arc_seal, header[s.seal].value, seal)) return wrong;
    if (seal.chain == "fail") return "an earlier validation said fail";
    if (seal.chain != (i == 1 ? "none" : "pass")) return "cv= is not what this place in the chain must have";
  }
  return nullptr;
}

}  // namespace

bool split_results(byte_view value, unsigned& instance, byte_view& results) {
  const std::size_t semicolon = value.find(';');
  if (semicolon == byte_view::npos) return false;
  const byte_view first = ascii::trim(value.substr(0, semicolon));
  const std::size_t equals = first.find('=');
  if (equals == byte_view::npos || ascii::trim(first.substr(0, equals)) != "i") return false;
  const byte_view number = ascii::trim(first.substr(equals + 1));
  if (number.empty() || number.size() > 2) return false;
  instance = 0;
  for (const char c : number) {
    if (!ascii::is_digit(c)) return false;
    instance = instance * 10 + static_cast<unsigned>(c - '0');
  }
  results = value.substr(semicolon + 1);
  return instance >= 1 && instance <= limits::arc_sets;
}

chain read_chain(const header_index& header) {
  chain out;
  bool any = false;
  header_field ignored;
  for (const byte_view name : {"ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results"}) {
    std::uint16_t cursor = header_index::none;
    any = any || header.next_up(name, cursor, ignored);
  }
  if (!any) return out;
  out.wrong = collect(header, "ARC-Seal", &set::seal, out);
  if (out.wrong == nullptr) out.wrong = collect(header, "ARC-Message-Signature", &set::message, out);
  if (out.wrong == nullptr) out.wrong = collect(header, "ARC-Authentication-Results", &set::results, out);
  if (out.sets == 0) out.sets = 1;  // a broken chain is one, too
  if (out.wrong == nullptr) out.wrong = check_structure(header, out);
  return out;
}

const char* seal_reader::next(dkim::pending_key& out, dkim::signature& seal) {
  const set& s = chain_.set_of[done_++];
  const header_field results = header_[s.results], message = header_[s.message], own = header_[s.seal];
  if (const char* wrong = dkim::parse_signature(dkim::field_kind::arc_seal, own.value, seal)) return wrong;
  if (const char* wrong = dkim::prepare_key(seal, out)) return wrong;
  constexpr auto relaxed = dkim::canon::relaxed;  // seals know no other (4.1.3)
  for (const header_field* f : {&results, &message})
    dkim::canonical_field(relaxed, f->raw, f->name, f->value, {}, false, {into_hash, &hash_});
  sha256 with_own = hash_;
  dkim::canonical_field(relaxed, own.raw, own.name, own.value, seal.value_raw, true, {into_hash, &with_own});
  out.digest = with_own.finish();
  dkim::canonical_field(relaxed, own.raw, own.name, own.value, {}, false, {into_hash, &hash_});
  return nullptr;
}

}  // namespace sluice::auth::arc

// Signature fields: what is accepted names a key that can be asked for, and signs From.
#include <cstdint>
#include <memory>

#include "auth/dkim/verify.hpp"

using namespace sluice::auth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sluice::byte_view text(reinterpret_cast<const char*>(data), size);
  const auto pending = std::make_unique<dkim::pending_key>();
  for (const auto kind : {dkim::field_kind::dkim_signature, dkim::field_kind::arc_message_signature, dkim::field_kind::arc_seal}) {
    dkim::signature s;
    if (dkim::parse_signature(kind, text, s) != nullptr) continue;
    for (const sluice::byte_view written : {s.domain, s.selector}) {  // U-labels may be in it (RFC 8616)
      sluice::dns::name_text name;
      if (!dkim::domain_in_ascii(written, name) || !sluice::dns::valid_hostname(sluice::view(name))) __builtin_trap();
    }
    if (s.value.empty()) __builtin_trap();
    if (s.value_raw.data() < text.data() || s.value_raw.data() + s.value_raw.size() > text.data() + size) __builtin_trap();
    if (kind != dkim::field_kind::dkim_signature && (s.instance < 1 || s.instance > 50)) __builtin_trap();
    dkim::body_check body;
    dkim::prepare_body(s, body);
    if (dkim::prepare_key(s, *pending) == nullptr && !sluice::dns::valid_hostname(sluice::view(pending->name))) __builtin_trap();
  }
  return 0;
}

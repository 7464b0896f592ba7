// What the MIME fields of one header say about its body, gathered field by field, with every disagreement between mail
// clients remembered. Called by the walker. RFC 2045, 2046, 2183, 2231.
#pragma once
#include <cstdint>

#include "mime/boundary.hpp"
#include "mime/handler.hpp"
#include "mime/header_parser.hpp"
#include "mime/transfer.hpp"

namespace sluice::mime {

enum class body_kind : std::uint8_t { text, html, calendar, tnef, bytes, multipart, message };

struct part_header {
  part_info info{};  // index, parent and depth are the walker's
  body_kind kind = body_kind::text;
  transfer how = transfer::identity;
  boundary_set boundaries;
  std::uint32_t anomalies = 0;      // a bit per anomaly
  bool doubtful_encoding = false;   // look at the content before deciding how to decode
  bool typed = false;               // there is a Content-Type
  bool also_bytes = false;          // text inside a part that is an attachment by its type
  bool surroundings = false;        // not a part: preamble or epilogue
  bool digest = false;              // multipart/digest: parts are messages by default

  void clear();
  void take(const raw_field& field, charset_pool& pool);
  // After the last field. `message_default`: inside a multipart/digest.
  void finish(bool message_default);

  void flag(anomaly a) { anomalies |= 1u << static_cast<unsigned>(a); }

 private:
  void take_type(byte_view value, charset_pool& pool);
  void take_encoding(byte_view value);
  void take_disposition(byte_view value, charset_pool& pool);
  void take_name(byte_view value, byte_view parameter, charset_pool& pool);
  void add_name(const fixed_string<256>& name);
  void choose_kind();
  bool encoded_ = false, disposed_ = false;
  std::uint64_t type_hash_ = 0;
};

}  // namespace sluice::mime

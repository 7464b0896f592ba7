// One Received field (RFC 5321 section 4.4) as the many kinds of servers write it: who gave the message to whom, how and
// when. A hint at a message's path, never proof: everything below our own hop can be forged.
#pragma once
#include "core/bytes.hpp"
#include "core/text.hpp"
#include "mime/date.hpp"

namespace sluice::mime {

struct received {
  fixed_string<255> from;        // name or address the client gave, or was seen with
  fixed_string<45> from_address;  // IP address seen, when it stands beside the name
  fixed_string<255> from_reverse;  // its name by reverse DNS
  fixed_string<255> helo;        // when it is named apart from `from`
  fixed_string<128> ident;       // user, by ident or authentication
  fixed_string<255> by;
  fixed_string<32> via;
  fixed_string<16> with;         // protocol in upper case: SMTP, ESMTPSA, LMTP, HTTP, LOCAL ...
  fixed_string<128> id;
  fixed_string<255> for_address;
  fixed_string<8> tls_version;   // "1.2"
  fixed_string<64> tls_cipher;
  bool has_date = false;
  date_time date;
};

void parse_received(byte_view value, received& out);

}  // namespace sluice::mime

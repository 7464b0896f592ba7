// Where a browser goes for a link (WHATWG URL Standard, sections 3.5, 4.4, for http and https): the ways in which a target
// can be written so that it does not look like its host are undone. Blanks and line ends inside, any slashes, userinfo,
// port, percent-encoding, Unicode, numbers for an IPv4 address.
#pragma once
#include "core/bytes.hpp"
#include "core/text.hpp"
#include "inspect/signals.hpp"

namespace sluice::inspect {

class web_target {
 public:
  web_target() = default;
  web_target(const web_target&) = delete;  // it points into itself
  web_target& operator=(const web_target&) = delete;

  // False when `target` is no absolute address of the web, or none that a browser goes to. `target` must live as long as
  // what the getters return. One that was cut inside its userinfo or host (mime::limits::html_url_bytes) has a host that is
  // nobody's, with an '@' at its end.
  bool read(byte_view target);

  // The same for what stands behind the scheme and its slashes.
  bool read_authority(byte_view rest);

  // A host that is known already, and its page, which begins with it.
  void take(byte_view host, byte_view page) { host_ = host, page_ = page; }

  // The same of a host that was rewritten; both are copied.
  void take_undone(byte_view host, byte_view behind);

  byte_view host() const { return host_; }  // ASCII; a host with characters that utf8proc does not know yet as it is written
  byte_view page() const { return page_; }  // the host and what follows it, cut at page_bytes

  static constexpr std::size_t page_bytes = 1024;

 private:
  bool hide_host(byte_view userinfo);
  bool rewrite(byte_view host, byte_view behind);

  byte_view host_, page_;
  fixed_string<page_bytes> text_;   // of page_, when it is not the target's own
  fixed_string<page_bytes> clean_;  // the target without blanks, when it has some
};

// Where an address in a text leads: the folded text may show other letters than the text has.
void read_told(const folded& seen, byte_view text, const host_hit& hit, web_target& out);

using host_name = fixed_string<253>;  // RFC 1035 section 2.3.4
// The host of a hit without what disguises its dots; false when it is none. (detect_host.cpp)
bool undo_host(byte_view told, host_name& out);

// The last label is a number, so that browsers take the name for an IPv4 address (WHATWG URL, "ends in a number").
bool ends_in_number(byte_view host);

bool is_ipv6(byte_view host);  // "[...]"

}  // namespace sluice::inspect

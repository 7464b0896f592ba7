// Writes mail of our own: header fields and parts of RFC 5322 and RFC 2045 messages, 7 bit whatever the texts are. Text in,
// text out; dates and random words come from the caller. Every text is made fit for its place: what could end a line or a
// field becomes a space, what is not ASCII becomes an encoded word (RFC 2047) or quoted-printable.
#pragma once
#include <string>
#include <string_view>

namespace sluice::mime {

inline constexpr std::size_t composed_line_octets = 76;  // RFC 2047 section 2, RFC 2045 section 6.7

// "Name: value" CRLF, folded at spaces. For values of ours that are ASCII and structured.
std::string composed_field(std::string_view name, std::string_view ascii_value);
// The same for free text: Subject, and what people read.
std::string composed_text_field(std::string_view name, std::string_view utf8_text);
// "name" <address>, or the address alone.
std::string composed_mailbox(std::string_view utf8_name, std::string_view address);

struct composed_head {
  std::string_view from_name, from, to, subject;
  std::string_view date;    // RFC 5322 section 3.3
  std::string_view unique;  // random word for Message-ID, of unreserved characters
  std::string_view auto_submitted = "auto-generated";  // RFC 3834 section 5
};
// From, To, Subject, Date, Message-ID, Auto-Submitted and MIME-Version; the caller adds Content-Type and the empty line.
std::string composed_message_head(const composed_head& h);

// A whole text part: Content-Type (for example "text/plain"), charset utf-8, quoted-printable, the empty line, the text
// with CRLF at its end. With a boundary in front of it for multiparts, without it for the body of a message.
std::string composed_text_part(std::string_view type, std::string_view utf8_text);
std::string quoted_printable(std::string_view text);  // line ends of the text (LF or CRLF) stay line ends

// "--boundary" CRLF, and the last one.
std::string composed_delimiter(std::string_view boundary);
std::string composed_end(std::string_view boundary);

}  // namespace sluice::mime

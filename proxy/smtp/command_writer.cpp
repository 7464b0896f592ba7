// Commands on their way to a downstream.
#include "smtp/command_writer.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "smtp/limits.hpp"
#include "smtp/xtext.hpp"

namespace sluice::smtp {
namespace {

bool has_control(byte_view s) {
  return std::any_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

// "IPV6:" marks IPv6 addresses in ADDR and DESTADDR (XCLIENT_README).
bool is_ipv6_address(client_attribute a, byte_view text) {
  return (a == client_attribute::addr || a == client_attribute::destaddr) && text.find(':') != byte_view::npos;
}

}  // namespace

cause missing_for(const mail_command& mail, const extension_set& downstream) {
  if (mail.smtputf8 && !downstream.has(extension::smtputf8)) return cause::utf8_unsupported;
  if (mail.body == body_type::eight_bit_mime && !downstream.has(extension::eight_bit_mime))
    return cause::eight_bit_unsupported;
  return cause::none;
}

bool command_writer::put(byte_view text) {
  if (text.size() > out_.size() - size_) return false;
  if (!text.empty()) std::memcpy(out_.data() + size_, text.data(), text.size());
  size_ += text.size();
  return true;
}

bool command_writer::put_token(byte_view text) {
  return !text.empty() && !has_control(text) && text.find(' ') == byte_view::npos && put(text);
}

// Ends the command that began at `begin`, or takes it back.
bool command_writer::finish(std::size_t begin, bool good) {
  good = good && put("\r\n") && size_ - begin <= limits::command_line_bytes;
  if (!good) size_ = begin;
  return good;
}

bool command_writer::word(byte_view verb) { return finish(size_, put(verb)); }

bool command_writer::ehlo(byte_view name) {
  const std::size_t begin = size_;
  return finish(begin, put("EHLO ") && put_token(name));
}

bool command_writer::helo(byte_view name) {
  const std::size_t begin = size_;
  return finish(begin, put("HELO ") && put_token(name));
}

// A stored path may hold blanks only within quotes; parsing it again is the proof that '>' cannot end it early.
bool command_writer::put_path(const path& p) {
  if (p.null) return put("<>");
  if (has_control(p.text) || !put("<")) return false;
  const std::size_t begin = size_ - 1;
  if (!put(p.text) || !put(">")) return false;
  byte_view written(out_.data() + begin, size_ - begin);
  path again;
  return take_path(written, again, {.null_allowed = false, .bare_postmaster = true}) == path_error::none &&
         written.empty();
}

bool command_writer::mail(const mail_command& mail, const extension_set& downstream) {
  const std::size_t begin = size_;
  bool good = put("MAIL FROM:") && put_path(mail.from);
  if (mail.has_size && downstream.has(extension::size)) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, mail.size).ptr;
    good = good && put(" SIZE=") && put({digits, static_cast<std::size_t>(end - digits)});
  }
  if (mail.body != body_type::none && downstream.has(extension::eight_bit_mime))
    good = good && put(mail.body == body_type::eight_bit_mime ? " BODY=8BITMIME" : " BODY=7BIT");
  if (mail.smtputf8 && downstream.has(extension::smtputf8)) good = good && put(" SMTPUTF8");
  if (downstream.has(extension::dsn)) {
    if (mail.ret != return_type::none) good = good && put(mail.ret == return_type::full ? " RET=FULL" : " RET=HDRS");
    if (!mail.envid.empty()) good = good && is_xtext(mail.envid) && put(" ENVID=") && put_token(mail.envid);
  }
  return finish(begin, good);
}

bool command_writer::rcpt(const rcpt_command& rcpt, const extension_set& downstream) {
  const std::size_t begin = size_;
  bool good = put("RCPT TO:") && put_path(rcpt.to);
  if (downstream.has(extension::dsn)) {
    if (rcpt.notify != 0) {
      static constexpr struct {
        std::uint8_t bit;
        const char* word;
      } words[] = {
          {notify_never, "NEVER"}, {notify_success, "SUCCESS"}, {notify_failure, "FAILURE"}, {notify_delay, "DELAY"}};
      const char* before = " NOTIFY=";
      for (const auto& w : words) {
        if ((rcpt.notify & w.bit) == 0) continue;
        good = good && put(before) && put(w.word);
        before = ",";
      }
    }
    if (!rcpt.orcpt.empty()) good = good && put(" ORCPT=") && put_token(rcpt.orcpt);
  }
  return finish(begin, good);
}

bool command_writer::attributes(byte_view verb, const client_info& client, std::uint16_t wanted) {
  const std::size_t begin = size_;
  bool good = put(verb);
  const std::size_t empty = size_;
  for (std::size_t i = 0; i < client_attributes; ++i) {
    const auto a = static_cast<client_attribute>(i);
    const client_value& v = client[a];
    if (((wanted >> i) & 1U) == 0 || v.what == client_value::kind::absent) continue;
    good = good && put(" ") && put(keyword_of(a)) && put("=");
    if (v.what == client_value::kind::unavailable) {
      good = good && put("[UNAVAILABLE]");
    } else if (v.what == client_value::kind::tempunavail) {
      good = good && put("[TEMPUNAVAIL]");
    } else {
      good =
          good && (!is_ipv6_address(a, v.text) || put("IPV6:")) && !v.text.empty() && write_xtext(v.text, out_, size_);
    }
  }
  if (good && size_ == empty) {
    size_ = begin;
    return true;
  }
  return finish(begin, good);
}

bool command_writer::xclient(const client_info& client, const extension_set& downstream) {
  return attributes("XCLIENT", client, downstream.has(extension::xclient) ? downstream.xclient : 0);
}

bool command_writer::xforward(const client_info& client, const extension_set& downstream) {
  return attributes("XFORWARD", client, downstream.has(extension::xforward) ? downstream.xforward : 0);
}

}  // namespace sluice::smtp

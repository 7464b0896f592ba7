#include "status/links/page.hpp"

#include <sodium.h>

#include <array>

#include "core/concat.hpp"
#include "status/text.hpp"

namespace sluice::status {
namespace {

constexpr std::string_view style =
    ":root{color-scheme:light dark}"
    "body{margin:0;font:1rem/1.5 system-ui,sans-serif;background:#f4f5f7;color:#1b1f24}"
    "main{max-width:38rem;margin:2rem auto;padding:1.5rem;background:#fff;border:1px solid #d5d9df;border-radius:.5rem}"
    "h1{font-size:1.35rem;margin:0 0 1rem}"
    "dl{margin:0 0 1.25rem}dt{font-size:.85rem;color:#57606a}dd{margin:0 0 .75rem;overflow-wrap:anywhere}"
    ".note{padding:.75rem 1rem;border-left:.3rem solid #9a6700;background:#fff8e5}"
    ".note.good{border-color:#1a7f37;background:#e9f7ec}.note.bad{border-color:#b42318;background:#fdecea}"
    "button{font:inherit;font-weight:600;padding:.65rem 1.25rem;border:0;border-radius:.4rem;background:#0b57d0;color:#fff;cursor:pointer}"
    "button.danger{background:#b42318}button:focus-visible{outline:.2rem solid #f0b429;outline-offset:.15rem}"
    "small{color:#57606a}"
    "@media(max-width:42rem){main{margin:0;border:0;border-radius:0;min-height:100vh;box-sizing:border-box}}"
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}main{background:#161b22;border-color:#30363d}"
    "dt,small{color:#9aa4af}.note{background:#2b2410}.note.good{background:#12261a}.note.bad{background:#2d1614}"
    "button{background:#1f6feb}button.danger{background:#d1372b}}";

// default-src 'none' and the hash of the one style: no script, no picture, no other document.
const std::string& policy() {
  static const std::string text = [] {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(style.data()), style.size());
    std::array<char, sodium_base64_ENCODED_LEN(crypto_hash_sha256_BYTES, sodium_base64_VARIANT_ORIGINAL)> base64;
    sodium_bin2base64(base64.data(), base64.size(), hash.data(), hash.size(), sodium_base64_VARIANT_ORIGINAL);
    return concat("default-src 'none'; style-src 'sha256-", base64.data(),
           "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
  }();
  return text;
}

web_reply document(unsigned status, std::string_view title_text, const std::string& body) {
  const std::string title = html(title_text);
  web_reply r = html_reply(concat("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>", title,
                           "</title><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                           "<meta name=\"robots\" content=\"noindex\"><style>", style, "</style></head>\n<body><main><h1>",
                           title, "</h1>\n", body, "</main></body></html>\n"));
  r.status = status;
  r.headers = {{"Content-Security-Policy", policy()}, {"Referrer-Policy", "no-referrer"}, {"X-Robots-Tag", "noindex, nofollow"}};
  return r;
}

struct words {
  const char *title, *button, *kind, *what;
};

words words_of(link_action a) {
  switch (a) {
    case link_action::release:
      return {"Release this message?", "Release to my mailbox", "",
              "It goes to your mailbox as it came. Answer, click or call only if you know who wrote it."};
    case link_action::remove: return {"Delete this message?", "Delete it", "danger", "It is gone for good. Nobody else's copy is touched."};
    case link_action::ask: break;
  }
  return {"Ask an operator?", "Ask an operator", "",
          "Mail like this often looks as if a well-known company wrote it. Somebody who can see the whole message decides "
          "whether you get it."};
}

std::string fact(const char* label, const std::string& body) {
  return body.empty() ? std::string() : concat("<dt>", label, "</dt><dd>", body, "</dd>");
}

}  // namespace

web_reply link_page(const link_page_facts& f) {
  const words w = words_of(f.action);
  std::string reasons;
  for (const std::string& r : f.reasons) append_to(reasons, (reasons.empty() ? "" : "<br>"), html(r));
  const std::string button_class = *w.kind != '\0' ? std::string(" class=\"") + w.kind + "\"" : std::string();
  return document(200, w.title,
                  concat("<dl>", fact("Why it was held", reasons), fact("Says it is from", html(f.from)),
                      fact("Subject", f.subject.empty() ? "(none)" : html(f.subject)), fact("Received", html(utc(f.received))),
                      "</dl><p class=\"note\">", html(w.what),
                      "</p><form method=\"post\"><input type=\"hidden\" name=\"page\" value=\"", html(f.page_token),
                      "\"><p><button type=\"submit\"", button_class, ">") + w.button +
                      "</button></p></form><p><small>Telephone numbers, links and wallets are hidden. This link works once, until " +
                      html(utc(f.expires)) + ".</small></p>");
}

web_reply link_note(unsigned status, std::string_view kind, std::string_view title_text, std::string_view text) {
  return document(status, title_text, concat("<p class=\"note ", html(kind), "\" role=\"status\">", html(text), "</p>"));
}

web_reply no_such_link() {
  return link_note(404, "warn", "Nothing here", "This is no valid link. If it came in a digest, open it there again: perhaps a part was cut off.");
}

}  // namespace sluice::status

// Schema rows of certificates that the box gets by itself: tls.acme.
#include "config/schema_rows.hpp"

namespace sluice::config::rows {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr std::array acme_rows{
    derived(text<&acme_settings::directory>("directory", value_kind::web_address, reload::session,
                                            "Directory of the CA, an address that it publishes. The certificate is renewed "
                                            "when a third of its lifetime is left, a random tenth of that earlier."),
            "no CA is asked"),
    boolean<&acme_settings::accept_terms>("accept_terms", reload::session,
                                          "You have read the CA's terms of service and accept them. Without it no account is made."),
    derived(text<&acme_settings::contact>("contact", value_kind::mail_address, reload::session, "Whom the CA may write to."), "nobody"),
    derived(row<&acme_settings::names, std::vector<std::string>>(
                "names", value_kind::domain_list, 0, 16, reload::session,
                "Names in the certificate. The CA connects to port 80 of each of them; wildcards are not possible."),
            "hostname"),
    choice<&acme_settings::key>("key", reload::session, "Kind of the certificate's key; each certificate gets a new one."),
    derived(text<&acme_settings::ca_file>("ca_file", value_kind::path, reload::session,
                                          "CA certificates (PEM) that the directory's certificate must come from."),
            "the system's bundle"),
    derived(text<&acme_settings::account_binding>(
                "account_binding", value_kind::path, reload::session,
                "File for CAs that bind accounts to their customers (RFC 8555 section 7.3.4): the key id in its first line, the key in "
                "base64url in the second."),
            "none"),
    address<&acme_settings::listen>(
        "listen", value_kind::listen_address, reload::session,
        "Where the CA's question is answered (http-01): port 80 of each name must lead here. Open only while an order waits for it, and "
        "nothing else is answered there. \"[::]:80\" serves IPv6 and IPv4."),
    count<&acme_settings::challenge_connections>("challenge_connections", "connections", 1, 64, reload::session,
                                                 "Connections to listen at a time; one more ends the oldest."),
    duration<&acme_settings::order_timeout>("order_timeout", 1min, days(1), reload::session,
                                            "An order that takes longer has failed; another is tried later."),
};

}  // namespace

std::span<const key> acme_keys() { return acme_rows; }

}  // namespace sluice::config::rows

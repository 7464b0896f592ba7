// Schema rows of management: pushed configurations.
#include "config/schema_rows.hpp"

namespace sluice::config::rows {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr std::array management_rows{
    derived(keys<&management_settings::signature_keys>(
                "signature_keys", reload::session,
                "Ed25519 public keys (base64), at most 8. A pushed generation that carries a signature must be signed with one of them."),
            "none"),
    boolean<&management_settings::signature_required>(
        "signature_required", reload::session,
        "Refuse pushed generations without a signature. The file of the machine itself needs none."),
    duration<&management_settings::confirm_timeout>(
        "confirm_timeout", 1min, 24h, reload::session,
        "Within this time after its test mails a pushed generation must be confirmed; otherwise the one before comes back. "
        "A push may ask for another time within the same range."),
};

constexpr std::array pull_rows{
    derived(text<&pull_settings::url>("url", value_kind::web_address, reload::session,
                                      "Where a generation is fetched from by HTTPS; its signature lies beside it under the same name with "
                                      ".sig, or comes in the field Sluice-Signature. It must be signed, and is confirmed by its test mails alone."),
            "nothing is fetched"),
    duration<&pull_settings::interval>("interval", 1min, days(1), reload::session,
                                       "How often it is asked for; a tenth is random, and after failures the wait grows to eight times as long."),
    derived(text<&pull_settings::ca_file>("ca_file", value_kind::path, reload::session, "CA certificates (PEM) that its certificate must come from."),
            "the system's bundle"),
};

}  // namespace

std::span<const key> management_keys() { return management_rows; }
std::span<const key> pull_keys() { return pull_rows; }

}  // namespace sluice::config::rows

// Schema rows of what makes a box itself: backups of it.
#include "config/schema_rows.hpp"

namespace sluice::config::rows {
namespace {

constexpr std::array backup_rows{
    derived(text<&backup_settings::recipient_key>(
                "recipient_key", value_kind::path, reload::session,
                "File with the public key that GET /api/v1/backup encrypts to ('sluice backup --make-key' makes a pair). Whoever "
                "has the other half reads the backup; this box cannot."),
            "none: a backup needs a passphrase"),
};

}  // namespace

std::span<const key> backup_keys() { return backup_rows; }

}  // namespace sluice::config::rows

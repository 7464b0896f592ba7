// Schema rows of what an administrator does and asks day by day: lists, tracing, privacy.
#include "config/schema_rows.hpp"

namespace sluice::config::rows {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr std::array lists_rows{
    count<&lists_settings::entries>("entries", "entries", 0, 20'000, reload::restart,
                                    "Entries of the lists at most, exceptions included; their texts may take 64 octets each on average."),
};

constexpr std::array trace_rows{
    size<&trace_settings::size_bytes>("size", 0, gib, reload::session, "Size on the disk at most; the oldest goes. \"0B\": no trace is kept."),
    duration<&trace_settings::write_interval>("write_interval", 1s, 1h, reload::session,
                                              "What has come in is written at least so often; a power cut loses no more than that."),
};

constexpr std::array privacy_rows{
    duration<&privacy_settings::addresses_after>("addresses_after", 0s, days(3650), reload::session,
                                                 "After this, addresses in history and trace are replaced; 0s: never. The trace takes up to an "
                                                 "eighth longer."),
    duration<&privacy_settings::subjects_after>("subjects_after", 0s, days(3650), reload::session,
                                                "After this, subjects and the words of findings in history and trace are dropped; 0s: never."),
    choice<&privacy_settings::method>("method", reload::session,
                                      "hash: an address becomes a name made with a key of this box, equal ones stay equal and are found by the "
                                      "whole address; drop: it goes."),
    duration<&privacy_settings::history_age>("history_age", 0s, days(3650), reload::session, "Messages leave the history after this; 0s: only when it is full."),
    duration<&privacy_settings::trace_age>("trace_age", 0s, days(3650), reload::session, "Lines leave the trace after this; 0s: only when it is full."),
};

}  // namespace

std::span<const key> trace_keys() { return trace_rows; }
std::span<const key> privacy_keys() { return privacy_rows; }
std::span<const key> lists_keys() { return lists_rows; }

}  // namespace sluice::config::rows

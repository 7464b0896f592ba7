// Dates of RFC 5322 section 3.3 with the obsolete forms of 4.3, and what else stands in Date and Received: asctime order,
// missing seconds, comments, zone names. Called by received and by inspect.
#pragma once
#include <cstdint>

#include "core/bytes.hpp"

namespace sluice::mime {

struct date_time {
  std::int16_t year = 0;
  std::uint8_t month = 0, day = 0, hour = 0, minute = 0, second = 0;  // second may be 60
  std::int16_t offset_minutes = 0;                                    // east of UTC; 0 for unknown zones
};

// False when it is no date.
bool parse_date(byte_view value, date_time& out);

}  // namespace sluice::mime

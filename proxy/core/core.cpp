// Compiles the headers of core on their own, so that each of them stands alone.
#include "core/ascii.hpp"
#include "core/bytes.hpp"
#include "core/gauge.hpp"
#include "core/lines.hpp"
#include "core/text.hpp"

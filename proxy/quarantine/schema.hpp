// The tables of index.db and how an older index becomes a newer one. A step is never changed once released: add one.
#pragma once
#include <span>

namespace sluice::quarantine {

// steps()[n] leads from version n to version n + 1 (PRAGMA user_version); each runs in one transaction.
std::span<const char* const> schema_steps();

}  // namespace sluice::quarantine

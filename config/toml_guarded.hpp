// The only way to include toml++ (two .cpp files do). toml++ 3.4 states what it expects of its own parser state as
// assertions: they abort on malformed input in a debug build, and in a release build they are promises to the optimizer
// (clang, g++ from 13 on), so that the same input is undefined behaviour. Here they are neither: a promise that does
// not hold is ignored, the parser goes on and reports a syntax error. What is declared unreachable aborts. precheck()
// keeps all known inputs of that kind away from the parser in the first place.
#pragma once
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 16
#ifndef NDEBUG
#define TOML_ASSERT(expr) static_cast<void>(0)
#endif
#include <cstdlib>
#include <toml++/impl/preprocessor.hpp>

#undef TOML_ASSUME
#define TOML_ASSUME(expr) static_cast<void>(0)
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE std::abort()

#include <toml++/toml.hpp>

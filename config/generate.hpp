// Documents made from the schema. The committed files config/reference.md, config/schema.json,
// config/defaults/full.toml and firmware/docs/man/sluice.toml.5 are their output; a test compares them, and the build
// target `reference` writes them anew.
#pragma once
#include <string>

namespace sluice::config {

std::string reference_markdown();
std::string json_schema();   // JSON Schema 2020-12
std::string man_page();      // sluice.toml(5), man(7) macros
std::string full_example();  // every key, commented out with its default unless a minimal configuration needs it

}  // namespace sluice::config

// Reading a configuration in a test: a valid frame around the line under test, and its problems as text.
#pragma once
#include <string>
#include <vector>

#include "config/toml_reader.hpp"

namespace sluice::config::test {

inline constexpr std::string_view minimal =
    "domains = [\"example.org\"]\n"
    "[[listener]]\n"
    "address = \"0.0.0.0:25\"\n"
    "[[route]]\n"
    "host = \"10.0.0.5:25\"\n";

// The problems that are errors, each "LINE:COLUMN: KEY: WHAT; REMEDY", or "-: ..." without a position.
inline std::vector<std::string> errors(std::string_view text) {
  std::vector<std::string> out;
  for (const problem& p : read_toml(text).problems) {
    if (p.is_note) continue;
    std::string line = format(p, "-");
    line.erase(line.find(" error:"), 7);
    out.push_back(p.at.line ? line.substr(2) : line);
  }
  return out;
}

inline std::vector<std::string> notes(std::string_view text) {
  std::vector<std::string> out;
  for (const problem& p : read_toml(text).problems)
    if (p.is_note) out.push_back(p.key + ": " + p.what);
  return out;
}

inline listener make_listener(endpoint address) {
  listener l;
  l.address = std::move(address);
  return l;
}

inline route make_route(std::string host, std::vector<std::string> domains = {}) {
  route r;
  r.host = {std::move(host), 25};
  r.domains = std::move(domains);
  return r;
}

}  // namespace sluice::config::test

#include "config/schema.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>
#include <set>

#include "config/derive.hpp"
#include "config/generate.hpp"
#include "config/toml_reader.hpp"
#include "config/value_text.hpp"

using namespace sluice::config;

namespace {

std::string file(const std::string& name) {
  std::ifstream in(std::string(SLUICE_SOURCE_DIR) + "/" + name, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool has_range(const key& k) {
  return k.kind == value_kind::count || k.kind == value_kind::size || k.kind == value_kind::rate ||
         k.kind == value_kind::duration;
}

std::uint64_t number(const key& k, const void* section) {
  const void* member = k.locate(const_cast<void*>(section));
  if (k.kind == value_kind::duration)
    return static_cast<std::uint64_t>(static_cast<const milliseconds*>(member)->count());
  return *static_cast<const std::uint64_t*>(member);
}

}  // namespace

TEST_CASE("each row of the schema is complete and its default is in its range") {
  std::set<std::string> paths;
  for (const table& t : schema()) {
    CHECK_FALSE(t.help.empty());
    CHECK(t.is_array == (t.append != nullptr));
    if (t.is_array) CHECK(find_key(t, t.identity) != nullptr);
    for (const key& k : t.keys) {
      INFO(path_of(t, k));
      CHECK(paths.insert(path_of(t, k)).second);
      CHECK(k.help.ends_with('.'));
      CHECK((k.kind == value_kind::count) == !k.unit.empty());
      CHECK((k.kind == value_kind::choice) == !k.choices.empty());
      CHECK_FALSE((k.required && !k.derived.empty()));
      if (!has_range(k)) continue;
      CHECK(k.min < k.max);
      const std::uint64_t value = number(k, t.defaults);
      if (k.derived.empty())
        CHECK((value >= k.min && value <= k.max));
      else
        CHECK((value == 0 && k.min > 0));  // 0 means "not set" and cannot be written
    }
  }
  CHECK(paths.size() > 100);
}

// Distinct members: writing one key must not change another.
TEST_CASE("each row of the schema has its own member") {
  for (const table& t : schema()) {
    std::set<const void*> members;
    for (const key& k : t.keys) {
      INFO(path_of(t, k));
      CHECK(members.insert(k.locate(const_cast<void*>(t.defaults))).second);
    }
  }
}

TEST_CASE("the least and the greatest value of every range are accepted, the next ones are not") {
  const auto literal = [](const key& k, std::uint64_t v) {
    switch (k.kind) {
      case value_kind::size:
        return quoted(format_size(v));
      case value_kind::rate:
        return quoted(format_rate(v));
      case value_kind::duration:
        return quoted(format_duration(milliseconds(static_cast<std::int64_t>(v))));
      default:
        return std::to_string(v);
    }
  };
  for (const table& t : schema()) {
    for (const key& k : t.keys) {
      if (!has_range(k)) continue;
      INFO(path_of(t, k));
      const std::string begin =
          t.path.empty() ? "" : (t.is_array ? "[[" : "[") + std::string(t.path) + (t.is_array ? "]]\n" : "]\n");
      const auto out_of_range = [&](std::uint64_t v) {
        const read_result r = read_toml(begin + std::string(k.name) + " = " + literal(k, v) + "\n");
        const auto says = [](const problem& p) { return p.what.find("is outside the range") != std::string::npos; };
        return std::any_of(r.problems.begin(), r.problems.end(), says);
      };
      CHECK_FALSE(out_of_range(k.min));
      CHECK_FALSE(out_of_range(k.max));
      CHECK(out_of_range(k.max + 1));
      if (k.min > 0) CHECK(out_of_range(k.min - 1));
    }
  }
}

TEST_CASE("the generated documents are up to date (build target: reference)") {
  CHECK(file("config/reference.md") == reference_markdown());
  CHECK(file("config/schema.json") == json_schema());
  CHECK(file("config/defaults/full.toml") == full_example());
  CHECK(file("firmware/docs/man/sluice.toml.5") == man_page());
}

TEST_CASE("every key is in every generated document") {
  const std::string markdown = reference_markdown(), json = json_schema(), man = man_page(), example = full_example();
  for (const table& t : schema())
    for (const key& k : t.keys) {
      INFO(path_of(t, k));
      CHECK(markdown.find("| `" + std::string(k.name) + "` |") != std::string::npos);
      CHECK(json.find("\"" + std::string(k.name) + "\": {") != std::string::npos);
      CHECK(man.find("\n.B " + std::string(k.name) + "\n") != std::string::npos);
      const std::string name(k.name);
      CHECK((example.find("\n" + name + " = ") != std::string::npos ||
             example.find("\n#" + name + " = ") != std::string::npos ||
             example.find("\n# (" + name + ": ") != std::string::npos));
    }
}

TEST_CASE("the files in defaults are valid; minimal.toml has ten lines; full.toml shows the defaults") {
  const std::string minimal = file("config/defaults/minimal.toml"), full = file("config/defaults/full.toml");
  CHECK(std::count(minimal.begin(), minimal.end(), '\n') <= 10);
  CHECK(read_toml(minimal).ok());
  CHECK(read_toml(file("config/defaults/demo.toml")).ok());
  CHECK(read_toml(file("config/defaults/factory.toml")).ok());
  CHECK(full.size() < max_file_bytes * 3 / 4);

  const read_result as_it_is = read_toml(full);
  REQUIRE(as_it_is.ok());
  std::string uncommented;  // "#key = value" and "#[[table]]" come into effect, "# text" stays
  for (std::size_t at = 0; at < full.size(); ++at)
    if (full[at] != '#' || full[at + 1] == ' ' || (at > 0 && full[at - 1] != '\n')) uncommented += full[at];
  read_result all = read_toml(uncommented);
  REQUIRE(all.ok());
  CHECK(all.value.tls.certificates.size() == 1);
  all.value.tls.certificates.clear();
  CHECK(all.value.auth.lists.size() == 1);
  all.value.auth.lists.clear();
  CHECK(all.value.policy.exceptions.size() == 1);
  all.value.policy.exceptions.clear();
  CHECK(all.value.policy.weights.size() == 1);
  all.value.policy.weights.clear();
  CHECK(all.value.quarantine.recipient_domains.size() == 1);
  all.value.quarantine.recipient_domains.clear();
  CHECK(all.value.digest.domains.size() == 1);
  all.value.digest.domains.clear();
  CHECK(all.value.digest.recipients.size() == 1);
  all.value.digest.recipients.clear();
  CHECK(all.value.network_of_machine.vlans.size() == 1);
  CHECK(all.value.network_of_machine.routes.size() == 1);
  all.value.network_of_machine = {};
  CHECK(all.value.routes[0].domains.empty());
  CHECK(all.value == as_it_is.value);
}

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "firmware/profiles/embedded_profiles.hpp"
#include "firmware/profiles/profile_loader.hpp"
#include "inspect/lexicon.hpp"

using namespace sluice;
using namespace sluice::profiles;

namespace {

constexpr std::string_view good =
    "id = \"shop\"\nname = \"Shop\"\nsource = \"test\"\n[identity]\nfrom = [\"Service@Shop.example\"]\nlink_domains = [\"shop.example\"]\nphones = [\"8005551234\"]\n"
    "[[subject]]\ntemplate = \"Order from {seller:name}\"\n[[body_slot]]\nlabel = \"Note:\"\nslot = \"note\"\ntype = \"memo\"\n";

std::string problem_of(std::string text) {
  inspect::profile out;
  std::vector<profile_problem> problems;
  CHECK_FALSE(read_profile(text, "t.toml", out, problems));
  REQUIRE_FALSE(problems.empty());
  return format(problems[0]);
}

std::string replaced(std::string_view from, std::string_view to) {
  std::string text(good);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a profile is read with its slots and lower-case identities") {
  inspect::profile p;
  std::vector<profile_problem> problems;
  REQUIRE(read_profile(good, "t.toml", p, problems));
  CHECK(p.from_addresses == std::vector<std::string>{"service@shop.example"});
  REQUIRE(p.subjects.size() == 1);
  REQUIRE(p.subjects[0].pieces.size() == 2);
  CHECK(p.subjects[0].pieces[1].is_slot);
  CHECK(p.body_slots[0].type == inspect::slot_type::memo);
  CHECK_FALSE((p.platform || p.messages || p.payments || p.observe));
}

TEST_CASE("a profile says who writes in its mail") {
  inspect::profile p;
  std::vector<profile_problem> problems;
  REQUIRE(read_profile(replaced("[identity]", "messages = true\npayments = true\n[identity]"), "t.toml", p, problems));
  CHECK((p.messages && p.payments && !p.platform));
  CHECK(problem_of(replaced("[identity]", "messages = \"yes\"\n[identity]")).find("messages is true or false") != std::string::npos);
}

TEST_CASE("what is wrong in a profile is told with file, line and column") {
  CHECK(problem_of(replaced("from =", "form =")).starts_with("t.toml:5:8: unknown key identity.form"));
  CHECK(problem_of(replaced("\"memo\"", "\"memorandum\"")).find("type is one of name, title") != std::string::npos);
  CHECK(problem_of(replaced("{seller:name}", "{seller}")).find("{name:type}") != std::string::npos);
  CHECK(problem_of(replaced("\"8005551234\"", "\"800-555\"")).find("digits only") != std::string::npos);
  CHECK(problem_of(replaced("source = \"test\"\n", "")).find("source is missing") != std::string::npos);
  CHECK(problem_of(replaced("from = [\"Service@Shop.example\"]\n", "")).find("whose mail") != std::string::npos);
  CHECK(problem_of(replaced("id = \"shop\"", "id = 5")).find("text in quotes") != std::string::npos);
  CHECK(problem_of("id = ").starts_with("t.toml:1"));
  CHECK(problem_of("[\x1b@").starts_with("t.toml:1"));
}

TEST_CASE("what is built in, unpacked, are the files of config/profiles, octet for octet") {
  const std::filesystem::path folder = SLUICE_SOURCE_DIR "/config/profiles";
  const auto content = [&](std::string_view name) {
    std::ifstream in(folder / name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files += entry.path().extension() == ".toml" ? 1 : 0;
  const embedded_files built_in = embedded_profiles();
  CHECK(built_in.size() == files);
  for (const embedded_file& file : built_in) {
    INFO(file.name);
    CHECK(file.content == content(file.name));
  }
  CHECK(embedded_lexicon() == content("lexicon.txt"));
  CHECK(embedded_lexicon().size() > 10'000);
}

TEST_CASE("every built-in profile is valid, has a source and a unique id that is its file name") {
  std::vector<profile_problem> problems;
  const auto rules = load_ruleset("", problems);
  for (const profile_problem& p : problems) UNSCOPED_INFO(format(p));
  REQUIRE(rules);
  CHECK(rules->profiles().size() == embedded_profiles().size());
  CHECK(rules->profiles().size() >= 25);
  for (const embedded_file& file : embedded_profiles()) {
    INFO(file.name);
    const std::string id(file.name.substr(0, file.name.find('.')));
    const inspect::profile* p = rules->find_id(id);
    REQUIRE(p != nullptr);
    CHECK_FALSE(p->source.empty());
    CHECK_FALSE(p->name.empty());
    for (const std::string& name : p->brands) {
      bool known = false;
      for (const inspect::brand& b : rules->words().brands()) known = known || b.id == name;
      INFO(name);
      CHECK(known);
    }
  }
}

TEST_CASE("a sender is found by its address, its domain, or the Sender field") {
  std::vector<profile_problem> problems;
  const auto rules = load_ruleset("", problems);
  REQUIRE(rules);
  auto id_of = [&](std::string_view from, std::string_view sender) {
    const inspect::profile* p = rules->find(from, sender);
    return p == nullptr ? std::string("none") : p->id;
  };
  CHECK(id_of("msonlineservicesteam@microsoftonline.com", "") == "entra");
  CHECK(id_of("SERVICE@paypal.com", "") == "paypal");
  CHECK(id_of("x@mail.paypal.com", "") == "paypal");
  CHECK(id_of("organiser@example.net", "calendar-notification@google.com") == "google-calendar");
  CHECK(id_of("somebody@notpaypal.com", "") == "none");
  CHECK(id_of("", "") == "none");
}

TEST_CASE("a directory replaces and adds profiles") {
  const auto directory = std::filesystem::temp_directory_path() / "sluice-profiles-test";
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  std::ofstream(directory / "shop.toml") << good;
  std::ofstream(directory / "paypal.toml") << "id = \"paypal\"\nname = \"P\"\nsource = \"test\"\n[identity]\nfrom = [\"only@paypal.com\"]\n";
  std::vector<profile_problem> problems;
  const auto rules = load_ruleset(directory.string(), problems);
  REQUIRE(rules);
  CHECK(rules->find("service@shop.example", "")->id == "shop");
  CHECK(rules->find("service@paypal.com", "") == nullptr);
  std::ofstream(directory / "bad.toml") << "id = 1\n";
  CHECK(load_ruleset(directory.string(), problems) == nullptr);
  CHECK_FALSE(problems.empty());
  std::filesystem::remove_all(directory);
  problems.clear();
  CHECK(load_ruleset(directory.string(), problems) == nullptr);  // not there
}

TEST_CASE("a broken lexicon is refused with its line") {
  std::string error;
  for (std::string_view text : {"word before a section\n", "[nothing]\nx\n", "[call]\none two three four five six\n", "[call\n", "[call]\nab*\n", "[brand]\n", "[coins]\nnobody\n", "[ways-to-pay]\nnobody\n",
                                "[call]\nああああああああああああああ\n"}) {
    INFO(text);
    error.clear();
    CHECK(inspect::lexicon::parse(text, error) == nullptr);
    CHECK(error.starts_with("line "));
  }
}

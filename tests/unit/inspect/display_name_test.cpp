// What a display name says of its sender (inspect/display_name.hpp).
#include "inspect/display_name.hpp"

#include <catch2/catch_test_macros.hpp>

#include "unit/inspect/rules.hpp"

using namespace sluice::inspect;

TEST_CASE("what stands before via is the customer's", "[inspect][name]") {
  CHECK(customer_part("Maria Chen via Docusign") == "Maria Chen");
  CHECK(customer_part("Contoso VIA Service") == "Contoso");
  CHECK(customer_part("Viaduct Tours") == "Viaduct Tours");
  CHECK(customer_part("") == "");
}

TEST_CASE("a name that no domain could have cannot be compared with one", "[inspect][name]") {
  const lexicon& words = real_rules().words();
  CHECK(cannot_compare("", words));
  CHECK(cannot_compare("みどり銀行", words));
  CHECK(cannot_compare("Банк Заря", words));
  CHECK_FALSE(cannot_compare("Midori Bank", words));
  CHECK_FALSE(cannot_compare("みどり銀行 Midori", words));
  CHECK_FALSE(cannot_compare("МЕТАМАЅК", words));  // look-alikes that read as a brand
  CHECK(cannot_compare("みどり銀行 via Service", words));
}

TEST_CASE("a name's initials are its domain's", "[inspect][name]") {
  CHECK(has_initials("Internal Revenue Service", "irs"));
  CHECK(has_initials("world health  organization", "who"));
  CHECK(has_initials("Children's Aid Fund", "caf"));
  CHECK(has_initials("Department of Motor Vehicles", "dmv"));
  CHECK(has_initials("Centers for Disease Control and Prevention", "cdcp"));
  CHECK_FALSE(has_initials("Internal Revenue Service Desk", "irs"));
  CHECK_FALSE(has_initials("Internal Revenue", "irs"));
  CHECK_FALSE(has_initials("Home Page", "hp"));
  CHECK_FALSE(has_initials("", ""));
}

TEST_CASE("public bodies are told by their ending", "[inspect][name]") {
  CHECK(is_public_body("ssa.gov"));
  CHECK(is_public_body("hmrc.gov.uk"));
  CHECK(is_public_body("sat.gob.mx"));
  CHECK_FALSE(is_public_body("govdelivery.com"));
  CHECK_FALSE(is_public_body("my-gov.example"));
  CHECK_FALSE(is_public_body("gov"));
}

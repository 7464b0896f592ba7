#include "config/hide_queries.hpp"

#include <catch2/catch_test_macros.hpp>

#include "config/value_text.hpp"

using sluice::config::hide_queries;

TEST_CASE("the values of a query are hidden, whatever way TOML writes them") {
  struct row {
    const char *given, *shown;
  };
  for (const row& r : {
           row{"url = \"https://c.example.net/mx1.toml?token=s3cret\"", "url = \"https://c.example.net/mx1.toml?token=<hidden>\""},
           row{"url = 'https://c.example.net/a?box=1&key=s3cret'  # why?", "url = 'https://c.example.net/a?box=<hidden>&key=<hidden>'  # why?"},
           row{"pull = {url=\"https://c.example.net/a?s3cret\", interval=\"5m\"}", "pull = {url=\"https://c.example.net/a?<hidden>\", interval=\"5m\"}"},
           row{"# url = \"https://c.example.net/a?token=s3cret\"\n", "# url = \"https://c.example.net/a?token=<hidden>\"\n"},
           row{"\"https://c.example.net/a?czNjcmV0czNjcmV0Cg==\"", "\"https://c.example.net/a?<hidden>\""},
           row{"\"https://c.example.net/a?czNjcmV0czNjcmV0=\"", "\"https://c.example.net/a?<hidden>\""},
           row{"\"https://c.example.net/a\\u003ftoken=s3cret\"", "\"https://c.example.net/a\\u003ftoken=<hidden>\""},
           row{"\"https://c.example.net/a\\U0000003Ftoken=s3cret\"", "\"https://c.example.net/a\\U0000003Ftoken=<hidden>\""},
           row{"\"https://c.example.net/a?token=s\\u0033cret&b=c\"", "\"https://c.example.net/a?token=<hidden>&b=<hidden>\""},
           row{"\"https://c.example.net/a?s\\u0033cret=x\"", "\"https://c.example.net/a?<hidden>\""},
           row{"\"\"\"https://c.example.net/a?token=\\\n   s3cret\"\"\"\nb = 1", "\"\"\"https://c.example.net/a?token=<hidden>\"\"\"\nb = 1"},
           row{"\"\"\"https://c.example.net/a\\\n   ?token=s3cret\"\"\"", "\"\"\"https://c.example.net/a\\\n   ?token=<hidden>\"\"\""},
           row{"\"https://c.example.net/a?t=a?s3cret\"", "\"https://c.example.net/a?t=<hidden>\""},
           row{"url = \"https://c.example.net/a?", "url = \"https://c.example.net/a?"},
           row{"url = \"https://c.example.net/a?t=s3cret\\", "url = \"https://c.example.net/a?t=<hidden>"},
           row{"[[route]]\nhost = \"10.0.0.5:25\"\n", "[[route]]\nhost = \"10.0.0.5:25\"\n"},
           row{"", ""},
       })
    CHECK(hide_queries(r.given) == r.shown);
}

TEST_CASE("a text that came without its secrets cannot be pushed") {
  const std::string given = "https://c.example.net/mx1.toml?token=s3cret";
  CHECK(sluice::config::parse_web_address(given).ok());
  CHECK_FALSE(sluice::config::parse_web_address(hide_queries(given)).ok());
}

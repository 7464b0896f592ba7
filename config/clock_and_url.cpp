// URLs and times of day of a configuration file.
#include "config/ascii.hpp"
#include "config/value_text.hpp"

namespace sluice::config {

parsed<std::string> parse_clock(std::string_view text) {
  const bool form = text.size() == 5 && text[2] == ':' && ascii::is_digit(text[0]) && ascii::is_digit(text[1]) &&
                    ascii::is_digit(text[3]) && ascii::is_digit(text[4]);
  if (form && text.substr(0, 2) <= "23" && text[3] <= '5') return {std::string(text), {}, {}};
  return {{}, quoted(text) + " is not a time of day", "write for example \"07:00\" or \"13:30\", in UTC"};
}

parsed<std::string> parse_https_url(std::string_view text) {
  constexpr std::string_view scheme = "https://";
  const std::string example = "write for example \"https://mail.example.org:8444\"";
  std::string_view rest = text;
  if (!rest.starts_with(scheme)) return {{}, quoted(text) + " does not begin with https://", example};
  rest.remove_prefix(scheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@") != std::string_view::npos)
    return {{}, quoted(text) + " has more than a host and a port", example};
  const bool v6 = rest.starts_with('[');
  const std::size_t colon = v6 ? rest.find("]:") : rest.find(':');
  const bool port = colon != std::string_view::npos;
  const parsed<endpoint> e = parse_endpoint(std::string(rest) + (port ? "" : ":443"), true);
  if (!e.ok()) return {{}, e.wrong, example};
  return {std::string(scheme) + std::string(rest), {}, {}};
}

}  // namespace sluice::config

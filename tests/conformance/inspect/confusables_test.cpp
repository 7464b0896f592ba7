// Unicode's confusables.txt (UTS #39) against the folded text. Claimed are single characters that look like ASCII letters or
// digits, in which the lures are written that hide: they must be read as what they imitate. Case, and what ASCII itself
// confuses (I, l, 1; 0, O), is not told apart.
#include <utf8proc.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "conformance/mime/suite.hpp"
#include "core/ascii.hpp"
#include "inspect/fold.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

std::string of_codes(const std::string& hex) {
  std::string out;
  std::istringstream words(hex);
  for (std::string word; words >> word;) {
    utf8proc_uint8_t octets[4];
    const auto n = utf8proc_encode_char(static_cast<utf8proc_int32_t>(std::stoul(word, nullptr, 16)), octets);
    out.append(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(n));
  }
  return out;
}

// Without accents: NFKD, and nonspacing marks go.
std::string bare(const std::string& text) {
  utf8proc_uint8_t* out = nullptr;
  utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str()), 0, &out,
               static_cast<utf8proc_option_t>(UTF8PROC_NULLTERM | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STRIPMARK));
  const std::string made = out ? reinterpret_cast<char*>(out) : "";
  std::free(out);
  return made;
}

// The same string for all that is read as the same.
std::string shape(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == 'I' || c == 'i' || c == '1' || c == '|' ? 'l' : c == '0' ? 'o' : ascii::lower(c);
  for (const auto& [pair, one] : {std::pair{"rn", 'm'}, std::pair{"vv", 'w'}})
    for (std::size_t at; (at = out.find(pair)) != std::string::npos;) out.replace(at, 2, 1, one);
  return out;
}

bool is_ascii_word(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return ascii::is_alnum(c); });
}

}  // namespace

TEST_CASE("characters that Unicode calls confusable with ASCII letters and digits are read as these") {
  tally count("idn-unicode/confusables", 1500);
  if (count.missing()) SKIP("suite not here");
  std::istringstream lines(read_file(suite_folder("idn-unicode") / "confusables.txt"));
  std::size_t rows = 0, ascii_itself = 0, other_target = 0, unlike_letters = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t one = line.find(';'), two = line.find(';', one + 1);
    if (line.starts_with('#') || two == std::string::npos) continue;
    const std::string hex = line.substr(0, line.find(' ')), source = of_codes(line.substr(0, one)), target = bare(of_codes(line.substr(one + 1, two - one - 1)));
    ++rows;
    if (static_cast<unsigned char>(source[0]) < 0x80) {
      ++ascii_itself;
      continue;
    }
    if (!is_ascii_word(target)) {
      ++other_target;
      continue;
    }
    utf8proc_int32_t code = 0;
    utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(source.data()), static_cast<utf8proc_ssize_t>(source.size()), &code);
    const auto kind = utf8proc_category(code);
    const bool letter = (kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO) || (kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO);
    if (!letter) {
      ++unlike_letters;
      continue;
    }
    inspect::folded seen;
    inspect::fold(source, seen);
    count.result("U+" + hex, shape(seen.view()) == shape(target), source + " want " + target + " have " + std::string(seen.view()));
  }
  std::cout << "confusables.txt: " << rows << " rows; not claimed: " << other_target << " that look like no ASCII letter or digit, " << ascii_itself << " of ASCII itself, "
            << unlike_letters << " marks, signs and symbols, which stand in no word\n";
  CHECK(rows >= 6311);
}

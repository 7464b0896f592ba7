// Folding, the detectors and the slot judge on any octets: positions stay inside the text, points are never negative.
#include <cstdlib>
#include <memory>

#include "firmware/profiles/profile_loader.hpp"
#include "inspect/slot_judge.hpp"

using namespace sluice::inspect;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static std::vector<sluice::profiles::profile_problem> problems;
  static const auto rules = sluice::profiles::load_ruleset("", problems);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static folded view;
  fold(text, view);
  for (std::size_t i = 0; i < view.size; ++i) {
    if (view.at(i) >= size) std::abort();
  }
  for (int type = 0; type < 6; ++type) {
    findings out;
    const auto result = judge_slot(text, static_cast<slot_type>(type), "s", *rules, {}, place::subject, out);
    if (result.score < 0) std::abort();
    for (const finding& f : out.list) {
      if (f.weight < 0 || f.offset > size) std::abort();
    }
  }
  return 0;
}

#include "quarantine/message.hpp"

namespace sluice::quarantine {
namespace {

constexpr const char* state_names[] = {"held", "releasing", "released", "refused", "deleted", "expired"};
constexpr const char* content_names[] = {"stored", "damaged", "removed", "lost"};

}  // namespace

const char* name_of(recipient_state s) { return state_names[static_cast<std::size_t>(s)]; }

const char* name_of(content_state c) { return content_names[static_cast<std::size_t>(c)]; }

bool parse_state(std::string_view name, recipient_state& out) {
  for (std::size_t i = 0; i < std::size(state_names); ++i) {
    if (name != state_names[i]) continue;
    out = static_cast<recipient_state>(i);
    return true;
  }
  return false;
}

}  // namespace sluice::quarantine

// Which of two system images runs, and what the boot loader will do next. The boot loader keeps three variables
// (BOOT_ORDER "A B", BOOT_A_LEFT, BOOT_B_LEFT: tries left); it takes one try away at each start, and the first slot of the
// order that has some is started. What the variables become is pure (boot_plan); reading and writing them is the back end.
#pragma once
#include <optional>
#include <string>

namespace sluice::hal {

inline constexpr unsigned boot_tries = 3;

struct boot_environment {
  std::string order;  // "A B"; empty: not known
  unsigned left_a = 0, left_b = 0;

  unsigned left(char slot) const { return slot == 'A' ? left_a : left_b; }
  bool lists(char slot) const { return order.find(slot) != std::string::npos; }
};

constexpr char other_slot(char slot) { return slot == 'A' ? 'B' : 'A'; }

class boot_slots {
 public:
  virtual ~boot_slots() = default;
  virtual std::optional<char> current() = 0;  // 'A' or 'B'; empty: no such system
  virtual int read(boot_environment& out) = 0;                             // 0 or an errno value
  virtual int write(const std::string& name, const std::string& value) = 0;  // durable when it returns 0
};

// Each write is one step that the boot loader can be interrupted after, so the order of steps matters.
// Tries of a slot back to all of them.
inline int give_tries(boot_slots& slots, char slot) { return slots.write(std::string("BOOT_") + slot + "_LEFT", std::to_string(boot_tries)); }

// The other slot first, then no tries for this one: a cut in between starts the other slot, too.
inline int leave_slot(boot_slots& slots, char slot) {
  const std::string order = std::string(1, other_slot(slot)) + " " + slot;
  if (const int error = slots.write("BOOT_ORDER", order)) return error;
  return slots.write(std::string("BOOT_") + slot + "_LEFT", "0");
}

}  // namespace sluice::hal

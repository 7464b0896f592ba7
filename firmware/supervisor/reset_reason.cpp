#include "firmware/supervisor/reset_reason.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace sluice::supervisor {
namespace {

constexpr std::array<std::string_view, 7> known{"power", "watchdog", "reboot", "update", "crash", "button", "unknown"};

bool is_known(std::string_view what) { return what.starts_with("stuck:") || std::ranges::find(known, what) != known.end(); }

}  // namespace

std::string to_text(const reset_reason& r) { return r.what + "\n" + r.detail + "\n"; }

std::optional<reset_reason> reason_from(std::string_view text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  reset_reason out;
  out.what = text.substr(0, end);
  if (!is_known(out.what) || out.what.size() > 80) return std::nullopt;
  text.remove_prefix(std::min(text.size(), end + 1));
  out.detail = text.substr(0, std::min(text.find('\n'), text.size()));
  return out;
}

// A kept reason is from just before; a hang that was written down needs the watchdog only as its tool.
reset_reason judge_reset(const std::optional<reset_reason>& kept, const boot_facts& facts) {
  if (kept) return *kept;
  if (facts.watchdog.value_or(false)) return {"watchdog", "the supervisor or the kernel stood still"};
  if (facts.orderly) return {"reboot", "shut down, not by the supervisor"};
  return {"power", facts.watchdog ? "" : "or the watchdog: it does not tell"};
}

boot_facts facts_from(std::string_view text) {
  constexpr unsigned long card_reset = 0x20;  // WDIOF_CARDRESET
  boot_facts out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::string value(line.substr(std::min(line.size(), line.find('=') + 1)));
    // 0 is what drivers say that cannot tell: only a reset is news.
    if (line.starts_with("watchdog_bootstatus=") && (std::strtoul(value.c_str(), nullptr, 0) & card_reset) != 0) out.watchdog = true;
    if (line.starts_with("clean=")) out.orderly = value == "yes";
  }
  return out;
}

reset_reason reason_of_request(const std::string& given) {
  if (given == "update" || given == "crash" || given == "button") return {given, ""};
  return {"reboot", given};
}

}  // namespace sluice::supervisor

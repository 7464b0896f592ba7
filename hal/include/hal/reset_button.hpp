// The button for the factory reset, and what its edges mean. The source gives edges with their time; press_judge, which
// knows no device and no clock, turns them into "held long enough".
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

namespace sluice::hal {

struct button_edge {
  bool pressed = false;
  std::chrono::milliseconds at{0};  // monotonic
};

class reset_button {
 public:
  virtual ~reset_button() = default;
  virtual int open() = 0;                   // 0 or an errno value
  virtual int descriptor() const = 0;       // to poll for input; -1: nothing to wait for
  virtual std::optional<button_edge> next() = 0;  // without waiting
};

class press_judge {
 public:
  enum class verdict : std::uint8_t {
    nothing,
    held,      // down for longer than a touch: show it
    let_go,    // up again before its time: nothing happens
    factory,   // held long enough; told once per press
  };

  explicit press_judge(std::chrono::milliseconds long_press, std::chrono::milliseconds bounce = std::chrono::milliseconds{30})
      : long_press_(long_press), bounce_(bounce) {}

  // A contact bounces: an edge counts when nothing has contradicted it for the time of a bounce.
  void edge(const button_edge& e) {
    raw_ = e.pressed;
    raw_since_ = e.at;
  }

  verdict look(std::chrono::milliseconds now) {
    if (raw_ != down_ && now - raw_since_ >= bounce_) {
      down_ = raw_;
      down_since_ = raw_since_;
      const bool was_shown = shown_, was_told = told_;
      shown_ = told_ = false;
      if (!down_) return was_shown && !was_told ? verdict::let_go : verdict::nothing;
    }
    if (!down_) return verdict::nothing;
    if (!told_ && now - down_since_ >= long_press_) {
      told_ = true;
      return verdict::factory;
    }
    if (!shown_ && now - down_since_ >= touch) {
      shown_ = true;
      return verdict::held;
    }
    return verdict::nothing;
  }

  bool is_pending() const { return raw_ || down_; }  // look() must be called again soon

 private:
  static constexpr std::chrono::milliseconds touch{1'000};
  std::chrono::milliseconds long_press_, bounce_, raw_since_{0}, down_since_{0};
  bool raw_ = false, down_ = false, shown_ = false, told_ = false;
};

}  // namespace sluice::hal

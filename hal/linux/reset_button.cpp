#include "hal/linux/reset_button.hpp"

#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/input.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <vector>

namespace sluice::hal {
namespace {

std::chrono::milliseconds monotonic_now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::milliseconds(t.tv_nsec / 1'000'000);
}

template <class Record>
bool read_record(int fd, Record& out) {
  ssize_t n = 0;
  do n = ::read(fd, &out, sizeof out);
  while (n < 0 && errno == EINTR);
  return n == static_cast<ssize_t>(sizeof out);
}

template <class Number>
bool number(const std::string& text, Number& out) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return ec == std::errc{} && end == text.data() + text.size();
}

}  // namespace

gpio_button::~gpio_button() {
  if (fd_ >= 0) ::close(fd_);
}

int gpio_button::open() {
  const int chip = ::open(chip_.c_str(), O_RDONLY | O_CLOEXEC);
  if (chip < 0) return errno;
  gpio_v2_line_request request{};
  request.offsets[0] = line_;
  request.num_lines = 1;
  std::strncpy(request.consumer, "sluice-reset", sizeof request.consumer - 1);
  request.config.flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
  if (active_low_) request.config.flags |= GPIO_V2_LINE_FLAG_ACTIVE_LOW | GPIO_V2_LINE_FLAG_BIAS_PULL_UP;
  int got = ::ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request);
  if (got != 0 && active_low_) {  // a chip without pull-ups: the board has one
    request.config.flags &= ~static_cast<__u64>(GPIO_V2_LINE_FLAG_BIAS_PULL_UP);
    got = ::ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request);
  }
  const int error = got == 0 ? 0 : errno;
  ::close(chip);
  if (error != 0) return error;
  fd_ = request.fd;
  ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  ::fcntl(fd_, F_SETFD, FD_CLOEXEC);
  return 0;
}

std::optional<button_edge> gpio_button::next() {
  gpio_v2_line_event e{};
  if (fd_ < 0 || !read_record(fd_, e)) return std::nullopt;
  return button_edge{e.id == GPIO_V2_LINE_EVENT_RISING_EDGE, monotonic_now()};
}

input_button::~input_button() {
  if (fd_ >= 0) ::close(fd_);
}

int input_button::open() {
  fd_ = ::open(device_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  return fd_ < 0 ? errno : 0;
}

std::optional<button_edge> input_button::next() {
  input_event e{};
  while (fd_ >= 0 && read_record(fd_, e))
    if (e.type == EV_KEY && e.code == key_ && e.value != 2) return button_edge{e.value == 1, monotonic_now()};  // 2: it repeats
  return std::nullopt;
}

std::unique_ptr<reset_button> make_button(const std::string& words) {
  std::vector<std::string> part(1);
  for (const char c : words)
    if (c == ':') part.emplace_back();
    else part.back() += c;
  if (part.size() >= 3 && part.size() <= 4 && part[0] == "gpio") {
    unsigned line = 0;
    const bool low = part.size() == 4;
    if (!number(part[2], line) || (low && part[3] != "active-low")) return nullptr;
    return std::make_unique<gpio_button>(part[1], line, low);
  }
  if (part.size() >= 2 && part.size() <= 3 && part[0] == "input") {
    std::uint16_t key = KEY_RESTART;
    if (part.size() == 3 && !number(part[2], key)) return nullptr;
    return std::make_unique<input_button>(part[1], key);
  }
  return nullptr;
}

}  // namespace sluice::hal

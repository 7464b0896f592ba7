#include "firmware/gateway/system/uplink_memory.hpp"

#include <charconv>

#include "core/concat.hpp"
#include "firmware/gateway/system/supervisor_line.hpp"
#include "status/access/store.hpp"

namespace sluice::gateway {
namespace {

std::int64_t number_of(const named_values& values, const char* name) {
  const std::string text = value_of(values, name);
  std::int64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

}  // namespace

std::string text_of(const uplink_note& n) {
  return concat("ok reached=", std::string(n.reached ? "1" : "0"), " written=", std::to_string(n.written), " last=", std::to_string(n.last_reached), "\n");
}

uplink_note note_from(const std::string& text) {
  uplink_note out;
  const auto line = read_line(text.substr(0, text.find('\n')));
  if (!line || line->what != supervisor_line::kind::ok) return out;
  const std::string reached = value_of(line->values, "reached");
  out.known = reached == "1" || reached == "0";
  out.reached = reached == "1";
  out.written = number_of(line->values, "written");
  out.last_reached = number_of(line->values, "last");
  return out;
}

uplink_note uplink_memory::read() const {
  std::string text;
  if (status::read_file(files_, concat(folder_, "/uplink"), 256, text) != 0) return {};
  return note_from(text);
}

int uplink_memory::look(bool reached, std::int64_t now, bool at_once) {
  const bool due = at_once || !last_.known || last_.reached != reached || now - last_.written >= uplink_write_period_s || now < last_.written;
  uplink_note next{true, reached, now, reached ? now : last_.last_reached};
  if (!due) return 0;
  last_ = next;
  files_.make_directory(folder_.c_str());
  return status::replace_file(files_, concat(folder_, "/uplink"), text_of(next));
}

}  // namespace sluice::gateway

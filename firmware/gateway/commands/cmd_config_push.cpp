#include "firmware/gateway/commands/cmd_config_push.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>

#include "core/concat.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/commands/terminal.hpp"

namespace sluice::gateway {
namespace {

namespace json = boost::json;
using key_text = std::array<char, 128>;
constexpr auto poll_period = std::chrono::milliseconds(200);
constexpr auto drain_wait = std::chrono::seconds(30);  // for the sessions of an older generation
constexpr auto restart_wait = std::chrono::seconds(300);  // for its last sessions, and a start that reads a large quarantine
constexpr int base64 = sodium_base64_VARIANT_ORIGINAL;

int fail(const std::string& why, int code) {
  std::fprintf(stderr, "sluice: %s\n", printable(why).c_str());
  return code;
}

json::object object_of(const std::string& body) {
  boost::system::error_code ec;
  json::value v = json::parse(body, ec);
  return !ec && v.is_object() ? v.as_object() : json::object();
}

std::string text(const json::object& o, const char* key) {
  const json::value* v = o.if_contains(key);
  return v != nullptr && v->is_string() ? printable(std::string_view(v->as_string().data(), v->as_string().size())) : std::string();
}

std::int64_t number(const json::object& o, const char* key) {
  const json::value* v = o.if_contains(key);
  return v != nullptr && v->is_int64() ? v->as_int64() : 0;
}

bool is_not_yet(const local_reply& r) { return r.status == 409 && text(object_of(r.body), "title") == "Not yet"; }

template <class Each>
std::size_t for_each(const json::object& o, const char* key, Each each) {
  const json::value* v = o.if_contains(key);
  if (v == nullptr || !v->is_array()) return 0;
  for (const json::value& x : v->as_array())
    if (x.is_object()) each(x.as_object());
  return v->as_array().size();
}

void print_list(const json::object& o, const char* key, const std::string& file) {
  std::vector<config::problem> all;
  for_each(o, key, [&](const json::object& p) {
    all.push_back({{static_cast<std::uint32_t>(number(p, "line")), static_cast<std::uint32_t>(number(p, "column"))},
                   text(p, "key"), text(p, "what"), text(p, "remedy"), p.if_contains("note") != nullptr && p.at("note") == true});
  });
  print_problems(all, file);
}

std::size_t print_change_list(const json::object& o) {
  return for_each(o, "changes", [](const json::object& c) {
    const std::string before = text(c, "before"), now = text(c, "now");
    std::printf("%s\n", text(c, "key").c_str());
    if (!before.empty()) std::printf("  - %s\n", before.c_str());
    if (!now.empty()) std::printf("  + %s\n", now.c_str());
  });
}

// The row of one generation in the history; empty when it cannot be asked.
json::object entry_of(local_client& box, std::int64_t generation) {
  const auto r = box.ask("GET", concat("/api/v1/config/history/", std::to_string(generation)));
  return r && r->is_good() ? object_of(r->body) : json::object();
}

// A line that is written over while it changes, on a terminal; elsewhere one line per state.
class progress {
 public:
  void show(const std::string& words) {
    if (words == last_) return;
    last_ = words;
    if (is_terminal_) std::fprintf(stderr, "\r\033[K%s", words.c_str());
    else std::fprintf(stderr, "%s\n", words.c_str());
  }
  ~progress() {
    if (is_terminal_ && !last_.empty()) std::fputc('\n', stderr);
  }

 private:
  bool is_terminal_ = ::isatty(2) != 0;
  std::string last_;
};

bool read_base64(const std::string& file, unsigned char* out, std::size_t size) {
  const auto content = read_config_file(file);
  std::size_t n = 0;
  return content && sodium_base642bin(out, size, content->data(), content->size(), " \r\n", &n, nullptr, base64) == 0 && n == size;
}

bool write_new(const std::string& path, const std::string& content, mode_t mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return false;
  const bool good = ::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size());
  return ::close(fd) == 0 && good;
}

}  // namespace

int print_refusal(const local_reply& r, const config_options& o) {
  const json::object answer = object_of(r.body);
  if (o.json) std::fputs(r.body.c_str(), stdout);
  print_list(answer, "problems", o.file.empty() ? "configuration" : o.file);
  std::fprintf(stderr, "sluice: %s: %s\n", text(answer, "title").c_str(), text(answer, "detail").c_str());
  return r.status == 422 || r.status == 413 ? exit_code::bad_config : r.status >= 500 ? exit_code::failed : exit_code::negative;
}

int print_changes(const std::string& body) {
  if (print_change_list(object_of(body)) == 0) std::puts("no value changes");
  return exit_code::ok;
}

int print_done(const std::string& body) {
  const json::object o = object_of(body);
  std::printf("generation %lld: %s\n", static_cast<long long>(number(o, "generation")), text(o, "title").c_str());
  return exit_code::ok;
}

int print_state(const std::string& body) {
  const json::object o = object_of(body);
  std::printf("running    %lld\nconfirmed  %lld\nstate      %s\n", static_cast<long long>(number(o, "running")), static_cast<long long>(number(o, "confirmed")),
              text(o, "state").c_str());
  if (number(o, "candidate") != 0) std::printf("on trial   %lld\n", static_cast<long long>(number(o, "candidate")));
  if (o.if_contains("seconds_left") != nullptr)
    std::printf("confirm    until %s, %lld s left\n", text(o, "confirm_until").c_str(), static_cast<long long>(number(o, "seconds_left")));
  if (number(o, "serial") != 0) std::printf("serial     %lld\n", static_cast<long long>(number(o, "serial")));
  std::printf("etag       %s\n", text(o, "etag").c_str());
  return exit_code::ok;
}

int print_history(const std::string& body) {
  std::printf("%6s  %-12s %-21s %-6s %s\n", "number", "result", "taken", "from", "who, why");
  const std::size_t n = for_each(object_of(body), "entries", [](const json::object& e) {
    const bool runs = e.if_contains("running") != nullptr && e.at("running") == true;
    std::string rest = text(e, "who");
    if (!text(e, "by").empty()) append_to(rest, (rest.empty() ? "" : "; "), "ended by ", text(e, "by"));
    if (!text(e, "why").empty()) append_to(rest, (rest.empty() ? "" : "; "), text(e, "why"));
    std::printf("%5lld%s  %-12s %-21s %-6s %s\n", static_cast<long long>(number(e, "generation")), runs ? "*" : " ", text(e, "result").c_str(),
                text(e, "taken").c_str(), text(e, "from").c_str(), rest.c_str());
  });
  return n == 0 ? exit_code::negative : exit_code::ok;
}

int wait_until_settled(local_client& box, const config_options& o) {
  progress line;
  std::int64_t tried = 0;
  std::string state;
  auto last = std::chrono::steady_clock::now();
  for (;;) {
    const auto r = box.ask("GET", "/api/v1/config/state");
    if (!r && (state == "restarting" || state == "returning") && std::chrono::steady_clock::now() < last + restart_wait) {
      std::this_thread::sleep_for(poll_period);
      continue;
    }
    if (!r || !r->is_good()) return fail(concat("the program does not answer any more: ", box.error()), exit_code::failed);
    const json::object s = object_of(r->body);
    state = text(s, "state");
    last = std::chrono::steady_clock::now();
    if (const std::int64_t now = number(s, "candidate"); now != 0) tried = now;
    line.show(state == "restarting" ? "restarting" : state == "applying" ? "applying" : state == "proving" ? "sending test mails" : state == "returning" ? "going back" : state == "waiting" ? "proven" : "done");
    if (state == "waiting" && !o.confirm) {
      std::printf("generation %lld runs; confirm within %lld s: sluice config confirm\n", static_cast<long long>(tried), static_cast<long long>(number(s, "seconds_left")));
      return exit_code::ok;
    }
    if (state == "waiting") {
      const auto c = box.ask("POST", concat("/api/v1/config/confirm?generation=", std::to_string(tried)));
      if (!c) return fail(box.error(), exit_code::failed);
      return c->is_good() ? print_done(c->body) : print_refusal(*c, o);
    }
    if (state == "idle") {
      if (o.number != 0) tried = static_cast<std::int64_t>(o.number);
      const json::object e = tried != 0 ? entry_of(box, tried) : json::object();
      const std::string result = text(e, "result"), why = text(e, "why");
      if (tried != 0) std::printf("generation %lld: %s%s%s\n", static_cast<long long>(tried), result.c_str(), why.empty() ? "" : ": ", why.c_str());
      std::printf("generation %lld runs\n", static_cast<long long>(number(s, "running")));
      return tried == 0 || result == "confirmed" ? exit_code::ok : exit_code::negative;
    }
    std::this_thread::sleep_for(poll_period);
  }
}

int push_file(const config_options& o, bool only_check) {
  const auto content = read_config_file(o.file);
  if (!content) return fail(concat(o.file, ": ", std::strerror(errno)), exit_code::failed);
  local_client box(data_directory_of(o.config));
  std::vector<std::pair<std::string, std::string>> fields{{"Content-Type", "application/toml"}, {"If-Match", o.if_match.empty() ? "*" : o.if_match}};
  if (!o.signature.empty()) {
    auto by = read_config_file(o.signature);
    if (!by) return fail(concat(o.signature, ": ", std::strerror(errno)), exit_code::failed);
    std::erase_if(*by, [](char c) { return c == '\r' || c == '\n' || c == ' '; });
    fields.emplace_back("Sluice-Signature", *by);
  }
  std::string target = only_check ? "/api/v1/config/check" : "/api/v1/config";
  if (!only_check && o.within != 0) append_to(target, "?confirm=", std::to_string(o.within));
  if (o.restart) append_to(target, target.find('?') == target.npos ? "?" : "&", "restart=true");
  auto r = box.ask(only_check ? "POST" : "PUT", target, *content, fields);
  // An older generation that still has sessions: they end soon, or the answer stays as it is.
  for (const auto until = std::chrono::steady_clock::now() + drain_wait; r && is_not_yet(*r) && std::chrono::steady_clock::now() < until;) {
    std::this_thread::sleep_for(poll_period);
    r = box.ask(only_check ? "POST" : "PUT", target, *content, fields);
  }
  if (!r) return fail(box.error(), exit_code::failed);
  if (!r->is_good()) return print_refusal(*r, o);
  if (o.json) return std::fputs(r->body.c_str(), stdout), exit_code::ok;
  const json::object answer = object_of(r->body);
  print_list(answer, "notes", o.file);
  if (print_change_list(answer) == 0) std::puts("no value changes");
  if (r->status != 202) {
    std::printf("%s: %s\n", text(answer, "title").c_str(), text(answer, "detail").c_str());
    return exit_code::ok;
  }
  config_options pushed = o;
  pushed.number = static_cast<std::uint64_t>(number(answer, "generation"));
  return wait_until_settled(box, pushed);
}

// ---- signing ----

int make_config_keys(const config_options& o) {
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret;
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> key;
  if (sodium_init() < 0 || crypto_sign_keypair(key.data(), secret.data()) != 0) return fail("the crypto library could not start", exit_code::failed);
  key_text shown{};
  sodium_bin2base64(shown.data(), shown.size(), secret.data(), secret.size(), base64);
  const bool kept = write_new(o.file, concat(shown.data(), "\n"), 0600);
  sodium_memzero(secret.data(), secret.size());
  sodium_memzero(shown.data(), shown.size());
  if (!kept) return fail(concat(o.file, ": ", std::strerror(errno)), exit_code::failed);
  sodium_bin2base64(shown.data(), shown.size(), key.data(), key.size(), base64);
  if (!write_new(concat(o.file, ".pub"), concat(shown.data(), "\n"), 0644)) return fail(concat(o.file, ".pub: ", std::strerror(errno)), exit_code::failed);
  std::printf("%s\n", shown.data());
  return exit_code::ok;
}

int sign_config(const config_options& o) {
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret;
  if (sodium_init() < 0) return fail("the crypto library could not start", exit_code::failed);
  if (!read_base64(o.key, secret.data(), secret.size())) return fail(concat(o.key, ": this is no key of sluice config keys"), exit_code::failed);
  const auto content = read_config_file(o.file);
  if (!content) return fail(concat(o.file, ": ", std::strerror(errno)), exit_code::failed);
  std::array<unsigned char, crypto_sign_BYTES> by;
  crypto_sign_detached(by.data(), nullptr, reinterpret_cast<const unsigned char*>(content->data()), content->size(), secret.data());
  sodium_memzero(secret.data(), secret.size());
  key_text shown{};
  sodium_bin2base64(shown.data(), shown.size(), by.data(), by.size(), base64);
  std::printf("%s\n", shown.data());
  return exit_code::ok;
}

}  // namespace sluice::gateway

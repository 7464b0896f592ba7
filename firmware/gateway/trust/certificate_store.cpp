#include "firmware/gateway/trust/certificate_store.hpp"

#include <sodium.h>

#include <algorithm>
#include <cerrno>

#include "core/ascii.hpp"
#include "status/access/store.hpp"
#include "tls/pair_check.hpp"

namespace sluice::gateway {
namespace {

constexpr std::string_view pair_ending = ".pem", request_ending = ".request", request_begin = "-----BEGIN CERTIFICATE REQUEST-----";
constexpr std::size_t most_name_octets = 64, most_files = 64;

class name_list : public hal::files::visitor {
 public:
  explicit name_list(std::string_view ending) : ending_(ending) {}
  bool on_file(const char* name) override {
    std::string_view n = name;
    if (n.ends_with(ending_)) n.remove_suffix(ending_.size()), found.emplace_back(n);
    return found.size() < most_files;
  }
  std::vector<std::string> found;

 private:
  std::string_view ending_;
};

std::string with_end_of_line(std::string text) {
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

// Why this file cannot serve; empty when it can.
std::string fault_of(const std::string& path) {
  tls::server_options alone;
  alone.pairs = {{path, path}};
  const auto built = tls::server_context::build(alone);
  return built ? std::string() : built.error().text;
}

}  // namespace

bool certificate_store::is_name(std::string_view name) {
  if (name.empty() || name.size() > most_name_octets || name == "csr" || !(ascii::is_alnum(name.front()))) return false;
  return std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || ascii::is_digit(c) || c == '.' || c == '_' || c == '-'; });
}

std::string certificate_store::name_for(const tls::certificate_info& info) {
  const std::string_view kind = info.type == tls::key_type::rsa ? "-rsa" : "-ecdsa";
  std::string name = info.names.empty() ? "certificate" : info.names.front();
  if (name.starts_with("*.")) name = "wildcard." + name.substr(2);
  for (char& c : name) {
    c = ascii::lower(c);
    if (!ascii::is_alnum(c) && c != '.' && c != '_') c = '-';
  }
  if (!ascii::is_alnum(name.front())) name.insert(name.begin(), 'x');
  return name.substr(0, most_name_octets - kind.size()) + std::string(kind);
}

std::vector<std::string> certificate_store::names(std::string_view ending) const {
  name_list list(ending);
  if (files_.list(directory_.c_str(), list) != 0) return {};
  std::erase_if(list.found, [](const std::string& n) { return !is_name(n); });
  std::ranges::sort(list.found);
  return std::move(list.found);
}

std::vector<stored_pair> certificate_store::pairs() const {
  std::vector<stored_pair> out;
  for (std::string& name : names(pair_ending)) {
    const std::string path = path_of(name);
    stored_pair p{std::move(name), {}, fault_of(path)};
    if (auto info = tls::describe_certificate(path)) p.info = std::move(*info);
    out.push_back(std::move(p));
  }
  return out;
}

std::vector<tls::key_pair> certificate_store::usable(std::int64_t now, std::size_t most) const {
  const std::vector<stored_pair> all = pairs();
  std::vector<tls::key_pair> out;
  for (const bool valid : {true, false})
    for (const stored_pair& p : all)
      if (out.size() < most && p.fault.empty() && (p.info.state(now) == tls::date_state::valid) == valid)
        out.push_back({path_of(p.name), path_of(p.name)});
  return out;
}

std::vector<stored_request> certificate_store::requests() const {
  std::vector<stored_request> out;
  for (std::string& name : names(request_ending)) {
    std::string text;
    if (status::read_file(files_, request_path(name), most_pair_octets, text) != 0) continue;
    const std::size_t at = text.find(request_begin);
    if (at != std::string::npos) out.push_back({std::move(name), text.substr(at)});
    sodium_memzero(text.data(), text.size());
  }
  return out;
}

int certificate_store::make_room() {
  const int error = files_.make_directory(directory_.c_str());
  return error != 0 ? error : files_.sync_directory(directory_.substr(0, directory_.rfind('/')).c_str());
}

int certificate_store::put(const std::string& name, const std::string& chain, const std::string& key) {
  std::string text = with_end_of_line(key) + with_end_of_line(chain);
  const int error = write(name, text);
  sodium_memzero(text.data(), text.size());
  return error;
}

int certificate_store::write(const std::string& name, const std::string& text) {
  const int error = make_room();
  return error != 0 ? error : status::replace_file(files_, path_of(name), text);
}

int certificate_store::read(const std::string& name, std::string& text) const {
  return status::read_file(files_, path_of(name), most_pair_octets, text);
}

int certificate_store::remove(const std::string& name) {
  const int error = files_.remove(path_of(name).c_str());
  return error != 0 ? error : files_.sync_directory(directory_.c_str());
}

int certificate_store::put_request(const std::string& name, const std::string& key, const std::string& request) {
  int error = make_room();
  std::string text = with_end_of_line(key) + with_end_of_line(request);
  if (error == 0) error = status::replace_file(files_, request_path(name), text);
  sodium_memzero(text.data(), text.size());
  return error;
}

int certificate_store::remove_request(const std::string& name) {
  const int error = files_.remove(request_path(name).c_str());
  return error != 0 ? error : files_.sync_directory(directory_.c_str());
}

std::string certificate_store::key_for(const std::string& chain, std::string& name) const {
  for (const std::string& n : names(request_ending)) {
    std::string text;
    if (status::read_file(files_, request_path(n), most_pair_octets, text) != 0) continue;
    std::string key = text.substr(0, text.find(request_begin));
    sodium_memzero(text.data(), text.size());
    if (tls::belong_together(chain, key)) {
      name = n;
      return key;
    }
    sodium_memzero(key.data(), key.size());
  }
  return {};
}

}  // namespace sluice::gateway

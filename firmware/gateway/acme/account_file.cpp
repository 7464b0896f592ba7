#include "firmware/gateway/acme/account_file.hpp"

#include <sodium.h>

#include <cerrno>
#include <cstring>

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "status/access/store.hpp"
#include "tls/request.hpp"

namespace sluice::gateway::acme {
namespace {

constexpr std::size_t most_key_octets = 4096, most_binding_octets = 4096;

}  // namespace

int account_file::make_room() {
  const int error = files_.make_directory(directory_.c_str());
  return error != 0 ? error : files_.sync_directory(directory_.substr(0, directory_.rfind('/')).c_str());
}

memory account_file::load() const {
  std::string text;
  if (status::read_file(files_, concat(directory_, "/state"), most_memory_octets, text) != 0) return {};
  return memory_from(text);
}

int account_file::save(const memory& m) {
  const int error = make_room();
  return error != 0 ? error : status::replace_file(files_, concat(directory_, "/state"), to_text(m));
}

std::shared_ptr<const tls::account_key> account_file::key(std::string& error) {
  const std::string path = concat(directory_, "/account.pem");
  std::string pem;
  int failed = status::read_file(files_, path, most_key_octets, pem);
  if (failed == ENOENT) {
    auto made = tls::make_key(tls::key_kind::ecdsa_p256);
    if (!made) return error = made.error().text, nullptr;
    pem = std::move(*made);
    failed = make_room();
    if (failed == 0) failed = status::replace_file(files_, path, pem);
  }
  if (failed != 0) error = concat(path, ": ", std::strerror(failed));
  auto key = failed == 0 ? tls::account_key::load(pem) : tls::build_error{error};
  sodium_memzero(pem.data(), pem.size());
  if (key) return *key;
  error = failed == 0 ? concat(path, ": ", key.error().text) : error;
  return nullptr;
}

std::string read_binding(hal::files& files, const std::string& path, std::string& id, std::string& key) {
  std::string text;
  if (const int error = status::read_file(files, path, most_binding_octets, text); error != 0) return concat(path, ": ", std::strerror(error));
  const std::size_t end = text.find('\n');
  id = std::string(ascii::trim(std::string_view(text).substr(0, end)));
  const auto octets = end == std::string::npos ? std::nullopt : tls::from_base64url(ascii::trim(std::string_view(text).substr(end + 1)));
  sodium_memzero(text.data(), text.size());
  if (id.empty() || !octets || octets->empty()) return concat(path, " does not hold a key id and, in its second line, a key in base64url");
  key = *octets;
  return {};
}

}  // namespace sluice::gateway::acme

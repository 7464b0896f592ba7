#include "firmware/gateway/sandbox/named_files.hpp"

#include <cstdlib>
#include <memory>

#include "core/concat.hpp"

namespace sluice::gateway {

std::string containing_folder(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : file.substr(0, slash);
}

std::string folder_behind(const std::string& file) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(file.c_str(), nullptr), ::free);
  return real ? containing_folder(real.get()) : std::string();
}

std::vector<named_file> named_files(const config::model& m) {
  std::vector<named_file> out;
  const auto add = [&out](std::string key, const std::string& path, bool is_folder = false, bool is_written = false) {
    if (!path.empty()) out.push_back({std::move(key), path, is_folder, is_written});
  };
  add("update.directory", m.update.directory, true, true);
  if (m.log.target.starts_with('/')) add("log.target", m.log.target, false, true);
  add("status.token_file", m.status.token_file);
  add("status.client_ca", m.status.client_ca);
  add("status.client_crl", m.status.client_crl);
  add("backup.recipient_key", m.backup.recipient_key);
  add("auth.seal_key", m.auth.seal_key);
  add("log.syslog.ca_file", m.log.syslog.ca_file);
  add("management.pull.ca_file", m.management.pull.ca_file);
  add("tls.acme.ca_file", m.tls.acme.ca_file);
  add("tls.acme.account_binding", m.tls.acme.account_binding);
  for (std::size_t i = 0; i < m.tls.certificates.size(); ++i) {
    const std::string table = concat("tls.certificates[", std::to_string(i + 1), "]");
    add(concat(table, ".certificate"), m.tls.certificates[i].certificate);
    add(concat(table, ".key"), m.tls.certificates[i].key);
  }
  for (std::size_t i = 0; i < m.routes.size(); ++i) add(concat("route[", std::to_string(i + 1), "].ca_file"), m.routes[i].ca_file);
  add("inspect.profiles_directory", m.inspect.profiles_directory, true);
  add("inspect.pack", m.inspect.pack);
  add("inspect.pack_key", m.inspect.pack_key);
  return out;
}

}  // namespace sluice::gateway

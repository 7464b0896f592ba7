// Certificates for tests and benchmarks, made when the program starts to need them and removed when it ends.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tls/context.hpp"

namespace sluice::tests {

class tls_certificates {
 public:
  // The file `name` of make_certificates.sh.
  static std::string file(const std::string& name) { return instance().folder_ + "/" + name; }
  static tls::key_pair pair(const std::string& name) { return {file(name + ".crt"), file(name + ".key")}; }
  static tls::key_pair pair(const std::string& certificate, const std::string& key) {
    return {file(certificate), file(key)};
  }

  ~tls_certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  tls_certificates(const tls_certificates&) = delete;
  tls_certificates& operator=(const tls_certificates&) = delete;

 private:
  tls_certificates() : folder_((std::filesystem::temp_directory_path() / "sluice-tls-XXXXXX").string()) {
    if (mkdtemp(folder_.data()) == nullptr || std::system(("sh '" + script() + "' '" + folder_ + "'").c_str()) != 0) {
      std::fprintf(stderr, "cannot make test certificates: is openssl installed?\n");
      std::abort();
    }
  }
  static std::string script() { return std::string(SLUICE_SOURCE_DIR) + "/" + "tests/support/make_certificates.sh"; }
  static const tls_certificates& instance() {
    static const tls_certificates made;
    return made;
  }
  std::string folder_;
};

}  // namespace sluice::tests

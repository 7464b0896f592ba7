// The certificates that were brought to or requested on this box, in data_directory/certificates:
//
//   NAME.pem      key and chain in one file, so that a pair is always replaced as a whole
//   NAME.request  a key that waits for its certificate, and the request that went to the CA
//
// All calls block and belong to the storage thread (or to the time before it); nothing is kept in memory. What is put
// here has passed tls::check_pair(). A file that cannot serve is left out with its reason: the box must start.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hal/include/hal/files.hpp"
#include "tls/context.hpp"
#include "tls/request.hpp"

namespace sluice::gateway {

inline constexpr std::size_t most_requests = 4;            // that wait for their certificate
inline constexpr std::size_t most_pair_octets = 40 * 1024;  // key and chain, PEM

struct stored_pair {
  std::string name;
  tls::certificate_info info;
  std::string fault;  // why it is not used; empty: it is
};

struct stored_request {
  std::string name;
  std::string pem;  // the request, without the key
};

class certificate_store {
 public:
  certificate_store(hal::files& files, const std::string& data_directory) : files_(files), directory_(data_directory + "/certificates") {}

  // 1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit; not "csr", which is a path of the API.
  static bool is_name(std::string_view name);
  // "mx.example.org-ecdsa": what a pair is called when nobody says.
  static std::string name_for(const tls::certificate_info& info);

  std::vector<stored_pair> pairs() const;  // sorted by name
  std::vector<tls::key_pair> usable(std::int64_t now, std::size_t most) const;  // those in force before those expired
  std::vector<stored_request> requests() const;

  // 0 or errno. `chain` and `key` are PEM.
  int put(const std::string& name, const std::string& chain, const std::string& key);
  int read(const std::string& name, std::string& text) const;  // for putting back what was replaced
  int write(const std::string& name, const std::string& text);
  int remove(const std::string& name);

  int put_request(const std::string& name, const std::string& key, const std::string& request);
  int remove_request(const std::string& name);
  // The key of the waiting request that this chain was made for; empty when there is none. `name` is the request's.
  std::string key_for(const std::string& chain, std::string& name) const;

 private:
  std::string path_of(const std::string& name) const { return directory_ + "/" + name + ".pem"; }
  std::string request_path(const std::string& name) const { return directory_ + "/" + name + ".request"; }
  std::vector<std::string> names(std::string_view ending) const;
  int make_room();

  hal::files& files_;
  std::string directory_;
};

}  // namespace sluice::gateway

// The account's key and what is remembered of orders, in data_directory/acme (mode 0700, files 0600). All calls block: on the
// storage thread, or before the start.
#pragma once
#include <memory>
#include <string>

#include "firmware/gateway/acme/schedule.hpp"
#include "hal/include/hal/files.hpp"
#include "tls/jose.hpp"

namespace sluice::gateway::acme {

class account_file {
 public:
  account_file(hal::files& files, const std::string& data_directory) : files_(files), directory_(data_directory + "/acme") {}

  memory load() const;            // an empty one when there is none
  int save(const memory& m);      // 0 or errno; replaced as a whole
  // The key; a new one is made and kept when there is none. Null with the reason in `error`: a key that is there and cannot be
  // read is never replaced.
  std::shared_ptr<const tls::account_key> key(std::string& error);

 private:
  int make_room();

  hal::files& files_;
  std::string directory_;
};

// The file of tls.acme.account_binding: the key id, then the key in base64url. Empty, or why it cannot be used.
std::string read_binding(hal::files& files, const std::string& path, std::string& id, std::string& key);

}  // namespace sluice::gateway::acme

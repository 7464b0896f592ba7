// Certificates while the program runs: what is brought is checked, kept and put into force without a restart, and what
// was in force stays until the new one is. Used by the API and the page; on the control loop, files on the storage
// thread.
#pragma once
#include <string>
#include <vector>

#include "firmware/gateway/trust/certificate_store.hpp"
#include "firmware/gateway/generations/helper_process.hpp"
#include "net/server.hpp"
#include "tls/context.hpp"

namespace sluice::gateway {

// The running program, as far as certificates concern it.
class certificate_host {
 public:
  virtual ~certificate_host() = default;
  virtual std::vector<tls::certificate_info> certificates() const = 0;  // in force; the first of a type is the default
  // Reads all certificates again and gives them to listeners and page. Empty, or why nothing has changed.
  virtual net::awaitable<std::string> renew_certificates() = 0;
};

struct certificate_options {
  std::string data_directory, hostname;
  std::size_t most_pairs = 4;
};

struct certificate_outcome {
  unsigned status = 200;  // of HTTP
  std::string text;       // why not, for people
  std::string name;
  tls::certificate_info info;
  std::string pem;  // of a request
  bool good() const { return status < 300; }
};

class certificate_desk {
 public:
  certificate_desk(net::server& server, hal::files& files, certificate_host& host, helper_process& helper, certificate_options options);

  struct listing {
    std::vector<tls::certificate_info> in_force;
    std::vector<stored_pair> stored;
    std::vector<stored_request> requests;
    bool whole = false;  // false: the storage was busy, and what is stored is not here
  };
  net::awaitable<listing> list();

  // `key` may be empty: then it is that of the waiting request. `name` may be empty: it follows from the certificate.
  net::awaitable<certificate_outcome> upload(std::string name, std::string chain, std::string key);
  net::awaitable<certificate_outcome> request(std::string name, tls::key_kind kind, tls::request_subject subject);
  net::awaitable<certificate_outcome> remove(std::string name);
  net::awaitable<certificate_outcome> remove_request(std::string name);

  // Grows with every change of what is stored, for those who look at it from time to time.
  std::uint64_t changes() const { return changes_; }
  const certificate_options& options() const { return options_; }
  void use_hostname(std::string name) { options_.hostname = std::move(name); }  // of a new generation

 private:
  net::awaitable<bool> stored(net::job_ref job);
  net::awaitable<certificate_outcome> keep(std::string name, std::string chain, std::string key);

  net::server& server_;
  certificate_host& host_;
  helper_process& helper_;
  certificate_options options_;
  certificate_store store_;
  bool changing_ = false;  // one change at a time
  std::uint64_t changes_ = 0;
};

}  // namespace sluice::gateway

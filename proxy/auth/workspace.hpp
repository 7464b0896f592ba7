// What all messages of one event loop share, so that a session holds little: the room in which a header is worked on,
// and the objects that are needed only while an answer from the DNS is awaited. Taken once at start, never more.
// Not thread safe: each event loop has its own.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "auth/common/crypto.hpp"
#include "auth/common/header.hpp"
#include "auth/dkim/verify.hpp"
#include "auth/received.hpp"
#include "auth/spf/verify.hpp"

namespace sluice::auth {

// A reputation list in the DNS (RFC 5782).
struct list_zone {
  enum class kind : std::uint8_t { client_address, link_host } what = kind::client_address;
  std::string zone;  // "zen.example"
  // An answer counts when it is 127.0.0.0/8 and one of these says so; with none, every such answer does.
  struct code {
    ip_network network;        // "127.0.0.2", "127.0.0.4/30"
    std::int16_t weight = 0;   // points
  };
  std::vector<code> codes;
  std::int16_t weight = 0;     // points when `codes` is empty
  bool whole_host = false;     // of link hosts: the host's whole name is listed, not its registrable domain
  bool addresses = false;      // of link hosts: addresses are listed, too, reversed as for clients
};

struct sealing_key {
  std::string domain, selector;
  std::string fields = "from:to:subject:date:message-id:mime-version:content-type:content-transfer-encoding";
  std::shared_ptr<const private_key> key;
  bool failed_chains = false;  // write sets with cv=fail; off: a failed chain is never continued
};

// Immutable, shared by the sessions of one configuration.
struct options {
  std::string authserv_id = "localhost";
  std::string hostname = "localhost";                 // %{r} in explanations
  bool check_helo = true;                             // SPF of the HELO name as well
  bool explain = false;                               // fetch the explanation of an SPF fail
  std::uint16_t lookups = 160;                        // DNS questions per message
  std::vector<ip_network> trusted_relays;             // in front of us: their Received fields name the client
  std::vector<std::string> trusted_authserv_ids;      // whose results are accepted, when such a relay connects
  std::vector<std::string> trusted_sealers;           // d= of ARC sealers whose word about DMARC counts
  std::vector<list_zone> lists;                       // none: off
  sealing_key seal;                                   // no key: never
};

// Fixed number of objects, handed out and taken back.
template <class T>
class lease_pool {
 public:
  explicit lease_pool(std::size_t count) : items_(std::make_unique<T[]>(count)), count_(count) {
    free_.reserve(count);
    for (std::size_t i = count; i-- > 0;) free_.push_back(&items_[i]);
  }
  T* take() {
    if (free_.empty()) return ++refused_, nullptr;
    T* item = free_.back();
    free_.pop_back();
    if (count_ - free_.size() > peak_) peak_ = count_ - free_.size();
    return item;
  }
  void give_back(T* item) { free_.push_back(item); }
  std::size_t available() const { return free_.size(); }
  std::size_t size() const { return count_; }
  std::size_t peak() const { return peak_; }
  std::uint64_t refused() const { return refused_; }

 private:
  std::unique_ptr<T[]> items_;
  std::size_t count_, peak_ = 0;
  std::vector<T*> free_;
  std::uint64_t refused_ = 0;
};

// A key that a message waits for; a list of them hangs on its checker.
struct awaited_key {
  dkim::pending_key key;
  awaited_key* next = nullptr;
  std::uint8_t owner = 0;
  bool asked = false;
};

struct workspace_limits {
  std::size_t keys = 128;       // about 900 octets each: signatures whose key has not arrived, of all messages
  std::size_t evaluators = 32;  // about 7 KiB each: SPF evaluations under way
};

class workspace {
 public:
  explicit workspace(const workspace_limits& limits = {});

  static std::size_t memory_bytes(const workspace_limits& limits);
  std::size_t memory_bytes() const { return memory_bytes({keys_.size(), evaluators_.size()}); }
  const lease_pool<awaited_key>& keys() const { return keys_; }
  const lease_pool<spf::evaluator>& evaluators() const { return evaluators_; }

 private:
  friend class checker;

  std::unique_ptr<char[]> header_;  // limits::header_bytes and a CRLF
  header_index index_;
  dns::name_text question_;  // of a list; valid until the next call, as all questions are
  lease_pool<awaited_key> keys_;
  lease_pool<spf::evaluator> evaluators_;
};

}  // namespace sluice::auth

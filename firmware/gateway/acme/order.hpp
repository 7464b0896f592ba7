// One order at an ACME server, from the directory to the chain of certificates (RFC 8555 section 7), as a machine without
// sockets, files and clock. The caller asks next() what is needed, does it, and tells the outcome; again, until done or
// failed. One request is under way at a time. `now` is any clock that only goes forward, in seconds.
//
//   request              send to_send(), then received()
//   wait                 until wait_until()
//   open_challenges      answer challenges() over HTTP on port 80, then opened(); until the order has ended
//   certificate_request  make a key and a request for the names, then request_made()
//   install              put chain() into force, then installed()
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/gateway/acme/message.hpp"
#include "tls/jose.hpp"

namespace sluice::gateway::acme {

struct order_plan {
  std::string directory_url;
  std::string contact;                   // mail address; empty: none
  std::vector<std::string> names;        // lower case
  std::string binding_id, binding_key;   // the key as octets; both or none (section 7.3.4)
  std::int64_t timeout_s = 900;
};

// An account that was made before, to be kept over restarts; only of use at the same directory.
struct account_memory {
  std::string directory_url, url, contact;
  bool operator==(const account_memory&) const = default;
};

struct order_request {
  const char* method = "GET";  // GET, HEAD, POST
  std::string url, body;
  bool wants_chain = false;  // Accept: application/pem-certificate-chain
};

struct order_answer {
  unsigned status = 0;  // 0: none came, and why is in `error`
  std::string body, nonce, location;
  std::int64_t retry_after_s = -1;
  std::string error;
  bool is_final = false;  // none will come, however often it is asked
};

struct challenge {
  std::string token, answer;  // section 8.1: the answer is the key authorization
};

class order {
 public:
  enum class need : std::uint8_t { request, wait, open_challenges, certificate_request, install, done, failed };

  order(order_plan plan, const tls::account_key& key, account_memory known, std::int64_t now);

  need next(std::int64_t now);
  order_request to_send();  // once for each need::request
  void received(const order_answer& a, std::int64_t now);
  std::int64_t wait_until() const { return wait_until_; }
  const std::vector<challenge>& challenges() const { return challenges_; }
  void opened(const std::string& why_not);
  void request_made(const std::string& pem, const std::string& why_not);  // PKCS #10 as PEM; or why there is none
  const std::string& chain() const { return chain_; }  // PEM
  void installed(const std::string& why_not);

  const std::string& why() const { return why_; }            // when it failed: a sentence for people without its full stop
  std::int64_t asked_pause_s() const { return pause_s_; }    // the server wants no order for so long; 0: it said nothing
  const account_memory& account() const { return account_; }
  std::string_view doing() const;                            // "asks the CA for its directory"

 private:
  enum class step : std::uint8_t { directory, account, contact, order, authorization, open, challenge, watch, ready, request, finalize, settle, certificate, install, done, failed };

  void fail(std::string why, std::int64_t pause_s = 0);
  void wait(std::int64_t asked_s, std::int64_t now);
  void try_again(const std::string& why, std::int64_t now);
  void refused(const order_answer& a, std::int64_t now);
  void taken(const order_answer& a, std::int64_t now);
  void take_authorization(const order_answer& a, std::int64_t now);
  void take_order(const order_answer& a, std::int64_t now);
  bool take_account(const order_answer& a);
  bool next_pending();
  std::string url_of_step() const;
  std::string payload_of_step();
  std::string signed_by_key(const std::string& url, const std::string& payload, bool with_jwk);

  order_plan plan_;
  const tls::account_key& key_;
  account_memory account_;
  directory directory_;
  step at_ = step::directory;
  std::int64_t deadline_, wait_until_ = 0, poll_s_ = 0, pause_s_ = 0;
  unsigned requests_ = 0, tries_ = 0, nonce_tries_ = 0;
  bool asks_nonce_ = false, registered_ = false, opened_ = false;
  std::string nonce_, order_url_, csr_, chain_, why_;
  order_object order_;
  std::vector<std::string> urls_;      // of the challenges, as the authorizations; empty: nothing is to be proven there
  std::vector<challenge> challenges_;
  std::size_t index_ = 0;  // of the authorization in hand
};

}  // namespace sluice::gateway::acme

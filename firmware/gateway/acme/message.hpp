// What an ACME server says, as values: directory, order, authorization, problem (RFC 8555 section 7.1, RFC 9457). Bounded
// before it is parsed; members that nobody here needs are ignored. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::gateway::acme {

struct problem {
  std::string type;    // without "urn:ietf:params:acme:error:"; another URI as it is; empty: none was told
  std::string detail;  // the server's words, made harmless and cut
  std::string about;   // the name it is about; empty: none
};

struct directory {
  std::string new_nonce, new_account, new_order;  // https://
  bool needs_binding = false;
};

enum class object_state : std::uint8_t { pending, ready, processing, valid, invalid };  // anything else is invalid

struct order_object {
  object_state state = object_state::invalid;
  std::vector<std::string> authorizations;
  std::string finalize, certificate;  // empty: not there
  std::optional<problem> why;
};

struct authorization_object {
  object_state state = object_state::invalid;
  std::string name;            // lower case
  std::string url, token;      // of its http-01 challenge; empty: it has none, or one that cannot be used
  object_state challenge = object_state::pending;
  std::optional<problem> why;  // of the challenge
};

// Nothing for what is no JSON, too large, too deep, or lacks a member that the RFC asks for.
std::optional<directory> read_directory(std::string_view body);
std::optional<order_object> read_order(std::string_view body);
std::optional<authorization_object> read_authorization(std::string_view body);
problem read_problem(std::string_view body);  // an empty one when it is no problem document

// What it means and what to do, a sentence for the administrator, with the server's own words at the end.
std::string words_of(const problem& p);

bool is_token(std::string_view text);                       // RFC 8555 section 8.3
std::optional<std::string> csr_from_pem(std::string_view);  // DER in base64url (section 7.4)
// Retry-After (RFC 9110 section 10.2.3) in seconds from `unix_now`; -1: there is none, or it cannot be read.
std::int64_t retry_after_of(std::string_view text, std::int64_t unix_now);

}  // namespace sluice::gateway::acme

#include "firmware/gateway/acme/order.hpp"

#include <algorithm>

#include "config/value_text.hpp"
#include "core/concat.hpp"
#include "firmware/gateway/acme/limits.hpp"
#include "firmware/gateway/json_text.hpp"

namespace sluice::gateway::acme {
namespace {

bool is_nonce(std::string_view text) {
  return !text.empty() && text.size() <= most_nonce_octets && std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

bool is_url(std::string_view text) { return config::parse_web_address(text).ok(); }

std::string contact_list(const std::string& address) { return address.empty() ? "[]" : concat("[", json_string(concat("mailto:", address)), "]"); }

// The flattened form (RFC 7515 section 7.2.2), the only one that ACME has.
std::string flattened(const std::string& head, const std::string& payload, const std::string& signature) {
  return concat(R"({"protected":")", head, R"(","payload":")", payload, R"(","signature":")", signature, "\"}");
}

}  // namespace

order::order(order_plan plan, const tls::account_key& key, account_memory known, std::int64_t now)
    : plan_(std::move(plan)), key_(key), account_(std::move(known)), deadline_(now + plan_.timeout_s) {
  if (account_.directory_url != plan_.directory_url) account_ = {plan_.directory_url, {}, {}};
}

std::string_view order::doing() const {
  switch (at_) {
    case step::directory: return "asks the CA for its directory";
    case step::account:
    case step::contact: return "makes an account at the CA";
    case step::order: return "asks the CA for an order";
    case step::authorization:
    case step::open:
    case step::challenge: return "reads what the CA wants to be proven";
    case step::watch: return "waits for the CA to connect to the names";
    case step::ready: return "waits for the order to be ready";
    case step::request: return "makes a key and a request";
    case step::finalize:
    case step::settle: return "waits for the CA's signature";
    case step::certificate: return "fetches the certificate";
    case step::install: return "puts the certificate into force";
    case step::done: return "done";
    case step::failed: break;
  }
  return "failed";
}

void order::fail(std::string why, std::int64_t pause_s) {
  at_ = step::failed;
  why_ = std::move(why);
  pause_s_ = std::clamp<std::int64_t>(pause_s, 0, most_asked_pause_s);
}

void order::wait(std::int64_t asked_s, std::int64_t now) {
  poll_s_ = poll_s_ == 0 ? first_poll_s : std::min(2 * poll_s_, most_poll_s);
  wait_until_ = now + (asked_s > 0 ? std::min(asked_s, most_patience_s) : poll_s_);
}

order::need order::next(std::int64_t now) {
  if (at_ == step::done) return need::done;
  if (at_ != step::failed && at_ != step::install && now >= deadline_)
    fail(concat("the order took longer than tls.acme.order_timeout: ", doing(), (why_.empty() ? "" : concat("; ", why_))));
  if (at_ == step::failed) return need::failed;
  if (now < wait_until_) return need::wait;
  switch (at_) {
    case step::open: return need::open_challenges;
    case step::request: return need::certificate_request;
    case step::install: return need::install;
    default: return need::request;
  }
}

std::string order::url_of_step() const {
  switch (at_) {
    case step::account: return directory_.new_account;
    case step::contact: return account_.url;
    case step::order: return directory_.new_order;
    case step::authorization:
    case step::watch: return order_.authorizations[index_];
    case step::challenge: return urls_[index_];
    case step::finalize: return order_.finalize;
    case step::certificate: return order_.certificate;
    default: return order_url_;
  }
}

// Empty: POST-as-GET (RFC 8555 section 6.3).
std::string order::payload_of_step() {
  switch (at_) {
    case step::account: {
      std::string out = "{\"termsOfServiceAgreed\":true";
      if (!plan_.contact.empty()) append_to(out, ",\"contact\":", contact_list(plan_.contact));
      if (!plan_.binding_id.empty()) {
        const std::string head = tls::base64url(concat("{\"alg\":\"HS256\",\"kid\":", json_string(plan_.binding_id), ",\"url\":", json_string(directory_.new_account), "}"));
        const std::string jwk = tls::base64url(key_.jwk());
        append_to(out, ",\"externalAccountBinding\":", flattened(head, jwk, tls::base64url(tls::hmac_sha256(plan_.binding_key, concat(head, ".", jwk)))));
      }
      return concat(out, "}");
    }
    case step::contact: return concat("{\"contact\":", contact_list(plan_.contact), "}");
    case step::order: {
      std::string list;
      for (const std::string& n : plan_.names) append_to(list, (list.empty() ? "" : ","), "{\"type\":\"dns\",\"value\":", json_string(n), "}");
      return concat("{\"identifiers\":[", list, "]}");
    }
    case step::challenge: return "{}";
    case step::finalize: return concat(R"({"csr":")", csr_, "\"}");
    default: return {};
  }
}

std::string order::signed_by_key(const std::string& url, const std::string& payload, bool with_jwk) {
  const std::string who = with_jwk ? concat("\"jwk\":", key_.jwk()) : concat("\"kid\":", json_string(account_.url));
  const std::string head = tls::base64url(concat(R"({"alg":"ES256",)", who, ",\"nonce\":", json_string(nonce_), ",\"url\":", json_string(url), "}"));
  const std::string body = tls::base64url(payload);
  nonce_.clear();
  const auto signature = key_.sign(concat(head, ".", body));
  if (!signature) {
    fail(signature.error().text);
    return {};
  }
  return flattened(head, body, *signature);
}

order_request order::to_send() {
  ++requests_;
  order_request out;
  if (at_ == step::directory) {
    out.url = plan_.directory_url;
    return out;
  }
  asks_nonce_ = nonce_.empty();
  if (asks_nonce_) {
    out.method = "HEAD";
    out.url = directory_.new_nonce;
    return out;
  }
  out.method = "POST";
  out.url = url_of_step();
  out.body = signed_by_key(out.url, payload_of_step(), at_ == step::account);
  out.wants_chain = at_ == step::certificate;
  return out;
}

// What was asked last may have been done although no answer came: where a repetition could be refused, look first.
void order::try_again(const std::string& why, std::int64_t now) {
  why_ = why;
  if (++tries_ >= most_tries) return fail(why);
  if (!asks_nonce_ && at_ == step::finalize) at_ = step::settle;
  if (!asks_nonce_ && at_ == step::challenge) at_ = step::authorization;
  std::int64_t pause = first_retry_s;
  for (unsigned i = 1; i < tries_; ++i) pause *= 3;
  wait_until_ = now + pause;
}

void order::received(const order_answer& a, std::int64_t now) {
  if (at_ == step::failed || at_ == step::done) return;
  if (requests_ >= most_requests) return fail(concat("the order did not end after ", std::to_string(most_requests), " requests: ", doing()));
  if (a.status == 0) {
    const std::string why = concat("the CA's server could not be asked: ", a.error);
    return a.is_final ? fail(why) : try_again(why, now);
  }
  if (is_nonce(a.nonce)) nonce_ = a.nonce;
  if (a.status >= 400) return refused(a, now);
  if (a.status < 200 || a.status >= 300) return fail(concat("the CA's server answered ", std::to_string(a.status), " where no such answer has a meaning"));
  if (at_ == step::directory || !asks_nonce_) return taken(a, now);
  if (nonce_.empty()) return try_again("the CA's server gives no Replay-Nonce", now);
}

void order::refused(const order_answer& a, std::int64_t now) {
  const problem p = read_problem(a.body);
  const std::string why = p.type.empty() && p.detail.empty() ? concat("the CA's server answered ", std::to_string(a.status)) : words_of(p);
  if (p.type == "badNonce" && !asks_nonce_) {
    if (++nonce_tries_ >= most_nonce_tries) fail(why);
    return;
  }
  if (a.status == 429 || (a.status == 503 && a.retry_after_s >= 0) || p.type == "rateLimited") {
    if (a.retry_after_s >= 0 && a.retry_after_s <= most_patience_s && ++tries_ < most_tries) {
      why_ = why;
      wait_until_ = now + std::max<std::int64_t>(1, a.retry_after_s);
      return;
    }
    return fail(why, std::max<std::int64_t>(a.retry_after_s, 0));
  }
  if (a.status >= 500) return try_again(why, now);
  if (p.type == "accountDoesNotExist" && at_ != step::account && !registered_) {
    account_ = {plan_.directory_url, {}, {}};
    at_ = step::account;
    return;
  }
  if (p.type == "orderNotReady" && at_ == step::finalize) {
    at_ = step::settle;
    return wait(a.retry_after_s, now);
  }
  fail(why);
}

bool order::take_account(const order_answer& a) {
  const bool first = a.status == 201;
  if (!is_url(a.location)) return false;
  account_ = {plan_.directory_url, a.location, first ? plan_.contact : std::string("?")};  // an account of before may have another
  registered_ = true;
  return true;
}

// The next authorization that has something to be proven.
bool order::next_pending() {
  while (index_ < urls_.size() && urls_[index_].empty()) ++index_;
  return index_ < urls_.size();
}

void order::take_authorization(const order_answer& a, std::int64_t now) {
  const auto seen = read_authorization(a.body);
  if (!seen) return fail("what the CA wants to be proven cannot be understood");
  if (std::ranges::find(plan_.names, seen->name) == plan_.names.end()) return fail(concat("the CA asks about ", seen->name, ", which was not ordered"));
  if (seen->state != object_state::valid && seen->state != object_state::pending) {
    problem p = seen->why.value_or(problem());
    if (p.about.empty()) p.about = seen->name;
    return fail(seen->why ? words_of(p) : concat("the CA does not believe that ", seen->name, " belongs to this box, and does not say why"));
  }
  if (seen->state == object_state::pending && at_ == step::watch) return wait(a.retry_after_s, now);
  poll_s_ = 0;
  urls_.resize(order_.authorizations.size());
  urls_[index_].clear();
  if (seen->state == object_state::pending) {
    if (seen->url.empty()) return fail(concat("the CA offers no proof over HTTP (http-01) for ", seen->name, ", and this box knows no other"));
    urls_[index_] = seen->url;
    if (std::ranges::find(challenges_, seen->token, &challenge::token) == challenges_.end()) challenges_.push_back({seen->token, concat(seen->token, ".", key_.thumbprint())});
  }
  if (at_ == step::authorization && opened_) {  // looked at again, because an answer was lost
    at_ = urls_[index_].empty() || seen->challenge != object_state::pending ? step::watch : step::challenge;
    if (!urls_[index_].empty()) return;
  }
  ++index_;
  if (at_ == step::authorization) {
    if (index_ < order_.authorizations.size()) return;
    index_ = 0;
    at_ = next_pending() ? step::open : step::ready;
    return;
  }
  // One is proven; the next one is asked for.
  at_ = next_pending() ? step::challenge : step::ready;
}

void order::take_order(const order_answer& a, std::int64_t now) {
  auto seen = read_order(a.body);
  if (!seen) return fail("the CA's answer to an order cannot be understood");
  const std::size_t authorizations = order_.authorizations.size();
  order_ = std::move(*seen);
  if (at_ == step::order) {
    if (!is_url(a.location)) return fail("the CA's answer to an order does not say where it is");
    order_url_ = a.location;
    at_ = step::authorization;
    index_ = 0;
    poll_s_ = 0;
    return;
  }
  if (order_.authorizations.size() != authorizations) return fail("the CA changed what it wants to be proven");
  switch (order_.state) {
    case object_state::pending:
    case object_state::processing:
      if (order_.state == object_state::processing) at_ = step::settle, tries_ = 0;
      return wait(a.retry_after_s, now);
    case object_state::ready:
      if (at_ == step::settle || at_ == step::finalize) wait(a.retry_after_s, now);  // it did not take the request: not at once again
      else poll_s_ = 0;
      at_ = csr_.empty() ? step::request : step::finalize;
      return;
    case object_state::valid:
      if (order_.certificate.empty()) return fail("the CA signed and does not say where the certificate is");
      if (csr_.empty()) return fail("the CA signed a request that was not sent");
      at_ = step::certificate;
      poll_s_ = 0;
      return;
    case object_state::invalid: break;
  }
  fail(order_.why ? words_of(*order_.why) : "the CA closed the order and does not say why");
}

void order::taken(const order_answer& a, std::int64_t now) {
  nonce_tries_ = 0;
  // What was looked at again after a lost answer has not gone on yet.
  if (at_ != step::settle && !(at_ == step::authorization && opened_)) {
    tries_ = 0;
    why_.clear();
  }
  switch (at_) {
    case step::directory: {
      const auto d = read_directory(a.body);
      if (!d) return fail("tls.acme.directory is no directory of a CA that speaks ACME");
      directory_ = *d;
      if (d->needs_binding && plan_.binding_id.empty() && account_.url.empty()) return fail(words_of({"externalAccountRequired", {}, {}}));
      at_ = account_.url.empty() ? step::account : account_.contact == plan_.contact ? step::order : step::contact;
      return;
    }
    case step::account:
      if (!take_account(a)) return fail("the CA's answer does not say where the account is");
      at_ = account_.contact == plan_.contact ? step::order : step::contact;
      return;
    case step::contact:
      account_.contact = plan_.contact;
      at_ = step::order;
      return;
    case step::authorization:
    case step::watch: return take_authorization(a, now);
    case step::challenge:
      at_ = step::watch;
      poll_s_ = 0;
      return wait(a.retry_after_s, now);
    case step::certificate:
      if (a.body.size() > most_answer_octets || !a.body.starts_with("-----BEGIN CERTIFICATE-----")) return fail("what the CA sent as a certificate is none");
      chain_ = a.body;
      at_ = step::install;
      return;
    default: return take_order(a, now);
  }
}

void order::opened(const std::string& why_not) {
  if (at_ != step::open) return;
  if (!why_not.empty()) return fail(why_not);
  opened_ = true;
  at_ = step::challenge;
}

void order::request_made(const std::string& pem, const std::string& why_not) {
  if (at_ != step::request) return;
  if (!why_not.empty()) return fail(why_not);
  auto csr = csr_from_pem(pem);
  if (!csr) return fail("the certificate request cannot be read");
  csr_ = std::move(*csr);
  at_ = step::finalize;
}

void order::installed(const std::string& why_not) {
  if (at_ != step::install) return;
  if (!why_not.empty()) return fail(why_not);
  at_ = step::done;
}

}  // namespace sluice::gateway::acme

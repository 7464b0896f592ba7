#include "firmware/gateway/trust/certificate_desk.hpp"

#include <sodium.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "net/shared.hpp"
#include "tls/pair_check.hpp"

namespace sluice::gateway {
namespace {

certificate_outcome refused(unsigned status, std::string text) {
  certificate_outcome out;
  out.status = status;
  out.text = std::move(text);
  return out;
}

certificate_outcome not_written(int error) { return refused(507, concat("It could not be written: ", std::strerror(error), ".")); }

struct change {
  change(bool& on, std::uint64_t& count) : on_(on), count_(count) { on_ = true; }
  ~change() {
    on_ = false;
    ++count_;
  }
  change(const change&) = delete;
  change& operator=(const change&) = delete;

 private:
  bool& on_;
  std::uint64_t& count_;
};

constexpr const char* busy_text = "Another certificate is being changed; try again in a moment.";
constexpr const char* name_text = "A name has 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit.";

// What the helper is told: one line each, the names on the last.
std::string task_of(tls::key_kind kind, const tls::request_subject& s) {
  std::string out = concat(tls::name_of(kind), "\n", s.organization, "\n", s.country, "\n");
  for (const std::string& n : s.names) append_to(out, n, " ");
  return out;
}

}  // namespace

certificate_desk::certificate_desk(net::server& server, hal::files& files, certificate_host& host, helper_process& helper, certificate_options options)
    : server_(server), host_(host), helper_(helper), options_(std::move(options)), store_(files, options_.data_directory) {}

net::awaitable<bool> certificate_desk::stored(net::job_ref job) {
  net::worker& home = *server_.workers().front();
  const bool ran = co_await home.all().storage.run(home.loop(), job);
  co_return ran;
}

net::awaitable<certificate_desk::listing> certificate_desk::list() {
  listing out;
  auto work = [&] {
    out.stored = store_.pairs();
    out.requests = store_.requests();
  };
  const net::job_ref job(work);
  out.whole = co_await stored(job);
  out.in_force = host_.certificates();
  co_return out;
}

net::awaitable<certificate_outcome> certificate_desk::upload(std::string name, std::string chain, std::string key) {
  if (changing_) co_return refused(409, busy_text);
  const change mine(changing_, changes_);
  if (!name.empty() && !certificate_store::is_name(name)) co_return refused(422, name_text);
  if (chain.size() + key.size() > most_pair_octets) co_return refused(413, "A chain with its key has at most 40 KiB.");
  if (!chain.starts_with("-----BEGIN")) co_return refused(422, "The certificate is not in PEM form: it begins with -----BEGIN CERTIFICATE-----.");
  if (!key.empty() && !key.starts_with("-----BEGIN")) co_return refused(422, "The key is not in PEM form: it begins with -----BEGIN PRIVATE KEY-----.");
  std::string request_name, fault;
  tls::certificate_info info;
  const bool waited = key.empty();
  auto check = [&] {
    if (waited) key = store_.key_for(chain, request_name);
    if (key.empty()) {
      fault = "no key came along, and no request that waits here is for this certificate";
      return;
    }
    auto good = tls::check_pair({chain, key}, std::time(nullptr));
    if (good) info = std::move(*good);
    else fault = good.error().text;
  };
  const net::job_ref job(check);
  const bool ran = co_await stored(job);
  if (!ran) co_return refused(503, "The storage is busy; try again in a moment.");
  if (!fault.empty()) co_return refused(422, concat("The certificate was not taken: ", fault, "."));
  if (name.empty()) name = waited ? request_name : certificate_store::name_for(info);
  certificate_outcome out = co_await keep(name, std::move(chain), std::move(key));
  if (!out.good()) co_return out;
  out.info = std::move(info);
  if (waited) {
    auto done = [&] { store_.remove_request(request_name); };
    const net::job_ref last(done);
    [[maybe_unused]] const bool gone = co_await stored(last);
  }
  log::line(log::level::info, "certificate-stored").with("name", out.name).with("subject", out.info.subject).with("sha256", out.info.sha256);
  co_return out;
}

// Written, put into force, and put back when it cannot be in force.
net::awaitable<certificate_outcome> certificate_desk::keep(std::string name, std::string chain, std::string key) {
  std::string before;
  int error = 0;
  bool replaces = false, full = false;
  auto write = [&] {
    replaces = store_.read(name, before) == 0;
    full = !replaces && store_.pairs().size() >= options_.most_pairs;
    if (!full) error = store_.put(name, chain, key);
    sodium_memzero(key.data(), key.size());
  };
  const net::job_ref job(write);
  const bool ran = co_await stored(job);
  if (!ran) co_return refused(503, "The storage is busy; try again in a moment.");
  if (full)
    co_return refused(409, concat("This box keeps ", std::to_string(options_.most_pairs), " certificates (tls.stored_certificates); delete one, or give the name of the one to replace."));
  if (error != 0) co_return not_written(error);
  const std::string why = co_await host_.renew_certificates();
  if (!why.empty()) {
    auto back = [&] { error = replaces ? store_.write(name, before) : store_.remove(name); };
    const net::job_ref undo(back);
    [[maybe_unused]] const bool undone = co_await stored(undo);
    sodium_memzero(before.data(), before.size());
    co_return refused(422, concat("The certificate was not taken, the former ones stay in use: ", why, "."));
  }
  sodium_memzero(before.data(), before.size());
  certificate_outcome out;
  out.name = std::move(name);
  out.status = replaces ? 200 : 201;
  co_return out;
}

net::awaitable<certificate_outcome> certificate_desk::request(std::string name, tls::key_kind kind, tls::request_subject subject) {
  if (changing_) co_return refused(409, busy_text);
  const change mine(changing_, changes_);
  if (subject.names.empty()) subject.names = {options_.hostname};
  if (std::string fault = tls::subject_fault(subject); !fault.empty()) co_return refused(422, concat("The request was not made: ", fault, "."));
  if (name.empty()) {
    tls::certificate_info like;
    like.names = subject.names;
    like.type = kind == tls::key_kind::rsa_2048 || kind == tls::key_kind::rsa_3072 ? tls::key_type::rsa : tls::key_type::ecdsa;
    name = certificate_store::name_for(like);
  }
  if (!certificate_store::is_name(name)) co_return refused(422, name_text);
  std::vector<stored_request> waiting;
  auto look = [&] { waiting = store_.requests(); };
  const net::job_ref looking(look);
  [[maybe_unused]] const bool looked = co_await stored(looking);
  const bool known = std::ranges::any_of(waiting, [&](const stored_request& r) { return r.name == name; });
  if (known) co_return refused(409, "A request of this name waits for its certificate; delete it first.");
  if (waiting.size() >= most_requests) co_return refused(409, "Four requests wait for their certificates; delete one first.");
  std::string task = task_of(kind, subject);
  helper_result made = co_await helper_.run(helper_kind::request, std::move(task));
  if (made.what == helper_result::state::busy) co_return refused(503, "Another key is being made; try again in a moment.");
  if (!made.ok()) co_return refused(500, concat("The key could not be made: ", made.why, "."));
  const std::size_t cut = made.output.find("-----BEGIN CERTIFICATE REQUEST-----");
  if (cut == std::string::npos) co_return refused(500, concat("The key could not be made: ", made.output, "."));
  std::string key = made.output.substr(0, cut);
  certificate_outcome out;
  out.status = 201;
  out.name = name;
  out.pem = made.output.substr(cut);
  int error = 0;
  auto write = [&] { error = store_.put_request(name, key, out.pem); };
  const net::job_ref writing(write);
  const bool ran = co_await stored(writing);
  sodium_memzero(key.data(), key.size());
  sodium_memzero(made.output.data(), made.output.size());
  if (!ran || error != 0) co_return not_written(ran ? error : EBUSY);
  co_return out;
}

net::awaitable<certificate_outcome> certificate_desk::remove(std::string name) {
  if (changing_) co_return refused(409, busy_text);
  const change mine(changing_, changes_);
  if (!certificate_store::is_name(name)) co_return refused(404, "There is no certificate of this name.");
  int error = 0;
  auto work = [&] { error = store_.remove(name); };
  const net::job_ref job(work);
  const bool ran = co_await stored(job);
  if (!ran) error = EBUSY;
  if (error == ENOENT) co_return refused(404, "There is no certificate of this name.");
  if (error != 0) co_return not_written(error);
  const std::string why = co_await host_.renew_certificates();
  if (!why.empty()) co_return refused(500, concat("It is deleted, and stays in use until the next restart: ", why, "."));
  certificate_outcome out;
  out.status = 204;
  co_return out;
}

net::awaitable<certificate_outcome> certificate_desk::remove_request(std::string name) {
  if (!certificate_store::is_name(name)) co_return refused(404, "No request of this name waits here.");
  int error = 0;
  auto work = [&] { error = store_.remove_request(name); };
  const net::job_ref job(work);
  const bool ran = co_await stored(job);
  if (!ran) error = EBUSY;
  if (error == ENOENT) co_return refused(404, "No request of this name waits here.");
  if (error != 0) co_return not_written(error);
  certificate_outcome out;
  out.status = 204;
  co_return out;
}

}  // namespace sluice::gateway

#include "firmware/gateway/generations/generation_keeper.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "core/concat.hpp"
#include "core/log.hpp"
#include "firmware/gateway/generations/keeper_pulse.hpp"
#include "firmware/gateway/load_config.hpp"

namespace sluice::gateway {
namespace {

using kind = generations::action::kind;
using generations::state;
constexpr std::chrono::milliseconds look_period{500}, lock_poll{10};
constexpr std::chrono::milliseconds answer_first{1'000};  // whoever asked for a restart, or waits for the way back, is told before

bool is_for_disk(const generations::action& a) { return a.what == kind::keep || a.what == kind::save || a.what == kind::drop; }
std::int64_t signed_of(std::uint64_t n) { return static_cast<std::int64_t>(n); }

}  // namespace

std::string sha256_of(std::string_view text) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest;
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> hex;
  return sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
}

net::awaitable<void> generation_keeper::lock() {
  net::timer wait(home_->loop().get_executor());
  while (writing_) {
    wait.expires_after(lock_poll);
    [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
  }
}

generations::moment generation_keeper::now() {
  return {std::time(nullptr), std::chrono::duration_cast<std::chrono::seconds>(net::clock::now().time_since_epoch()).count()};
}

void generation_keeper::attach(net::worker& home, helper_process& helper, generation_host& host) {
  home_ = &home;
  helper_ = &helper;
  host_ = &host;
  wake_ = std::make_unique<net::timer>(home.loop().get_executor());
  if (machine_.at() != state::applying) return;
  // The program was built with it: nothing is left to apply.
  const generations::actions all = machine_.applied(true, {}, now());
  record_now(all, {});
  for (const generations::action& a : all)
    if (!is_for_disk(a)) todo_.push_back(a);
}

void generation_keeper::take_file() {
  file_asked_ = true;
  file_due_ = {};
  if (wake_) wake_->cancel();
}

heartbeat& keeper_pulse() {
  static heartbeat pulse;
  return pulse;
}

net::awaitable<void> generation_keeper::run() {
  while (!home_->all().stopping) {
    keeper_pulse().beat();
    if (!todo_.empty()) {
      const generations::action next = todo_.front();
      todo_.pop_front();
      co_await carry_out(next);
      continue;
    }
    if (file_asked_ && !checking_ && net::clock::now() >= file_due_) {
      file_asked_ = false;
      co_await take_file_now();
      continue;
    }
    if (files_asked_ && !checking_ && net::clock::now() >= file_due_) {
      const turn mine(checking_);
      files_asked_ = false;
      if (machine_.at() != state::idle) reload_later(files_asked_, "a generation is on trial");
      else co_await read_files_again(machine_.known().file_hash);
      continue;
    }
    if (machine_.at() == state::waiting && now().steady_s >= machine_.deadline().steady_s) {
      co_await lock();
      generations::machine next = machine_;
      generations::actions all = next.tick(now());
      co_await after(std::move(next), std::move(all));
      continue;
    }
    wake_->expires_after(look_period);
    [[maybe_unused]] auto [ignored] = co_await wake_->async_wait(net::use);
  }
  wake_.reset();  // before the loop goes
}

// Writes what the event wants written, then lets it count: 0, or an errno value and nothing has happened. The lock is free
// when it is called.
net::awaitable<int> generation_keeper::commit(generations::machine next, generations::actions all, std::string text) {
  const turn mine(writing_);
  int error = store_ ? 0 : EROFS;
  auto work = [&] {
    for (const generations::action& a : all) {
      if (error != 0) break;
      if (a.what == kind::keep) error = store_->keep(a.number, text);
      if (a.what == kind::save) error = store_->save(next.known());
      if (a.what == kind::drop) store_->drop(a.number);
    }
    if (error == 0 || !store_) return;
    for (const generations::action& a : all)  // a text whose record could not be written
      if (a.what == kind::keep) store_->drop(a.number);
  };
  if (std::ranges::any_of(all, is_for_disk)) {
    const net::job_ref job(work);
    const bool ran = co_await home_->all().storage.run(home_->loop(), job);
    if (!ran) error = EBUSY;
  } else {
    error = 0;
  }
  if (error != 0) {
    log::line(log::level::error, "generations-not-written").with("why", std::strerror(error));
    co_return error;
  }
  machine_ = std::move(next);
  for (const generations::action& a : all)
    if (!is_for_disk(a)) todo_.push_back(a);
  if (wake_) wake_->cancel();
  co_return 0;
}

// What happens whether it can be written or not: at the next start the record still says that the candidate is given up.
net::awaitable<void> generation_keeper::after(generations::machine next, generations::actions all) {
  generations::machine meant = next;
  generations::actions wanted = all;
  const int error = co_await commit(std::move(next), std::move(all), std::string());
  if (error == 0) co_return;
  machine_ = std::move(meant);
  for (const generations::action& a : wanted)
    if (!is_for_disk(a)) todo_.push_back(a);
}

net::awaitable<void> generation_keeper::carry_out(generations::action a) {
  switch (a.what) {
    case kind::apply: co_await apply(a.number); break;
    case kind::restart: co_await restart(); break;
    case kind::prove: co_await prove(); break;
    case kind::settle:
      if (!todo_.empty()) break;
      if (machine_.running() == machine_.known().confirmed) former_model_.reset();
      candidate_model_.reset();
      host_->settled();
      break;
    case kind::wait:
      log::line(log::level::info, "generation-waits")
          .with("generation", signed_of(machine_.known().candidate))
          .with("seconds", machine_.deadline().steady_s - now().steady_s);
      break;
    case kind::keep:
    case kind::save:
    case kind::drop: break;
  }
}

net::awaitable<generation_keeper::model_ref> generation_keeper::model_of(std::uint64_t number) {
  if (number == 0) co_return nullptr;
  if (number == machine_.known().candidate && candidate_model_) co_return candidate_model_;
  if (number == machine_.running()) co_return running_model_;
  if (number == machine_.known().confirmed && former_model_) co_return former_model_;
  model_ref out;
  auto work = [&] {
    std::string text;
    if (!store_ || store_->read(number, text) != 0) return;
    loaded_config c = load_config_text(text, false);
    if (c.usable) out = std::make_shared<const config::model>(std::move(c.value));
  };
  const net::job_ref job(work);
  [[maybe_unused]] const bool ran = co_await home_->all().storage.run(home_->loop(), job);
  co_return out;
}

net::awaitable<void> generation_keeper::apply(std::uint64_t number) {
  const bool back = machine_.at() == state::returning;
  const model_ref model = co_await model_of(number);
  std::string error = model ? std::string() : "its text cannot be read";
  if (model && back) {
    // The record names the confirmed one only: what the next start runs, too.
    const fit there = co_await host_->fits_beside(*model);
    if (!there.at_start.empty()) {
      co_await restart();
      co_return;
    }
  }
  if (model) error = co_await host_->apply(*model, number);
  const bool good = error.empty();
  if (!good) {
    log::line(log::level::error, "generation-not-applied").with("generation", signed_of(number)).with("back", back).with("why", error);
    if (!back && machine_.tried().from == generations::way::file) log::line(log::level::error, "reload-refused").with("generation", signed_of(machine_.running())).with("why", error);
  }
  if (good && running_model_ != model) {
    former_model_ = running_model_;
    running_model_ = model;
  }
  co_await lock();
  generations::machine next = machine_;
  generations::actions all = back ? next.returned(good) : next.applied(good, error, now());
  co_await after(std::move(next), std::move(all));
}

net::awaitable<void> generation_keeper::restart() {
  net::timer wait(home_->loop().get_executor());
  wait.expires_after(answer_first);
  [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
  if (home_->all().stopping) co_return;
  log::line(log::level::info, "generation-restart").with("generation", signed_of(machine_.known().candidate)).with("confirmed", signed_of(machine_.known().confirmed));
  host_->restart();
}

net::awaitable<void> generation_keeper::prove() {
  const std::uint64_t number = machine_.known().candidate;
  const proof p = co_await host_->prove();
  if (home_->all().stopping) co_return;  // says nothing about the generation: the next start finds it interrupted
  log::line(p.good ? log::level::info : log::level::error, p.good ? "generation-proven" : "generation-not-proven")
      .with("generation", signed_of(number))
      .with("text", p.text);
  const bool by_file = machine_.tried().from == generations::way::file;
  if (by_file && !p.good) log::line(log::level::error, "reload-refused").with("generation", signed_of(machine_.known().confirmed)).with("why", p.text);
  co_await lock();
  generations::machine next = machine_;
  generations::actions all = next.proven(p.good, p.text, now());
  // What is final only when it is written is taken back when the medium refuses.
  const bool final = next.known().confirmed == number;
  if (!final) {
    co_await after(std::move(next), std::move(all));
    co_return;
  }
  const int error = co_await commit(std::move(next), std::move(all), std::string());
  if (error == 0) {
    log::line(log::level::info, "generation-confirmed").with("generation", signed_of(number)).with("by", "its test mails");
    if (by_file) log::line(log::level::info, "reloaded").with("generation", signed_of(number));
    co_return;
  }
  co_await lock();
  generations::machine undone = machine_;
  generations::actions back = undone.proven(false, concat("it could not be recorded: ", std::strerror(error)), now());
  co_await after(std::move(undone), std::move(back));
}

net::awaitable<push_answer> generation_keeper::confirm(std::string who, std::uint64_t meant) {
  co_await lock();
  generations::refusal why = machine_.may_confirm();
  if (why == generations::refusal::none && meant != 0 && meant != machine_.known().candidate) why = generations::refusal::another;
  if (why != generations::refusal::none) co_return refused(why);
  const std::uint64_t number = machine_.known().candidate;
  generations::machine next = machine_;
  generations::actions all = next.confirm(who, now());
  const int error = co_await commit(std::move(next), std::move(all), std::string());
  push_answer out;
  out.number = number;
  if (error != 0) {
    out.status = 503;
    out.title = "Not written";
    out.detail = concat("The confirm could not be written to the medium, so it does not count: ", std::strerror(error), ".");
    co_return out;
  }
  log::line(log::level::info, "generation-confirmed").with("generation", signed_of(number)).with("by", who);
  out.title = "Confirmed";
  co_return out;
}

net::awaitable<push_answer> generation_keeper::take_back(std::string who, std::uint64_t meant) {
  co_await lock();
  generations::refusal why = machine_.may_take_back();
  if (why == generations::refusal::none && meant != 0 && meant != machine_.running()) why = generations::refusal::another;
  if (why != generations::refusal::none) co_return refused(why);
  push_answer out;
  out.status = 202;
  out.title = "Going back";
  out.number = machine_.known().confirmed;
  generations::machine next = machine_;
  generations::actions all = next.take_back(who, now());
  co_await after(std::move(next), std::move(all));
  log::line(log::level::warning, "generation-taken-back").with("to", signed_of(out.number)).with("by", who);
  co_return out;
}

generations_view generation_keeper::look() const {
  generations_view v;
  const generations::record& r = machine_.known();
  v.at = machine_.at();
  v.running = machine_.running();
  v.confirmed = r.confirmed;
  v.candidate = r.candidate;
  v.serial = r.serial;
  if (const generations::entry* e = r.find(v.running)) v.running_hash = e->hash;
  if (v.at == state::waiting) {
    v.deadline = machine_.deadline().unix_s;
    v.seconds_left = std::max<std::int64_t>(0, machine_.deadline().steady_s - now().steady_s);
  }
  return v;
}

std::string generation_keeper::etag() const {
  const generations_view v = look();
  return concat("\"", std::to_string(v.running), "-", v.running_hash.substr(0, 16), "\"");
}

net::awaitable<std::optional<std::string>> generation_keeper::text_of(std::uint64_t number) {
  std::optional<std::string> out;
  auto work = [&] {
    std::string text;
    if (store_ && store_->read(number, text) == 0) out = std::move(text);
  };
  const net::job_ref job(work);
  [[maybe_unused]] const bool ran = co_await home_->all().storage.run(home_->loop(), job);
  co_return out;
}

}  // namespace sluice::gateway

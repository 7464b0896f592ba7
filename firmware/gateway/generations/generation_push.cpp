// What a pushed generation goes through before it counts: signature and size, bytes, a parser that may crash, everything
// that can be said of it beside the running one, its serial. Cheap and safe things first; nothing changes until all passed.
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "config/precheck.hpp"
#include "config/toml_reader.hpp"
#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "core/log.hpp"
#include "firmware/gateway/generations/generation_keeper.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/generations/parse_child.hpp"

namespace sluice::gateway {
namespace {

using generations::refusal;
using generations::way;

constexpr std::chrono::milliseconds reload_retry{500}, read_files_wait{10'000};

push_answer answer(unsigned status, std::string title, std::string detail) {
  push_answer a;
  a.status = status;
  a.title = std::move(title);
  a.detail = std::move(detail);
  return a;
}

push_answer invalid(std::vector<config::problem> problems) {
  push_answer a = answer(422, "Not valid", "The configuration was refused; nothing has changed.");
  a.problems = std::move(problems);
  return a;
}

bool has_error(const std::vector<config::problem>& all) {
  return std::ranges::any_of(all, [](const config::problem& p) { return !p.is_note; });
}

std::vector<config::change> bounded(std::vector<config::change> all) {
  if (all.size() <= most_changes) return all;
  const std::size_t more = all.size() - most_changes;
  all.resize(most_changes);
  all.push_back({concat("and ", std::to_string(more), " more"), {}, {}, config::reload::session});
  return all;
}

bool is_signed_by(std::string_view key_text, std::string_view signature, std::string_view text) {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> key;
  std::array<unsigned char, crypto_sign_BYTES> by;
  std::size_t key_size = 0, size = 0;
  constexpr int form = sodium_base64_VARIANT_ORIGINAL;
  if (sodium_base642bin(key.data(), key.size(), key_text.data(), key_text.size(), nullptr, &key_size, nullptr, form) != 0 || key_size != key.size())
    return false;
  if (sodium_base642bin(by.data(), by.size(), signature.data(), signature.size(), " \r\n", &size, nullptr, form) != 0 || size != by.size()) return false;
  return crypto_sign_verify_detached(by.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), key.data()) == 0;
}

}  // namespace

push_answer generation_keeper::refused(refusal why) {
  switch (why) {
    case refusal::busy: return answer(409, "Busy", "Another generation is being tried: confirm it or go back first.");
    case refusal::old_serial: return answer(409, "Old serial", "Its serial is lower than that of a generation that was confirmed: an old one was played again. Raise serial.");
    case refusal::used_serial: return answer(409, "Used serial", "Another generation with this serial was confirmed already. Raise serial.");
    case refusal::nothing_to_confirm: return answer(409, "Nothing to confirm", "No generation waits for a confirm.");
    case refusal::too_early: return answer(409, "Too early", "The generation is still being applied and proven. Ask again in a moment.");
    case refusal::nothing_to_undo: return answer(409, "Nothing to go back from", "The confirmed generation is the running one.");
    case refusal::unchanged: return answer(200, "Unchanged", "This is the running generation already.");
    case refusal::another: return answer(409, "Another generation", "Another generation is being tried than the one you have seen.");
    case refusal::none: break;
  }
  return answer(200, "Valid", "");
}

std::optional<push_answer> generation_keeper::signature_fault(const push_request& r) const {
  const config::management_settings& m = settings();
  if (r.signature.empty()) {
    if (!m.signature_required && r.from != way::pull) return {};
    return answer(403, "Not signed", "A signature is required: Sluice-Signature with the Ed25519 signature of the body in base64.");
  }
  for (const std::string& key : m.signature_keys)
    if (is_signed_by(key, r.signature, r.text)) return {};
  return answer(403, "Bad signature", m.signature_keys.empty() ? "There is no management.signature_keys to check a signature with."
                                                               : "The signature is of none of management.signature_keys, or of another body.");
}

// First in a process of its own; only what that survives is read here.
net::awaitable<std::optional<push_answer>> generation_keeper::parse_apart(const std::string& text) {
  std::vector<config::problem> bytes = config::precheck(text);
  if (has_error(bytes)) co_return invalid(std::move(bytes));
  std::string input = text;
  const helper_result r = co_await helper_->run(helper_kind::parse, std::move(input));
  if (r.what == helper_result::state::busy) co_return answer(503, "Busy", "Another helper is at work. Try again in a moment.");
  if (!r.ok()) {
    log::line(log::level::error, "helper-failed").with("kind", "parse").with("why", r.why);
    co_return answer(422, "Not readable", "Reading this text ended the process that read it; nothing has changed.");
  }
  auto problems = problems_from(r.output);
  if (!problems) co_return answer(422, "Not readable", "The process that read this text gave no answer that makes sense; nothing has changed.");
  if (has_error(*problems)) co_return invalid(std::move(*problems));
  co_return std::nullopt;
}

net::awaitable<generation_keeper::checked> generation_keeper::check(const std::string& text, bool from_file, bool may_restart) {
  checked out;
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    out.answer = answer(422, "Empty", "The body is empty; a complete configuration is expected.");
    co_return out;
  }
  if (text.size() > config::max_file_bytes) {
    out.answer = answer(413, "Too large", "A configuration has at most 65536 octets.");
    co_return out;
  }
  auto fault = co_await parse_apart(text);
  if (fault) {
    out.answer = std::move(*fault);
    co_return out;
  }
  loaded_config c;
  std::vector<config::change> changes;
  const model_ref running = running_model_;
  auto work = [&] {
    c = load_config_text(text, true);
    if (c.usable) changes = config::diff(*running, c.value);
  };
  const net::job_ref job(work);
  const bool ran = co_await home_->all().storage.run(home_->loop(), job);
  if (!ran) {
    out.answer = answer(503, "Busy", "The storage thread has too much to do. Try again in a moment.");
    co_return out;
  }
  if (c.usable && c.value.data_directory != data_directory_) {
    c.problems.push_back({c.where.find("data_directory"), "data_directory", "cannot change in a running program: what lies there would be lost",
                          from_file ? "restart the program" : "leave it as it is", false});
    c.usable = false;
  }
  if (!c.usable) {
    out.answer = invalid(std::move(c.problems));
    co_return out;
  }
  out.model = std::make_shared<const config::model>(std::move(c.value));
  fit there = co_await host_->fits_beside(*out.model);
  out.needs_start = !there.at_start.empty();
  if (!may_restart) there.problems.insert(there.problems.begin(), there.at_start.begin(), there.at_start.end());
  for (config::problem& p : there.problems) {
    if (p.at.line == 0) p.at = c.where.find(p.key);
    c.problems.push_back(std::move(p));
  }
  if (!there.busy.empty()) out.answer = answer(409, "Not yet", std::move(there.busy));
  else if (has_error(c.problems)) out.answer = invalid(std::move(c.problems));
  else {
    out.answer.title = "Valid";
    out.answer.problems = std::move(c.problems);  // notes
  }
  out.answer.changes = bounded(std::move(changes));
  co_return out;
}

net::awaitable<push_answer> generation_keeper::take(generations::offer o, model_ref model, std::string text) {
  co_await lock();
  const refusal why = machine_.objection(o);
  if (why != refusal::none) co_return refused(why);
  generations::machine next = machine_;
  const std::string who = o.who;
  const bool at_start = o.at_start;
  const auto from = generations::name_of(o.from);
  generations::actions all = next.take(std::move(o), now());
  const std::uint64_t number = next.known().candidate;
  candidate_model_ = std::move(model);  // before the loop may come to apply it
  const int error = co_await commit(std::move(next), std::move(all), std::move(text));
  if (error != 0) co_return answer(503, "Not written", concat("The generation could not be written to the medium: ", std::strerror(error), "."));
  log::line(log::level::info, "generation-taken").with("generation", static_cast<std::int64_t>(number)).with("from", from).with("who", who);
  push_answer a = answer(202, "Taken", at_start ? "The program restarts, to try it and to prove it." : "It is being applied and proven.");
  a.number = number;
  co_return a;
}

net::awaitable<push_answer> generation_keeper::push(push_request r) {
  if (r.text.size() > config::max_file_bytes) co_return answer(413, "Too large", "A configuration has at most 65536 octets.");
  if (auto fault = signature_fault(r)) co_return std::move(*fault);
  if (r.confirm_within_s != 0 && (r.confirm_within_s < least_confirm_s || r.confirm_within_s > most_confirm_s))
    co_return answer(422, "Bad time", "The time to confirm is 60 to 86400 seconds.");
  if (machine_.at() != generations::state::idle && !r.only_check) co_return refused(refusal::busy);
  if (checking_) co_return answer(409, "Busy", "Another generation is being checked. Try again in a moment.");
  const turn mine(checking_);
  checked c = co_await check(r.text, false, r.may_restart);
  if (c.answer.status != 200) co_return std::move(c.answer);
  generations::offer o;
  o.hash = sha256_of(r.text);
  o.who = r.who;
  o.serial = c.model->serial;
  o.octets = r.text.size();
  o.from = r.from;
  o.needs_confirm = r.from != way::pull;
  o.at_start = c.needs_start;
  o.confirm_within_s = r.confirm_within_s != 0 ? r.confirm_within_s : std::chrono::duration_cast<std::chrono::seconds>(settings().confirm_timeout).count();
  const refusal why = machine_.objection(o);
  push_answer out;
  if (why != refusal::none) out = refused(why);
  else if (r.only_check) out = answer(200, "Valid", c.needs_start ? "It could be taken, with a restart." : "It could be taken.");
  else out = co_await take(std::move(o), c.model, std::move(r.text));
  if (out.status != 202 && machine_.at() == generations::state::idle) host_->settled();  // what was prepared for it
  out.problems = std::move(c.answer.problems);
  out.changes = std::move(c.answer.changes);
  co_return out;
}

// ---- the file (SIGHUP) ----

// Not refused but put off: a generation is on trial, or one of before still has sessions.
void generation_keeper::reload_later(bool& asked, const std::string& why) {
  if (!file_waits_) log::line(log::level::info, "reload-waits").with("why", why);
  file_waits_ = asked = true;
  file_due_ = net::clock::now() + reload_retry;
}

// The file as it was: nothing new, but what it names (certificates, packs) may be. So a renewal never undoes a push.
net::awaitable<void> generation_keeper::read_files_again(std::string hash) {
  const auto number = static_cast<std::int64_t>(machine_.running());
  const model_ref model = running_model_;
  const fit there = co_await host_->fits_beside(*model);
  if (!there.busy.empty()) {
    reload_later(files_asked_, there.busy);
    co_return;
  }
  std::string error = there.problems.empty() ? std::string() : there.problems.front().what;
  if (error.empty()) error = co_await host_->apply(*model, machine_.running());
  if (error.empty()) {
    const proof p = co_await host_->prove();
    if (home_->all().stopping) co_return;  // it says nothing about the files
    if (!p.good) {
      error = p.text;
      [[maybe_unused]] const std::string ignored = co_await host_->apply(*model, machine_.running());  // the same again is the way back
    }
    host_->settled();
  }
  log::line(error.empty() ? log::level::info : log::level::error, error.empty() ? "reloaded" : "reload-refused").with("generation", number).with("why", error);
  file_waits_ = false;
  read_error_ = error;
  if (hash == machine_.known().file_hash) co_return;
  co_await lock();
  generations::machine next = machine_;
  generations::actions all = next.saw_file(std::move(hash));
  [[maybe_unused]] const int ignored = co_await commit(std::move(next), std::move(all), std::string());
}

net::awaitable<std::string> generation_keeper::read_files() {
  files_asked_ = true;
  file_due_ = {};
  if (wake_) wake_->cancel();
  net::timer wait(home_->loop().get_executor());
  const auto latest = net::clock::now() + read_files_wait;
  while ((files_asked_ || checking_) && !file_waits_ && net::clock::now() < latest) {
    wait.expires_after(reload_retry / 10);
    [[maybe_unused]] auto [ignored] = co_await wait.async_wait(net::use);
  }
  co_return files_asked_ ? std::string() : read_error_;
}

net::awaitable<void> generation_keeper::take_file_now() {
  if (machine_.at() != generations::state::idle) {
    reload_later(file_asked_, "a generation is on trial");
    co_return;
  }
  const turn mine(checking_);  // pushes wait: only one generation is looked at
  std::optional<std::string> text;
  auto work = [&] { text = read_config_file(file_); };
  const net::job_ref job(work);
  [[maybe_unused]] const bool ran = co_await home_->all().storage.run(home_->loop(), job);
  const std::string hash = text ? sha256_of(*text) : std::string();
  const generations::entry* running = machine_.known().find(machine_.running());
  if (text && (hash == machine_.known().file_hash || (running != nullptr && hash == running->hash))) {
    co_await read_files_again(hash);
    co_return;
  }
  push_answer a = answer(404, "No file", concat(file_, " cannot be read"));
  if (text) {
    checked c = co_await check(*text, true, false);
    if (c.answer.title == "Not yet") {
      reload_later(file_asked_, c.answer.detail);
      co_return;
    }
    print_problems(c.answer.problems, file_);
    a = std::move(c.answer);
    generations::offer o;
    o.hash = hash;
    o.serial = c.model ? c.model->serial : 0;
    o.octets = text->size();
    o.from = way::file;
    o.needs_confirm = false;
    if (a.status == 200) a = co_await take(std::move(o), c.model, std::move(*text));
  }
  file_waits_ = false;
  if (a.status == 202) co_return;
  log::line(log::level::error, "reload-refused").with("why", a.detail).with("generation", static_cast<std::int64_t>(machine_.running()));
}

// ---- differences ----

net::awaitable<std::optional<std::vector<config::change>>> generation_keeper::changes_between(std::uint64_t from, std::uint64_t to) {
  const model_ref a = co_await model_of(from);
  const model_ref b = co_await model_of(to);
  std::optional<std::vector<config::change>> out;
  if (a && b) out = bounded(config::diff(*a, *b));
  co_return out;
}

}  // namespace sluice::gateway

// Which generation rules when the program starts; see firmware/docs/adr: which-generation-rules. Blocking: nothing
// runs yet.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "config/toml_reader.hpp"
#include "core/concat.hpp"
#include "core/log.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/generations/data_directory.hpp"
#include "firmware/gateway/generations/generation_keeper.hpp"
#include "firmware/gateway/load_config.hpp"

namespace sluice::gateway {
namespace {

using generations::way;
using kind = generations::action::kind;

std::string errors_of(const loaded_config& c) {
  const auto first = std::ranges::find(c.problems, false, &config::problem::is_note);
  return first == c.problems.end() ? "it is not valid" : concat(first->key, ": ", first->what);
}

}  // namespace

// A second program on the same directory leaves the record alone; it fails at the quarantine, with words.
void generation_keeper::open_record(const std::string& data_directory) {
  data_directory_ = data_directory;
  files_.make_directory(data_directory.c_str());
  const std::string folder = concat(data_directory, "/config");
  auto disk = std::make_unique<generations::store>(files_, folder);
  int error = files_.make_directory(folder.c_str());
  if (error == 0) error = files_.lock((concat(folder, "/lock")).c_str(), lock_);
  generations::record r;
  generations::found what = generations::found::nothing;
  if (error == 0) error = disk->open(r, what);
  if (error != 0) {
    log::line(log::level::warning, "generations-not-kept").with("directory", folder).with("why", std::strerror(error));
    return;
  }
  if (what == generations::found::damaged) log::line(log::level::error, "generations-damaged").with("file", concat(folder, "/state.damaged"));
  store_ = std::move(disk);
  machine_ = generations::machine(std::move(r));
  const std::uint64_t candidate = machine_.known().candidate;
  // What is not written down as begun would be begun again by every start.
  if (!record_now(machine_.boot(now()), {}) && machine_.at() == generations::state::applying) machine_.abandon("its start could not be recorded", now());
  const bool is_tried = machine_.at() == generations::state::applying;
  if (candidate != 0)
    log::line(is_tried ? log::level::info : log::level::warning, is_tried ? "generation-starts" : "generation-given-up").with("generation", static_cast<std::int64_t>(candidate));
}

// What an event wants written, at once. False: the medium refused.
bool generation_keeper::record_now(generations::actions all, const std::string& text) {
  if (!store_) return false;
  for (const generations::action& a : all) {
    int error = 0;
    if (a.what == kind::keep) error = store_->keep(a.number, text);
    if (a.what == kind::save) error = store_->save(machine_.known());
    if (a.what == kind::drop) store_->drop(a.number);
    if (error != 0) {
      log::line(log::level::error, "generations-not-written").with("why", std::strerror(error));
      return false;
    }
  }
  return true;
}

std::optional<generation_keeper::start> generation_keeper::choose(const std::string& file, int& code) {
  file_ = file;
  const auto text = read_config_file(file);
  const std::string directory = data_directory_in(text.value_or(""));
  // A broken file does not make a directory, which it may not have meant.
  if (::access(directory.c_str(), F_OK) == 0 || (text && config::read_toml(*text).ok())) open_record(directory);
  machine_.runs(machine_.known().confirmed);
  const bool is_new = text && sha256_of(*text) != machine_.known().file_hash;
  if (machine_.at() == generations::state::applying) {
    if (auto out = choose_stored(machine_.known().candidate)) {
      file_asked_ = is_new;  // once this one is decided
      return out;
    }
  }
  if (machine_.known().confirmed == 0) {
    if (text) return choose_file(*text, true, code);
    std::fprintf(stderr, "sluice: %s: %s\n", file.c_str(), std::strerror(errno));
    code = exit_code::failed;
    return {};
  }
  if (is_new) {
    if (auto out = choose_file(*text, true, code)) return out;
    log::line(log::level::error, "file-refused").with("file", file).with("help", "the generation confirmed last goes on; correct the file and reload");
  }
  if (auto out = choose_stored(machine_.known().confirmed)) return out;
  if (text) return choose_file(*text, false, code);  // nothing else is left
  code = exit_code::bad_config;
  return {};
}

// As a new generation, or, when the confirmed one cannot be used any more, because there is nothing better.
std::optional<generation_keeper::start> generation_keeper::choose_file(const std::string& text, bool is_new, int& code) {
  loaded_config c = load_config_text(text, true);
  print_problems(c.problems, file_);
  if (!c.usable) {
    code = exit_code::bad_config;
    return {};
  }
  code = exit_code::ok;
  generations::offer o;
  o.hash = sha256_of(text);
  o.serial = c.value.serial;
  o.octets = text.size();
  o.from = way::file;
  o.needs_confirm = false;
  const generations::refusal why = machine_.objection(o);
  if (why == generations::refusal::unchanged && is_new) {
    record_now(machine_.saw_file(o.hash), {});
    return {};
  }
  if (why != generations::refusal::none && is_new) {
    log::line(log::level::error, "file-refused").with("file", file_).with("why", refused(why).detail);
    return {};
  }
  const generations::machine before = machine_;
  if (!record_now(machine_.take(std::move(o), now()), text)) machine_ = before;  // mail flows without a record, too
  running_model_ = candidate_model_ = std::make_shared<const config::model>(c.value);
  return start{std::move(c.value), machine_.known().candidate != 0 ? machine_.known().candidate : std::max<std::uint64_t>(1, machine_.running())};
}

// The confirmed one, or the one that this start is to try.
std::optional<generation_keeper::start> generation_keeper::choose_stored(std::uint64_t number) {
  std::string text;
  const int error = store_->read(number, text);
  loaded_config c;
  if (error == 0) c = load_config_text(text, true);
  if (error != 0 || !c.usable) {
    const std::string why = error != 0 ? std::strerror(error) : errors_of(c);
    log::line(log::level::error, "generation-unusable").with("generation", static_cast<std::int64_t>(number)).with("why", why);
    if (number == machine_.known().candidate) record_now(machine_.applied(false, why, now()), {});
    return {};
  }
  c.value.data_directory = data_directory_;
  running_model_ = std::make_shared<const config::model>(c.value);
  if (number == machine_.known().candidate) candidate_model_ = running_model_;
  return start{std::move(c.value), number};
}

bool generation_keeper::start_failed(const std::string& why) {
  if (machine_.known().candidate == 0 || machine_.known().confirmed == 0) return false;
  log::line(log::level::error, "generation-not-applied")
      .with("generation", static_cast<std::int64_t>(machine_.known().candidate))
      .with("why", why);
  return record_now(machine_.applied(false, why, now()), {});
}

}  // namespace sluice::gateway

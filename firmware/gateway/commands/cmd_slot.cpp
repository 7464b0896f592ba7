// sluice slot: judges one slot string, or many as JSON lines, and says why.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <memory>

#include "core/concat.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/json_text.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "firmware/profiles/profile_loader.hpp"
#include "inspect/rules.hpp"
#include "inspect/slot_judge.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t max_line_bytes = 1 << 20;  // of one --batch line

struct slot_options {
  std::string type = "name";
  std::string text;
  std::string profile;
  std::string directory;
  bool batch = false;
};

struct judged {
  inspect::slot_result result;
  inspect::findings found;
};

judged judge(std::string_view text, inspect::slot_type type, const inspect::ruleset& rules, const inspect::profile* sender) {
  judged out;
  out.result = inspect::judge_slot(text, type, "slot", rules, {sender, {}}, inspect::place::structure, out.found);
  return out;
}

void print_people(const judged& j) {
  const bool colour_on = wants_colour(1);
  const colour c = j.result.verdict == inspect::slot_verdict::abuse        ? colour::red
                   : j.result.verdict == inspect::slot_verdict::suspicious ? colour::yellow
                                                                           : colour::green;
  std::printf("%s, %d points (%d is suspicious, %d is abuse)\n", paint(inspect::name_of(j.result.verdict), c, colour_on).c_str(), j.result.score,
              inspect::slot_suspicious, inspect::slot_abuse);
  for (const inspect::finding& f : j.found.list) {
    std::printf("%5d  %-14.*s %.*s: %s\n", f.weight, static_cast<int>(f.rule.size()), f.rule.data(),
                static_cast<int>(inspect::info_of(inspect::rule_named(f.rule)).meaning.size()), inspect::info_of(inspect::rule_named(f.rule)).meaning.data(),
                paint(printable(view(f.words)), colour::bold, colour_on).c_str());
  }
}

void print_json(const std::string& id, const judged& j) {
  std::string line = concat("{\"id\":", id, ",\"verdict\":\"", inspect::name_of(j.result.verdict), "\",\"score\":", std::to_string(j.result.score), ",\"findings\":[");
  bool first = true;
  for (const inspect::finding& f : j.found.list) {
    if (!first) line += ',';
    first = false;
    append_to(line, "{\"rule\":", json_string(f.rule), ",\"weight\":", std::to_string(f.weight), ",\"words\":", json_string(view(f.words)), "}");
  }
  line += "]}\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
}

// One line; a bad one is answered with an error and does not end the run.
bool batch_line(std::string_view line, std::size_t number, const slot_options& options, const inspect::ruleset& rules, const inspect::profile* sender) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(line, error);
  const boost::json::object* object = error ? nullptr : value.if_object();
  std::string id = "null", problem;
  if (object == nullptr) {
    problem = error ? error.message() : "not an object";
  } else {
    if (const auto* given = object->if_contains("id")) id = boost::json::serialize(*given);
    const auto* text = object->if_contains("text");
    const auto* type = object->if_contains("type");
    inspect::slot_type kind{};
    if (text == nullptr || !text->is_string()) {
      problem = "\"text\" is missing or not a string";
    } else if (type != nullptr && !type->is_string()) {
      problem = "\"type\" is not a string";
    } else if (!inspect::parse_slot_type(type != nullptr ? std::string_view(type->get_string()) : std::string_view(options.type), kind)) {
      problem = "\"type\" is one of name, title, memo, subject, address, file";
    } else {
      print_json(id, judge(text->get_string(), kind, rules, sender));
      return true;
    }
  }
  std::printf("{\"id\":%s,\"line\":%zu,\"error\":%s}\n", id.c_str(), number, json_string(problem).c_str());
  return false;
}

int run(const slot_options& options) {
  std::vector<profiles::profile_problem> problems;
  const auto rules = profiles::load_ruleset(options.directory, problems);
  for (const auto& p : problems) std::fprintf(stderr, "sluice: %s\n", printable(profiles::format(p)).c_str());
  if (!rules) return exit_code::bad_config;
  const inspect::profile* sender = options.profile.empty() ? nullptr : rules->find_id(options.profile);
  inspect::slot_type type{};
  if (!options.profile.empty() && sender == nullptr) {
    std::fprintf(stderr, "sluice: no profile named %s\n", printable(options.profile).c_str());
    return exit_code::usage;
  }
  if (!inspect::parse_slot_type(options.type, type)) {
    std::fprintf(stderr, "sluice: --type is one of name, title, memo, subject, address, file\n");
    return exit_code::usage;
  }
  if (!options.batch) {
    const judged j = judge(options.text, type, *rules, sender);
    print_people(j);
    return j.result.verdict == inspect::slot_verdict::clean ? exit_code::ok : exit_code::negative;
  }
  std::ios::sync_with_stdio(false);
  bool good = true;
  std::size_t number = 0;
  for (std::string read; std::getline(std::cin, read);) {
    std::string_view line = read;
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (++number == 1 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const bool fits = line.size() <= max_line_bytes;
    if (!fits) std::printf("{\"id\":null,\"line\":%zu,\"error\":\"the line is longer than %zu octets\"}\n", number, std::size_t{max_line_bytes});
    good = fits && batch_line(line, number, options, *rules, sender) && good;
  }
  return good ? exit_code::ok : exit_code::failed;
}

}  // namespace

void add_slot_command(CLI::App& app, command_result& result) {
  auto options = std::make_shared<slot_options>();
  CLI::App* command = app.add_subcommand("slot", "judge one text that an outsider wrote into a notification");
  command->add_option("TEXT", options->text, "the slot's text");
  command->add_option("-t,--type", options->type, "what the slot is for: name, title, memo, subject, address, file")->capture_default_str();
  command->add_option("--profile", options->profile, "judge it as this sender's slot (its own numbers and brands are no evidence)");
  command->add_option("--profiles", options->directory, "directory of sender profiles beside the built-in ones; of two with one id the one here counts");
  command->add_flag("--batch", options->batch, "read JSON lines {\"id\",\"type\",\"text\"} from standard input, write JSON lines");
  command->footer(
      "Examples:\n"
      "  sluice slot --type name 'Contoso Ltd'\n"
      "  sluice slot --type name 'Call 802 538 3069 to cancel your PayPal order'\n"
      "  sluice slot --batch < slots.jsonl\n"
      "Exit status: 0 clean, 1 suspicious or abuse, 2 wrong usage, 3 a profile is wrong; with --batch 0, or 4 if a line was not understood.");
  command->callback([options, command, &result] {
    if (!options->batch && command->count("TEXT") == 0) throw CLI::RequiredError("TEXT");
    result.code = run(*options);
  });
}

}  // namespace sluice::gateway

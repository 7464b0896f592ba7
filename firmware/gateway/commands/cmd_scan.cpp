// sluice scan: inspects stored mail and says why.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <thread>

#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/load_config.hpp"
#include "firmware/gateway/commands/scan_output.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "firmware/gateway/wiring.hpp"
#include "firmware/profiles/profile_loader.hpp"
#include "firmware/scan/mail_files.hpp"

namespace sluice::gateway {
namespace {

constexpr std::size_t batch_files = 64;  // scanned in parallel, printed in order

struct scan_options {
  std::vector<std::string> paths;
  std::string config;
  std::string profiles;
  std::string trusted;
  unsigned threads = 0;
  bool json = false, tsv = false, explain = false;
};

// Exit codes of `sluice scan`: the worst verdict seen.
int code_of(inspect::action act) {
  switch (act) {
    case inspect::action::forward: return exit_code::ok;
    case inspect::action::tag: return 10;
    case inspect::action::defer: return 11;
    case inspect::action::quarantine: return 12;
    case inspect::action::reject: return 13;
  }
  return exit_code::failed;
}

bool collect(const std::string& path, std::vector<std::string>& files) {
  std::string error;
  const bool whole = scan::collect_files(path, files, error);
  if (!whole) std::fprintf(stderr, "sluice: %s: %s\n", printable(path).c_str(), error.c_str());
  return whole;
}

bool settings_of(const scan_options& options, scan::scan_settings& out, int& code) {
  std::string directory = options.profiles;
  if (!options.config.empty()) {
    const auto model = load_config(options.config, false, code);
    if (!model) return false;
    out.policy = policy_of(model->policy);
    out.policy.observe = false;  // the question is what the mail is
    if (directory.empty()) directory = model->inspect.profiles_directory;
  }
  std::vector<profiles::profile_problem> problems;
  out.rules = profiles::load_ruleset(directory, problems);
  for (const auto& p : problems) std::fprintf(stderr, "sluice: %s\n", printable(profiles::format(p)).c_str());
  if (!out.rules) code = exit_code::bad_config;
  out.trusted_results = options.trusted;
  return out.rules != nullptr;
}

class scan_run {
 public:
  scan_run(const scan_options& options, const scan::scan_settings& settings, std::vector<std::string> files)
      : options_(options), settings_(settings), files_(std::move(files)), form_(options.json ? scan_form::json : options.tsv ? scan_form::tsv : scan_form::people) {}

  int run() {
    std::fputs(format_heading(form_).c_str(), stdout);
    const unsigned threads = options_.threads != 0 ? options_.threads : std::max(1u, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < threads; ++i) scanners_.push_back(std::make_unique<scan::message_scanner>(settings_));
    for (std::size_t begin = 0; begin < files_.size(); begin += batch_files) {
      batch(begin, std::min(files_.size(), begin + batch_files));
      progress(std::min(files_.size(), begin + batch_files));
    }
    if (progress_on_) std::fputs("\r\x1b[K", stderr);
    if (form_ == scan_form::people && files_.size() > 1) summary();
    const bool none = !unreadable_ && std::ranges::all_of(count_, [](std::size_t n) { return n == 0; });
    if (!none) return code_;
    std::fputs("sluice: no message there\n", stderr);
    return exit_code::negative;
  }

 private:
  void batch(std::size_t begin, std::size_t end) {
    std::vector<std::vector<scan::scan_result>> results(end - begin);
    std::atomic<std::size_t> next{begin};
    std::vector<std::thread> workers;
    for (auto& scanner : scanners_) {
      workers.emplace_back([&, s = scanner.get()] {
        for (std::size_t i = next++; i < end; i = next++) {
          s->scan_file(files_[i], [&](scan::scan_result&& r) { results[i - begin].push_back(std::move(r)); });
        }
      });
    }
    for (std::thread& worker : workers) worker.join();
    for (const auto& of_file : results) {
      for (const scan::scan_result& r : of_file) print(r);
    }
  }

  void print(const scan::scan_result& r) {
    const std::string text = format_result(r, form_, options_.explain, colour_on_);
    if (progress_on_) std::fputs("\r\x1b[K", stderr);
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (!r.error.empty()) {
      unreadable_ = true;
      code_ = exit_code::failed;
      return;
    }
    ++count_[static_cast<std::size_t>(r.decision.act)];
    if (!unreadable_) code_ = std::max(code_, code_of(r.decision.act));
  }

  void progress(std::size_t done) const {
    if (progress_on_) std::fprintf(stderr, "\r%zu of %zu files", done, files_.size());
  }

  void summary() const {
    std::printf("\n");
    for (std::size_t i = 0; i < std::size(count_); ++i) {
      if (count_[i] != 0) std::printf("%6zu %s\n", count_[i], inspect::name_of(static_cast<inspect::action>(i)));
    }
  }

  const scan_options& options_;
  const scan::scan_settings& settings_;
  std::vector<std::string> files_;
  std::vector<std::unique_ptr<scan::message_scanner>> scanners_;
  scan_form form_;
  std::size_t count_[5] = {};
  bool colour_on_ = wants_colour(1);
  bool progress_on_ = isatty(2) == 1 && isatty(1) != 1;
  bool unreadable_ = false;
  int code_ = exit_code::ok;
};

int run(const scan_options& options) {
  int code = exit_code::failed;
  scan::scan_settings settings;
  if (!settings_of(options, settings, code)) return code;
  std::vector<std::string> files;
  bool whole = true;
  for (const std::string& path : options.paths) whole = collect(path, files) && whole;
  code = scan_run(options, settings, std::move(files)).run();
  return whole ? code : exit_code::failed;
}

}  // namespace

void add_scan_command(CLI::App& app, command_result& result) {
  auto options = std::make_shared<scan_options>();
  CLI::App* command = app.add_subcommand("scan", "inspect stored messages and say why");
  command->add_option("PATH", options->paths, "messages (RFC 5322), mailboxes (mbox), or directories of them; - is standard input")->required();
  CLI::Option* json = command->add_flag("--json", options->json, "one JSON object per message");
  command->add_flag("--tsv", options->tsv, "one table line per message")->excludes(json);
  command->add_flag("--explain", options->explain, "every finding, with what its rule means");
  command->add_option("--trust-results", options->trusted, "believe recorded Authentication-Results of this authserv-id (* for any)")->type_name("ID");
  command->add_option("-c,--config", options->config, "take thresholds and profiles from this configuration")->type_name("FILE");
  command->add_option("--profiles", options->profiles, "directory of sender profiles beside the built-in ones; of two with one id the one here counts")->type_name("DIR");
  command->add_option("-j,--threads", options->threads, "messages inspected at the same time (default: one per processor)")->check(CLI::Range(1u, 64u));
  command->footer(
      "Line ends are brought to CRLF once. Nothing is changed or delivered. What has no header is judged as a body.\n"
      "Examples:\n"
      "  sluice scan --explain suspicious.eml\n"
      "  sluice scan - < suspicious.eml\n"
      "  sluice scan --json --trust-results mx.example.org Maildir/ | jq 'select(.verdict != \"forward\")'\n"
      "Exit status: the worst verdict, 0 forward, 10 tag, 11 defer, 12 quarantine, 13 reject; 1 no message there, 2 wrong usage,\n"
      "3 bad configuration or profile, 4 a file could not be read.");
  command->callback([options, &result] { result.code = run(*options); });
}

}  // namespace sluice::gateway

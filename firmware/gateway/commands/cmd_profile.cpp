// sluice profile: sender profiles as data: which there are, whether a file is right, and learning a sender's fixed text
// from its genuine mail.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "core/concat.hpp"
#include "firmware/gateway/commands/commands.hpp"
#include "firmware/gateway/json_text.hpp"
#include "firmware/gateway/records/profile_pack.hpp"
#include "firmware/gateway/commands/terminal.hpp"
#include "firmware/profiles/learn.hpp"
#include "firmware/profiles/profile_loader.hpp"
#include "firmware/scan/mail_files.hpp"
#include "inspect/domain.hpp"

namespace sluice::gateway {
namespace {

struct profile_options {
  std::vector<std::string> paths;
  std::string id, directory, output;
  bool json = false;
};

void complain(const std::vector<profiles::profile_problem>& problems) {
  for (const auto& p : problems) std::fprintf(stderr, "sluice: %s\n", printable(profiles::format(p)).c_str());
}

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& item : list) append_to(out, (out.empty() ? "" : " "), item);
  return out;
}

std::size_t shingles(const inspect::profile& p) {
  std::size_t n = 0;
  for (const inspect::skeleton& s : p.skeletons) n += s.size();
  return n;
}

int list(const profile_options& options) {
  std::vector<profiles::profile_problem> problems;
  const std::vector<inspect::profile> all = profiles::load_profiles(options.directory, problems);
  complain(problems);
  if (!problems.empty()) return exit_code::bad_config;
  for (const inspect::profile& p : all) {
    if (options.json) {
      std::printf("{\"id\":%s,\"name\":%s,\"templates\":%zu,\"skeletons\":%zu,\"shingles\":%zu,\"observe\":%s}\n", json_string(p.id).c_str(), json_string(p.name).c_str(),
                  p.subjects.size() + p.display_names.size(), p.skeletons.size(), shingles(p), p.observe ? "true" : "false");
    } else {
      std::printf("%-26s %-32s %3zu templates, %zu skeletons%s\n", printable(p.id).c_str(), printable(p.name).c_str(), p.subjects.size() + p.display_names.size(),
                  p.skeletons.size(), p.observe ? ", observed" : "");
    }
  }
  return exit_code::ok;
}

int show(const profile_options& options) {
  std::vector<profiles::profile_problem> problems;
  const std::vector<inspect::profile> all = profiles::load_profiles(options.directory, problems);
  complain(problems);
  if (!problems.empty()) return exit_code::bad_config;
  const auto found = std::find_if(all.begin(), all.end(), [&](const inspect::profile& p) { return p.id == options.id; });
  if (found == all.end()) {
    std::fprintf(stderr, "sluice: there is no profile %s\n", printable(options.id).c_str());
    return exit_code::negative;
  }
  const inspect::profile& p = *found;
  const auto row = [](const char* name, const std::string& text) {
    if (!text.empty()) std::printf("%-14s %s\n", name, printable(text).c_str());
  };
  row("id", p.id);
  row("name", p.name);
  row("source", p.source);
  row("from", joined(p.from_addresses));
  row("from domains", joined(p.from_domains));
  row("sender", joined(p.sender_addresses));
  row("dkim domains", joined(p.dkim_domains));
  row("link domains", joined(p.link_domains));
  row("phones", joined(p.phones));
  row("abuse address", p.abuse_address);
  row("brands", joined(p.brands));
  row("expected links", joined(p.expected_links));
  row("platform", p.platform ? "yes" : "");
  row("messages", p.messages ? "yes" : "");
  row("payments", p.payments ? "yes" : "");
  row("observe", p.observe ? "yes" : "");
  for (const inspect::text_template& t : p.subjects) row("subject", t.source);
  for (const inspect::text_template& t : p.display_names) row("display name", t.source);
  for (const inspect::body_slot& s : p.body_slots) row("body slot", concat(s.label, " {", s.slot, ":", inspect::name_of(s.type), "}"));
  for (const inspect::skeleton& s : p.skeletons) {
    row("skeleton", concat(s.language, ": ", std::to_string(s.size()), " shingles of ", std::to_string(s.samples), " samples, genuine mail at least ", std::to_string(s.floor),
                        " % fixed, longest other text ", std::to_string(s.longest), " words"));
  }
  return exit_code::ok;
}

int check(const profile_options& options) {
  std::vector<profiles::profile_problem> problems;
  std::size_t good = 0;
  for (const std::string& path : options.paths) {
    std::vector<std::string> files;
    std::string error;
    if (!scan::collect_files(path, files, error)) problems.push_back({path, 0, 0, error});
    const bool whole_directory = files.size() != 1 || files[0] != path;
    for (const std::string& file : files) {
      if (whole_directory && !file.ends_with(".toml")) continue;
      std::ifstream in(file, std::ios::binary);
      std::string text(std::istreambuf_iterator<char>(in), {});
      inspect::profile made;
      if (!in && !in.eof()) problems.push_back({file, 0, 0, "cannot be read"});
      else if (profiles::read_profile(text, file, made, problems)) ++good;
    }
  }
  complain(problems);
  std::printf("%zu profile%s right, %zu problem%s\n", good, good == 1 ? "" : "s", problems.size(), problems.size() == 1 ? "" : "s");
  return problems.empty() ? exit_code::ok : exit_code::bad_config;
}

// Of what the samples show themselves, for a sender that has no profile yet.
std::string new_profile(const std::string& id, const std::vector<profiles::sample>& samples) {
  std::vector<std::string> from;
  std::vector<std::pair<std::string, std::size_t>> links;
  for (const profiles::sample& s : samples) {
    if (std::find(from.begin(), from.end(), s.from) == from.end()) from.push_back(s.from);
    for (const std::string& domain : s.link_domains) {
      const auto known = std::find_if(links.begin(), links.end(), [&](const auto& l) { return l.first == domain; });
      if (known == links.end()) links.emplace_back(domain, 1);
      else ++known->second;
    }
  }
  const auto quoted = [](const std::vector<std::string>& list) {
    std::string out;
    for (const std::string& item : list) append_to(out, (out.empty() ? "" : ", "), json_string(item));  // a TOML basic string too
    return out;
  };
  std::vector<std::string> common;
  for (const auto& [domain, count] : links) {
    if (count * 2 >= samples.size() && count >= 2) common.push_back(domain);
  }
  char day[16];
  const std::time_t now = std::time(nullptr);
  std::tm when{};
  gmtime_r(&now, &when);
  std::strftime(day, sizeof day, "%Y-%m-%d", &when);
  std::string out = concat("# Learned from genuine mail: read it over before it is used.\nid = ", json_string(id), "\nname = ", json_string(id), "\nsource = \"sluice profile learn, ",
                    std::to_string(samples.size()), " samples, ", day, "\"\n\n[identity]\nfrom = [", quoted(from), "]\n");
  if (!common.empty()) append_to(out, "link_domains = [", quoted(common), "]\n");
  return out;
}

bool read_samples(const profile_options& options, const inspect::profile* known, std::vector<profiles::sample>& samples, std::size_t& others) {
  std::vector<std::string> files;
  for (const std::string& path : options.paths) {
    std::string error;
    if (scan::collect_files(path, files, error)) continue;
    std::fprintf(stderr, "sluice: %s: %s\n", printable(path).c_str(), error.c_str());
    return false;
  }
  const auto ours = [known](const profiles::sample& s) {
    if (known == nullptr) return !s.from.empty();
    const auto in = [](const std::vector<std::string>& list, const std::string& a) { return std::find(list.begin(), list.end(), a) != list.end(); };
    const std::string domain = s.from.substr(std::min(s.from.size(), s.from.rfind('@') + 1));
    return in(known->sender_addresses, s.sender) || in(known->from_addresses, s.from) ||
           std::any_of(known->from_domains.begin(), known->from_domains.end(), [&](const std::string& d) { return inspect::within(domain, d); });
  };
  for (const std::string& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
      std::fprintf(stderr, "sluice: %s cannot be read\n", printable(file).c_str());
      return false;
    }
    const std::string content(std::istreambuf_iterator<char>(in), {});
    scan::each_message(content, file, [&](std::string_view message, std::string name) {
      if (samples.size() == profiles::max_samples) return;
      profiles::sample one = profiles::read_sample(message, std::move(name));
      if (ours(one)) samples.push_back(std::move(one));
      else ++others;
    });
  }
  return true;
}

int write_profile(const std::string& path, const std::string& text) {
  std::vector<profiles::profile_problem> problems;
  inspect::profile made;
  if (!profiles::read_profile(text, path.empty() ? "learned" : path, made, problems)) {
    complain(problems);
    return exit_code::bad_config;
  }
  if (path.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return exit_code::ok;
  }
  std::ofstream out(concat(path, ".new"), std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(concat(path, ".new"), path, error);
  if (!out || error) {
    std::fprintf(stderr, "sluice: cannot write %s\n", printable(path).c_str());
    return exit_code::failed;
  }
  return exit_code::ok;
}

int learn(const profile_options& options) {
  std::vector<profiles::profile_problem> problems;
  const std::vector<inspect::profile> all = profiles::load_profiles(options.directory, problems);
  complain(problems);
  if (!problems.empty()) return exit_code::bad_config;
  const auto known = std::find_if(all.begin(), all.end(), [&](const inspect::profile& p) { return p.id == options.id; });
  std::vector<profiles::sample> samples;
  std::size_t others = 0;
  if (!read_samples(options, known == all.end() ? nullptr : &*known, samples, others)) return exit_code::failed;
  std::fprintf(stderr, "%zu samples, %zu messages of other senders left out\n", samples.size(), others);
  if (samples.size() == profiles::max_samples) std::fprintf(stderr, "only the first %zu were read\n", samples.size());
  const std::string before = known == all.end() ? new_profile(options.id, samples) : profiles::without_skeletons(profiles::profile_text(options.directory, options.id));
  const std::vector<profiles::learned_skeleton> learned = profiles::learn(std::move(samples));
  for (const profiles::learned_skeleton& s : learned) {
    std::fprintf(stderr, "%s: %u samples, %zu shingles of fixed text, every sample at least %u %% of it, longest other text %u words\n", s.language.c_str(), s.samples,
                 s.shingles.size(), s.floor, s.longest);
    for (const profiles::left_out& l : s.least) std::fprintf(stderr, "  %3u %%  %s\n", l.percent, printable(l.name).c_str());
  }
  if (learned.empty()) {
    std::fprintf(stderr, "sluice: nothing in common: at least two different samples in one language are needed\n");
    return exit_code::negative;
  }
  std::string output = options.output;
  if (output.empty() && !options.directory.empty()) output = concat(options.directory, "/", options.id, ".toml");
  return write_profile(output, concat(before, profiles::format_skeletons(learned)));
}

void add_learn(CLI::App& command, const std::shared_ptr<profile_options>& options, command_result& result);
void add_pack(CLI::App& profile, command_result& result);

}  // namespace

void add_profile_command(CLI::App& app, command_result& result) {
  auto options = std::make_shared<profile_options>();
  CLI::App* command = app.add_subcommand("profile", "sender profiles: list, show, check, learn, pack");
  command->require_subcommand(1);
  CLI::App* sub = command->add_subcommand("list", "all profiles");
  sub->add_option("--profiles", options->directory, "directory of profiles beside the built-in ones")->type_name("DIR");
  sub->add_flag("--json", options->json, "one JSON object per line");
  sub->callback([options, &result] { result.code = list(*options); });
  sub = command->add_subcommand("show", "what is known about one sender");
  sub->add_option("ID", options->id, "as listed")->required();
  sub->add_option("--profiles", options->directory, "directory of profiles beside the built-in ones")->type_name("DIR");
  sub->callback([options, &result] { result.code = show(*options); });
  sub = command->add_subcommand("check", "whether profile files are right");
  sub->add_option("PATH", options->paths, "files, or directories of .toml files")->required();
  sub->callback([options, &result] { result.code = check(*options); });
  add_learn(*command, options, result);
  add_pack(*command, result);
  command->footer(
      "Examples:\n"
      "  sluice profile list\n"
      "  sluice profile learn genuine-mail/ --name acme --profiles /etc/sluice/profiles\n"
      "  sluice profile check /etc/sluice/profiles\n"
      "Exit status: 0, 1 no such profile or nothing learned, 2 wrong usage, 3 a profile is wrong, 4 a file could not be read or written.");
}

namespace {

void add_learn(CLI::App& command, const std::shared_ptr<profile_options>& options, command_result& result) {
  CLI::App* sub = command.add_subcommand("learn", "learn a sender's fixed text from genuine mail");
  sub->add_option("PATH", options->paths, "genuine messages: files, mailboxes (mbox), directories")->required();
  sub->add_option("--name", options->id, "id of the profile; an existing one keeps everything but its skeletons")->required()->check([](const std::string& id) {
    const bool good = !id.empty() && id.size() <= 32 && id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
    return good ? std::string() : std::string("1 to 32 of a-z, 0-9 and -");
  });
  sub->add_option("--profiles", options->directory, "directory of profiles; NAME.toml is written there")->type_name("DIR");
  sub->add_option("-o,--output", options->output, "write there instead (default without --profiles: standard output)")->type_name("FILE");
  sub->callback([options, &result] { result.code = learn(*options); });
}

void add_pack(CLI::App& profile, command_result& result) {
  auto o = std::make_shared<pack_options>();
  CLI::App* top = profile.add_subcommand("pack", "signed packs of profiles, apart from firmware");
  top->require_subcommand(1);
  CLI::App* c = top->add_subcommand("keys", "make a signing key; its public half goes to FILE.pub and standard output");
  c->add_option("FILE", o->path, "new file for the secret key")->required();
  c->callback([o, &result] { result.code = pack_keys(*o); });
  c = top->add_subcommand("build", "sign the profiles of a directory");
  c->add_option("DIR", o->path, "directory of .toml files")->required();
  c->add_option("--key", o->key, "secret key of pack keys")->required()->type_name("FILE");
  c->add_option("--serial", o->serial, "number of this pack; boxes refuse a lower one than they had")->required();
  c->add_option("-o,--output", o->output, "new file")->required()->type_name("FILE");
  c->callback([o, &result] { result.code = pack_build(*o); });
  for (const bool list : {false, true}) {
    c = list ? top->add_subcommand("show", "verify a pack and list its profiles") : top->add_subcommand("verify", "check signature and profiles of a pack");
    c->add_option("FILE", o->path, "the pack")->required();
    c->add_option("--trust", o->key, "file with the public key")->required()->type_name("FILE");
    c->callback([o, list, &result] { result.code = pack_look(*o, list); });
  }
  top->footer(
      "Example: sluice profile pack build profiles/ --key pack.key --serial 12 --output profiles.pack\n"
      "Exit status: 0, 1 the signature is wrong, 2 wrong usage, 3 a profile or key is wrong, 4 a file could not be read or written.");
}

}  // namespace

}  // namespace sluice::gateway

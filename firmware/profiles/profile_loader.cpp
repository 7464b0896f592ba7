// See profile_loader.hpp. The second and last user of toml++ besides the config reader; the same pre-check runs first,
// because toml++ 3.4 does not survive every malformed input.
#include "firmware/profiles/profile_loader.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/precheck.hpp"
#include "config/toml_guarded.hpp"
#include "core/concat.hpp"
#include "firmware/profiles/embedded_profiles.hpp"

namespace sluice::profiles {
namespace {

constexpr std::size_t max_profile_bytes = 64 * 1024;
constexpr std::size_t max_skeleton_bytes = 96 * 1024;  // in memory, of all profiles: part of the budget's rules row

class reader {
 public:
  reader(const std::string& file, inspect::profile& out, std::vector<profile_problem>& problems) : file_(file), out_(out), problems_(problems) {}

  void read(const toml::table& root) {
    only(root, {"id", "name", "source", "abuse_address", "platform", "messages", "payments", "observe", "identity", "subject", "display_name", "body_slot", "skeleton"}, "");
    text(root, "id", out_.id);
    text(root, "name", out_.name);
    text(root, "source", out_.source);
    text(root, "abuse_address", out_.abuse_address);
    flag(root, "platform", out_.platform);
    flag(root, "messages", out_.messages);
    flag(root, "payments", out_.payments);
    flag(root, "observe", out_.observe);
    if (out_.id.empty()) problem(root, "id is missing");
    if (out_.source.empty()) problem(root, "source is missing: say where the facts come from");
    identity(root);
    templates(root, "subject", out_.subjects);
    templates(root, "display_name", out_.display_names);
    body_slots(root);
    skeletons(root);
  }

 private:
  void problem(const toml::node& where, std::string what) {
    problems_.push_back({file_, where.source().begin.line, where.source().begin.column, std::move(what)});
  }

  void only(const toml::table& table, std::initializer_list<std::string_view> known, std::string_view in) {
    for (const auto& [key, value] : table) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
      std::string list;
      for (std::string_view name : known) append_to(list, (list.empty() ? "" : ", "), name);
      problem(value, concat("unknown key ", in, key.str(), "; known are ", list));
    }
  }

  void text(const toml::table& table, std::string_view key, std::string& out) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return;
    if (const auto* value = node->as_string()) {
      out = value->get();
    } else {
      problem(*node, concat(key, " is a text in quotes"));
    }
  }

  void flag(const toml::table& table, std::string_view key, bool& out) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return;
    if (const auto* value = node->as_boolean()) {
      out = value->get();
    } else {
      problem(*node, concat(key, " is true or false"));
    }
  }

  void list(const toml::table& table, std::string_view key, std::vector<std::string>& out) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    if (array == nullptr) return problem(*node, concat(key, " is a list of texts in [ ]"));
    for (const toml::node& entry : *array) {
      if (const auto* value = entry.as_string()) {
        out.push_back(value->get());
        std::transform(out.back().begin(), out.back().end(), out.back().begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      } else {
        problem(entry, concat(key, " is a list of texts"));
      }
    }
  }

  void identity(const toml::table& root) {
    const toml::node* node = root.get("identity");
    if (node == nullptr) return problem(root, "[identity] is missing");
    const toml::table* table = node->as_table();
    if (table == nullptr) return problem(*node, "[identity] is a table");
    only(*table, {"from", "from_domains", "sender", "dkim_domains", "link_domains", "brands", "phones", "expected_links"}, "identity.");
    list(*table, "from", out_.from_addresses);
    list(*table, "from_domains", out_.from_domains);
    list(*table, "sender", out_.sender_addresses);
    list(*table, "dkim_domains", out_.dkim_domains);
    list(*table, "link_domains", out_.link_domains);
    list(*table, "brands", out_.brands);
    list(*table, "phones", out_.phones);
    list(*table, "expected_links", out_.expected_links);
    if (out_.from_addresses.empty() && out_.from_domains.empty() && out_.sender_addresses.empty()) {
      problem(*table, "one of from, from_domains, sender must say whose mail this is");
    }
    for (const std::string& number : out_.phones) {
      if (number.size() < 7 || number.find_first_not_of("0123456789") != std::string::npos) problem(*table, concat("phones are digits only, at least 7: ", number));
    }
  }

  template <class Use>
  void tables(const toml::table& root, std::string_view key, Use use) {
    const toml::node* node = root.get(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    if (array == nullptr) return problem(*node, concat("write [[", key, "]]"));
    for (const toml::node& entry : *array) {
      if (const toml::table* table = entry.as_table()) {
        use(*table);
      } else {
        problem(entry, concat("write [[", key, "]]"));
      }
    }
  }

  void templates(const toml::table& root, std::string_view key, std::vector<inspect::text_template>& out) {
    tables(root, key, [&](const toml::table& table) {
      only(table, {"template", "language"}, concat(key, "."));
      std::string form, error;
      inspect::text_template made;
      text(table, "template", form);
      if (!inspect::parse_template(form, made, error)) return problem(table, error);
      text(table, "language", made.language);
      out.push_back(std::move(made));
    });
  }

  void body_slots(const toml::table& root) {
    tables(root, "body_slot", [&](const toml::table& table) {
      only(table, {"label", "slot", "type"}, "body_slot.");
      inspect::body_slot made;
      std::string type;
      text(table, "label", made.label);
      text(table, "slot", made.slot);
      text(table, "type", type);
      if (made.label.size() < 3) return problem(table, "label must have at least 3 characters");
      if (made.slot.empty() || made.slot.size() > 24) return problem(table, "slot is a name of 1 to 24 characters");
      if (!inspect::parse_slot_type(type, made.type)) return problem(table, "type is one of name, title, memo, subject, address, file");
      out_.body_slots.push_back(std::move(made));
    });
  }

  void number(const toml::table& table, std::string_view key, std::int64_t most, std::uint32_t& out) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return;
    const auto* value = node->as_integer();
    if (value == nullptr || value->get() < 0 || value->get() > most) return problem(*node, concat(key, " is a number from 0 to ", std::to_string(most)));
    out = static_cast<std::uint32_t>(value->get());
  }

  void skeletons(const toml::table& root) {
    tables(root, "skeleton", [&](const toml::table& table) {
      only(table, {"language", "samples", "floor", "longest", "shingles"}, "skeleton.");
      inspect::skeleton made;
      text(table, "language", made.language);
      number(table, "samples", 1'000'000, made.samples);
      number(table, "floor", 100, made.floor);
      number(table, "longest", 1'000'000, made.longest);
      if (made.language.size() > 4) return problem(table, "language is a code like \"en\"");
      if (out_.skeletons.size() == inspect::skeleton::max_per_profile) return problem(table, "more than 12 skeletons");
      std::string base64;
      text(table, "shingles", base64);
      base64.erase(std::remove_if(base64.begin(), base64.end(), [](char c) { return c == '\n' || c == '\r' || c == ' '; }), base64.end());
      std::vector<std::uint32_t> hashes;
      if (!inspect::parse_shingles(base64, hashes) || hashes.empty()) return problem(table, "shingles is base64 of hashes, as sluice profile learn writes it");
      if (hashes.size() > inspect::skeleton::max_shingles) return problem(table, "more than 4096 shingles");
      made.assign(hashes);
      out_.skeletons.push_back(std::move(made));
    });
  }

  const std::string& file_;
  inspect::profile& out_;
  std::vector<profile_problem>& problems_;
};

bool read_file(const std::filesystem::path& path, std::string& out, std::vector<profile_problem>& problems) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return problems.push_back({path.string(), 0, 0, "cannot be read"}), false;
  out.assign(std::istreambuf_iterator<char>(in), {});
  if (out.size() > max_profile_bytes) return problems.push_back({path.string(), 0, 0, "larger than 64 KiB"}), false;
  return true;
}

void merge(std::vector<inspect::profile>& all, inspect::profile made) {
  const auto same = std::find_if(all.begin(), all.end(), [&](const inspect::profile& p) { return p.id == made.id; });
  if (same != all.end()) {
    *same = std::move(made);
  } else {
    all.push_back(std::move(made));
  }
}

void read_directory(const std::string& directory, std::vector<inspect::profile>& all, std::string& lexicon, std::vector<profile_problem>& problems) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (auto it = std::filesystem::directory_iterator(directory, error); !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    if (it->path().extension() == ".toml" || it->path().filename() == "lexicon.txt") files.push_back(it->path());
  }
  if (error) return problems.push_back({directory, 0, 0, concat("cannot be read: ", error.message())});
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    std::string content;
    if (path.filename() == "lexicon.txt") {
      std::ifstream in(path, std::ios::binary);
      lexicon.assign(std::istreambuf_iterator<char>(in), {});
      continue;
    }
    inspect::profile made;
    if (read_file(path, content, problems) && read_profile(content, path.string(), made, problems)) merge(all, std::move(made));
  }
}

}  // namespace

std::string format(const profile_problem& p) {
  std::string out = p.file;
  if (p.line != 0) append_to(out, ":", std::to_string(p.line), ":", std::to_string(p.column));
  return concat(out, ": ", p.text);
}

bool read_profile(std::string_view content, const std::string& file, inspect::profile& out, std::vector<profile_problem>& problems) {
  const std::size_t before = problems.size();
  for (const config::problem& p : config::precheck(content)) {
    problems.push_back({file, p.at.line, p.at.column, p.remedy.empty() ? p.what : concat(p.what, "; ", p.remedy)});
  }
  if (problems.size() != before) return false;
  const toml::parse_result parsed = toml::parse(content, file);
  if (!parsed) {
    const auto& error = parsed.error();
    problems.push_back({file, error.source().begin.line, error.source().begin.column, std::string(error.description())});
    return false;
  }
  reader(file, out, problems).read(parsed.table());
  return problems.size() == before;
}

namespace {

void add_packed(const pack& packed, bool observe, std::vector<inspect::profile>& all, std::vector<profile_problem>& problems, pack_report* report) {
  pack_report counted;
  for (const packed_profile& p : packed.profiles) {
    inspect::profile made;
    if (!read_profile(p.text, concat(p.id, ".toml"), made, problems)) continue;
    const bool known = std::any_of(all.begin(), all.end(), [&made](const inspect::profile& other) { return other.id == made.id; });
    if (observe && known) {
      ++counted.left_out;
      continue;
    }
    ++(known ? counted.replaced : counted.added);
    made.observe = made.observe || observe;
    merge(all, std::move(made));
  }
  if (report != nullptr) *report = counted;
}

std::vector<inspect::profile> load_all(const std::string& directory, std::string& lexicon, std::vector<profile_problem>& problems, const pack* packed = nullptr, bool observe = false,
                                        pack_report* report = nullptr) {
  std::vector<inspect::profile> all;
  for (const embedded_file& file : embedded_profiles()) {
    inspect::profile made;
    if (read_profile(file.content, std::string(file.name), made, problems)) merge(all, std::move(made));
  }
  if (packed != nullptr) add_packed(*packed, observe, all, problems, report);
  if (!directory.empty()) read_directory(directory, all, lexicon, problems);
  std::size_t bytes = 0;
  for (const inspect::profile& p : all) {
    for (const inspect::skeleton& s : p.skeletons) bytes += s.memory_bytes();
  }
  if (bytes > max_skeleton_bytes) problems.push_back({directory, 0, 0, concat("the skeletons of all profiles need ", std::to_string(bytes), " octets, more than ", std::to_string(max_skeleton_bytes))});
  if (!problems.empty()) all.clear();
  return all;
}

}  // namespace

std::vector<inspect::profile> load_profiles(const std::string& directory, std::vector<profile_problem>& problems) {
  std::string lexicon;
  return load_all(directory, lexicon, problems);
}

std::string profile_text(const std::string& directory, const std::string& id) {
  if (!directory.empty()) {
    std::ifstream in(std::filesystem::path(directory) / (concat(id, ".toml")), std::ios::binary);
    if (in) return std::string(std::istreambuf_iterator<char>(in), {});
  }
  for (const embedded_file& file : embedded_profiles()) {
    if (file.name == concat(id, ".toml")) return std::string(file.content);
  }
  return {};
}

std::shared_ptr<const inspect::ruleset> load_ruleset(const std::string& directory, std::vector<profile_problem>& problems, const pack* packed, bool observe,
                                                     pack_report* report) {
  std::string lexicon = embedded_lexicon();
  std::vector<inspect::profile> all = load_all(directory, lexicon, problems, packed, observe, report);
  if (!problems.empty()) return nullptr;
  std::string error;
  auto made = inspect::make_ruleset(std::move(all), lexicon, error);
  if (!made) problems.push_back({"lexicon.txt", 0, 0, error});
  return made;
}

}  // namespace sluice::profiles

// Walks the parsed document along the schema. Every finding is kept; reading goes on, so that one run of 'sluice check'
// shows all of them.
#include "config/toml_reader.hpp"

#include <algorithm>

#include "config/ascii.hpp"
#include "config/check.hpp"
#include "config/nearest.hpp"
#include "config/precheck.hpp"
#include "config/schema.hpp"
#include "config/syntax_help.hpp"
#include "config/toml_guarded.hpp"
#include "config/value_reader.hpp"
#include "config/value_text.hpp"

namespace sluice::config {
namespace {

position place(const toml::source_region& region) { return {region.begin.line, region.begin.column}; }

raw_value raw(const toml::node& node) {
  raw_value v;
  v.at = place(node.source());
  if (const auto* s = node.as_string())
    v.held = std::string_view(s->get());
  else if (const auto* i = node.as_integer())
    v.held = i->get();
  else if (const auto* b = node.as_boolean())
    v.held = b->get();
  else if (const auto* list = node.as_array()) {
    auto& entries = v.held.emplace<std::vector<raw_value>>();
    for (const toml::node& entry : *list) {
      raw_value simple;  // lists of lists are of no key's type: their entries' insides do not matter
      simple.at = place(entry.source());
      if (const auto* text = entry.as_string()) simple.held = std::string_view(text->get());
      entries.push_back(std::move(simple));
    }
  } else if (node.is_floating_point())
    v.other = "a number with a fraction";
  else if (node.is_table())
    v.other = "a table";
  else
    v.other = "a date or time";
  return v;
}

std::string join(std::string_view path, std::string_view name) {
  const bool plain = std::ranges::all_of(name, [](char c) { return ascii::is_alnum(c) || c == '_' || c == '-'; });
  const std::string shown = plain && !name.empty() ? std::string(name) : quoted(name);
  return path.empty() ? shown : std::string(path) + "." + shown;
}

class walker {
 public:
  // `complete`: nothing was left out of the document, so what is not in it is missing.
  walker(read_result& out, bool complete) : out_(out), complete_(complete) {}

  // `path` is the table's path with indices ("route[2]"), `t` its schema, `section` the struct it is read into.
  void read(const toml::table& from, const table& t, void* section, const std::string& path) {
    for (auto&& [name, node] : from) {
      const std::string here = join(path, name.str());
      const key* k = find_key(t, name.str());
      const table* sub = k ? nullptr : find_table(join(t.path, name.str()));
      if (k) {
        out_.where.set(here, place(name.source()));
        const raw_value value = raw(node);
        if (k->kind == value_kind::id_list) keep_places(value, here, k->max);
        read_value(*k, value, section, here, out_.problems);
      } else if (sub) {
        read_table(*sub, node, here, place(name.source()));
      } else {
        unknown(t, name.str(), place(name.source()), here);
      }
    }
    for (const key& k : t.keys)
      if (complete_ && k.required && !t.path.empty() && !from.contains(k.name))
        out_.problems.push_back({place(from.source()), path, "the key " + std::string(k.name) + " is missing",
                                 "expected is " + std::string(expected(k.kind)), false});
  }

 private:
  // Of the entries of a list, "KEY[2]" for the second: what they name is looked up by others, later.
  void keep_places(const raw_value& list, const std::string& path, std::uint64_t most) {
    if (const auto* entries = std::get_if<std::vector<raw_value>>(&list.held))
      for (std::size_t i = 0; i < entries->size() && i < most; ++i) out_.where.set(path + "[" + std::to_string(i + 1) + "]", (*entries)[i].at);
  }

  void read_table(const table& t, const toml::node& node, const std::string& path, position at) {
    out_.where.set(path, at);
    if (!t.is_array) {
      if (const auto* from = node.as_table()) return read(*from, t, t.at(out_.value, 0), path);
      out_.problems.push_back(
          {at, path, "is a table, not a value", "write [" + std::string(t.path) + "] on a line of its own", false});
      return;
    }
    const auto* list = node.as_array();
    const std::string remedy = "write [[" + std::string(t.path) + "]] once for each";
    if (!list) return out_.problems.push_back({at, path, "is a list of tables", remedy, false});
    std::size_t n = 0;
    for (const toml::node& entry : *list) {
      const std::string here = path + "[" + std::to_string(++n) + "]";
      out_.where.set(here, place(entry.source()));
      if (n > max_elements)
        return out_.problems.push_back({place(entry.source()),
                                        here,
                                        "too many tables of this kind, at most " + std::to_string(max_elements),
                                        {},
                                        false});
      if (const auto* from = entry.as_table())
        read(*from, t, t.append(out_.value), here);
      else
        out_.problems.push_back({place(entry.source()), here, "is a list of tables", remedy, false});
    }
  }

  void unknown(const table& t, std::string_view name, position at, const std::string& path) {
    std::vector<std::string_view> candidates;
    for (const key& k : t.keys) candidates.push_back(k.name);
    for (const table& other : schema())  // tables directly below this one
      if (other.path.size() > t.path.size() && other.path.starts_with(t.path))
        if (const auto tail = other.path.substr(t.path.empty() ? 0 : t.path.size() + 1); tail.find('.') == tail.npos)
          candidates.push_back(tail);
    std::string remedy;
    for (const table& other : schema())
      if (const key* k = find_key(other, name); k && remedy.empty())
        remedy = "did you mean " + path_of(other, *k) + "? It belongs " +
                 (other.path.empty() ? "before the first table"
                                     : "in " + std::string(other.is_array ? "[[" : "[") + std::string(other.path) +
                                           (other.is_array ? "]]" : "]"));
    if (const std::string_view best = nearest(name, candidates); !best.empty())
      remedy = "did you mean " + std::string(best) + "?";
    if (remedy.empty()) remedy = "'sluice reference' lists the known keys";
    out_.problems.push_back({at, path, "unknown key", std::move(remedy), false});
  }

  static constexpr std::size_t max_elements = 64;
  read_result& out_;
  bool complete_;
};

// Parses; on an error leaves the line out and tries again, so that further ones are found, too.
toml::parse_result parse(std::string_view text, std::vector<problem>& problems) {
  std::string copy(text);
  for (std::uint32_t last_line = 0, tries = 0;; ++tries) {
    toml::parse_result parsed = toml::parse(std::string_view(copy));
    if (parsed) return parsed;
    const position at = place(parsed.error().source());
    const std::string_view line = line_of(copy, at.line);
    if (at.line == last_line) return parsed;
    problems.push_back(explain_syntax(copy, at, parsed.error().description()));
    if (tries == 10 || !can_be_skipped(copy, at.line)) return parsed;
    copy.replace(static_cast<std::size_t>(line.data() - copy.data()), line.size(), line.size(), ' ');
    last_line = at.line;
  }
}

void finish(read_result& r) {
  std::ranges::stable_sort(r.problems, {}, [](const problem& p) { return std::pair(p.is_note, p.at); });
  if (r.problems.size() <= max_problems) return;
  const std::size_t more = r.problems.size() - max_problems;
  r.problems.resize(max_problems);
  r.problems.push_back({{}, {}, "and " + std::to_string(more) + " more", {}, false});
}

}  // namespace

bool read_result::ok() const {
  return std::ranges::all_of(problems, [](const problem& p) { return p.is_note; });
}

read_result read_toml(std::string_view text) {
  read_result r;
  r.problems = precheck(text);
  if (r.problems.empty()) {
    const toml::parse_result parsed = parse(text, r.problems);
    const bool complete = r.problems.empty();
    if (parsed) walker(r, complete).read(parsed.table(), schema().front(), schema().front().at(r.value, 0), {});
    if (complete) check_model(r.value, r.where, r.problems);
  }
  finish(r);
  return r;
}

}  // namespace sluice::config

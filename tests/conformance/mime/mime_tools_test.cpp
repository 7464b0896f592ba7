// Perl MIME-tools' test messages with their reference trees: type, encoding, charset, recommended name, decoded size.
// The rest of the folder has no references: those messages must be read without harm, cut or not.
#include <catch2/catch_test_macros.hpp>
#include <regex>

#include "suite.hpp"
#include "support/mime_recorder.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

using facts = std::map<std::string, std::string>;

std::string perl_string(std::string s) {
  for (std::size_t i = 0; i + 1 < s.size(); ++i)
    if (s[i] == '\\') s.erase(i, 1);
  return s;
}

// "Part_3_1" => { "Type" => "text/plain", ... }
std::map<std::string, facts> read_reference(const std::string& text) {
  static const std::regex block("\"([A-Za-z0-9_]+)\" => \\{([^{}]*(?:qq\\{[^}]*\\}[^{}]*)*)\\}");
  static const std::regex pair("\"([A-Za-z]+)\" => (?:\"((?:[^\"\\\\]|\\\\.)*)\"|qq\\{([^}]*)\\}|([0-9]+))");
  std::map<std::string, facts> out;
  for (std::sregex_iterator b(text.begin(), text.end(), block), end; b != end; ++b) {
    const std::string inside = (*b)[2];
    for (std::sregex_iterator p(inside.begin(), inside.end(), pair); p != end; ++p)
      out[(*b)[1]][(*p)[1]] = perl_string((*p)[2].str() + (*p)[3].str() + (*p)[4].str());
  }
  return out;
}

// Names like the reference's: "Msg", "Part_2_1".
void name_parts(const mime_recorder& r, std::size_t part, const std::string& name, std::map<std::string, std::size_t>& out) {
  out[name] = part;
  int n = 0;
  for (std::size_t i = part + 1; i < r.parts.size(); ++i)
    if (r.parts[i].info.parent == part && r.parts[i].info.depth > 0 && r.parts[i].info.reading_of == mime::part_info::no_part && view(r.parts[i].info.encoding) != "x-uuencode")
      name_parts(r, i, (name == "Msg" ? "Part_" : name + "_") + std::to_string(++n), out);
}

std::string lower(std::string s) {
  for (char& c : s) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return s;
}

std::string compare(const std::map<std::string, facts>& want, const mime_recorder& r) {
  std::map<std::string, std::size_t> names;
  name_parts(r, 0, "Msg", names);
  for (const auto& entry : want) {
    const std::string& name = entry.first;
    const facts& f = entry.second;
    if (name == "Parser" || f.count("Type") == 0) continue;
    const auto found = names.find(name);
    if (found == names.end()) return name + " is missing";
    const recorded_part& p = r.parts[found->second];
    const std::string encoding(view(p.info.encoding));
    const auto differs = [&](const char* key, const std::string& have) {
      return f.count(key) && lower(f.at(key)) != lower(have) ? name + " " + key + ": want " + f.at(key) + ", have " + have : std::string();
    };
    const std::string type(view(p.info.type));
    std::string d = type == "text/plain" && f.at("Type") == "text" ? "" : differs("Type", type);  // RFC 1049
    if (d.empty() && !(f.count("Encoding") && encoding.empty())) d = differs("Encoding", encoding);  // no field: 7bit or binary
    if (d.empty()) d = differs("Charset", std::string(view(p.info.charset)));
    if (d.empty()) d = differs("Filename", std::string(view(p.info.file_name)));
    if (d.empty()) d = differs("Disposition", std::string(view(p.info.disposition)));
    // Of the references some count the line end in front of the delimiter and some don't.
    const bool line_end = type.starts_with("text/") && f.count("Size") &&
                          (f.at("Size") == std::to_string(p.bytes.size() + 1) || f.at("Size") == std::to_string(p.bytes.size() - 1));
    if (d.empty() && !line_end) d = differs("Size", std::to_string(p.bytes.size()));
    if (!d.empty()) return d;
  }
  return "";
}

}  // namespace

TEST_CASE("MIME-tools messages give the reference trees") {
  tally count("mime-tools-perl", 33);
  if (count.missing()) SKIP("suite not here");
  const auto folder = suite_folder("mime-tools-perl");
  mime::options options;
  options.sniff_bytes = ~std::uint64_t{0};
  options.bytes_of_text = true;
  for (const auto& file : files_in(folder, ".msg")) {
    const std::string message = read_file(file), name = file.stem();
    const mime_recorder r = walk(message, 0, options);
    auto reference = file;
    reference.replace_extension(".ref");
    if (name == "ak-0696") reference.replace_filename("ak-0696-none.ref");  // its settings are ours
    std::string difference;
    if (std::filesystem::exists(reference)) difference = compare(read_reference(read_file(reference)), r);
    if (difference.empty() && walk(message, 1, options).dump() != r.dump()) difference = "octet by octet differs";
    count.result(name, difference.empty(), difference);
  }
}

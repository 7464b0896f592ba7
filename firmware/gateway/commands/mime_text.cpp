#include "firmware/gateway/commands/mime_text.hpp"

#include "core/ascii.hpp"
#include "core/concat.hpp"
#include "firmware/gateway/json_text.hpp"
#include "firmware/gateway/commands/terminal.hpp"

namespace sluice::gateway {
namespace {

const std::string* first_field(const scan::mime_tree& tree, std::string_view name) {
  if (tree.parts.empty()) return nullptr;
  for (const scan::tree_field& f : tree.parts[0].fields) {
    if (ascii::iequals(f.name, name)) return &f.value;
  }
  return nullptr;
}

// Texts of mail have lines; each is indented and made printable by itself.
void add_lines(std::string& out, const std::string& indent, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    append_to(out, indent, printable(line), "\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string part_line(const scan::tree_part& p) {
  const mime::part_info& i = p.info;
  std::string out = concat(std::to_string(i.index), "  ", printable(i.type.empty() ? std::string_view("text/plain") : view(i.type)));
  if (!i.charset.empty()) append_to(out, ", charset ", printable(view(i.charset)));
  if (!i.encoding.empty()) append_to(out, ", ", printable(view(i.encoding)));
  if (!i.disposition.empty()) append_to(out, ", ", printable(view(i.disposition)));
  if (!i.file_name.empty()) append_to(out, ", file \"", printable(view(i.file_name)), "\"");
  if (!i.other_name.empty()) append_to(out, ", other clients: \"", printable(view(i.other_name)), "\"");
  if (i.reading_of != mime::part_info::no_part) append_to(out, ", another reading of part ", std::to_string(i.reading_of));
  if (!p.is_container) append_to(out, ", ", std::to_string(p.octets.size()), " octets, sha256 ", p.sha256());
  return out;
}

void add_text(std::string& out, const std::string& indent, const scan::tree_part& p, bool colour_on) {
  for (const auto& [kind, text] : p.text) {
    if (ascii::trim(text).empty()) continue;
    append_to(out, indent, paint(mime::name_of(kind), colour::bold, colour_on), ":\n");
    add_lines(out, concat(indent, "  | "), text);
  }
  for (const scan::tree_link& l : p.links) {
    append_to(out, indent, (l.hidden ? "hidden " : l.conditional ? "conditional " : ""), l.from, ": ", printable(l.target));
    if (!l.shown.empty()) append_to(out, "  shown as \"", printable(l.shown), "\"");
    out += "\n";
  }
}

void add_json_text(std::string& out, const scan::tree_part& p) {
  out += ",\"text\":{";
  bool first = true;
  for (const auto& [kind, text] : p.text) {
    if (!first) out += ',';
    first = false;
    append_to(out, json_string(mime::name_of(kind)), ":", json_string(text));
  }
  out += "},\"links\":[";
  first = true;
  for (const scan::tree_link& l : p.links) {
    if (!first) out += ',';
    first = false;
    append_to(out, "{\"from\":\"", l.from, "\",\"target\":", json_string(l.target), ",\"shown\":", json_string(l.shown),
           ",\"hidden\":", (l.hidden ? "true" : "false"), ",\"conditional\":", (l.conditional ? "true" : "false"), "}");
  }
  out += ']';
}

std::string json_part(const scan::tree_part& p, bool with_text) {
  const mime::part_info& i = p.info;
  std::string out = concat("{\"index\":", std::to_string(i.index), ",\"parent\":", (i.index == 0 ? "null" : std::to_string(i.parent)),
                    ",\"depth\":", std::to_string(i.depth), ",\"type\":", json_string(view(i.type)), ",\"charset\":", json_string(view(i.charset)),
                    ",\"encoding\":", json_string(view(i.encoding)), ",\"disposition\":", json_string(view(i.disposition)),
                    ",\"file_name\":", json_string(view(i.file_name)), ",\"other_name\":", json_string(view(i.other_name)), ",\"reading_of\":",
                    (i.reading_of == mime::part_info::no_part ? "null" : std::to_string(i.reading_of)), ",\"container\":", (p.is_container ? "true" : "false"));
  if (!p.is_container) append_to(out, ",\"size\":", std::to_string(p.octets.size()), ",\"sha256\":\"", p.sha256(), "\"");
  out += ",\"notes\":[";
  bool first = true;
  for (const scan::tree_note& n : p.notes) {
    if (!first) out += ',';
    first = false;
    append_to(out, "{\"what\":", json_string(mime::name_of(n.what)), ",\"ambiguity\":", (mime::is_ambiguity(n.what) ? "true" : "false"),
           ",\"offset\":", std::to_string(n.offset), "}");
  }
  out += "],\"fields\":[";
  first = true;
  for (const scan::tree_field& f : p.fields) {
    if (!first) out += ',';
    first = false;
    append_to(out, "{\"name\":", json_string(f.name), ",\"value\":", json_string(f.value), "}");
  }
  out += ']';
  if (with_text) add_json_text(out, p);
  return concat(out, "}");
}

}  // namespace

std::string mime_people(const std::string& file, const scan::mime_tree& tree, bool with_text, bool colour_on) {
  std::string out = concat(paint(printable(file), colour::bold, colour_on), "  ", std::to_string(tree.octets), " octets");
  if (tree.ambiguous()) append_to(out, ", ", paint("ambiguous", colour::yellow, colour_on), ": mail clients may read it in different ways");
  out += "\n";
  for (const std::string_view name : {std::string_view("From"), std::string_view("To"), std::string_view("Subject"), std::string_view("Date")}) {
    if (const std::string* value = first_field(tree, name)) append_to(out, "  ", name, ": ", printable(*value), "\n");
  }
  for (const scan::tree_part& p : tree.parts) {
    const std::string indent(2 + 2 * std::size_t{p.info.depth}, ' ');
    append_to(out, indent, part_line(p), "\n");
    for (const scan::tree_note& n : p.notes) {
      const bool ambiguity = mime::is_ambiguity(n.what);
      append_to(out, indent, "     ", paint(ambiguity ? "ambiguous" : "flawed", ambiguity ? colour::yellow : colour::dim, colour_on), ": ",
             mime::name_of(n.what), " at octet ", std::to_string(n.offset), "\n");
    }
    if (with_text) add_text(out, concat(indent, "     "), p, colour_on);
  }
  return out;
}

std::string mime_json(const std::string& file, const scan::mime_tree& tree, bool with_text) {
  std::string out = concat("{\"file\":", json_string(file), ",\"octets\":", std::to_string(tree.octets), ",\"ambiguous\":", (tree.ambiguous() ? "true" : "false"), ",\"parts\":[");
  for (std::size_t i = 0; i < tree.parts.size(); ++i) {
    if (i != 0) out += ',';
    out += json_part(tree.parts[i], with_text);
  }
  return concat(out, "]}\n");
}

}  // namespace sluice::gateway

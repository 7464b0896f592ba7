// GET /api/v1/openapi.json: the OpenAPI 3.1 description of everything that is served, made from the route table.
#include <cctype>

#include "core/concat.hpp"
#include "firmware/gateway/manage/manage_access.hpp"
#include "status/text.hpp"

namespace sluice::gateway {
namespace {

using namespace status;

const std::string refusal = R"({"$ref":"#/)" R"(components/responses/problem"})";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view part_until(char end, std::string_view& rest) {
  const std::size_t at = rest.find(end);
  const std::string_view out = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return out;
}

// Of a TYPE of route_facts.
std::string schema_of(std::string_view type) {
  const std::string_view plain = part_until('=', type), otherwise = type;
  const bool is_range = !plain.empty() && std::isdigit(static_cast<unsigned char>(plain.front())) != 0 && plain.find('-') != std::string_view::npos;
  std::string out = R"({"type":"string")";
  if (std::string_view rest = plain; is_range) {
    const std::string_view least = part_until('-', rest);
    out = concat("{\"type\":\"integer\",\"minimum\":", least, ",\"maximum\":", rest);
  } else if (plain.find('|') != std::string_view::npos) {
    std::string values;
    while (!rest.empty()) append_to(values, (values.empty() ? "" : ","), json(part_until('|', rest)));
    append_to(out, ",\"enum\":[", values, "]");
  } else if (plain == "number") {
    out = R"({"type":"integer","minimum":0)";
  } else if (plain == "flag") {
    out = R"({"type":"boolean")";
  } else if (plain == "texts") {
    out = R"({"type":"array","items":{"type":"string"})";
  } else if (plain != "text" && !plain.empty()) {
    append_to(out, ",\"format\":\"", (plain == "time" ? "date-time" : plain == "file" ? "binary" : plain), "\"");
  }
  if (!otherwise.empty()) append_to(out, ",\"default\":", (is_range ? std::string(otherwise) : json(otherwise)));
  return concat(out, "}");
}

struct value_facts {
  std::string_view name, type, meaning;
  bool needed = false;
};

value_facts next_value(std::string_view& rest) {
  std::string_view one = part_until(';', rest);
  value_facts out{part_until(':', one), part_until(':', one), one};
  out.needed = out.name.ends_with('!');
  if (out.needed) out.name.remove_suffix(1);
  if (out.meaning.empty() && out.name == "q") out.meaning = "A part of what is looked for";
  if (out.meaning.empty() && out.name == "before") out.meaning = "Where the page before ended, the answer's \"before\"";
  if (out.meaning.empty() && out.name == "limit") out.meaning = "Entries at most";
  return out;
}

std::string parameters_of(const web_route& r) {
  std::string out;
  const auto add = [&out](std::string_view in, const value_facts& v) {
    append_to(out, (out.empty() ? "" : ","), "{\"name\":", json(v.name), ",\"in\":\"", in, "\",\"required\":", (v.needed ? "true" : "false"));
    if (!v.meaning.empty()) append_to(out, ",\"description\":", json(v.meaning));
    append_to(out, ",\"schema\":", schema_of(v.type), "}");
  };
  for (std::string_view rest = r.pattern; part_until('{', rest), !rest.empty();) add("path", {part_until('}', rest), {}, {}, true});
  for (std::string_view rest = r.about.query; !rest.empty();) {
    value_facts v = next_value(rest);
    const bool is_field = v.name.starts_with('@');
    if (is_field) v.name.remove_prefix(1);
    add(is_field ? "header" : "query", v);
  }
  return out.empty() ? "" : concat("\"parameters\":[", out, "],");
}

// The types at the beginning of a body or in an answer, each with the same content.
std::string content_of(std::string_view types, std::string_view content) {
  std::string out;
  while (!types.empty())
    if (const std::string_view type = part_until(' ', types); type.find('/') != std::string_view::npos)
      append_to(out, (out.empty() ? "" : ","), json(type), ":{", content, "}");
  return concat("\"content\":{", out, "}");
}

std::string body_of(const web_route& r, bool is_api) {
  std::string_view rest = r.about.body, types = is_api ? "application/json" : "application/x-www-form-urlencoded";
  if (rest.substr(0, rest.find_first_of(";:")).find('/') != std::string_view::npos) types = part_until(';', rest);
  std::string fields, needed;
  const bool by_form = !is_api && r.least != role::nobody;  // what a session sends with every form
  while (!rest.empty()) {
    const value_facts v = next_value(rest);
    append_to(fields, (fields.empty() ? "" : ","), json(v.name), ":", schema_of(v.type));
    if (!v.meaning.empty()) fields.insert(fields.size() - 1, concat(",\"description\":", json(v.meaning)));
    if (v.needed) append_to(needed, (needed.empty() ? "" : ","), json(v.name));
  }
  if (by_form) append_to(fields, (fields.empty() ? "" : ","), "\"csrf\":", schema_of(""));
  if (fields.empty() && *r.about.body == '\0') return {};
  const bool whole = fields.empty();
  const std::string must = needed.empty() ? "" : concat(",\"required\":[", needed, "]");
  const std::string schema = whole ? "" : concat("\"schema\":{\"type\":\"object\",\"properties\":{", fields, "}", must, "}");
  return concat(",\"requestBody\":{\"required\":", (whole || !needed.empty() ? "true" : "false"), ",", content_of(types, schema), "}");
}

std::string answers_of(const web_route& r, bool is_api) {
  const std::string_view told = r.about.answer, types = told.find('/') != std::string_view::npos ? told : is_api ? "application/json" : "text/html";
  std::string_view codes = is_api ? (r.method == http::verb::delete_ ? "204" : "200") : told.empty() ? "200 303" : "200";
  if (!told.empty() && std::isdigit(static_cast<unsigned char>(told.front())) != 0) codes = told;
  std::string out;
  while (!codes.empty()) {
    const std::string_view code = part_until(' ', codes);
    if (code.find('/') != std::string_view::npos) continue;
    const bool bare = code == "204" || code.starts_with('3');
    append_to(out, json(code), ":{\"description\":\"", (code == "202" ? "Under way" : code == "303" ? "Another page" : code == "304" ? "Not changed" : "Done"), "\"",
              (bare ? "" : concat(",", content_of(types, ""))), "},");
  }
  return out;
}

std::string operation_of(const web_route& r) {
  const bool open = r.least == role::nobody, is_api = std::string_view(r.pattern).starts_with("/api/");
  std::string out = concat(json(lower(http::name_of(r.method))), ":{\"summary\":", json(r.about.summary), ",", parameters_of(r));
  append_to(out, "\"x-role\":", json(name_of(r.least)), ",\"security\":", (open ? "[]" : "[{\"token\":[]},{\"session\":[]}]"));
  if (r.body_limit > 0 || r.take) append_to(out, body_of(r, is_api), ",\"x-body-limit\":", std::to_string(r.take ? r.take_at_most() : r.body_limit));
  append_to(out, ",\"responses\":{", answers_of(r, is_api));
  if (!open) append_to(out, "\"401\":", refusal, ",\"403\":", refusal, ",");
  return concat(out, "\"default\":", refusal, "}}");
}

std::string description_of(const web_routes& table, const std::string& version) {
  std::string paths;
  const auto& all = table.all();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string_view pattern = all[i].pattern;
    bool told = false;  // with an earlier route of the same path
    for (std::size_t k = 0; k < i; ++k) told = told || pattern == all[k].pattern;
    if (told) continue;
    std::string operations;
    for (std::size_t k = i; k < all.size(); ++k)
      if (pattern == all[k].pattern) append_to(operations, (operations.empty() ? "" : ","), operation_of(all[k]));
    append_to(paths, (paths.empty() ? "" : ",\n"), json(pattern), ":{", operations, "}");
  }
  return concat("{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Sluice\",\"description\":\"Unsafe methods of a session need its CSRF token, in X-CSRF-Token or the "
         "form's field csrf.\",\"version\":", json(version), "},\n\"paths\":{", paths,
         "},\n\"components\":{\"securitySchemes\":{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"},\"session\":{\"type\":\"apiKey\",\"in\":"
         "\"cookie\",\"name\":", json(session_cookie), "}},\"responses\":{\"problem\":{\"description\":\"Why not (RFC 9457)\",\"content\":"
         "{\"application/problem+json\":{\"schema\":{\"type\":\"object\",\"properties\":{\"status\":{\"type\":\"integer\"},\"title\":{\"type\":"
         "\"string\"},\"detail\":{\"type\":\"string\"}}}}}}}}}\n");
}

}  // namespace

void add_openapi_route(web_routes& routes, const web_routes& table, std::string version) {
  routes.add({http::verb::get, "/api/v1/openapi.json", role::viewer, no_body, "Get this description",
              [&table, version = std::move(version)](const web_request&) -> net::awaitable<web_reply> {
                co_return json_reply(description_of(table, version));
              }});
}

}  // namespace sluice::gateway

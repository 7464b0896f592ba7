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

std::string parameters_of(std::string_view pattern) {
  std::string out;
  for (std::size_t at = pattern.find('{'); at != std::string_view::npos; at = pattern.find('{', at + 1)) {
    const std::string_view name = pattern.substr(at + 1, pattern.find('}', at) - at - 1);
    append_to(out, std::string(out.empty() ? "" : ","), "{\"name\":", json(name), ",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}");
  }
  return out.empty() ? "" : concat("\"parameters\":[", out, "],");
}

std::string operation_of(const web_route& r) {
  const bool open = r.least == role::nobody;
  std::string out = concat(json(lower(http::name_of(r.method))), ":{\"summary\":", json(r.summary), ",", parameters_of(r.pattern));
  append_to(out, "\"x-role\":", json(name_of(r.least)), ",\"security\":", (open ? "[]" : "[{\"token\":[]},{\"session\":[]}]"));
  if (r.body_limit > 0) append_to(out, ",\"requestBody\":{\"content\":{\"*/*\":{}}},\"x-body-limit\":", std::to_string(r.body_limit));
  if (r.take) append_to(out, ",\"requestBody\":{\"required\":true,\"content\":{\"application/octet-stream\":{}}},\"x-body-limit\":", std::to_string(r.take_at_most()));
  out += ",\"responses\":{\"2XX\":{\"description\":\"Done\"}";
  if (!open) append_to(out, ",\"401\":", refusal, ",\"403\":", refusal, "");
  return concat(out, ",\"default\":", refusal, "}}");
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
  return concat("{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Sluice\",\"version\":", json(version), "},\n\"paths\":{", paths,
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

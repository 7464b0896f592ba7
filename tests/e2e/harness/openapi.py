"""/api/v1/openapi.json against what is really answered, and against what OpenAPI 3.1 asks of a document."""
import re
import urllib.parse

TYPES = {"string", "integer", "boolean", "array", "object"}
FORMATS = {"date-time", "password", "binary"}


def operation(paths, method, path):
    """Of the route that answers `path`: literal segments win over {names}."""
    asked = path.split("/")
    best = None
    for pattern, operations in paths.items():
        parts = pattern.split("/")
        if method.lower() in operations and len(parts) == len(asked) and all(p == a or (p.startswith("{") and a) for p, a in zip(parts, asked)):
            names = [p.startswith("{") for p in parts]
            best = min(best or (names, pattern), (names, pattern))
    return paths[best[1]][method.lower()] if best else None


def differences(paths, method, target, status, content_type):
    """What of a success the description does not tell."""
    path, _, query = target.partition("?")
    facts = operation(paths, method, path)
    if facts is None:
        return [f"{method} {path} is not described"]
    out, told = [], facts["responses"].get(str(status))
    if told is None:
        return [f"{method} {path} answered {status}, described are {sorted(facts['responses'])}"]
    plain = (content_type or "").split(";")[0]
    if plain and plain not in told.get("content", {}):
        out.append(f"{method} {path} answered {status} with {plain}, described is {sorted(told.get('content', {}))}")
    names = {p["name"] for p in facts.get("parameters", []) if p["in"] == "query"}
    if path.startswith("/api/") and (unknown := set(urllib.parse.parse_qs(query, keep_blank_values=True)) - names):
        out.append(f"{method} {path} was asked with {sorted(unknown)}, described are {sorted(names)}")
    return out


def faults_of_schema(where, schema):
    out = []
    if schema.get("type") not in TYPES or schema.get("format", "binary") not in FORMATS:
        out.append(f"{where}: {schema} has no known type")
    if schema.get("type") == "array" and "items" not in schema:
        out.append(f"{where}: a list of what?")
    if "enum" in schema and (len(set(schema["enum"])) != len(schema["enum"]) or "" in schema["enum"]):
        out.append(f"{where}: {schema['enum']}")
    if "minimum" in schema and schema["type"] != "integer" or schema.get("maximum", 1) < schema.get("minimum", 0):
        out.append(f"{where}: a range of {schema}")
    if "default" in schema:
        value = schema["default"]
        fits = value in schema["enum"] if "enum" in schema else isinstance(value, int) and schema["minimum"] <= value <= schema["maximum"]
        out += [] if fits else [f"{where}: the default does not fit {schema}"]
    for name, inner in schema.get("properties", {}).items():
        out += faults_of_schema(f"{where} {name}", inner)
    if missing := set(schema.get("required", [])) - set(schema.get("properties", {})):
        out.append(f"{where}: {missing} must be there and are not described")
    return out


def faults(document):
    """What OpenAPI 3.1 forbids, and for the API what a reader would miss."""
    out = [] if re.fullmatch(r"3\.1\.\d+", document["openapi"]) and document["info"]["title"] and document["info"]["version"] else ["no head"]
    components = document["components"]
    for path, operations in document["paths"].items():
        for method, facts in operations.items():
            where = f"{method.upper()} {path}"
            parameters = facts.get("parameters", [])
            if not path.startswith("/") or method not in {"get", "put", "post", "delete", "patch"} or not facts.get("summary"):
                out.append(f"{where}: path, method or summary")
            if [p["name"] for p in parameters if p["in"] == "path"] != re.findall(r"\{(\w+)\}", path):
                out.append(f"{where}: the parameters of its path")
            if len({(p["in"], p["name"]) for p in parameters}) != len(parameters):
                out.append(f"{where}: a parameter twice")
            for p in parameters:
                if p["in"] not in {"path", "query", "header"} or (p["in"] == "path" and p["required"] is not True):
                    out.append(f"{where} {p['name']}: its place")
                if path.startswith("/api/") and p["in"] != "path" and not p.get("description"):
                    out.append(f"{where} {p['name']}: what it means")
                out += faults_of_schema(f"{where} {p['name']}", p["schema"])
            body = facts.get("requestBody")
            if body is not None:
                if not body["content"] or not isinstance(body["required"], bool) or method in {"get", "delete"}:
                    out.append(f"{where}: its body")
                for kind, content in body["content"].items():
                    if not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", kind):
                        out.append(f"{where}: {kind}")
                    if "schema" in content:
                        out += faults_of_schema(f"{where} body", content["schema"])
                    fields = content.get("schema", {}).get("properties", {})
                    if path.startswith("/api/") and (silent := [n for n, f in fields.items() if not f.get("description")]):
                        out.append(f"{where}: what {silent} mean")
            responses = facts["responses"]
            if not any(re.fullmatch(r"2\d\d", code) for code in responses) or "default" not in responses:
                out.append(f"{where}: what it answers")
            for code, told in responses.items():
                if "$ref" in told:
                    kind, name = re.fullmatch(r"#/components/(\w+)/(\w+)", told["$ref"]).groups()
                    out += [] if name in components[kind] else [f"{where}: {told['$ref']} leads nowhere"]
                elif not told.get("description") or ("content" in told and (code in {"204", "304"} or not told["content"])):
                    out.append(f"{where} {code}: {told}")
            for one in facts["security"]:
                out += [f"{where}: {s} is no scheme" for s in one if s not in components["securitySchemes"]]
    return out

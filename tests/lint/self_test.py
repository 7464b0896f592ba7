"""The lints can fail: each is given a small tree with one planted offence and must name it, and a clean one and must not."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
UNIT = "firmware/packaging/files/sluice.service"
SOUND_UNIT = (HERE.parents[1] / UNIT).read_text()
SCRIPTS = {f"toolchains/scripts/{n}.sh": (HERE.parents[1] / f"toolchains/scripts/{n}.sh").read_text() for n in ("progress", "foreign", "sources")}
SOURCES = SCRIPTS["toolchains/scripts/sources.sh"]
ROUTE = """reply add(things& t, const web_request& q) {
  const auto o = object_of(q);
  return made(t, text(*o, "name"), q.query_value("limit"));
}

std::string text(const object& o, const char* key) {
  return o.if_contains(key)->get();
}

void add_routes(web_routes& routes, things& t) {
  routes.add({verb::post, "/api/v1/things", role::admin, small_body, {"Add a thing", "%s", "%s"},
              [&t](const web_request& q) -> reply { return add(t, q); }});
}
"""
ABOUT = "about " * 100 + "\nTo add a thing: here. Octets -> f() -> things\n"
CLEAN = {"proxy/smtp/a.hpp": '#pragma once\n#include "core/bytes.hpp"\n', "config/a.hpp": "#pragma once\n", "run": "#!/bin/sh\ntrue\n",
         "proxy/smtp/README.md": ABOUT, "proxy/README.md": "", "config/README.md": ABOUT,
         "firmware/gateway/README.md": ABOUT,
         "config/schema_a.cpp": "x<&memory::total>\n", "firmware/gateway/a.cpp": "f(m.total);\n",
         "firmware/gateway/commands/cmd_a.cpp": 'app.add_subcommand("a", "b"); add_flag("--json");\n',
         "firmware/profiles/profile_loader.cpp": 'only(root, {"id", "identity"}, "");\n', "firmware/profiles/README.md": ABOUT,
         "firmware/docs/profiles.md": "| `id` | text | x |\n\n## `[identity]`\n",
         "firmware/docs/events.md": "| `id` | text | x |\n\n## All events\n| `message` | info | x |\n",
         "firmware/gateway/records/message_log.cpp": 'log::line(l, "message").with("id", 1);\n',
         "proxy/inspect/README.md": ABOUT,
         "proxy/inspect/rules.hpp": "#pragma once\nenum class rule : int {\n  odd_thing,\n  count_\n};\n",
         "proxy/inspect/rules.cpp": 'constexpr rule_info table[] = {\n    {"odd-thing", "x"},\n};\n',
         "proxy/inspect/a.cpp": "void f() { add_finding(out, rule::odd_thing, 1, {}); }\n",
         "firmware/docs/metrics.md": "- `odd-thing`: x\n",
         "firmware/docs/man/sluice.1": ".TH SLUICE 1\n.SH NAME\n.BR sluice\\-a (1)\n",
         "firmware/docs/man/sluice-a.1": ".TH A 1\n.SH NAME\n.SH SYNOPSIS\n.SH DESCRIPTION\n.SH OPTIONS\n\\-\\-json\n"
                                         ".SH EXIT STATUS\n.SH EXAMPLES\n",
         "firmware/gateway/manage/README.md": ABOUT,
         "firmware/gateway/manage/manage_a.cpp": ROUTE % ("limit:1-9", "name!"),
         **SCRIPTS, "toolchains/README.md": ABOUT,
         UNIT: SOUND_UNIT, "firmware/packaging/README.md": ABOUT}
PLANTED = [
    ("include_edges", "proxy/smtp/b.cpp", '#include "relay/x.hpp"\n'),
    ("include_edges", "proxy/net/b.cpp", '#include "config/model.hpp"\n'),
    ("include_edges", "config/b.cpp", '#include "smtp/a.hpp"\n'),
    ("include_edges", "proxy/smtp/CMakeLists.txt", "sluice_module(smtp SOURCES a.cpp\n LINK sluice_core sluice_net)\n"),
    ("include_edges", "proxy/novel/b.cpp", '#include "core/bytes.hpp"\n'),
    ("sans_io", "proxy/smtp/b.cpp", "#include <boost/asio/ip/tcp.hpp>\n"),
    ("sans_io", "proxy/mime/b.cpp", "auto t = std::chrono::steady_clock::now();\n"),
    ("sans_io", "proxy/relay/b.cpp", "void f() { throw 1; }\n"),
    ("co_await_forms", "proxy/net/b.cpp", "void f() { co_await g(options{1, 2}); }\n"),
    ("co_await_forms", "proxy/net/b.cpp", "void f() { co_await g([this] { h(); }); }\n"),
    ("file_length", "proxy/smtp/b.cpp", "int x;\n" * 501),
    ("file_length", "proxy/smtp/b.cpp", "void f() {\n" + "g();\n" * 101 + "}\n"),
    ("no_secrets", "config/b.toml", "-----BEGIN EC PRIVATE KEY-----\n" + "MHcCAQEEIB" * 4 + "\n"),
    ("no_secrets", "README.md", "look into /" + "elsewhere/notes.txt\n"),
    ("no_secrets", "toolchains/x.sh", "curl https://" + "mirror.acme-registry.io/x\n"),
    ("shell_scripts", "test", "#!/bin/sh\nif true; then\n"),
    ("shell_scripts", "tests/e2e/x.py", "def f(:\n"),
    ("module_readmes", "proxy/mime/a.cpp", "int x;\n"),
    ("module_readmes", "proxy/smtp/README.md", "To add a thing: octets -> things\n"),
    ("module_readmes", "proxy/smtp/README.md", "about " * 100 + "octets -> things\n"),
    ("module_readmes", "proxy/smtp/README.md", "about " * 100 + "to add a thing\n"),
    ("man_pages", "firmware/gateway/commands/cmd_b.cpp", 'app.add_subcommand("b", "c");\n'),
    ("man_pages", "firmware/gateway/commands/cmd_a.cpp", 'app.add_subcommand("a", "b"); add_flag("--json"); add_flag("--new");\n'),
    ("man_pages", "firmware/docs/man/sluice-a.1", ".TH A 1\n.SH NAME\n"),
    ("config_keys", "config/schema_a.cpp", "x<&memory::nobody>\n"),
    ("routes", "firmware/gateway/manage/manage_a.cpp", ROUTE % ("", "name!")),
    ("routes", "firmware/gateway/manage/manage_a.cpp", ROUTE % ("limit:1-9", "")),
    ("routes", "firmware/gateway/manage/manage_a.cpp", ROUTE % ("limit:1-9;before:number", "name!")),
    ("routes", "firmware/gateway/manage/manage_a.cpp", ROUTE % ("limit:1-9", "name!;role")),
    ("locked_sources", "toolchains/scripts/sources.sh", SOURCES.replace('[ "$got" != "$file" ] || die', '[ "$got" != "$file" ] || echo')),
    ("locked_sources", "toolchains/scripts/sources.sh", SOURCES.replace('"$1_$2"*)', '"$1_"*)')),
    ("locked_sources", "toolchains/scripts/sources.sh", SOURCES.replace('> "$deps/moved-on.$1"', '> /dev/null')),
    ("rules", "proxy/inspect/a.cpp", "void f() { if (what == rule::odd_thing) g(); }\n"),
    ("rules", "firmware/docs/metrics.md", "- `other-thing`: x\n"),
    ("events", "proxy/net/b.cpp", 'log::line(l, up ? "message" : "new-event").with("x", 1);\n'),
    ("events", "firmware/gateway/records/message_log.cpp", 'log::line(l, "message").with("id", 1).with("new", 2);\n'),
    ("profile_keys", "firmware/profiles/profile_loader.cpp", 'only(root, {"id", "identity", "new"}, "");\n'),
    ("profile_keys", "firmware/docs/profiles.md", "| `id` | text | x |\n| `gone` | text | x |\n\n## `[identity]`\n"),
    ("events", "firmware/docs/events.md", "| `id` | text | x |\n\n## All events\n| `message` | info | x |\n| `gone` | info | x |\n"),
]
if shutil.which("systemd-analyze"):
    PLANTED += [("systemd_unit", UNIT, SOUND_UNIT.replace("ProtectSystem=", "ProtectSytem=")),
                ("systemd_unit", UNIT, SOUND_UNIT.replace("@system-service", "@system-services")),
                ("systemd_unit", UNIT, SOUND_UNIT.replace("NoNewPrivileges=yes\n", "").replace("RestrictNamespaces=yes\n", ""))]


def run(lint, tree):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in tree.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return subprocess.run([sys.executable, HERE / f"{lint}.py", folder], capture_output=True, text=True)


failed = 0
for lint in sorted({p[0] for p in PLANTED}):
    result = run(lint, CLEAN)
    if result.returncode:
        failed += 1
        print(f"{lint} refuses a clean tree:\n{result.stdout}{result.stderr}")
for lint, name, text in PLANTED:
    result = run(lint, {**CLEAN, name: text})
    if result.returncode != 1 or name.rsplit("/", 1)[0] not in result.stdout:
        failed += 1
        print(f"{lint} does not see what was planted in {name}: {text[:60]!r}\n{result.stdout}{result.stderr}")
print(f"{len(PLANTED)} planted offences, {failed} missed")
sys.exit(1 if failed else 0)

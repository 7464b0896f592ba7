"""ValiMail's ARC validation tests. An empty cv in the suite stands for a chain that says itself that it failed."""
import yaml

from common import Suite, crlf, txt_records

suite = Suite("arc-valimail", 121)
path = suite.folder / "arc-draft-validation-tests.slice.yml"


def check_of(cv):
    wanted = {"none": "none", "pass": "pass"}.get(cv.strip().lower(), "fail")

    def check(answer):
        got = answer["arc"]
        return None if got["result"] == wanted else f"{got['result']} instead of {wanted} ({got['reason']})"

    return check


for scenario in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader):
    if not scenario:
        continue
    for name, test in scenario["tests"].items():
        suite.case(name, check_of(test["cv"]), txt_records(scenario["txt-records"]), crlf(test["message"].encode()))
suite.run()

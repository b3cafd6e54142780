"""The files under `tests/rules/`, how they are read, and the index of the pages about rules.

`python tests/language/rule_cases.py` writes `expected.txt` of each rule and the index anew; look at
what has changed before it is committed.
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from stagegate.diagnostics import Report
from stagegate.language import RULES, Rule, read
from stagegate.render.findings import render

ROOT = Path(__file__).resolve().parent.parent.parent
CASES = ROOT / "tests" / "rules"
PAGES = ROOT / "docs" / "reference" / "rules"
INDEX = PAGES / "README.md"

PROCESSES = {"customer-visit"}
TOO_LARGE = 1024 * 1024

_GROUPS = {
    "text": "Text: what the file itself must be",
    "shape": "Shape: keys and values",
    "names": "Names: what is declared and used",
    "conditions": "Conditions",
    "flow": "Flow: moves, decisions and gates",
    "domain": "Domain: what selling asks for",
}


def report_of(rule: Rule, which: str) -> Report:
    """What is found in the good or bad file of a rule."""
    if rule.name == "too-large" and which == "bad":
        return _padded(CASES / rule.name / "bad.yaml")
    with contextlib.chdir(CASES / rule.name):
        return read(f"{which}.yaml", processes=PROCESSES)[1]


def _padded(path: Path) -> Report:
    """The file with comments up to more than the size that is read; a megabyte is not kept here."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path(path.name).write_bytes(path.read_bytes() + b"# padding\n" * (TOO_LARGE // 10))
        return read(path.name)[1]


def rendered(rule: Rule) -> str:
    """The findings of the bad file as `stagegate check` shows them."""
    return render(report_of(rule, "bad"), "full") + "\n"


def index() -> str:
    """The index of all rules, made from the registry."""
    lines = [
        "# Rules",
        "",
        "Every mistake that `stagegate check` can show, with its severity. Each page has an example and says how to mend it.",
    ]
    lines += ["Made from the registry in `stagegate.language.rules`; a test holds the two together."]
    for group, title in _GROUPS.items():
        lines += ["", f"## {title}", "", "| rule | severity | |", "| --- | --- | --- |"]
        lines += [f"| [`{r.name}`]({r.name}.md) | {r.severity} | {r.summary} |" for r in RULES if r.group == group]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for each in RULES:
        (CASES / each.name / "expected.txt").write_text(rendered(each), encoding="utf-8")
    INDEX.write_text(index(), encoding="utf-8")

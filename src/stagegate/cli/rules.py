"""`stagegate rules`: what `check` looks at."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from stagegate.cli.frame import Command
from stagegate.cli.terminal import Misuse, colored, say, width

if TYPE_CHECKING:
    from stagegate.language import Rule

TITLES: Final = {
    "text": "Text: what the file itself must be",
    "shape": "Shape: keys and values",
    "names": "Names: what is declared and used",
    "conditions": "Conditions",
    "flow": "Flow: moves, decisions and gates",
    "domain": "Domain: what makes a process sound",
}


@click.command(
    "rules",
    cls=Command,
    short_help="List the rules of `check`, or explain one.",
    examples=("stagegate rules", "stagegate rules unknown-stage"),
)
@click.argument("rule", required=False)
def command(rule: str | None) -> None:
    """List the rules of `stagegate check`, or show the page of one RULE: what it means, why, and how to mend it."""
    from stagegate.language import RULES

    if rule is None:
        say(listed(RULES))
        return
    known = [each.name for each in RULES]
    if rule not in known:
        raise Misuse(f"no rule named `{rule}`{near(rule, known)}; `stagegate rules` lists them")
    say(page(next(each for each in RULES if each.name == rule)))


def near(name: str, known: list[str]) -> str:
    """A few words on the rule that was probably meant."""
    from difflib import get_close_matches  # only for a mistake

    found = get_close_matches(name, known, 1)
    return f" (did you mean `{found[0]}`?)" if found else ""


def listed(rules: tuple[Rule, ...]) -> str:
    """All rules by group, one line each."""
    from stagegate.render.findings.colors import Paint
    from stagegate.render.wrap import wrap

    paint = Paint(color=colored(sys.stdout))
    column = max(len(rule.name) for rule in rules) + 2
    lines: list[str] = []
    for group in dict.fromkeys(rule.group for rule in rules):
        lines += ["", paint.strong(TITLES.get(group, group))]
        for rule in rules:
            if rule.group == group:
                first, *rest = wrap(rule.summary, width() - column - 11)
                kind = paint.severity(rule.severity, rule.severity) + " " * (9 - len(rule.severity))
                lines.append(f"  {rule.name:<{column}}{kind}{first}")
                lines += [" " * (column + 11) + more for more in rest]
    return "\n".join(lines[1:])


def page(rule: Rule) -> str:
    """The page of a rule; its summary where the pages were left out of an installation."""
    folder = pages()
    try:
        if folder is not None:
            return (folder / f"{rule.name}.md").read_text(encoding="utf-8").rstrip("\n")
    except OSError:
        pass
    return f"# `{rule.name}`\n\n{rule.summary}. Group: {rule.group}. Severity: {rule.severity}."


def pages() -> Path | None:
    """The folder of the pages: in the installed package, or under `docs/` in a checkout."""
    import stagegate

    package = Path(stagegate.__file__).resolve().parent
    installed = package / "rules"
    if installed.is_dir():
        return installed
    checkout = package.parent.parent / "docs" / "reference" / "rules"
    return checkout if package.parent.name == "src" and checkout.is_dir() else None

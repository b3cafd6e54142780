"""Every rule has a page, a good and a bad file with exactly what is shown for it, and a line in the index."""

import re

import pytest
from tests.language.rule_cases import CASES, INDEX, PAGES, RULES, index, rendered, report_of

from stagegate.language import Rule
from stagegate.language.rules import rule

REQUIRED = [
    "yaml-syntax",
    "duplicate-key",
    "forbidden-yaml",
    "too-deep",
    "too-large",
    "not-utf8",
    "empty-file",
    "unknown-key",
    "missing-key",
    "wrong-type",
    "bad-value",
    "unsupported-language-version",
    "duplicate-id",
    "unknown-stage",
    "unknown-criterion",
    "unknown-fact",
    "unknown-role",
    "unknown-document",
    "unknown-end",
    "unknown-track",
    "unknown-target",
    "unknown-process",
    "unused-name",
    "condition-syntax",
    "condition-type",
    "condition-too-complex",
    "circular-condition",
    "unreachable-stage",
    "no-way-out",
    "jump-not-forward",
    "loop-not-backward",
    "too-few-outcomes",
    "unbounded-loop",
    "gate-never-opens",
    "automatic-without-conditions",
    "unpaired-stage",
    "no-buyer-evidence",
    "chance-decreases",
    "relationship-level-drops",
    "appraisal-without-proof",
    "missing-title",
]

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


def test_the_rules_that_must_exist_do() -> None:
    assert not set(REQUIRED) - {each.name for each in RULES}


def test_no_two_rules_have_the_same_name() -> None:
    assert len({each.name for each in RULES}) == len(RULES)


@each_rule
def test_a_name_is_kebab_case_and_found(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", rule.name)
    assert rule.summary[0].islower() or rule.summary[0] == "`"
    assert not rule.summary.endswith(".")


def test_a_rule_is_found_by_its_name() -> None:
    assert rule("no-way-out") in RULES
    assert rule("no-such-rule") is None


@each_rule
def test_the_bad_file_gives_exactly_what_is_expected(rule: Rule) -> None:
    assert rendered(rule) == (CASES / rule.name / "expected.txt").read_text(encoding="utf-8")


@each_rule
def test_the_bad_file_shows_its_rule_and_no_other(rule: Rule) -> None:
    found = {finding.rule for finding in report_of(rule, "bad")}
    assert found == {rule.name}


@each_rule
def test_the_severity_is_that_of_the_registry(rule: Rule) -> None:
    assert {finding.severity for finding in report_of(rule, "bad")} == {rule.severity}


@each_rule
def test_the_good_file_is_clean(rule: Rule) -> None:
    assert not list(report_of(rule, "good"))


@each_rule
def test_messages_stand_alone(rule: Rule) -> None:
    for finding in report_of(rule, "bad"):
        assert not finding.message.endswith(".")
        assert finding.message[0].islower() or finding.message[0] in "`'"
        assert not finding.help.endswith(".")


@each_rule
def test_the_page_tells_the_same_as_the_files(rule: Rule) -> None:
    page = (PAGES / f"{rule.name}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# `{rule.name}`\n")
    assert f"Group: {rule.group}. Severity: {rule.severity}." in page
    for heading in ("What it means", "Why", "Wrong", "Right", "How to mend it"):
        assert f"\n## {heading}\n" in page
    shown = re.findall(r"^## (Wrong|Right)\n\n```yaml\n(.*?)```", page, re.MULTILINE | re.DOTALL)
    files = {"Wrong": "bad.yaml", "Right": "good.yaml"}
    assert "Right" in dict(shown)
    for heading, example in shown:
        written = (CASES / rule.name / files[heading]).read_bytes().decode("utf-8")
        assert written.endswith(example)


def test_nothing_is_left_of_rules_that_are_gone() -> None:
    names = {each.name for each in RULES}
    assert {path.name for path in CASES.iterdir() if path.is_dir()} == names
    assert {path.stem for path in PAGES.glob("*.md")} == names | {"README"}


def test_the_index_is_made_from_the_registry() -> None:
    assert INDEX.read_text(encoding="utf-8") == index()

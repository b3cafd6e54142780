"""The pytest plugin: off unless asked for, every kind of item passing and failing, ids that run alone, the footer."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import settings

import stagegate
from stagegate.testing.plugin import random_deals
from stagegate.testing.plugin.files import is_collected, place_in

ROOT = Path(__file__).resolve().parents[2]
# An installation made before the entry point was there is helped along.
LOADED = any(point.name == "stagegate" for point in entry_points(group="pytest11"))
PLUGIN = () if LOADED else ("-p", "stagegate.testing.plugin")
ON = "[pytest]\nstagegate = true\n"
QUICK = ("-k", "not property")

VISIT = """\
stagegate: 1
process: visit
version: 1.0.0
title: A visit
facts:
  budget: {type: number, minimum: 0, title: Budget}
tracks:
  - id: selling
    title: Selling
    stages:
      - id: visit
        title: Visit
        exit_criteria:
          - {id: budget_known, title: Budget known, when: budget > 0}
          - {id: asked_for, title: Asked for, actor: buyer}
      - id: bid
        title: Bid
        entry_milestone: [{id: written, title: Written}]
        exit_criteria: [{id: signed, title: Signed, actor: buyer}]
    decision_points:
      - id: worth_it
        after: visit
        title: Worth it
        question: Is it worth a bid?
        outcomes:
          - {id: go, title: Go, to: bid, when: budget > 100}
          - {id: no_go, title: No go, to: lost}
ends: [{id: won, kind: won, title: Won}, {id: lost, kind: lost, title: Lost}]
"""
SCENARIOS = """\
scenarios:
  - id: signed
    title: A good deal is signed
    given: {facts: {budget: 500}}
    when:
      - {do: meet, criterion: asked_for}
      - {do: decide, decision: worth_it, outcome: go}
      - {do: meet, criterion: written}
      - {do: meet, criterion: signed}
    then: {ended: won}
"""
INVARIANTS = """\
invariants:
  - {id: no_bid_unasked, before: asked_for, entering: bid}
"""
WHOLE = VISIT + SCENARIOS + INVARIANTS
PROOFS = [
    "reaches[visit]", "reaches[bid]", "reaches[won]", "reaches[lost]", "completes[visit]", "completes[bid]",
    "takes[worth_it.go]", "takes[worth_it.no_go]", "way_out[visit]",
    "can_hold[budget_known]", "can_hold[worth_it.go]",
]  # fmt: skip
PROPERTIES = [
    "property[replay equals live]",
    "property[snapshot round trip]",
    "property[refusals change nothing]",
    "property[allowed actions are accepted]",
]


class Project:
    """A folder in which pytest is run."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def run(self, *args: str) -> pytest.RunResult:
        return self.pytester.runpytest_inprocess(*PLUGIN, "-p", "no:cacheprovider", *args)

    def ids(self, *args: str) -> list[str]:
        """The ids that are collected."""
        found = self.run("--collect-only", "-q", *args)
        return [line for line in found.outlines if "::" in line]


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in ("PYTEST_ADDOPTS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"), prepend=os.pathsep)
    monkeypatch.setattr(
        random_deals, "settings", partial(settings, max_examples=10)
    )  # what they find is tested elsewhere
    return Project(pytester)


# --- asked for, or not ---------------------------------------------------------------------------------------


def test_nothing_is_collected_unless_asked_for(project):
    project.write("visit.yaml", WHOLE)
    project.write("test_it.py", "def test_it(): pass\n")
    assert project.ids() == ["test_it.py::test_it"]


@pytest.mark.parametrize("args", [["visit.yaml"], ["--stagegate"], ["--stagegate", "."]])
def test_asked_for_on_the_command_line(project, args):
    project.write("visit.yaml", WHOLE)
    assert "visit.yaml::check" in project.ids(*args)


@pytest.mark.parametrize("line", ["stagegate = true", "stagegate_definitions = processes/*.yaml"])
def test_two_lines_of_configuration_are_enough(project, line):
    project.write("processes/visit.yaml", WHOLE)
    project.write("pytest.ini", f"[pytest]\n{line}\n")
    assert "processes/visit.yaml::check" in project.ids()


def test_only_the_files_that_fit_a_pattern(project):
    project.write("processes/visit.yaml", WHOLE)
    project.write("drafts/visit.yaml", WHOLE)
    project.write("pytest.ini", "[pytest]\nstagegate_definitions = processes/*.yaml elsewhere/*.yaml\n")
    assert {id.split("::")[0] for id in project.ids()} == {"processes/visit.yaml"}


@pytest.mark.parametrize(
    ("line", "told"),
    [("stagegate_definitions = /etc/*.yaml", "*stagegate_definitions: `/etc/[*].yaml`*"),
     ("stagegate_undecided = perhaps", "*stagegate_undecided is `skip` or `fail`*")],
)  # fmt: skip
def test_a_mistake_in_the_configuration_is_told(project, line, told):
    project.write("pytest.ini", f"[pytest]\n{line}\n")
    project.write("visit.yaml", WHOLE)
    found = project.run()
    assert found.ret == pytest.ExitCode.USAGE_ERROR or found.ret == pytest.ExitCode.INTERRUPTED
    found = found.outlines + found.errlines
    pytest.LineMatcher(found).fnmatch_lines([told])


@pytest.mark.parametrize(
    "text",
    [
        "version: 3\nservices:\n  stagegate:\n    image: x\n",
        "stagegate:\n  replicas: 2\n",
        "name: ci\non: push\n",
        "process: visit\ncommands: []\n",
        "# stagegate: 1\n",
        "",
    ],
)
def test_yaml_that_is_no_definition_is_left_alone(project, text):
    project.write("pytest.ini", ON)
    project.write("other.yaml", text)
    assert project.ids() == []
    assert project.run("other.yaml").ret != pytest.ExitCode.INTERNAL_ERROR


def test_the_files_of_the_tests_here_are_not_picked_up():
    """Those below `tests/` are mistakes on purpose; only a run that asks for them would collect them."""
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "\nstagegate = true" not in settings
    assert "stagegate_definitions" not in settings
    assert is_collected(ROOT / "tests/rules/unknown-key/bad.yaml", named=False)


# --- items -----------------------------------------------------------------------------------------------------


def test_the_items_of_a_definition(project):
    project.write("visit.yaml", WHOLE)
    names = [id.removeprefix("visit.yaml::") for id in project.ids("visit.yaml")]
    assert names[:3] == ["check", "scenario[signed]", "before[no_bid_unasked]"]
    assert sorted(names[3:-4]) == sorted(PROOFS)
    assert names[-4:] == PROPERTIES


def test_all_of_them_pass(project):
    project.write("visit.yaml", WHOLE)
    found = project.run("visit.yaml")
    found.assert_outcomes(passed=3 + len(PROOFS) + len(PROPERTIES))
    assert found.ret == pytest.ExitCode.OK


@pytest.mark.parametrize(
    "name", ["check", "scenario[signed]", "before[no_bid_unasked]", "takes[worth_it.go]", PROPERTIES[0]]
)
def test_every_item_runs_alone_by_its_id(project, name):
    project.write("visit.yaml", WHOLE)
    found = project.run("-v", f"visit.yaml::{name}")
    found.assert_outcomes(passed=1)
    found.stdout.fnmatch_lines([f"visit.yaml::{name.replace('[', '[[]')} PASSED*"])


@pytest.mark.parametrize(
    ("args", "passed"),
    [
        (["-m", "stagegate_scenario"], 1),
        (["-m", "stagegate_check or stagegate_invariant"], 2),
        (["-m", "stagegate_proof"], len(PROOFS)),
        (["-m", "stagegate and not (stagegate_proof or stagegate_property)"], 3),
        (["-k", "signed"], 1),
        (["-k", "takes"], 2),
    ],
)
def test_items_are_chosen_by_marker_and_by_word(project, args, passed):
    project.write("visit.yaml", WHOLE)
    project.run("visit.yaml", "--strict-markers", *args).assert_outcomes(
        passed=passed, deselected=3 + len(PROOFS) + len(PROPERTIES) - passed
    )


# --- check -------------------------------------------------------------------------------------------------------


def test_errors_fail_the_check_and_leave_nothing_else(project):
    project.write("visit.yaml", WHOLE.replace("to: bid, when", "to: bit, when"))
    found = project.run("visit.yaml")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*visit.yaml:26:*unknown-target*", "*did you mean `bid`*"])
    found.stdout.no_fnmatch_line("*Traceback*")
    found.stdout.no_fnmatch_line("*items.py*")


WARNED = WHOLE.replace("facts:\n", "facts:\n  colour: {type: string, title: Colour}\n")


def test_warnings_are_shown_and_fail_nothing(project):
    project.write("visit.yaml", WARNED)
    found = project.run("visit.yaml::check", "-W", "default")
    found.assert_outcomes(passed=1, warnings=1)
    found.stdout.fnmatch_lines(["*visit.yaml:6: StagegateWarning: unused-name: *colour*"])


def test_strict_makes_warnings_fail(project):
    project.write("pytest.ini", "[pytest]\nstagegate_strict = true\n")
    project.write("visit.yaml", WARNED)
    found = project.run("visit.yaml::check")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*visit.yaml:6:*warning*unused-name*"])


def test_warnings_can_be_made_errors_as_any_others(project):
    project.write("visit.yaml", WARNED)
    found = project.run("visit.yaml::check", "-W", "error::stagegate.testing.plugin.StagegateWarning")
    found.assert_outcomes(failed=1)


HOSTILE = {
    "not UTF-8": b"stagegate: 1\nprocess: caf\xe9\n",
    "UTF-16": WHOLE.encode("utf-16"),
    "a zero byte": b"stagegate: 1\nprocess: a\0b\n",
    "not YAML": b"stagegate: 1\ntracks: [{\n",
    "an alias bomb": b"stagegate: 1\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "a tag": b"stagegate: 1\nprocess: !!python/object/apply:os.system [ls]\n",
    "deep": b"stagegate: 1\ntracks: " + b"[" * 20_000 + b"\n",
    "large": b"stagegate: 1\n" + b"# padding\n" * 400_000,
    "another language version": b"stagegate: 99\nprocess: x\n",
    "controls": "stagegate: 1\nprocess: \x1b[31mred\u202e\n".encode(),
    "only the head": b"stagegate: 1\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_a_failed_item(project, text):
    project.write("pytest.ini", ON)
    project.write("bad.yaml", text)
    found = project.run()
    found.assert_outcomes(failed=1)
    assert found.ret == pytest.ExitCode.TESTS_FAILED
    assert "\x1b[31mred" not in found.stdout.str()
    found.stdout.no_fnmatch_line("*Traceback*")
    found.stdout.no_fnmatch_line("*items.py*")


def test_a_file_that_cannot_be_read_is_a_failed_item(project, monkeypatch):
    from stagegate.testing.plugin import files

    def refused(*_):
        raise PermissionError(13, "Permission denied", "bad.yaml")

    monkeypatch.setattr(files, "head_of", refused)
    monkeypatch.setattr(files, "suites", refused)
    project.write("bad.yaml", WHOLE)
    found = project.run("bad.yaml")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["cannot read `bad.yaml`: permission denied"])


# --- scenarios ---------------------------------------------------------------------------------------------------

TOO_SMALL = """\
  - id: too_small
    title: A small one gets a bid
    given: {facts: {budget: 50}, commands: [{do: meet, criterion: asked_for}]}
    when: [{do: decide, decision: worth_it, outcome: go}]
    then: {position: bid}
"""


def test_a_failed_scenario_shows_stage_command_facts_and_lines(project):
    project.write("visit.yaml", VISIT + SCENARIOS + TOO_SMALL)
    found = project.run("visit.yaml::scenario[too_small]")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(
        [
            "*scenario[[]too_small]*",
            "A small one gets a bid",
            "*visit.yaml:42:*decide worth_it -> go*",
            "*budget > 100*false*visit.yaml:26:*",
            "stage    Selling [[]selling]: Visit [[]visit], completed, waiting for Worth it [[]worth_it]",
            "command  decide worth_it -> go (refused)",
            "facts    budget = 50.0",
            "refused by",
            "  visit.yaml:26:*",
            "*26 |           - {id: go, title: Go, to: bid, when: budget > 100}",
            "FAILED visit.yaml::scenario[[]too_small]*",
        ]
    )
    found.stdout.no_fnmatch_line("*items.py*")


def test_what_was_expected_stands_beside_what_was_found(project):
    project.write("visit.yaml", WHOLE.replace("ended: won", "ended: lost"))
    found = project.run("visit.yaml::scenario[signed]")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*visit.yaml:*`ended` is not as expected", "*expected*found*", "*lost*won*"])


BESIDE = "process: visit\n" + SCENARIOS.replace("signed\n", "signed_too\n") + INVARIANTS.replace("no_bid", "no_offer")


def test_scenarios_beside_a_definition_are_items_of_the_definition(project):
    project.write("pytest.ini", ON)
    project.write("visit.yaml", WHOLE)
    project.write("visit.scenarios.yaml", BESIDE)
    ids = project.ids()
    assert "visit.yaml::scenario[signed_too]" in ids
    assert "visit.yaml::before[no_offer_unasked]" in ids
    assert not [id for id in ids if id.startswith("visit.scenarios.yaml")]


def test_scenarios_that_are_named_are_items_of_their_own(project):
    project.write("visit.yaml", WHOLE)
    project.write("visit.scenarios.yaml", BESIDE)
    names = [id.removeprefix("visit.scenarios.yaml::") for id in project.ids("visit.scenarios.yaml")]
    assert names == ["check", "scenario[signed_too]", "before[no_offer_unasked]"]
    project.run("visit.scenarios.yaml::scenario[signed_too]").assert_outcomes(passed=1)


def test_scenarios_of_a_bundled_process_are_tested_where_they_stand(project):
    project.write("pytest.ini", ON)
    project.write(
        "ours.scenarios.yaml",
        "process: after-sales-repair\nscenarios: [{id: opens, when: [{do: tick}], then: {ended: ''}}]\n",
    )
    assert project.ids() == ["ours.scenarios.yaml::check", "ours.scenarios.yaml::scenario[opens]"]
    project.run().assert_outcomes(passed=2)


def test_a_mistake_beside_fails_the_check_and_leaves_the_rest(project):
    project.write("visit.yaml", WHOLE)
    project.write("visit.scenarios.yaml", BESIDE.replace("criterion: written", "criterion: writen"))
    found = project.run("visit.yaml", "-m", "not (stagegate_proof or stagegate_property)")
    found.assert_outcomes(failed=1, passed=2, deselected=len(PROOFS) + len(PROPERTIES))
    found.stdout.fnmatch_lines(["*visit.scenarios.yaml:9:*unknown-criterion*"])


def test_a_failed_scenario_beside_is_told_at_its_place(project):
    project.write("visit.yaml", WHOLE)
    project.write("visit.scenarios.yaml", BESIDE.replace("ended: won", "ended: lost"))
    found = project.run("visit.yaml::scenario[signed_too]")
    found.stdout.fnmatch_lines(["*visit.scenarios.yaml:*`ended` is not as expected"])


# --- answers -----------------------------------------------------------------------------------------------------


def test_a_broken_invariant_shows_the_shortest_journal(project):
    project.write(
        "visit.yaml", VISIT + "invariants:\n  - {id: never_lost, title: Nothing is lost, never: \"ended('lost')\"}\n"
    )
    found = project.run("visit.yaml::never[never_lost]")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(
        ["*Nothing is lost*", "*decide worth_it -> no_go*", "command  decide worth_it -> no_go*", "facts    budget = *"]
    )
    found.stdout.no_fnmatch_line("*items.py*")


DEAD_END = VISIT.replace("to: bid, when: budget > 100", "to: bid, when: budget < 0")


def test_a_broken_proof_that_nobody_asked_for_fails(project):
    project.write("visit.yaml", DEAD_END)
    found = project.run("visit.yaml::reaches[bid]")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*reaches[[]bid]*"])


NEVER_KNOWN = WHOLE.replace("when: budget > 0}", "when: budget < 0}")


def test_a_condition_that_never_holds_fails_at_its_place(project):
    project.write("visit.yaml", NEVER_KNOWN)
    found = project.run("visit.yaml::can_hold[budget_known]")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*visit.yaml:14:*", "*`budget < 0` is never true, whatever its facts are*"])


@pytest.mark.parametrize("id", ["budget_known", "budget_known.applies_when"])
def test_a_question_about_a_condition_stands_at_its_criterion(project, id):
    definition = stagegate.load(project.write("visit.yaml", VISIT)).definition
    assert place_in(definition, id) == (14, 18)


# A jump called as a criterion is; each of them is asked about, and every question has an answer.
ONE_NAME = VISIT.replace("    decision_points:", "    jumps: [{id: written, from: [visit], to: bid, when: budget > 5}]\n    decision_points:")  # fmt: skip


def test_every_question_about_a_definition_without_errors_has_an_answer(project):
    project.write("visit.yaml", ONE_NAME.replace("{id: written, title: Written}", "{id: written, title: W, when: budget > 1}"))  # fmt: skip
    ids = project.ids("visit.yaml", "-m", "stagegate_proof")
    assert len(set(ids)) == len(ids)
    project.run("visit.yaml", "-m", "stagegate_proof").assert_outcomes(passed=len(ids), deselected=1 + len(PROPERTIES))


def test_undecided_is_skipped_at_its_place_with_the_reason(project, monkeypatch):
    undecided(monkeypatch)
    project.write("visit.yaml", WHOLE)
    found = project.run("visit.yaml::before[no_bid_unasked]", "-rs")
    found.assert_outcomes(skipped=1)
    found.stdout.fnmatch_lines(["SKIPPED [[]1] visit.yaml:40: undecided: too many states"])


def test_undecided_fails_where_that_is_configured(project, monkeypatch):
    undecided(monkeypatch)
    project.write("pytest.ini", "[pytest]\nstagegate_undecided = fail\n")
    project.write("visit.yaml", WHOLE)
    found = project.run("visit.yaml::before[no_bid_unasked]")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*too many states*"])


def undecided(monkeypatch):
    from stagegate.testing.plugin import items
    from stagegate.verify.answers import Answer

    def prove(process, invariants):
        return tuple(Answer(each.kind, each.id, "undecided", "too many states") for each in invariants)

    monkeypatch.setattr(items, "prove", prove)


def test_what_nobody_asks_for_is_sought_once(project, monkeypatch):
    from stagegate.testing.plugin import files

    asked = []
    sought = files.examine

    def examine(process):
        asked.append(process.name)
        return sought(process)

    monkeypatch.setattr(files, "examine", examine)
    project.write("visit.yaml", WHOLE)
    project.run("--collect-only", "visit.yaml")
    assert asked == []
    project.run("visit.yaml", "-m", "stagegate_proof").assert_outcomes(
        passed=len(PROOFS), deselected=3 + len(PROPERTIES)
    )
    assert asked == ["visit"]


# --- properties ----------------------------------------------------------------------------------------------------


def test_a_broken_property_shows_the_journal(project, monkeypatch):
    from stagegate.testing.plugin import properties

    def never_asked_for(process, told):
        assert not any(command.subject == "asked_for" for command in told), "it was asked for"

    monkeypatch.setitem(properties.PROPERTIES, "refusals change nothing", never_asked_for)
    project.write("visit.yaml", WHOLE)
    found = project.run("visit.yaml::property[refusals change nothing]")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(
        [
            "refusals change nothing: it was asked for",
            "1. *open*",
            "2. *asked_for*",
            "",
            "stage *",
            "command *asked_for*",
        ]
    )
    found.stdout.no_fnmatch_line("3. *")
    found.stdout.no_fnmatch_line("*items.py*")


def test_without_hypothesis_properties_are_skipped_with_the_reason(project, monkeypatch):
    from stagegate.testing.plugin import items

    monkeypatch.setattr(items, "find_spec", lambda name: None)
    project.write("visit.yaml", WHOLE)
    found = project.run("visit.yaml", "-m", "stagegate_property", "-rs")
    found.assert_outcomes(skipped=4, deselected=3 + len(PROOFS))
    found.stdout.fnmatch_lines(["SKIPPED*visit.yaml: it needs Hypothesis: pip install 'stagegate[[]testing]'"])


# --- the footer ------------------------------------------------------------------------------------------------------


def test_the_footer_counts_what_was_seen_and_names_what_never_was(project):
    project.write("visit.yaml", WHOLE)
    found = project.run("visit.yaml", *QUICK)
    found.stdout.fnmatch_lines(
        [
            "*stagegate: what was seen*",
            "visit.yaml",
            "  stages entered 2/2, gates opened 3/3, outcomes taken 1/2, ends reached 1/2,*",
            "  never seen:",
            "    outcome: worth_it.no_go",
            "    end: lost",
            "    condition: budget_known false, worth_it.go false",
        ]
    )


MANY = VISIT.replace(
    "[{id: signed,", "[" + "".join(f"{{id: more_{n}, title: More {n}}}, " for n in range(5)) + "{id: signed,"
)
EARLY = "scenarios:\n  - {id: start, when: [{do: tick}], then: {position: visit}}\n"


def test_the_footer_is_short_and_full_with_v(project):
    project.write("visit.yaml", MANY + EARLY)
    found = project.run("visit.yaml", *QUICK)
    found.stdout.fnmatch_lines(
        ["    criterion: asked_for met, written met, more_0 met and 5 more", "    (-v names all)"]
    )
    found = project.run("visit.yaml", *QUICK, "-v")
    found.stdout.fnmatch_lines(["    criterion: asked_for met, written met, more_0 met, more_1 met, *signed met"])
    found.stdout.no_fnmatch_line("*-v names all*")


def test_the_footer_of_a_file_outside_the_root_folder(project):
    project.write("inside/pytest.ini", "[pytest]\n")
    project.write("visit.yaml", WHOLE)
    found = project.run("-c", "inside/pytest.ini", "visit.yaml", *QUICK)
    found.stdout.fnmatch_lines(["*what was seen*", "visit.yaml", "  stages entered 2/2,*"])


def test_no_footer_where_nothing_was_played(project):
    project.write("visit.yaml", WHOLE)
    project.run("visit.yaml::check").stdout.no_fnmatch_line("*what was seen*")


# --- together with the rest of pytest ---------------------------------------------------------------------------------


def test_with_several_workers(project):
    project.write("visit.yaml", WHOLE)
    project.write("other.yaml", WHOLE.replace("process: visit", "process: other").replace("ended: won", "ended: lost"))
    found = project.pytester.runpytest_subprocess(*PLUGIN, "-n", "2", "--stagegate", *QUICK)
    found.assert_outcomes(failed=1, passed=2 * (3 + len(PROOFS)) - 1)
    found.stdout.fnmatch_lines(["*`ended` is not as expected", "*what was seen*"])
    found.stdout.fnmatch_lines_random(
        ["visit.yaml", "other.yaml", "  stages entered 2/2, gates opened 3/3, outcomes taken 1/2, ends reached 1/2,*"]
    )


def test_stopping_at_the_first_failure(project):
    project.write("visit.yaml", WHOLE.replace("ended: won", "ended: lost"))
    project.run("visit.yaml", "-x").assert_outcomes(passed=1, failed=1)


def test_the_last_failed_alone(project):
    project.write("pytest.ini", ON)
    project.write("visit.yaml", WHOLE.replace("ended: won", "ended: lost"))
    run = project.pytester.runpytest_inprocess
    run(*PLUGIN, *QUICK).assert_outcomes(passed=2 + len(PROOFS), failed=1, deselected=4)
    run(*PLUGIN, "--lf", *QUICK).assert_outcomes(failed=1)


def test_a_report_in_junit_xml(project):
    project.write("visit.yaml", WHOLE.replace("ended: won", "ended: lost"))
    project.run("visit.yaml", *QUICK, "--junitxml=report.xml")
    cases = {case.get("name"): case for case in ElementTree.parse(project.path / "report.xml").iter("testcase")}
    assert {"check", "scenario[signed]", "before[no_bid_unasked]"} <= set(cases)
    failure = cases["scenario[signed]"].find("failure")
    assert failure is not None
    assert "`ended` is not as expected" in (failure.text or "")
    assert not list(cases["scenario[signed]"].iter("property"))


def test_loading_the_plugin_costs_nothing():
    heavy = ("hypothesis", "yaml", "z3", "jsonschema", "stagegate.engine", "stagegate.model", "attrs")
    code = f"import pytest, sys; before = set(sys.modules); import stagegate.testing.plugin; print([m for m in {heavy!r} if m in set(sys.modules) - before])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT / "src")
    assert done.stdout.strip() == "[]"

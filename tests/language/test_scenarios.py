"""Scenarios as docs/reference/scenarios.md has them: what is read, and what is wrong with them where."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.language.said import PROCESS, good, place, read, wrong

from stagegate.diagnostics import Source
from stagegate.engine.commands import KINDS as ENGINE_KINDS
from stagegate.engine.identity import figures_digest, flow_digest
from stagegate.engine.marks import Status
from stagegate.engine.place import PHASES
from stagegate.language import check_source, is_companion, read_companion, vocabulary
from stagegate.language.command_shapes import KINDS
from stagegate.model import Definition, Expectation, Instruction, Scenario, ScenarioStep, Text

ROOT = Path(__file__).resolve().parent.parent.parent
FIRST = PROCESS.count("\n")
SHORT = "scenarios:\n  - {id: s, when: [{do: tick}], then: {events: []}}\n"


def scenario(text: str) -> Scenario:
    """The one scenario of a text that has no mistake."""
    (found,) = good(text).scenarios
    return found


def test_everything_of_a_scenario_is_read() -> None:
    found = scenario("""\
scenarios:
  - id: whole
    title: {en: Whole, zh: 整}
    source: somebody
    given:
      at_stage: offer
      skipped: owed
      facts: {budget: 5, due: 2026-05-01T00:00:00Z, waiting: 36h}
      commands:
        - {do: meet, criterion: known, evidence: {minutes: a file}, at: 2026-03-02T09:00:00+08:00, by: li, role: boss}
    when:
      - {do: decide, decision: worth_it, outcome: go, after: 2d, happened: 2026-03-01T09:00:00Z}
    then:
      refused: [condition_false worth_it.go, ended]
""")
    assert (found.id, found.title, found.notes.source.en) == ("whole", Text("Whole", "整"), "somebody")
    assert (found.start, found.at_stage, found.skipped) == ("", "offer", "owed")
    assert (found.where, found.file) == ((FIRST + 2, 9), "")
    facts, meet = found.given
    values = {"budget": 5, "due": datetime(2026, 5, 1, tzinfo=UTC), "waiting": timedelta(hours=36)}
    assert facts == Instruction("set_facts", args={"facts": values}, where=(FIRST + 8, 7))
    assert meet == Instruction(
        "meet",
        "known",
        {"evidence": {"minutes": "a file"}},
        {"by": "li", "role": "boss"},
        at=datetime(2026, 3, 2, 1, tzinfo=UTC),
        where=(FIRST + 10, 11),
    )
    (step,) = found.steps
    assert step.when == (
        Instruction(
            "decide",
            "worth_it",
            {"outcome": "go"},
            {"happened": datetime(2026, 3, 1, 9, tzinfo=UTC)},
            after=timedelta(days=2),
            where=(FIRST + 12, 9),
        ),
    )
    assert step.then == (Expectation("refused", ("condition_false worth_it.go", "ended"), (FIRST + 14, 7)),)


def test_nothing_may_happen() -> None:
    """What holds right after the opening, or after what was given."""
    expected = (Expectation("ended", "", (FIRST + 2, 30)),)
    found = scenario("scenarios:\n  - {id: s, when: [], then: {ended: ''}}\n")
    assert found.steps == (ScenarioStep((), expected),)
    (step,) = scenario("scenarios:\n  - {id: s, steps: [{when: [], then: {ended: ''}}]}\n").steps
    assert step.when == ()


def test_several_steps_are_read_in_order() -> None:
    found = scenario("""\
scenarios:
  - id: long
    given: {start: visit}
    steps:
      - {when: [{do: meet, criterion: asked}, {do: tick}], then: {missing: [known]}}
      - {when: [{do: waive, criterion: known, role: boss}], then: {position: offer}}
""")
    assert found.start == "visit"
    assert [[i.kind for i in step.when] for step in found.steps] == [["meet", "tick"], ["waive"]]
    assert [step.then[0].key for step in found.steps] == ["missing", "position"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("refused: [criterion_open known]", ("criterion_open known",)),
        ("events: []", ()),
        ("events: [completed visit, entered offer, held]", ("completed visit", "entered offer", "held")),
        ("events: [gap_changed ahead]", ("gap_changed ahead",)),
        ("position: visit", ({"stage": "visit"},)),
        ("position: ''", ({"stage": ""},)),
        ("position: {track: buying, stage: ''}", ({"track": "buying", "stage": ""},)),
        ("position: {phase: completed, pending: worth_it}", ({"phase": "completed", "pending": "worth_it"},)),
        ("position: {stage: visit, pending: offer}", ({"stage": "visit", "pending": "offer"},)),
        ("position: {pending: won}", ({"pending": "won"},)),
        ("position: [choosing, {stage: visit, visit: 2}]", ({"stage": "choosing"}, {"stage": "visit", "visit": 2})),
        ("ended: lost", "lost"),
        ("ended: completed", "completed"),
        ("ended: ''", ""),
        ("won: won", "won"),
        ("won: ''", ""),
        ("chance: 0.25", 0.25),
        ("chance: 1", 1.0),
        ("chance: ''", ""),
        ("gap: -2", -2),
        ("gap: behind", "behind"),
        ("gap: ''", ""),
        ("criteria: {known: met, priced: unknown}", {"known": "met", "priced": "unknown"}),
        ("missing: [known, asked]", ("known", "asked")),
        ("missing: []", ()),
        ("debts: [known]", ("known",)),
        ("actions: [meet known, decide worth_it.go, advance]", ("meet known", "decide worth_it.go", "advance")),
        ("no_actions: [jump ahead]", ("jump ahead",)),
    ],
)
def test_what_is_expected_is_read(written: str, value: object) -> None:
    found = scenario(f"scenarios:\n  - {{id: s, when: [{{do: tick}}], then: {{{written}}}}}\n")
    (expected,) = found.steps[0].then
    assert (expected.key, expected.value) == (written.split(":")[0], value)
    assert type(expected.value) is type(value)


@pytest.mark.parametrize(
    ("command", "kind", "subject", "args"),
    [
        ("do: retract, criterion: known", "retract", "known", {}),
        ("do: attach, criterion: known, evidence: {minutes: }", "attach", "known", {"evidence": {"minutes": None}}),
        ("do: set_facts, facts: {count: 3, sure: }", "set_facts", "", {"facts": {"count": 3, "sure": None}}),
        ("do: set_facts, facts: {topics: [a, b]}", "set_facts", "", {"facts": {"topics": ["a", "b"]}}),
        ("do: observe, stage: choosing, source: a call", "observe", "choosing", {"source": "a call"}),
        ("do: complete, stage: visit", "complete", "visit", {}),
        ("do: advance, track: selling", "advance", "selling", {}),
        ("do: advance", "advance", "", {}),
        (
            "do: jump, jump: ahead, answer: willing, to: contract",
            "jump",
            "ahead",
            {"answer": "willing", "to": "contract"},
        ),
        ("do: loop_back, loop: offer", "loop_back", "offer", {}),
        ("do: skip, stage: offer", "skip", "offer", {}),
        ("do: begin, activity: objection", "begin", "objection", {}),
        ("do: finish, activity: objection, result: solved", "finish", "objection", {"result": "solved"}),
        ("do: report, process: customer-visit, end: done", "report", "customer-visit", {"end": "done"}),
        (
            "do: report, process: customer-visit, end: done, stage: offer",
            "report",
            "customer-visit",
            {"end": "done", "stage": "offer"},
        ),
        ("do: breach, prohibition: no_price", "breach", "no_price", {}),
        ("do: hold, until: 2026-01-01T00:00:00Z", "hold", "", {"until": datetime(2026, 1, 1, tzinfo=UTC)}),
        ("do: resume", "resume", "", {}),
        ("do: end, end: lost, reason: price", "end", "lost", {"reason": "price"}),
        ("do: reopen, stage: visit", "reopen", "visit", {}),
    ],
)
def test_each_command_is_read(command: str, kind: str, subject: str, args: dict[str, object]) -> None:
    found = scenario(f"scenarios:\n  - {{id: s, when: [{{{command}}}], then: {{ended: ''}}}}\n")
    (said,) = found.steps[0].when
    assert (said.kind, said.subject, said.args) == (kind, subject, args)


def test_every_command_but_the_opening_may_be_said() -> None:
    assert set(KINDS) == set(ENGINE_KINDS) - {"open"}


def test_statuses_and_phases_are_those_of_the_engine() -> None:
    assert vocabulary.PHASES == PHASES
    assert Status.__args__ == vocabulary.STATUSES  # type: ignore[attr-defined]


WRONG = [
    # names
    ("given: {at_stage: <<vist>>}", "unknown-stage", "did you mean `visit` (line 26)?"),
    ("given: {start: <<offer>>}", "unknown-stage", "there are `need_felt`, `visit`"),
    ("given: {facts: {<<budgt>>: 3}}", "unknown-fact", "did you mean `budget` (line 6)?"),
    ("given: {commands: [{do: observe, stage: <<visit>>}]}", "unknown-stage", "there are `need_felt`, `choosing`"),
    ("when: [{do: meet, criterion: <<knwn>>}]", "unknown-criterion", "did you mean `known` (line 29)?"),
    ("when: [{do: meet, criterion: known, evidence: {<<minuts>>: x}}]", "unknown-document", "did you mean `minutes`"),
    ("when: [{do: waive, criterion: known, role: <<bos>>}]", "unknown-role", "did you mean `boss` (line 14)?"),
    ("when: [{do: advance, track: <<sellin>>}]", "unknown-track", "did you mean `selling`"),
    ("when: [{do: decide, decision: <<worth>>, outcome: go}]", "bad-value", "did you mean `worth_it`"),
    ("when: [{do: decide, decision: worth_it, outcome: <<gone>>}]", "unknown-outcome", "did you mean `go`"),
    (
        "when: [{do: report, process: customer-visit, end: done, stage: <<visit>>}]",
        "unknown-stage",
        "there are `offer`",
    ),
    ("when: [{do: jump, jump: <<ahed>>}]", "bad-value", "did you mean `ahead`"),
    ("when: [{do: jump, jump: ahead, to: <<contrat>>}]", "unknown-target", "did you mean `contract`"),
    ("when: [{do: loop_back, loop: <<agin>>}]", "bad-value", "did you mean `again`"),
    ("when: [{do: finish, activity: <<objecton>>, result: solved}]", "bad-value", "did you mean `objection`"),
    ("when: [{do: finish, activity: objection, result: <<solvd>>}]", "bad-value", "did you mean `solved`"),
    (
        "when: [{do: report, process: <<customer-visits>>, end: done}]",
        "unknown-process",
        "did you mean `customer-visit`",
    ),
    ("when: [{do: breach, prohibition: <<no_prize>>}]", "bad-value", "did you mean `no_price`"),
    ("when: [{do: end, end: <<los>>}]", "unknown-end", "did you mean `lost`"),
    ("when: [{do: reopen, stage: <<choosing>>}]", "unknown-stage", "there are `visit`"),
    ("then: {position: <<vist>>}", "unknown-stage", "did you mean `visit`"),
    ("then: {position: [visit, {stage: <<vist>>}]}", "unknown-stage", "did you mean `visit`"),
    ("then: {position: {track: <<buyin>>, stage: ''}}", "unknown-track", "did you mean `buying`"),
    ("then: {position: {pending: <<worth>>}}", "unknown-target", "did you mean `worth_it`"),
    ("then: {ended: <<wn>>}", "unknown-end", "did you mean `won`"),
    ("then: {won: <<lost>>}", "unknown-end", "there are `won`"),
    ("then: {criteria: {<<knwn>>: met}}", "unknown-criterion", "did you mean `known`"),
    ("then: {missing: [asked, <<knwn>>]}", "unknown-criterion", "did you mean `known`"),
    ("then: {debts: [<<knwn>>]}", "unknown-criterion", "did you mean `known`"),
    # words of the engine
    ("then: {refused: [<<criterion_opn>> known]}", "bad-value", "did you mean `criterion_open`?"),
    ("then: {refused: [criterion_open <<knwn>>]}", "unknown-criterion", "did you mean `known` (line 29)?"),
    ("then: {refused: [condition_false <<worth_it.gone>>]}", "bad-value", "did you mean `worth_it.go`"),
    ("then: {refused: [<<criterion_open known asked>>]}", "bad-value", ""),
    ("then: {events: [<<entred>> visit]}", "bad-value", "did you mean `entered`?"),
    ("then: {events: [entered <<vist>>]}", "unknown-stage", "did you mean `visit`"),
    ("then: {events: [gap_changed <<behid>>]}", "bad-value", "did you mean `behind`?"),
    ("then: {actions: [<<met>> known]}", "bad-value", "did you mean `meet`?"),
    ("then: {no_actions: [decide <<worth_it.goo>>]}", "bad-value", "did you mean `worth_it.go`"),
    ("then: {position: {phase: <<complete>>}}", "bad-value", "did you mean `completed`?"),
    ("then: {criteria: {known: <<meet>>}}", "bad-value", "did you mean `met`?"),
    ("then: {gap: <<behid>>}", "bad-value", "did you mean `behind`?"),
    ("then: {chance: <<35>>}", "bad-value", "35 percent is 0.35"),
    # values
    ("when: [{do: <<met>>, criterion: known}]", "bad-value", "did you mean `meet`?"),
    ("when: [{<<doo>>: meet, criterion: known}]", "unknown-key", "did you mean `do`?"),
    ("when: [{<<criterion>>: known}]", "missing-key", "a command is one of `meet`"),
    ("when: [{<<do>>: meet}]", "missing-key", "the criterion"),
    ("when: [{do: tick, at: <<2026-03-02T09:00:00>>}]", "bad-value", "write `2026-03-02T09:00:00Z`"),
    ("when: [{do: tick, at: <<tomorrow>>}]", "bad-value", "write it as"),
    ("when: [{do: tick, after: <<two days>>}]", "bad-value", ""),
    ("when: <<tick>>", "wrong-type", ""),
    ("given: {facts: {budget: <<much>>}}", "wrong-type", ""),
    ("given: {facts: {size: <<larg>>}}", "bad-value", "did you mean `large`?"),
    ("given: {facts: {count: <<1.5>>}}", "wrong-type", ""),
    ("given: {facts: {sure: <<1>>}}", "wrong-type", ""),
    ("given: {facts: {due: <<2026-05-01>>}}", "bad-value", "write it as"),
    ("given: {facts: {waiting: <<long>>}}", "bad-value", "write it as"),
    ("given: {facts: {topics: <<a>>}}", "wrong-type", ""),
    ("given: {facts: {topics: [a, <<3>>]}}", "wrong-type", ""),
    ("when: [{do: set_facts, facts: {size: <<larg>>}}]", "bad-value", "did you mean `large`?"),
    # keys
    ("then: {<<refusd>>: [ended]}", "unknown-key", "did you mean `refused`?"),
    ("given: {start: visit, <<at_stage>>: offer}", "bad-value", ""),
    ("given: {<<skipped>>: owed}", "bad-value", ""),
    ("<<steps>>: [{when: [{do: tick}], then: {events: []}}]", "bad-value", ""),
]


@pytest.mark.parametrize(("marked", "rule", "help"), WRONG)
def test_a_mistake_is_told_where_it_is_and_nothing_else(marked: str, rule: str, help: str) -> None:
    keys = {"given": "", "when": "when: [{do: tick}]", "then": "then: {events: []}"}
    keys[marked.replace("<<", "").split(":")[0]] = marked
    lines = "".join(f"    {line}\n" for line in keys.values() if line)
    errors, places = wrong(f"scenarios:\n  - id: s\n{lines}")
    assert [(error.rule, place(error)) for error in errors] == [(rule, places[0])], errors
    assert help in errors[0].help


@pytest.mark.parametrize(
    ("marked", "rule"),
    [
        ("{<<id>>: s}", "missing-key"),
        ("{<<id>>: s, when: [{do: tick}]}", "missing-key"),
        ("{<<id>>: s, then: {events: []}}", "missing-key"),
        ("{id: s, steps: [{when: [{do: tick}], then: {events: []}}], <<then>>: {events: []}}", "bad-value"),
        ("{id: s, steps: <<[]>>}", "bad-value"),
        ("{<<when>>: [{do: tick}], then: {events: []}}", "missing-key"),
        ("{id: s, steps: [{<<when>>: [{do: tick}]}]}", "missing-key"),
        ("<<text>>", "wrong-type"),
    ],
)
def test_what_belongs_together_stands_together(marked: str, rule: str) -> None:
    errors, places = wrong(f"scenarios:\n  - {marked}\n")
    assert [(error.rule, place(error)) for error in errors] == [(rule, places[0])], errors


def test_two_scenarios_have_two_ids() -> None:
    errors, places = wrong(SHORT + "  - {id: <<s>>, when: [{do: tick}], then: {events: []}}\n")
    assert [(error.rule, place(error)) for error in errors] == [("duplicate-id", places[0])]


def test_a_scenario_may_have_the_id_of_a_stage_and_a_retired_one() -> None:
    assert [s.id for s in good("retired: [gone]\n" + SHORT.replace("id: s", "id: visit")).scenarios] == ["visit"]
    assert [s.id for s in good("retired: [gone]\n" + SHORT.replace("id: s", "id: gone")).scenarios] == ["gone"]


def test_a_value_of_another_type_may_be_given_where_its_refusal_is_expected() -> None:
    text = "when: [{do: set_facts, facts: {budget: much}}], then: {refused: [fact_type budget]}"
    assert scenario(f"scenarios:\n  - {{id: s, {text}}}\n").steps[0].when[0].args == {"facts": {"budget": "much"}}


def test_a_name_that_only_a_scenario_says_is_unused() -> None:
    text = PROCESS.replace("  count:", "  lonely: {type: integer}\n  count:")
    said = "scenarios:\n  - {id: s, given: {facts: {lonely: 3}}, when: [{do: tick}], then: {events: []}}\n"
    _, report = check_source(Source("small.yaml", text + said), processes=("customer-visit",))
    assert [f.span.line for f in report if f.rule == "unused-name" and "lonely" in f.message] == [7]


def test_a_comment_may_stand_in_scenarios() -> None:
    _, report = check_source(
        Source("small.yaml", PROCESS + SHORT.replace("}}\n", "}} # stagegate: ignore[unused-name]\n")),
        processes=("customer-visit",),
    )
    assert [f.rule for f in report if f.span.line > FIRST] == ["unused-ignore"]


def test_scenarios_belong_neither_to_the_flow_nor_to_the_figures() -> None:
    plain = good("")
    more = good(SHORT + "invariants:\n  - {id: i, never: \"ended('lost')\"}\n")
    assert (flow_digest(plain), figures_digest(plain)) == (flow_digest(more), figures_digest(more))


def test_the_definition_says_where_they_stand() -> None:
    assert good(SHORT).where["scenario:s"] == (FIRST + 2, 10)
    assert good(SHORT).place_of("scenario:s") == f"small.yaml:{FIRST + 2}:10"


# --- a file beside the definition -------------------------------------------------------------------------

BESIDE = "process: small\n" + SHORT


def find(name: str) -> Definition | None:
    """The small process, with one scenario of its own."""
    return good(SHORT.replace("id: s", "id: own")) if name == "small" else None


def test_a_companion_is_read_against_its_definition() -> None:
    companion, report = read_companion(
        Source("small.scenarios.yaml", BESIDE + "invariants:\n  - {id: i, always: budget > 0}\n"), find
    )
    assert not list(report)
    assert companion is not None
    assert (companion.process, companion.scenarios[0].id, companion.scenarios[0].where) == ("small", "s", (3, 10))
    assert {each.file for each in (*companion.scenarios, *companion.invariants)} == {"small.scenarios.yaml"}
    (invariant,) = companion.invariants
    assert invariant.condition is not None
    assert invariant.condition.reads.facts == {"budget"}


def test_a_companion_is_read_from_a_path(tmp_path: Path) -> None:
    path = tmp_path / "small.scenarios.yaml"
    path.write_text(BESIDE, encoding="utf-8")
    companion, _ = read_companion(path, find)
    assert companion is not None
    assert companion.scenarios[0].file == str(path)


@pytest.mark.parametrize(
    ("old", "new", "rule", "at", "help"),
    [
        ("process: small", "process: smal", "unknown-process", (1, 10), "in the same folder"),
        ("process: small\n", "", "missing-key", (1, 1), ""),
        ("do: tick", "do: meet, criterion: knwn", "unknown-criterion", (3, 42), "did you mean `known` (small.yaml:29)?"),
        ("id: s", "id: own", "duplicate-id", (3, 10), f"small.yaml:{FIRST + 2}"),
        ("scenarios:", "scenarois:", "unknown-key", (2, 1), "did you mean `scenarios`?"),
        ("scenarios:", "title: x\nscenarios:", "unknown-key", (2, 1), ""),
        ("scenarios:\n", "invariants:\n  - {id: i, never: bugdet > 0}\nscenarios:\n", "unknown-fact", (3, 20), "`budget` (small.yaml:6)"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_companion_is_told(old: str, new: str, rule: str, at: tuple[int, int], help: str) -> None:
    companion, report = read_companion(Source("small.scenarios.yaml", BESIDE.replace(old, new)), find)
    assert companion is None
    assert [(f.rule, (f.span.line, f.span.column)) for f in report] == [(rule, at)]
    assert help in next(iter(report)).help


@pytest.mark.parametrize(
    "text", ["[]", "text", "", "process: [", "process: &a small", "{process: small, scenarios: 3}"]
)
def test_a_companion_that_is_none_is_told(text: str) -> None:
    companion, report = read_companion(Source("small.scenarios.yaml", text), find)
    assert companion is None
    assert report.has_errors


def test_what_a_companion_is() -> None:
    assert is_companion(BESIDE)
    assert is_companion("invariants: []")
    assert not is_companion(PROCESS + SHORT)
    assert not is_companion("process: small\nopen: {}\ncommands: []\n")


def test_a_companion_is_no_definition() -> None:
    _, report = check_source(Source("small.scenarios.yaml", BESIDE))
    assert [f.message for f in report] == ["this is a file of scenarios and invariants, not a definition"]


def test_a_definition_with_a_wrong_scenario_is_none() -> None:
    assert read(SHORT.replace("tick", "tik"))[0] is None


def test_a_definition_without_scenarios_never_loads_the_engine() -> None:
    code = (
        "import sys; from stagegate.diagnostics import Source; from stagegate.language import check_source;"
        "from tests.language.said import PROCESS; check_source(Source('x.yaml', PROCESS));"
        "assert not [name for name in sys.modules if name.startswith('stagegate.engine')]"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"}
    )


def test_titles_of_scenarios_have_the_languages_of_the_others() -> None:
    said = SHORT.replace("id: s", "id: s, title: {en: Short}")
    _, report = check_source(Source("small.yaml", PROCESS + said), processes=("customer-visit",))
    assert [f.message for f in report if f.rule == "missing-title"] == ["scenario `s` has no title in Chinese"]

"""The operators: each makes what it says, deterministic, sound, and never the same process twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.meaning.texts import load

from stagegate import bundled_names
from stagegate import load as load_bundled
from stagegate.model import AnyOf, Definition
from stagegate.process import Process
from stagegate.verify.mutants import OPERATORS, Mutant, identity, mutants

ROOT = Path(__file__).resolve().parents[2]

SALES = """\
facts:
  budget: {type: number, minimum: 0}
  tries: {type: integer}
  method: {type: enum, values: [tender, quote, talk]}
  urgent: {type: boolean}
roles: {manager: {side: seller}, director: {side: seller}}
documents: {minutes: {}, letter: {}, mail: {}, call_note: {}}
tracks:
  - id: buying
    side: buyer
    position: observed
    stages: [{id: needs}, {id: looks}, {id: compares}]
  - id: selling
    stages:
      - id: visit
        start: true
        pairs_with: [needs, looks]
        next: offer
        chance: {reached: 0.1, completed: 0.15}
        time_limit: 14d
        exit_criteria:
          - {id: budget_known, when: budget > 10 && tries >= 2, once: true}
          - {id: asked, actor: buyer, evidence: [minutes, {any_of: [letter, mail, call_note]}], waivable: [manager]}
          - {id: referred, optional: true}
        prohibitions: [{id: price_named}]
      - id: survey
        start: true
        optional: true
        applies_when: method in ['tender', 'quote']
        exit_criteria: [{id: surveyed}]
      - id: offer
        pairs_with: compares
        chance: 0.5
        exit_criteria: [{id: offered, applies_when: urgent}]
      - id: talks
        wins: won
        chance: {reached: 0.6, completed: 0.95}
        exit_criteria: [{id: signed, actor: buyer}]
        procedures: [{process: after-sales-repair, on_end: {archived: [signed]}}]
      - id: delivery
        completes: done
        exit_criteria: [{id: delivered}]
    decision_points:
      - id: worth_it
        after: offer
        outcomes:
          - {id: go, to: talks, when: budget >= 50, requires: [surveyed], roles: [manager]}
          - {id: ahead, to: delivery, skipped: owed}
          - {id: again, to: survey, keep: [surveyed], max: 2}
          - {id: later, hold: 30d}
          - {id: no, to: lost}
          - {id: anew, to: visit, new_round: true, forgets_win: true, wins: won}
      - id: which
        after: survey
        automatic: true
        outcomes:
          - {id: tender, to: offer, when: method == 'tender'}
          - {id: other, to: talks, otherwise: true}
    jumps:
      - {id: at_once, from: [visit], to: offer, probe: {id: willing, question: "Now?"}}
    loops:
      - {id: back, from: [talks], to: offer, max: 1}
activities:
  - {id: complaint, from: [visit, talks], blocks: true}
ends:
  - {id: won, kind: won}
  - {id: stopped, kind: stopped, by_command: true, from: [visit, offer], when: budget > 5, requires: [asked], roles: [manager]}
  - {id: done, kind: closed}
  - {id: lost, kind: lost, by_command: true, reasons: [{id: price}, {id: rival}]}
"""


@pytest.fixture(scope="module")
def definition() -> Definition:
    return load(SALES).definition


@pytest.fixture(scope="module")
def made(definition: Definition) -> tuple[Mutant, ...]:
    return mutants(definition)


def of(made: tuple[Mutant, ...], operator: str) -> list[str]:
    return [mutant.description for mutant in made if mutant.operator == operator]


EXPECTED = {
    "drop-criterion": ["`asked` taken out of the exit criteria of `visit`", "`delivered` taken out of the exit criteria of `delivery`"],
    "optional-criterion": ["`asked` made optional"],
    "required-criterion": ["`referred` made required"],
    "late-criterion": ["`asked` moved from the exit of `visit` to the entry of `survey`"],
    "drop-evidence": ["`asked` needs no document"],
    "drop-alternative": ["`letter` does not prove `asked`", "`call_note` does not prove `asked`"],
    "drop-waivable": ["`asked` cannot be waived"],
    "drop-once": ["`budget_known` without `once`"],
    "boundary": [
        "`budget_known`: `budget > 10 && tries >= 2` became `budget >= 10 && tries >= 2`",
        "`which.tender`: `method == 'tender'` became `method != 'tender'`",
    ],
    "constant": ["`worth_it.go`: `budget >= 50` became `budget >= 51`", "`worth_it.go`: `budget >= 50` became `budget >= 49`"],
    "and-or": ["`budget_known`: `budget > 10 && tries >= 2` became `budget > 10 || tries >= 2`"],
    "negate": ["`offered`: `urgent` became `!(urgent)`"],
    "drop-operand": ["`budget_known`: `budget > 10 && tries >= 2` became `tries >= 2`"],
    "other-value": ["`survey`: `method in ['tender', 'quote']` became `method in ['tender', 'talk']`"],
    "drop-when": ["`worth_it.go` without its condition `budget >= 50`", "`stopped` without its condition `budget > 5`"],
    "drop-applies-when": ["`survey` always applies", "`offered` always applies"],
    "drop-requires": ["`worth_it.go` does not require `surveyed`", "`stopped` does not require `asked`"],
    "drop-roles": ["`worth_it.go` open to every role", "`stopped` open to every role"],
    "lift-cap": ["`worth_it.again` without `max: 2`", "`back` without `max: 1`"],
    "other-cap": ["`worth_it.again`: `max: 2` became 3", "`worth_it.again`: `max: 2` became 1", "`back`: `max: 1` became 2"],
    "drop-keep": ["`worth_it.again` does not keep `surveyed`"],
    "add-keep": ["`worth_it.again` keeps `offered`", "`back` keeps `offered`"],
    "skipped-mode": ["`worth_it.ahead`: `skipped: dropped`", "`at_once`: `skipped: owed`"],
    "retarget-outcome": ["`worth_it.go` leads to `offer`, not to `talks`", "`worth_it.go` leads to `delivery`, not to `talks`"],
    "drop-outcome": ["`worth_it.later` is gone"],
    "swap-outcomes": ["`worth_it`: `again` and `later` lead where the other did"],
    "drop-automatic": ["`which` is not automatic"],
    "drop-otherwise": ["`which.other` without `otherwise`"],
    "drop-move": ["jump `at_once` is gone", "loop `back` is gone"],
    "retarget-jump": ["`at_once` leads to `survey`, not to `offer`", "`at_once` leads to `talks`, not to `offer`"],
    "retarget-loop": ["`back` leads to `survey`, not to `offer`", "`back` leads to `talks`, not to `offer`"],
    "drop-origin": ["`stopped` not from `visit`", "`stopped` not from `offer`"],
    "add-origin": ["`at_once` also from `survey`", "`back` also from `offer`", "`stopped` also from `survey`"],
    "drop-probe": ["`at_once` without its probe"],
    "other-round": ["`worth_it.anew` without `forgets_win`"],
    "swap-stages": ["`needs` and `looks` changed places"],
    "optional-stage": ["`visit` can be skipped", "`survey` cannot be skipped"],
    "drop-start": ["no case starts at `visit`", "no case starts at `survey`"],
    "drop-next": ["`visit` without `next: offer`"],
    "other-end": ["`talks`: no `wins`, not `won`", "`delivery`: `completes: won`, not `done`", "`worth_it.anew`: no `wins`, not `won`"],
    "drop-pair": ["`visit` not beside `needs`", "`visit` not beside `looks`", "`offer` not beside `compares`"],
    "change-chance": ["chance of `visit` when reached: 0.1 became 0.2", "chance of `talks` when completed: 0.95 became 0.85"],
    "double-time": ["time limit of `visit` doubled", "`worth_it.later` holds twice as long"],
    "drop-prohibition": ["prohibition `price_named` is gone"],
    "by-command": ["`won` by command", "`lost` not by command"],
    "drop-reasons": ["`lost` asks for no reason"],
    "drop-blocks": ["`complaint` does not block"],
    "activity-origin": ["`complaint` not from `visit`", "`complaint` not from `talks`"],
    "drop-report": ["end `archived` of `after-sales-repair` does not meet `signed`"],
}  # fmt: skip


def test_every_operator_is_tried() -> None:
    assert list(EXPECTED) == [operator.name for operator in OPERATORS]


@pytest.mark.parametrize("operator", EXPECTED)
def test_an_operator_makes_what_it_says(operator: str, made: tuple[Mutant, ...]) -> None:
    found = of(made, operator)
    assert [each for each in EXPECTED[operator] if each not in found] == [], found
    assert bool(found) == bool(EXPECTED[operator])


def test_what_is_said_is_what_was_done(made: tuple[Mutant, ...]) -> None:
    """A sample: the changed definitions themselves."""
    by = {(each.operator, each.key): each.definition for each in made}
    asked = next(c for c in by["drop-evidence", "criterion:asked"].criteria() if c.id == "asked")
    assert asked.evidence == ()
    fewer = next(m.definition for m in made if m.description == "`mail` does not prove `asked`")
    assert next(c for c in fewer.criteria() if c.id == "asked").evidence == ("minutes", AnyOf(("letter", "call_note")))
    which = next(d for d in by["drop-automatic", "decision:which"].decision_points() if d.id == "which")
    assert not which.automatic
    lost = next(
        o for d in by["retarget-outcome", "outcome:worth_it.no"].decision_points() for o in d.outcomes if o.id == "no"
    )
    assert (lost.to, lost.kind) == ("done", "end")
    again = [m.definition for m in made if m.description == "`worth_it.again` leads to `offer`, not to `survey`"]
    assert next(o.kind for d in again[0].decision_points() for o in d.outcomes if o.id == "again") == "repeat"
    swapped = next(m.definition for m in made if m.description == "`needs` and `looks` changed places")
    assert [s.id for s in swapped.tracks[0].stages] == ["looks", "needs", "compares"]


def test_a_dropped_criterion_can_still_be_named(made: tuple[Mutant, ...]) -> None:
    """What is dropped closes no gate; that a report of it is not understood would notice it for nothing."""
    mutant = next(m for m in made if m.key == "criterion:asked" and m.operator == "drop-criterion")
    assert "asked" not in {c.id for s in mutant.definition.stages() for c in s.exit_criteria or ()}
    assert "asked" in {c.id for c in mutant.definition.criteria()}


def test_places_are_those_of_the_file(definition: Definition, made: tuple[Mutant, ...]) -> None:
    assert all(mutant.where == definition.where[mutant.key] for mutant in made)
    assert all(mutant.what("zh") != mutant.what("en") for mutant in made)


def test_no_mutant_is_the_original_or_another(definition: Definition, made: tuple[Mutant, ...]) -> None:
    seen = [identity(definition), *(identity(mutant.definition) for mutant in made)]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("name", bundled_names())
def test_mutants_of_the_bundled_processes_can_be_compiled_and_are_the_same_each_time(name: str) -> None:
    definition = load_bundled(name).definition
    made = mutants(definition)
    assert made == mutants(definition)
    assert all(Process(mutant.definition).tables for mutant in made)
    assert len(made) > 5


def test_swapped_stages_lead_nowhere_back() -> None:
    """Stages are only swapped where jumps still lead ahead and loops back."""
    process = load(
        """\
tracks:
  - id: selling
    stages: [{id: a, exit_criteria: [{id: x}]}, {id: b, exit_criteria: [{id: y}]}, {id: c, exit_criteria: [{id: z}]}]
    jumps: [{id: hop, from: [a], to: b}]
ends: [{id: won, kind: won}]
"""
    )
    assert of(mutants(process.definition), "swap-stages") == ["`b` and `c` changed places"]


def test_the_page_has_a_table_of_all_operators() -> None:
    page = (ROOT / "docs" / "explanation" / "mutation.md").read_text(encoding="utf-8")
    rows = [f"| `{each.name}` | {each.meaning.en.replace('|', chr(92) + '|')} |" for each in OPERATORS]
    table = page.partition("| --- | --- |\n")[2].partition("\n\n")[0]
    assert table.splitlines() == rows

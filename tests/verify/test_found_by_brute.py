"""Processes that proofs were once wrong about, found on random processes and made small enough to be read."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from attrs import evolve
from tests.verify import brute, tiny
from tests.verify.test_against_brute import about, difference

from stagegate.conditions import Environment, FactType
from stagegate.model import (
    AnyOf,
    Criterion,
    DecisionPoint,
    Definition,
    Document,
    End,
    Fact,
    Invariant,
    Jump,
    Loop,
    Outcome,
    Procedure,
    Stage,
    Track,
)
from stagegate.process import Process
from stagegate.verify.examine import examine
from stagegate.verify.prove import prove

ENV = Environment(
    facts={"flag": FactType("boolean"), "ready": FactType("boolean")},
    criteria=("x", "m", "c"),
    tracks={"selling": ("s1", "s2", "s3"), "buying": ("b1",)},
    ends=("won",),
    invariant=True,
)
FACTS = (Fact("flag", FactType("boolean")), Fact("ready", FactType("boolean")))
GIVEN = {"flag": (True, False), "ready": (True, False)}
WON, LOST = End("won", "won"), End("lost", "lost", by_command=True)


def when(text: str) -> Any:
    return tiny.condition(text, ENV)


def stage(id: str, *exits: Criterion, **more: Any) -> Stage:
    return Stage(id, "selling", **{"exit_criteria": exits, **more})


def exit_of(stage: str, id: str = "x", **more: Any) -> Criterion:
    return Criterion(id, "exit", "selling", stage, **more)


def milestone(stage: str, text: str) -> tuple[Criterion, ...]:
    return (Criterion("m", "milestone", "selling", stage, when=when(text)),)


def everywhere(*targets: str) -> Invariant:
    return Invariant("everywhere_" + "_".join(targets), "from_everywhere", targets=targets)


def process(
    *stages: Stage, asked: tuple[Invariant, ...] = (), others: tuple[Track, ...] = (), **more: Any
) -> Definition:
    tracks = (*others, Track("selling", stages, **more))
    return Definition("found", "1.0.0", tracks, facts=FACTS, ends=(WON, LOST), invariants=asked)


def opened_at_a_stage_that_is_skipped() -> Definition:
    """Nothing was entered and nothing is pending, for ever."""
    asked = (
        Invariant("nowhere", "possible", condition=when("stage('selling') == '' && met('x')")),
        everywhere("s1", "s2"),
    )
    second = stage("s2", exit_of("s2"), start=True, optional=True)
    return process(stage("s1", start=True), second, asked=asked)


def landed_without_its_milestone() -> Definition:
    """Reopened in s1 and gone by a jump, no withdrawing leads out of s1 and in again."""
    first = stage("s1", exit_of("s1"), entry_milestone=milestone("s1", "flag"))
    jump = Jump("j", "selling", ("s1",), "s2")
    return process(first, stage("s2", exit_criteria=None), jumps=(jump,), asked=(everywhere("s1"), everywhere("won")))


def everything_ahead_skipped_and_left_by_a_jump() -> Definition:
    """Left is not completed: no end comes."""
    stages = (stage("s1", exit_criteria=None), stage("s2", exit_of("s2"), optional=True), stage("s3", optional=True))
    asked = (everywhere("s2", "won"), everywhere("s2"), everywhere("won"))
    return process(*stages, jumps=(Jump("j", "selling", ("s1",)),), asked=asked)


def entered_before_what_it_reads() -> Definition:
    """`c` reads whether s2 is reached; one command enters s1 and s2, one after the other."""
    c = Criterion("c", "exit", "buying", "b1", when=when("reached('selling', 's2')"))
    buying = Track("buying", (Stage("b1", "buying", exit_criteria=(c,)),), side="other")
    asked = tuple(Invariant(f"c_{s}", "before", criteria=("c",), entering=(s,)) for s in ("s1", "s2"))
    return process(stage("s1"), stage("s2", exit_of("s2")), others=(buying,), asked=asked)


def entered_anew_by_a_new_round() -> Definition:
    """`c` reads whether s1 is reached: so it is whenever s1 is entered."""
    c = Criterion("c", "exit", "buying", "b1", when=when("reached('selling', 's1')"))
    buying = Track("buying", (Stage("b1", "buying", exit_criteria=(c,)),), side="other")
    outcomes = (Outcome("end", "end", "won"), Outcome("again", "new_round", "s1"))
    point = DecisionPoint("d", "selling", "s1", "s1", outcomes)
    asked = (Invariant("c_s1", "before", criteria=("c",), entering=("s1",)),)
    return process(stage("s1", exit_criteria=None), decision_points=(point,), others=(buying,), asked=asked)


def a_jump_that_only_a_late_command_makes() -> Definition:
    """The waiver of c holds the case in s2; the jump from there asks that c does not hold."""
    c = Criterion("c", "information", "selling", "s1", waivable=("boss",))
    stages = (
        stage("s1", conditions=(c,)),
        stage("s2", exit_of("s2"), entry_milestone=milestone("s2", "met('c')")),
        stage("s3", exit_of("s3", "shut", when=when("flag && !flag"))),
    )
    made = process(*stages, jumps=(Jump("j", "selling", ("s2",), "s3", when=when("!met('c')")),))
    return evolve(made, ends=(WON,))


def two_facts_in_one_command() -> Definition:
    """The shortest journal gives both facts at once."""
    asked = (Invariant("both", "never", condition=when("met('m') && ready")),)
    return process(stage("s1", exit_of("s1"), entry_milestone=milestone("s1", "flag")), asked=asked)


def which_document_proved_it() -> Definition:
    """Two appraisal items count by one of the documents each, any of which proves the criterion they appraise."""
    x = exit_of("s1", evidence=(AnyOf(("minutes", "letter")),))
    items = tuple(
        Criterion(id, "appraisal", "selling", "s1", of="x", evidence=(document,))
        for id, document in (("m", "minutes"), ("c", "letter"))
    )
    asked = tuple(
        Invariant(f"at_{number}", "possible", condition=when(text))
        for number, text in enumerate(("met('x') && !met('m')", "met('x') && !met('c')", "met('m') && met('c')"))
    )
    others = (Invariant("neither", "never", condition=when("met('x') && !met('m') && !met('c')")),)
    return evolve(
        process(stage("s1", x, appraisal=items), stage("s2", exit_of("s2", "y")), asked=(*asked, *others)),
        documents=(Document("minutes"), Document("letter")),
    )


def a_report_for_two_gates() -> Definition:
    """The shortest journal opens two gates with one report; another report meets only what lies ahead."""
    first = Procedure("survey", on_end={"done": ("x", "c"), "ahead": ("c",)})
    asked = (Invariant("there", "never", condition=when("reached('selling', 's3')")),)
    stages = (stage("s1", exit_of("s1"), exit_of("s1", "y"), procedures=(first,)), stage("s2", exit_of("s2", "c")))
    return process(*stages, stage("s3", exit_of("s3", "z")), asked=asked)


def met_for_good_on_hold() -> Definition:
    """Given on hold, the fact meets the last criterion for good: whoever goes on is at the end, and comes to s1 no more."""
    last = stage("s2", exit_of("s2", when=when("!flag"), once=True), optional=True, wins="won")
    loop = Loop("again", "selling", ("s1",), "s1", max=2)
    made = process(stage("s1", start=True), last, asked=(everywhere("s1"),), loops=(loop,))
    return evolve(made, ends=(*made.ends, End("more", "won")))


FOUND = (
    opened_at_a_stage_that_is_skipped,
    landed_without_its_milestone,
    everything_ahead_skipped_and_left_by_a_jump,
    entered_before_what_it_reads,
    entered_anew_by_a_new_round,
    a_jump_that_only_a_late_command_makes,
    two_facts_in_one_command,
    which_document_proved_it,
    a_report_for_two_gates,
    met_for_good_on_hold,
)


@pytest.mark.parametrize("make", FOUND, ids=lambda make: make.__name__)
def test_what_was_found_stays_right(make: Any) -> None:
    definition = make()
    read = {fact for condition in brute.conditions_of(definition) for fact in condition.reads.facts}
    graph = brute.explore(definition, {fact: values for fact, values in GIVEN.items() if fact in read})
    counts: Counter[str] = Counter()
    for invariant, answer in zip(definition.invariants, prove(Process(definition)), strict=True):
        wanted = brute.judge(graph, invariant)
        said = difference(graph, answer, wanted, counts, invariant)
        assert not said, f"{said}\n{about(definition, invariant, wanted, answer)}"
    for answer in examine(Process(definition)):
        wanted = brute.question(graph, answer.kind, answer.id, GIVEN)
        assert not difference(graph, answer, wanted, counts, None), about(definition, None, wanted, answer)
    assert not counts["undecided"]

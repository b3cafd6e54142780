"""The score: who notices a mutant, which cannot be noticed, and that a hint tells the others apart."""

from __future__ import annotations

import pytest
from tests.meaning.texts import load, whole

from stagegate import load as load_bundled
from stagegate.model import Definition
from stagegate.process import Process
from stagegate.verify.mutants import mutants
from stagegate.verify.mutants.alike import equivalent
from stagegate.verify.mutants.lockstep import told_apart
from stagegate.verify.mutation import Judge, Judged, MutationReport, mutation

SMALL = """\
facts: {budget: {type: integer, minimum: 0}}
tracks:
  - id: selling
    stages:
      - id: visit
        exit_criteria: [{id: budget_known, actor: buyer, when: budget > 10}]
      - id: bid
        entry_milestone: [{id: survey_done}]
        exit_criteria: [{id: signed, actor: buyer}]
    decision_points:
      - id: worth_it
        after: visit
        outcomes:
          - {id: go, to: bid}
          - {id: no, to: given_up}
ends:
  - {id: won, kind: won}
  - {id: given_up, kind: given_up}
scenarios:
  - id: won
    given: {facts: {budget: 11}}
    steps:
      - when: [{do: decide, decision: worth_it, outcome: go}]
        then: {position: {stage: visit, phase: completed}, missing: [survey_done]}
      - when: [{do: meet, criterion: survey_done}]
        then: {events: [entered bid]}
      - when: [{do: meet, criterion: signed}]
        then: {events: [completed bid, ended won]}
  - id: too_small
    when: [{do: set_facts, facts: {budget: 10}}]
    then: {events: [], position: {stage: visit, phase: in_progress}}
  - id: given_up
    given: {facts: {budget: 11}}
    when: [{do: decide, decision: worth_it, outcome: 'no'}]
    then: {ended: given_up}
  - id: nothing_is_skipped
    when: [{do: skip, stage: visit}]
    then: {refused: [not_optional visit]}
  - id: nothing_ahead_is_skipped
    when: [{do: skip, stage: bid}]
    then: {refused: [not_optional bid]}
  - id: not_won_by_word
    when: [{do: end, end: won}]
    then: {refused: [not_by_command won]}
  - id: not_given_up_by_word
    when: [{do: end, end: given_up}]
    then: {refused: [not_by_command given_up]}
"""


@pytest.fixture(scope="module")
def process() -> Process:
    return load(SMALL)


def named(report: MutationReport) -> list[str]:
    return [each.mutant.description for each in report.survivors]


def test_a_process_with_full_scenarios_scores_100(process: Process) -> None:
    report = mutation(process)
    assert (named(report), report.score) == ([], 1.0)
    assert {each.fate for each in report.judged} == {"noticed"}
    assert sum(count.all for count in report.counts()) == len(report.judged) == len(mutants(process.definition))
    by = {each.mutant.description: each.by for each in report.judged}
    assert by["`worth_it.no` is gone"] == "scenario[given_up]"
    assert by["`won` by command"] == "scenario[not_won_by_word]"


@pytest.mark.parametrize(
    ("scenario", "survivors"),
    [
        ("nothing_is_skipped", ["`visit` can be skipped"]),
        ("not_won_by_word", ["`won` by command"]),
        ("given_up", ["`worth_it.no` leads to `won`, not to `given_up`", "`worth_it.no` is gone"]),
    ],
)
def test_without_a_scenario_what_only_it_notices_survives(
    process: Process, scenario: str, survivors: list[str]
) -> None:
    kept = [each for each in process.definition.scenarios if each.id != scenario]
    report = mutation(process, kept)
    assert sorted(named(report)) == sorted(survivors)
    assert report.score == 1 - len(survivors) / len(report.judged)


def test_a_hint_tells_original_and_mutant_apart(process: Process) -> None:
    report = mutation(process, ())
    assert len(report.survivors) == len(report.judged)
    for survivor in report.survivors:
        assert survivor.hint is not None, survivor
        journal = survivor.hint.journal
        assert journal[0].kind == "open"
        changed = Process(survivor.mutant.definition)
        apart = told_apart(process.tables, changed.tables, journal)
        assert apart == (len(journal) - 1, survivor.hint.difference)
        assert answers(process, journal) != answers(changed, journal)


def answers(process: Process, journal: tuple[object, ...]) -> list[object]:
    """What a host sees of a journal on a process, by the public face alone."""
    from stagegate import UnknownNameError
    from stagegate.engine import Command

    seen: list[object] = []
    commands = [each for each in journal if isinstance(each, Command)]
    case = process.opened("case", commands[0])
    for command in commands[1:]:
        try:
            step = case.do(command)
        except UnknownNameError as error:
            return [*seen, str(error)]
        seen.append(([(e.kind, e.subject) for e in step.events], [(r.code, r.subject) for r in step.reasons]))
    actions = [(a.kind, a.subject, a.option) for a in case.next_actions() if a.allowed]
    statuses = {c.id: case.status(c.id) for c in process.definition.criteria()}
    return [*seen, str(case.position), case.chance, statuses, actions]


# --- invariants -----------------------------------------------------------------------------------------

INVARIANT = """\
invariants:
  - {id: not_won_without_survey, never: "ended('won') && !met('survey_done')"}
  - {id: can_be_given_up, possible: "ended('given_up')"}
"""


def test_an_invariant_notices_what_scenarios_do_not() -> None:
    process = load(SMALL.partition("scenarios:")[0] + INVARIANT)
    report = mutation(process)
    by = {each.mutant.description: each.by for each in report.of("noticed")}
    assert by["`survey_done` made optional"] == "never[not_won_without_survey]"
    assert by["`worth_it.no` is gone"] == "possible[can_be_given_up]"
    assert "`signed` made optional" in named(report)


def test_what_does_not_hold_on_the_original_notices_nothing(process: Process) -> None:
    wrong = load(SMALL.replace("then: {ended: given_up}", "then: {ended: won}"))
    report = mutation(wrong)
    assert report.unusable == ("scenario[given_up]",)
    assert "`worth_it.no` is gone" in named(report)
    broken = load(SMALL.partition("scenarios:")[0] + "invariants: [{id: never_won, never: \"ended('won')\"}]\n")
    assert mutation(broken).unusable == ("never[never_won]",)


# --- equivalent mutants -----------------------------------------------------------------------------------


def judged(text: str, description: str) -> Judged:
    """What becomes of one mutant without scenarios."""
    judge = Judge(load(text))
    found = judge.judged(next(each for each in judge.mutants if each.description == description))
    assert found is not None
    return found


STAGES = """\
facts: {budget: {type: integer, minimum: 0, maximum: 100}, method: {type: enum, values: [tender, quote, talk]}}
tracks:
  - id: selling
    stages:
      - {id: visit, chance: 0.3, exit_criteria: [{id: a, actor: buyer, when: CONDITION}]}
      - {id: bid, chance: 0.5, completes: won, exit_criteria: [{id: b, actor: buyer}]}
ends: [{id: won, kind: won}]
"""


@pytest.mark.parametrize(
    ("condition", "changed"),
    [
        ("budget > 5 && budget > 3", "budget > 5 && budget >= 3"),
        ("budget > 5 && budget != 2", "budget > 5 && budget != 3"),
        ("method == 'tender' || method != 'talk'", "method == 'quote' || method != 'talk'"),
    ],
)
def test_a_condition_that_comes_out_alike_is_equivalent(condition: str, changed: str) -> None:
    found = judged(STAGES.replace("CONDITION", f'"{condition}"'), f"`a`: `{condition}` became `{changed}`")
    assert (found.fate, found.why.en) == (
        "equivalent",
        "the condition comes out alike for every value its facts may have",
    )


def test_a_condition_that_reads_less_is_not_argued_to_be_equivalent() -> None:
    """What a condition reads can be seen where it comes out alike: the fact is asked for."""
    text = STAGES.replace("CONDITION", "\"method == 'talk' || (method == 'talk' && budget > 5)\"")
    found = judged(text, "`a`: `method == 'talk' || (method == 'talk' && budget > 5)` became `method == 'talk'`")
    assert (found.fate, found.why.en) == ("survived", "")
    assert found.hint is not None
    assert found.hint.difference.what == "action give_fact budget"


def test_a_condition_that_differs_at_one_value_is_not_equivalent() -> None:
    found = judged(STAGES.replace("CONDITION", "budget > 99"), "`a`: `budget > 99` became `budget >= 99`")
    assert found.fate == "survived"
    assert found.hint is not None
    assert dict(found.hint.journal[1].args) == {"facts": {"budget": 99}}


def test_an_end_that_comes_in_any_case_is_equivalent() -> None:
    text = STAGES.replace("CONDITION", "budget > 5")
    assert judged(text, "`bid`: no `completes`, not `won`").fate == "equivalent"
    other = text.replace("kind: won}", "kind: won}, {id: done, kind: closed}")
    assert judged(other, "`bid`: no `completes`, not `won`").fate == "equivalent"
    assert judged(other, "`bid`: `completes: done`, not `won`").fate == "survived"
    two = text.replace("kind: won}", "kind: won}, {id: done, kind: won}")
    assert judged(two, "`bid`: no `completes`, not `won`").fate == "survived"


def test_a_chance_that_nobody_sees_is_equivalent() -> None:
    text = STAGES.replace("CONDITION", "budget > 5")
    assert judged(text, "chance of `bid` when completed: 0.5 became 0.6").fate == "equivalent"
    assert judged(text, "chance of `visit` when completed: 0.3 became 0.4").fate == "equivalent"  # bid follows at once
    waits = text.replace("completes: won", "completes: won, entry_milestone: [{id: c}]")
    assert judged(waits, "chance of `visit` when completed: 0.3 became 0.4").fate == "survived"


def test_a_chance_behind_a_win_may_be_seen_again() -> None:
    """A reopening undoes the win, and evidence withdrawn then leads back to the stage that was won."""
    text = STAGES.replace("CONDITION", "budget > 5").replace("chance: 0.3", "chance: 0.3, wins: won")
    waits = text.replace("completes: won", "entry_milestone: [{id: c}]")
    mutant = next(m for m in mutants(load(waits).definition) if "`visit` when completed" in m.description)
    assert equivalent(load(waits).definition, mutant) is None


def test_the_states_of_a_small_process_are_looked_at_side_by_side() -> None:
    """A cap that is never reached: the loop leads back once only, since its way is closed after that."""
    text = """\
    tracks:
      - id: selling
        stages:
          - {id: visit, exit_criteria: [{id: a, actor: buyer}]}
          - {id: bid, exit_criteria: [{id: b, actor: buyer}]}
        decision_points:
          - id: which
            after: visit
            outcomes:
              - {id: go, to: bid}
              - {id: again, to: visit, when: taken('again') < 1, max: 2}
    ends: [{id: won, kind: won}]
    """
    found = judged(text, "`which.again` without `max: 2`")
    assert (found.fate, found.why.en) == ("equivalent", "no command in any state is answered otherwise")
    assert judged(text, "`which.again`: `max: 2` became 1").fate == "survived"


def test_a_time_that_is_longer_is_told_by_waiting() -> None:
    text = STAGES.replace("CONDITION", "budget > 5").replace("chance: 0.3", "time_limit: 14d")
    found = judged(text, "time limit of `visit` doubled")
    assert found.hint is not None
    assert [command.kind for command in found.hint.journal] == ["open", "tick"]
    assert found.hint.difference.original == "overdue visit"


def test_a_definition_in_which_nothing_can_be_changed_scores_100() -> None:
    report = mutation(load("tracks: [{id: buying, side: buyer, position: observed, stages: [{id: a}]}]"))
    assert (report.judged, report.score) == ((), 1.0)


def test_places_are_lines_of_the_file(process: Process) -> None:
    definition: Definition = process.definition
    lines = whole(SMALL).splitlines()
    for each in mutation(process).judged:
        line, column = each.mutant.where
        name = each.mutant.key.rpartition(":")[2].rpartition(".")[2]
        assert lines[line - 1][column - 1 :].startswith(name)
    assert definition.where


@pytest.mark.parametrize("name", ["after-sales-repair", "key-account-development", "b2b-qualification"])
def test_no_argument_is_contradicted_by_a_hint(name: str) -> None:
    """What is argued to be equivalent is looked at all the same: nothing tells it from the original."""
    judge = Judge(load_bundled(name), (), ())
    argued = [each for each in judge.mutants if equivalent(judge.process.definition, each)]
    for mutant in argued:
        assert judge._survivor(mutant, Process(mutant.definition)).hint is None

"""The slow judge of the proofs itself, on processes small enough to be answered by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from tests.verify import brute

from stagegate import model
from stagegate.conditions import Environment, FactType, compile, parse
from stagegate.engine import commands as c

BUDGET = {"ready": (True, False)}


def condition(text: str, env: Environment) -> Any:
    tree = parse(text).tree
    assert tree is not None
    return compile(tree, env)


def items(stage: str, kind: Any, *ids: str, **more: Any) -> tuple[model.Criterion, ...]:
    return tuple(model.Criterion(x, kind, "selling", stage, **more) for x in ids)


def process(
    *stages: model.Stage, ends: Sequence[model.End] = (model.End("won", "won"),), **more: Any
) -> model.Definition:
    facts = more.pop("facts", ())
    track = model.Track("selling", tuple(stages), **more)
    return model.Definition("small", "1.0.0", (track,), facts=facts, ends=tuple(ends))


def two_stages(**more: Any) -> model.Definition:
    """`visit` is left by `asked`; `bid` is entered by `surveyed` and left by `signed`, which wins."""
    return process(
        model.Stage("visit", "selling", exit_criteria=items("visit", "exit", "asked")),
        model.Stage(
            "bid",
            "selling",
            entry_milestone=items("bid", "milestone", "surveyed"),
            exit_criteria=items("bid", "exit", "signed", waivable=("boss",)),
        ),
        **more,
    )


@cache
def plain_graph() -> brute.Graph:
    """Every state of the two stages as they are."""
    return brute.explore(two_stages(), {})


def never(text: str, env: Environment, kind: Any = "never", **more: Any) -> model.Invariant:
    return model.Invariant("it", kind, condition=condition(text, env), **more)


ENV = Environment(criteria=("asked", "surveyed", "signed"), tracks={"selling": ("visit", "bid")})


def before(*criteria: str, entering: str, **more: Any) -> model.Invariant:
    return model.Invariant("it", "before", criteria=criteria, entering=(entering,), **more)


def test_every_state_of_two_stages() -> None:
    graph = plain_graph()
    open_ones = [s for s in graph.snapshots if not s.rest.ended]
    # asked and surveyed reported or not, signed not at all, reported, waived, waived until a date, or reported and
    # waived; on hold or not: 2 * 2 * 6 * 2. In addition, those on hold may stand where they stood when it began.
    assert len(open_ones) > 40
    assert {s.rest.ended for s in graph.snapshots} == {"", "won"}
    assert [e.command.kind for e in graph.edges if e.source < 0] == ["open"]


def test_never_is_broken_by_the_shortest_journal() -> None:
    graph = plain_graph()
    found = brute.judge(graph, never("stage('selling') == 'bid'", ENV))
    assert not found.holds
    assert found.length == 2
    assert sorted(x.subject for x in found.journal[1:]) == ["asked", "surveyed"]
    assert brute.judge(graph, never("stage('selling') == 'bid' && !met('surveyed') && met('asked')", ENV)).length == 4
    assert brute.judge(graph, never("stage('selling') == '' && met('surveyed')", ENV)).holds


def test_always_and_in() -> None:
    graph = plain_graph()
    assert brute.judge(graph, never("met('asked')", ENV, "always")).length == 0
    # on hold the place is frozen and the evidence goes on: asked and surveyed, hold, retract
    assert brute.judge(graph, never("met('asked')", ENV, "always", inside=("bid",))).length == 4


def test_possible() -> None:
    graph = plain_graph()
    found = brute.judge(graph, never("met('signed')", ENV, "possible"))
    assert (found.holds, found.length) == (True, 1)
    assert not brute.judge(graph, never("stage('selling') == ''", ENV, "possible")).holds


def test_before_looks_at_the_moment_of_entering() -> None:
    graph = plain_graph()
    # only reopening at bid enters it while its own milestone is stale
    found = brute.judge(graph, before("surveyed", entering="bid"))
    assert [x.kind for x in found.journal] == ["open", "meet", "meet", "meet", "reopen"]
    assert brute.judge(graph, before("asked", entering="bid")).holds
    assert brute.judge(graph, before("signed", entering="bid")).length == 2
    assert brute.judge(graph, before("signed", entering="won")).length == 3  # waived is not met
    assert brute.judge(graph, before("signed", entering="won", or_waived=True)).holds


def test_before_at_the_first_stage_is_broken_by_opening() -> None:
    graph = plain_graph()
    assert brute.judge(graph, before("asked", entering="visit")).length == 0


def test_without_commands_that_nobody_gives() -> None:
    graph = plain_graph()
    assert brute.judge(graph, before("surveyed", entering="bid", without=("reopen",))).holds
    inside = never("met('asked')", ENV, "always", inside=("bid",), without=("hold", "reopen"))
    assert brute.judge(graph, inside).holds
    assert brute.judge(graph, before("signed", entering="won", without=("waive",))).holds
    assert brute.judge(graph, before("signed", entering="won", without=("meet",))).holds  # never gets there


def test_before_after_a_loop_back_and_a_jump() -> None:
    loop = model.Loop("again", "selling", ("bid",), "bid")
    graph = brute.explore(two_stages(loops=(loop,)), {})
    assert brute.judge(graph, before("surveyed", entering="bid")).length == 3  # landing on it makes it stale
    assert brute.judge(graph, before("asked", entering="bid")).holds
    jump = model.Jump("over", "selling", ("visit",), "bid")
    graph = brute.explore(two_stages(jumps=(jump,)), {})
    assert brute.judge(graph, before("asked", entering="bid")).length == 2


def test_a_process_that_traps() -> None:
    """Whoever takes `park` waits for ever: the decision has no other way out of the second stage."""
    outcomes = (model.Outcome("go", "end", "won"), model.Outcome("park", "advance", "waiting"))
    point = model.DecisionPoint("d", "selling", "visit", "visit", outcomes)
    never_true = condition("ready && !ready", Environment(facts={"ready": FactType("boolean")}))
    closed = model.Criterion("closed", "exit", "selling", "waiting", when=never_true)
    definition = process(
        model.Stage("visit", "selling", exit_criteria=()),
        model.Stage("waiting", "selling", exit_criteria=(closed,)),
        decision_points=(point,),
        facts=(model.Fact("ready", FactType("boolean")),),
    )
    graph = brute.explore(definition, BUDGET)
    found = brute.judge(graph, model.Invariant("it", "from_everywhere", targets=("won",)))
    assert (found.holds, found.length) == (False, 1)
    assert found.journal[1].kind == "decide"
    assert brute.question(graph, "reaches", "won").length == 1
    assert brute.question(graph, "takes", "d.park").length == 1
    assert not brute.question(graph, "completes", "waiting").holds
    assert brute.question(graph, "way_out", "small").length == 1
    waiting = model.Invariant("it", "from_everywhere", targets=("waiting", "won"))
    assert brute.judge(graph, waiting).holds


def test_reopening_is_no_way() -> None:
    """From `second` there is no way back to `first` but by ending and reopening."""
    graph = brute.explore(
        process(
            model.Stage("first", "selling", exit_criteria=items("first", "exit", "a")),
            model.Stage("second", "selling", exit_criteria=items("second", "exit", "b")),
            manual=True,
        ),
        {},
    )
    back = model.Invariant("it", "from_everywhere", targets=("first",))
    assert brute.judge(graph, back).length == 4  # advance into it, meet, advance out of it and into the second
    assert brute.judge(graph, model.Invariant("it", "from_everywhere", targets=("second",))).holds


def automatic(*outcomes: model.Outcome) -> model.Definition:
    point = model.DecisionPoint("d", "selling", "visit", "visit", outcomes, automatic=True)
    return process(
        model.Stage("visit", "selling", exit_criteria=()),
        model.Stage("bid", "selling", exit_criteria=items("bid", "exit", "signed")),
        decision_points=(point,),
        facts=(model.Fact("ready", FactType("boolean")), model.Fact("small", FactType("boolean"))),
    )


FACTS = Environment(
    facts={"ready": FactType("boolean"), "small": FactType("boolean")},
    criteria=("signed",),
    tracks={"selling": ("visit", "bid")},
)
BOTH = {"ready": (True, False), "small": (True, False)}


def test_two_outcomes_at_once_and_none() -> None:
    ready, small = condition("ready", FACTS), condition("small", FACTS)
    definition = automatic(
        model.Outcome("go", "advance", "bid", when=ready), model.Outcome("stop", "end", "won", when=small)
    )
    graph = brute.explore(definition, BOTH)
    assert brute.question(graph, "one_outcome", "d").length == 1
    assert brute.question(graph, "some_outcome", "d").length == 1
    assert brute.question(graph, "rests", "small").holds
    clear = automatic(
        model.Outcome("go", "advance", "bid", when=ready), model.Outcome("stop", "end", "won", otherwise=True)
    )
    graph = brute.explore(clear, {"ready": (True, False)})
    assert brute.question(graph, "one_outcome", "d").holds
    assert brute.question(graph, "some_outcome", "d").holds


def test_a_criterion_that_is_not_met_is_no_hole() -> None:
    when = condition("met('signed')", FACTS)
    definition = automatic(
        model.Outcome("go", "advance", "bid", when=when), model.Outcome("stop", "end", "won", when=when)
    )
    graph = brute.explore(definition, {})
    assert brute.question(graph, "some_outcome", "d").holds
    assert brute.question(graph, "one_outcome", "d").length == 1


def test_a_decision_that_is_taken_again_and_again_does_not_rest() -> None:
    ready = condition("ready", FACTS)
    definition = automatic(
        model.Outcome("again", "repeat", "visit", when=ready), model.Outcome("go", "advance", "bid", otherwise=True)
    )
    graph = brute.explore(definition, {"ready": (True, False)})
    assert brute.question(graph, "rests", "small").length == 1


def test_counts_beyond_what_is_read_are_no_new_states() -> None:
    loop = model.Loop("again", "selling", ("visit",), "visit", max=2)
    graph = brute.explore(two_stages(loops=(loop,)), {})
    assert brute.highest_counts(two_stages(loops=(loop,))) == {"again": 2}
    assert max(s.rest.counts.get("again", 0) for s in graph.snapshots) == 2
    endless = model.Loop("again", "selling", ("visit",), "visit")
    assert len(brute.explore(two_stages(loops=(endless,)), {}).snapshots) < len(graph.snapshots)


def test_dated_waivers_expire_with_any_command_a_day_later() -> None:
    graph = plain_graph()
    expired = [e for e in graph.edges if any(kind == "waiver_expired" for kind, _, _ in e.events)]
    assert {"tick", "meet", "hold", "resume"} <= {e.command.kind for e in expired}


def test_a_late_command_is_judged_from_the_place_of_before() -> None:
    """The waiver of `c` holds the case in `second`; the jump from there asks that `c` does not hold."""
    env = Environment(facts={"flag": FactType("boolean")}, criteria=("c", "m"))
    c_ = model.Criterion("c", "information", "selling", "first", waivable=("boss",))
    m = model.Criterion("m", "milestone", "selling", "second", when=condition("met('c')", env))
    shut = model.Criterion("x", "exit", "selling", "third", when=condition("flag && !flag", env))
    definition = process(
        model.Stage("first", "selling", exit_criteria=(), conditions=(c_,)),
        model.Stage("second", "selling", entry_milestone=(m,)),
        model.Stage("third", "selling", exit_criteria=(shut,)),
        jumps=(model.Jump("j", "selling", ("second",), "third", when=condition("!met('c')", env)),),
        facts=(model.Fact("flag", FactType("boolean")),),
    )
    found = brute.question(brute.explore(definition, {}), "makes", "j")
    assert (found.holds, [x.kind for x in found.journal]) == (True, ["open", "waive", "jump"])


def test_too_big_is_given_up() -> None:
    with pytest.raises(brute.TooBig):
        brute.explore(two_stages(), {}, most=5)


UNTOLD = ("format", "format_version", "process", "version", "flow", "figures", "seq", "at", "keys")
WITHOUT_WEIGHT = ("end_reason", "gap_state", "gap_since")
OF_TRACKS = ("source", "overdue", "visits", "round", "clocks", "ticking")


def frozen(value: Any) -> Any:
    """A plain value as one that can be a key."""
    if isinstance(value, Mapping):
        return tuple(sorted((k, frozen(v)) for k, v in value.items()))
    if isinstance(value, list | tuple):
        return tuple(frozen(v) for v in value)
    return (type(value).__name__, value)


def plain_key(tables: Any, snapshot: Any, highest: Mapping[str, int]) -> Any:
    """What a state is, from the public plain form: everything but what is named here."""
    plain = brute.engine.to_dict(tables, snapshot)
    for name in (*UNTOLD, *WITHOUT_WEIGHT):
        plain.pop(name, None)
    tracks = {t: {k: v for k, v in m.items() if k not in OF_TRACKS} for t, m in plain.pop("tracks", {}).items()}
    for memory in tracks.values():
        for name in ("landed", "marked", "skipped"):
            memory[name] = sorted(memory.get(name, ()))
    plain["documents"] = {criterion: sorted(there) for criterion, there in plain.get("documents", {}).items() if there}
    plain["waivers"] = {criterion: w["until"] is not None for criterion, w in plain.get("waivers", {}).items()}
    counts = {k: min(n, highest[k]) for k, n in plain.get("counts", {}).items()}
    plain["counts"] = {k: n for k, n in counts.items() if n}
    plain["hold"] = "hold" in plain
    for name in ("active", "met", "stale", "latched", "lapsed"):
        plain[name] = sorted(plain.get(name, ()))
    return frozen({**plain, "tracks": tracks})


def test_a_state_is_the_plain_form_of_a_snapshot_without_what_cannot_matter() -> None:
    graph = plain_graph()
    keys = {plain_key(graph.tables, snapshot, graph.highest) for snapshot in graph.snapshots}
    assert len(keys) == len(graph.snapshots)  # never taken for one where the plain forms differ
    for edge in graph.edges:
        before = graph.snapshots[edge.source] if edge.source >= 0 else None
        if before is not None:
            after = brute.engine.step(graph.tables, before, edge.command).snapshot
            same = plain_key(graph.tables, graph.snapshots[edge.target], graph.highest)
            assert plain_key(graph.tables, after, graph.highest) == same


def test_equal_states_have_equal_futures() -> None:
    """What was left out of the states does not matter: another snapshot of the same state does the same."""
    loop = model.Loop("again", "selling", ("bid",), "visit", max=1)
    stages = two_stages(loops=(loop,))
    graph = brute.explore(stages, {})
    menu = brute.Menu.of(stages, {})
    others: dict[int, Any] = {}
    for edge in graph.edges:
        if edge.source >= 0 and graph.first[edge.target] is not edge:
            others[edge.target] = edge
    for target, edge in list(others.items())[::25]:
        there = brute.engine.step(graph.tables, graph.snapshots[edge.source], edge.command).snapshot
        pairs = zip(menu.commands(graph.snapshots[target]), menu.commands(there), strict=True)
        for first, second in pairs:
            one = brute.engine.step(graph.tables, graph.snapshots[target], first)
            two = brute.engine.step(graph.tables, there, second)
            assert one.accepted == two.accepted
            assert brute.key_of(graph.tables, one.snapshot, graph.highest) == brute.key_of(
                graph.tables, two.snapshot, graph.highest
            )


def test_a_journal_of_others_is_replayed_and_judged() -> None:
    graph = plain_graph()
    broken = before("signed", entering="bid")
    at = brute.BEGIN
    hours = [at + timedelta(hours=n) for n in range(5)]
    journal = [c.open_case(hours[0]), c.meet("surveyed", hours[1]), c.meet("asked", hours[2])]
    assert brute.shows(graph, broken, journal)
    assert not brute.shows(graph, broken, journal[:2])
    with pytest.raises(AssertionError, match="refused"):
        brute.shows(graph, broken, [journal[0], c.retract("asked", hours[1])])

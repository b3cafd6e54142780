"""The rules about moves: what can be reached, which way jumps and loops lead, and when a decision can be taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stagegate.diagnostics import Label
from stagegate.language.rules.base import Draft, Rule, Told
from stagegate.language.rules.constant import constant
from stagegate.language.rules.graph import COMPLETED, NEW_ROUND, graph, knots, reach, ring_through, turned
from stagegate.model import Criterion, DecisionPoint, Outcome, Stage, Track

BACKWARD = ("loop_back", "repeat", "new_round")


def earned(draft: Draft) -> Iterator[Track]:
    """The tracks that are moved by evidence and decisions."""
    return (track for track in draft.definition.tracks if not track.observed)


def indexes(track: Track) -> dict[str, int]:
    """The index of each stage; of a decision point, that of its place."""
    found = {stage.id: index for index, stage in enumerate(track.stages)}
    return found | {decision.id: found.get(decision.place, 0) for decision in track.decision_points}


# --- reach ------------------------------------------------------------------------------------------


def unreachable_stage(draft: Draft) -> Iterator[Told]:
    """A stage to which no step, decision, jump or loop leads."""
    for track in earned(draft):
        reached = reach(graph(track), (stage.id for stage in track.stages if stage.start))
        for stage in track.stages:
            if stage.id not in reached:
                message = f"nothing leads to stage `{stage.id}`"
                help_text = "name it in `to` or `next`, let it `start: true`, or remove it"
                yield Told(draft.id(f"stage:{stage.id}"), message, (draft.record(f"track:{track.id}"),), help=help_text)


def unreachable_decision(draft: Draft) -> Iterator[Told]:
    """A decision point at which no stage stands and to which nothing leads."""
    for track in earned(draft):
        reached = reach(graph(track), (stage.id for stage in track.stages))
        for decision in track.decision_points:
            if decision.id not in reached:
                message = f"nothing leads to decision point `{decision.id}`"
                help_text = "say with `after` which stage it stands after, or name it in `to` or `next`"
                place = draft.id(f"decision:{decision.id}")
                yield Told(place, message, (draft.record(f"track:{track.id}"),), help=help_text)


def no_way_out(draft: Draft) -> Iterator[Told]:
    """A stage from which neither an end, nor the completion of the last stage, nor a new round can be reached."""
    for track in earned(draft):
        edges = graph(track)
        outs = {COMPLETED, NEW_ROUND, *(end.id for end in draft.definition.ends)}
        free = reach(turned(edges), outs)
        caught = [stage.id for stage in track.stages if stage.id not in free]
        if caught:
            message = f"no way leads from stage `{caught[-1]}` to an end"
            others = ", ".join(f"`{stage}`" for stage in caught[:-1])
            mark = f"nor from {others}" if others else ""
            help_text = "give a decision point an outcome that leads on or to an end"
            about = (draft.record(f"track:{track.id}"),)
            yield Told(draft.id(f"stage:{caught[-1]}"), message, about, mark=mark, help=help_text)


# --- direction --------------------------------------------------------------------------------------


def jump_not_forward(draft: Draft) -> Iterator[Told]:
    """A jump that does not lead forward from each stage it may leave."""
    for track in earned(draft):
        index, last = indexes(track), len(track.stages) - 1
        decisions = {decision.id for decision in track.decision_points}
        for jump in track.jumps:
            key = f"jump:{jump.id}"
            about = (draft.record(key),)
            if jump.to and not jump.origins:
                message = f"jump `{jump.id}` leads to `{jump.to}`, before which there is no stage to leave"
                yield Told(draft.value(key, "to"), message, about)
            for origin in jump.origins:
                least = index.get(origin, 0) + (jump.to not in decisions)
                if jump.to and index.get(jump.to, last + 1) < least:
                    message = f"jump `{jump.id}` leads from `{origin}` to `{jump.to}`, which is not ahead of it"
                    yield Told(draft.value(key, "to"), message, about, help="a `loop` leads back")
                    break
        yield from _any_later(draft, track)


def _any_later(draft: Draft, track: Track) -> Iterator[Told]:
    """A jump to any later node that may leave only the last stage, behind which no decision point stands."""
    last = next((stage.id for stage in reversed(track.stages)), "")
    if any(decision.place == last for decision in track.decision_points):
        return
    for jump in track.jumps:
        if not jump.to and jump.origins == (last,):
            key = f"jump:{jump.id}"
            message = f"jump `{jump.id}` leaves the last stage, after which there is none"
            yield Told(draft.value(key, "from"), message, (draft.record(key),))


def loop_not_backward(draft: Draft) -> Iterator[Told]:
    """A loop that leads forward, a `next` that leads back, or a `keep` outside of what a loop clears."""
    for track in earned(draft):
        index = indexes(track)
        for loop in track.loops:
            key = f"loop:{loop.id}"
            forward = [origin for origin in loop.origins if index.get(loop.to, 0) > index.get(origin, 0)]
            if forward:
                message = f"loop `{loop.id}` leads from `{forward[0]}` to `{loop.to}`, which is ahead of it"
                yield Told(draft.value(key, "to"), message, (draft.record(key),), help="a `jump` leads forward")
            places = [index.get(origin, 0) for origin in loop.origins]
            yield from _kept(draft, track, key, loop.keep, (index.get(loop.to, 0), max(places, default=0)))
        yield from _next_back(draft, track, index)
        yield from _outcomes_back(draft, track, index)
        yield from _rings_of_decisions(draft, track)


def _next_back(draft: Draft, track: Track, index: dict[str, int]) -> Iterator[Told]:
    decisions = {decision.id for decision in track.decision_points}
    for stage in track.stages:
        key = f"stage:{stage.id}"
        if stage.next and stage.next in index and index[stage.next] < index[stage.id] + (stage.next not in decisions):
            message = f"`next` of stage `{stage.id}` names `{stage.next}`, which does not come after it"
            help_text = "leading back needs a loop or an outcome of a decision point"
            yield Told(draft.value(key, "next"), message, help=help_text)
        if stage.repeatable is not None:
            keep = stage.repeatable.keep
            yield from _kept(draft, track, key, keep, (index[stage.id], index[stage.id]))


def _outcomes_back(draft: Draft, track: Track, index: dict[str, int]) -> Iterator[Told]:
    decisions = {decision.id for decision in track.decision_points}
    for decision in track.decision_points:
        for outcome in decision.outcomes:
            key = f"outcome:{decision.id}.{outcome.id}"
            if outcome.kind == "loop_back" and outcome.to in decisions:
                message = f"outcome `{outcome.id}` leads back to decision point `{outcome.to}`"
                yield Told(draft.value(key, "to"), message, help="lead back to the stage before it")
            elif outcome.kind in {"loop_back", "repeat"}:
                span = (index.get(outcome.to, 0), index.get(decision.id, 0))
                yield from _kept(draft, track, key, outcome.keep, span)


def _kept(draft: Draft, track: Track, key: str, keep: tuple[str, ...], span: tuple[int, int]) -> Iterator[Told]:
    """The ids in `keep` that are no gate criteria of the stages from the first to the second of `span`."""
    stages = track.stages[span[0] : span[1] + 1]
    gates = {item.id for stage in stages for item in (*stage.entry_milestone, *(stage.exit_criteria or ()))}
    written = draft.items(key, "keep") if keep else {}
    for criterion in keep:
        if criterion not in gates:
            message = f"`keep` names `{criterion}`, which the loop leaves as it is anyway"
            between = f"of stage `{stages[0].id}`" if len(stages) == 1 else "of the stages it leads back over"
            help_text = f"it clears the milestone and exit criteria {between}" if stages else ""
            yield Told(written.get(criterion, draft.id(key)), message, (draft.record(key),), help=help_text)


def _rings_of_decisions(draft: Draft, track: Track) -> Iterator[Told]:
    """Decision points that lead to each other, so that the walk would go round without coming to a stage."""
    names = {decision.id for decision in track.decision_points}
    edges = {d.id: [o.to for o in d.outcomes if o.to in names and o.kind != "loop_back"] for d in track.decision_points}
    for knot in knots(edges):
        first = min(knot, key=lambda name: draft.id(f"decision:{name}").start)
        ring = " -> ".join(f"`{name}`" for name in (*ring_through(edges, first), first))
        yield Told(draft.id(f"decision:{first}"), f"decision points lead to each other in a ring: {ring}")


# --- decisions --------------------------------------------------------------------------------------


def too_few_outcomes(draft: Draft) -> Iterator[Told]:
    """A decision point with fewer than two outcomes."""
    for decision in draft.definition.decision_points():
        if len(decision.outcomes) < 2:
            key = f"decision:{decision.id}"
            count = "one outcome only" if decision.outcomes else "no outcome"
            message = f"decision point `{decision.id}` has {count}"
            help_text = "with one way on there is nothing to decide: use `next`, or say what else may come of it"
            yield Told(draft.key(key, "outcomes"), message, (draft.record(key),), help=help_text)


def two_decisions(draft: Draft) -> Iterator[Told]:
    """Two decision points after one stage."""
    for track in earned(draft):
        first: dict[str, DecisionPoint] = {}
        for decision in track.decision_points:
            earlier = first.setdefault(decision.after, decision) if decision.after else decision
            if earlier is not decision:
                message = f"two decision points stand after stage `{decision.after}`"
                label = Label(
                    draft.value(f"decision:{earlier.id}", "after").span, f"`{earlier.id}` stands there already"
                )
                help_text = f"let an outcome of `{earlier.id}` lead to `{decision.id}`, and leave out its `after`"
                at = draft.value(f"decision:{decision.id}", "after")
                yield Told(at, message, labels=(label,), help=help_text)


def automatic_without_conditions(draft: Draft) -> Iterator[Told]:
    """An outcome of an automatic decision point that nothing tells from the others."""
    for decision, outcome in _outcomes(draft, automatic=True):
        if not (outcome.when or outcome.requires or outcome.otherwise):
            key = f"outcome:{decision.id}.{outcome.id}"
            message = f"outcome `{outcome.id}` of the automatic decision point `{decision.id}` has no condition"
            help_text = "give it `when` or `requires`, or `otherwise: true`"
            yield Told(draft.id(key), message, (draft.record(key),), help=help_text)


def otherwise_not_alone(draft: Draft) -> Iterator[Told]:
    """Two outcomes with `otherwise`, or one that has conditions besides."""
    for decision in draft.definition.decision_points():
        others = [outcome for outcome in decision.outcomes if outcome.otherwise]
        for place, outcome in enumerate(others):
            key = f"outcome:{decision.id}.{outcome.id}"
            if place:
                message = f"decision point `{decision.id}` has a second outcome with `otherwise`"
                label = Label(draft.key(f"outcome:{decision.id}.{others[0].id}", "otherwise").span, "the first")
                yield Told(draft.key(key, "otherwise"), message, (draft.record(key),), labels=(label,))
            if outcome.when or outcome.requires:
                message = f"outcome `{outcome.id}` has `otherwise` and a condition of its own"
                help_text = "`otherwise` is taken when all others are definitely not allowed"
                yield Told(draft.key(key, "otherwise"), message, (draft.record(key),), help=help_text)


def _outcomes(draft: Draft, *, automatic: bool) -> Iterator[tuple[DecisionPoint, Outcome]]:
    for decision in draft.definition.decision_points():
        if decision.automatic or not automatic:
            yield from ((decision, outcome) for outcome in decision.outcomes)


def unbounded_loop(draft: Draft) -> Iterator[Told]:
    """A move back that the machine makes by itself and nothing bounds."""
    for decision, outcome in _outcomes(draft, automatic=True):
        if outcome.kind in BACKWARD and outcome.max is None:
            key = f"outcome:{decision.id}.{outcome.id}"
            message = f"outcome `{outcome.id}` leads back by itself, and nothing says how often"
            yield Told(draft.id(key), message, (draft.record(key),), help="give it a `max`")
    for track in earned(draft):
        if track.cycle and not track.manual and track.stages and all(map(_always_open, _in_round(track))):
            has_decisions = bool(track.decision_points)
            if not has_decisions:
                key = f"track:{track.id}"
                message = f"every gate of the cycle `{track.id}` is always open, so it would never come to rest"
                help_text = "give a stage an exit criterion, or leave its `exit_criteria` out"
                yield Told(draft.key(key, "cycle"), message, (draft.record(key),), help=help_text, severity="error")


def _in_round(track: Track) -> tuple[Stage, ...]:
    """The stages that each further round of a cycle comes by."""
    return track.stages[indexes(track).get(track.closing.to, 0) :]


def _always_open(stage: Stage) -> bool:
    items = (*stage.entry_milestone, *(stage.exit_criteria or ()))
    return stage.exit_criteria is not None and not any(_is_required(item) for item in items)


def _is_required(item: Criterion) -> bool:
    return not item.optional and constant(item.when) is not True and constant(item.applies_when) is not False


# --- gates ------------------------------------------------------------------------------------------


def gate_never_opens(draft: Draft) -> Iterator[Told]:
    """A required criterion, or the condition of a move, that is false whatever the facts are."""
    for stage in draft.definition.stages():
        for item in (*stage.entry_milestone, *(stage.exit_criteria or ())):
            if _is_required(item) and not item.waivable and constant(item.when) is False:
                gate = "entry milestone" if item.kind == "milestone" else "exit"
                message = f"the {gate} of stage `{stage.id}` never opens: `{item.id}` is always false"
                yield Told(draft.value(f"criterion:{item.id}", "when"), message, mark="always false")
    for track in draft.definition.tracks:
        moves = [(f"jump:{jump.id}", jump.when) for jump in track.jumps]
        moves += [(f"loop:{loop.id}", loop.when) for loop in track.loops]
        for key, when in moves:
            if constant(when) is False:
                message = f"{key.replace(':', ' `')}` is never allowed: its condition is always false"
                yield Told(draft.value(key, "when"), message, mark="always false")
    for decision, outcome in _outcomes(draft, automatic=False):
        if constant(outcome.when) is False:
            at = draft.value(f"outcome:{decision.id}.{outcome.id}", "when")
            message = f"outcome `{outcome.id}` of `{decision.id}` is never allowed: its condition is always false"
            yield Told(at, message, mark="always false")


def ambiguous_end(draft: Draft) -> Iterator[Told]:
    """Several ends of kind `won`, and completing the last stage does not say which is meant."""
    won = [end.id for end in draft.definition.ends if end.kind == "won"]
    track = draft.definition.primary
    if len(won) < 2 or track is None or not track.stages or _wins_early(track):
        return
    if COMPLETED in graph(track).get(track.stages[-1].id, ()):
        stage = track.stages[-1].id
        message = f"completing the last stage `{stage}` wins, and it does not say with which end"
        help_text = "give it `completes: " + "` or `completes: ".join(won[:3]) + "`"
        yield Told(draft.id(f"stage:{stage}"), message, (draft.record(f"track:{track.id}"),), help=help_text)


def _wins_early(track: Track) -> bool:
    """Whether a stage or an outcome wins before the case ends: then that win is the one."""
    outcomes = (outcome for decision in track.decision_points for outcome in decision.outcomes)
    return any(stage.wins for stage in track.stages) or any(outcome.wins for outcome in outcomes)


def won_by_command(draft: Draft) -> Iterator[Told]:
    """An end of kind `won` that a command may bring about (a win is earned, or decided)."""
    for end in draft.definition.ends:
        if end.kind == "won" and end.by_command:
            key = f"end:{end.id}"
            message = f"end `{end.id}` is of kind `won`, and a win cannot be brought about by command"
            help_text = "a won end is reached by completing a stage or by an outcome of a decision point"
            yield Told(draft.key(key, "by_command"), message, help=help_text)


RULES: Final = (
    Rule("unreachable-stage", "error", "flow", "nothing leads to a stage", unreachable_stage),
    Rule("unreachable-decision", "error", "flow", "nothing leads to a decision point", unreachable_decision),
    Rule("no-way-out", "error", "flow", "from a stage no end can be reached", no_way_out),
    Rule("jump-not-forward", "error", "flow", "a jump leads back or nowhere", jump_not_forward),
    Rule("loop-not-backward", "error", "flow", "a loop leads forward, or a step leads back", loop_not_backward),
    Rule("too-few-outcomes", "error", "flow", "a decision point has fewer than two outcomes", too_few_outcomes),
    Rule("two-decisions", "error", "flow", "two decision points stand after one stage", two_decisions),
    Rule(
        "automatic-without-conditions",
        "error",
        "flow",
        "an outcome of an automatic decision point has no condition",
        automatic_without_conditions,
    ),
    Rule(
        "otherwise-not-alone", "error", "flow", "`otherwise` stands twice, or beside a condition", otherwise_not_alone
    ),
    Rule("unbounded-loop", "warning", "flow", "a process may loop by itself without a bound", unbounded_loop),
    Rule("gate-never-opens", "error", "flow", "a gate or move has a condition that is always false", gate_never_opens),
    Rule("ambiguous-end", "error", "flow", "completing the last stage may mean several ends", ambiguous_end),
    Rule("won-by-command", "error", "flow", "an end of kind `won` may be brought about by command", won_by_command),
)

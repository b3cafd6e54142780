"""Mutants that no case can tell from the original, for a reason that can be written down.

Each argument is a function of the original and the mutant that gives the reason as a sentence, None where it does not
hold. An argument that is not sure says nothing: such a mutant is a survivor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any, Final

from stagegate.conditions import Condition, Unknown
from stagegate.conditions.syntax import Call, Literal, walk
from stagegate.model import Definition, Stage, Text, Track
from stagegate.verify.facts import clusters
from stagegate.verify.mutants.mutant import Mutant

MOST_CASES: Final = 20_000


def equivalent(original: Definition, mutant: Mutant) -> Text | None:
    """Why no case can tell the mutant from the original; None where nothing is known."""
    return next((why for argue in ARGUMENTS if (why := argue(original, mutant)) is not None), None)


# --- conditions ---------------------------------------------------------------------------------------------


def same_condition(original: Definition, mutant: Mutant) -> Text | None:
    """The condition comes out alike for every value of its facts."""
    if mutant.conditions is None or not come_out_alike(original, *mutant.conditions):
        return None
    return Text("the condition comes out alike for every value its facts may have", "事实取任何值，条件的结果都相同")


def come_out_alike(definition: Definition, one: Condition, other: Condition) -> bool:
    """Whether two conditions come out alike whatever their facts and the process say; False where that is not known.

    They must read the same, too: a fact that is given confirms what has gone stale and reads it.
    """
    if one.reads != other.reads:
        return False
    facts = {fact.id: fact for fact in definition.facts}
    groups = clusters([one, other], facts)
    asked = [*questions(definition, (one, other))]
    count = 1
    for choices in (*(group.choices for group in groups), *(answers for _, answers in asked)):
        count *= len(choices)
    if count > MOST_CASES or any(group.why for group in groups):
        return False
    for chosen in product(*(group.choices for group in groups)):
        given = {name: value for values in chosen for name, value in values.items() if value is not None}
        for answers in product(*(possible for _, possible in asked)):
            scope = Asked(given, dict(zip((key for key, _ in asked), answers, strict=True)))
            if verdict(one, scope) != verdict(other, scope):
                return False
    return True


def verdict(condition: Condition, scope: Asked) -> bool | frozenset[str]:
    """True, false, or for unknown the facts that are lacking: those are what a case asks for."""
    value = condition.evaluate(scope)
    return value.facts if isinstance(value, Unknown) else value


Key = tuple[str, ...]


class Asked:
    """A scope in which the answers of the process are given."""

    def __init__(self, facts: Mapping[str, Any], answers: Mapping[Key, Any]) -> None:
        self.facts = facts
        self._answers = answers

    def met(self, criterion: str, /) -> bool | None:
        value: bool | None = self._answers["met", criterion]
        return value

    def stage(self, track: str, /) -> str | None:
        value: str | None = self._answers["stage", track]
        return value

    def reached(self, track: str, stage: str, /) -> bool | None:
        value: bool | None = self._answers["reached", track, stage]
        return value

    def completed(self, track: str, stage: str, /) -> bool | None:
        return bool(self._answers["completed", track, stage])

    def taken(self, outcome: str, /) -> int:
        return int(self._answers["taken", outcome])

    def ended(self, end: str, /) -> bool:
        return bool(self._answers["ended", end])

    def waived(self, criterion: str, /) -> bool:
        return bool(self._answers["waived", criterion])


def questions(definition: Definition, conditions: Iterable[Condition]) -> Iterable[tuple[Key, tuple[Any, ...]]]:
    """What conditions ask of the process, with every answer there may be; answers are taken as independent."""
    largest = max((n for c in conditions for n in numbers(c)), default=0)
    stages = {track.id: tuple(stage.id for stage in track.stages) for track in definition.tracks}
    found: dict[Key, tuple[Any, ...]] = {}
    for condition in conditions:
        for node in walk(condition.tree.root):
            if isinstance(node, Call) and node.name in (
                "met",
                "stage",
                "reached",
                "completed",
                "taken",
                "ended",
                "waived",
            ):
                key = (node.name, *(str(a.value) for a in node.arguments if isinstance(a, Literal)))
                if node.name == "stage":
                    found[key] = (None, "", *stages.get(key[-1], ()))
                elif node.name == "taken":
                    found[key] = tuple(range(largest + 2))
                else:
                    found[key] = (True, False, None) if node.name in ("met", "reached") else (True, False)
    return found.items()


def numbers(condition: Condition) -> Iterable[int]:
    """The whole numbers written in a condition."""
    for node in walk(condition.tree.root):
        if isinstance(node, Literal) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            yield int(abs(node.value))


# --- stages -------------------------------------------------------------------------------------------------


def changed_stage(original: Definition, mutant: Mutant) -> tuple[Track, int, Stage] | None:
    """The track, index and mutated stage where the mutant changes one stage."""
    kind, _, name = mutant.key.partition(":")
    after = {stage.id: stage for stage in mutant.definition.stages()}
    for track in original.tracks:
        for index, stage in enumerate(track.stages):
            if kind == "stage" and stage.id == name:
                return track, index, after[name]
    return None


def ends_by_itself(original: Definition, track: Track, index: int) -> str:
    """The end that comes when this stage is completed though it names none, "" where none comes or it depends."""
    stage = track.stages[index]
    last = index == len(track.stages) - 1 and not track.cycle and not stage.next
    decided = any(d.after == stage.id for d in track.decision_points)
    if original.primary is not track or not last or decided:
        return ""
    won = [e.id for e in original.ends if e.kind == "won"]
    if any(s.wins for s in track.stages) or any(o.wins for d in track.decision_points for o in d.outcomes):
        return ""
    return won[0] if len(won) == 1 else ""


def end_comes_anyway(original: Definition, mutant: Mutant) -> Text | None:
    """`completes` of the last stage left out, where the same end comes by itself."""
    found = changed_stage(original, mutant)
    if mutant.operator != "other-end" or found is None:
        return None
    track, index, after = found
    before = track.stages[index]
    if before.wins != after.wins or after.completes or before.completes != ends_by_itself(original, track, index):
        return None
    return Text("the last stage completed brings this end in any case", "完成最后一个阶段时本来就是这个结局")


def next_comes_anyway(original: Definition, mutant: Mutant) -> Text | None:
    """`next` left out, where it names what follows in any case."""
    found = changed_stage(original, mutant)
    if mutant.operator != "drop-next" or found is None:
        return None
    track, index, _ = found
    stage = track.stages[index]
    following = track.stages[index + 1].id if index + 1 < len(track.stages) else ""
    decided = any(d.after == stage.id for d in track.decision_points)
    if decided or stage.next == following or stage.completes:
        return Text("`next` names what comes in any case, or is never asked", "`next` 所指本来就是后续，或从不起作用")
    return None


def chance_not_seen(original: Definition, mutant: Mutant) -> Text | None:
    """A chance of a track that does not say the chance, or one that is hidden by the end that comes at once."""
    found = changed_stage(original, mutant)
    if mutant.operator != "change-chance" or found is None:
        return None
    track, index, after = found
    before = track.stages[index]
    if original.primary is not track:
        return Text("only the track that ends the case tells its chance", "只有决定结局的一方显示成交概率")
    if before.chance is None or after.chance is None or before.chance.reached != after.chance.reached:
        return None
    left = any(before.id in jump.origins for jump in track.jumps)
    if not left and index == len(track.stages) - 1 and (before.completes or comes_to_an_end(track, index)):
        return Text("the case ends as soon as the stage is completed", "阶段完成时案件即结束")
    return None


def comes_to_an_end(track: Track, index: int) -> bool:
    """Whether nothing follows the stage."""
    stage = track.stages[index]
    return not (track.cycle or stage.next or any(d.after == stage.id for d in track.decision_points))


# --- others -------------------------------------------------------------------------------------------------


def reason_never_asked(original: Definition, mutant: Mutant) -> Text | None:
    """The reasons of an end to which no command leads."""
    kind, _, name = mutant.key.partition(":")
    end = next((e for e in original.ends if kind == "end" and e.id == name), None)
    if mutant.operator != "drop-reasons" or end is None or end.by_command:
        return None
    decided = [o for d in original.decision_points() if not d.automatic for o in d.outcomes if o.to == end.id]
    if decided:
        return None
    return Text(
        "no command leads to this end: nobody is asked for a reason", "没有命令能到达这个结局，无人被要求说明原因"
    )


def nothing_asked_of_the_observed(original: Definition, mutant: Mutant) -> Text | None:
    """A gate of an observed track, which is moved by what is seen and not by gates."""
    criterion = next((c for c in original.criteria() if f"criterion:{c.id}" == mutant.key), None)
    if criterion is None or mutant.operator not in ("optional-criterion", "required-criterion"):
        return None
    if next(t for t in original.tracks if t.id == criterion.track).observed:
        return Text("an observed track has no gates to pass", "观察的一方没有关口")
    return None


def proved_with_the_criterion(original: Definition, mutant: Mutant) -> Text | None:
    """The documents of an appraisal item that the criterion it appraises needs anyhow."""
    items = {f"criterion:{c.id}": c for c in original.criteria()}
    item = items.get(mutant.key)
    of = items.get(f"criterion:{item.of}") if item is not None and item.of else None
    if mutant.operator != "drop-evidence" or item is None or of is None:
        return None
    if not all(any(set(needed) <= set(entry) for needed in of.proofs()) for entry in item.proofs()):
        return None
    return Text(f"`{of.id}`, which it appraises, needs the same documents", f"所考核的 `{of.id}` 本来就需要同样的文件")


def applies_to_no_gate(original: Definition, mutant: Mutant) -> Text | None:
    """Whether a stage condition or appraisal item applies, which opens and closes nothing."""
    criterion = next((c for c in original.criteria() if f"criterion:{c.id}" == mutant.key), None)
    if criterion is None or criterion.kind in ("milestone", "exit") or criterion.applies_when is None:
        return None
    only = mutant.conditions is not None and mutant.conditions[0] is criterion.applies_when
    if not only and mutant.operator != "drop-applies-when":
        return None
    return Text("it closes no gate, whether it applies or not", "无论是否适用，都不影响关口")


def nothing_to_owe(original: Definition, mutant: Mutant) -> Text | None:
    """What a move passes over is owed or dropped, where nothing on its way is required."""
    kind, _, name = mutant.key.partition(":")
    if mutant.operator != "skipped-mode":
        return None
    for track in original.tracks:
        points = {d.id for d in track.decision_points}
        if name in {j.id for j in track.jumps} if kind == "jump" else name.partition(".")[0] in points:
            gates = [c for s in track.stages for c in (*s.entry_milestone, *(s.exit_criteria or ()))]
            if all(c.optional for c in gates):
                return Text("no gate requires anything that could be owed", "没有必需的标准可以待补")
    return None


Argument = Callable[[Definition, Mutant], Text | None]
ARGUMENTS: Final[tuple[Argument, ...]] = (
    same_condition,
    end_comes_anyway,
    next_comes_anyway,
    chance_not_seen,
    reason_never_asked,
    nothing_asked_of_the_observed,
    proved_with_the_criterion,
    applies_to_no_gate,
    nothing_to_owe,
)

"""Operators on conditions: of criteria, of stages, and of the guards of moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from stagegate.conditions import Condition
from stagegate.model import Definition, Text
from stagegate.verify.mutants import conditions
from stagegate.verify.mutants.edit import Change, every_guard, with_criterion, with_stage
from stagegate.verify.mutants.mutant import Draft, Operator

Place = tuple[str, str, Condition, Change]  # key of `where`, the field, the condition, what changes it
Ways = Callable[[Condition], Iterable[Condition]]


def places(definition: Definition) -> Iterator[Place]:
    """Every condition of the definition, and how to put another in its place."""
    for stage in definition.stages():
        if stage.applies_when is not None:
            yield f"stage:{stage.id}", "applies_when", stage.applies_when, partly(with_stage, definition, stage)
        for criterion in stage.criteria():
            for field in ("when", "applies_when"):
                condition = getattr(criterion, field)
                if condition is not None:
                    yield f"criterion:{criterion.id}", field, condition, partly(with_criterion, definition, criterion)
    for key, guarded, change in every_guard(definition):
        if guarded.when is not None:
            yield key, "when", guarded.when, change


def partly(change: Callable[..., Definition], definition: Definition, thing: object) -> Change:
    """The function that changes this thing of the definition."""
    return lambda **changes: change(definition, thing, **changes)


def rewriting(ways: Ways) -> Callable[[Definition], Iterator[Draft]]:
    """The drafts in which each condition is replaced by each of what `ways` makes of it."""

    def drafts(definition: Definition) -> Iterator[Draft]:
        for key, field, condition, change in places(definition):
            for new in ways(condition):
                name = key.partition(":")[2]
                what = Text(
                    f"`{name}`: `{condition.text}` became `{new.text}`",
                    f"`{name}`：`{condition.text}` 改为 `{new.text}`",
                )
                yield Draft(key, what, change(**{field: new}), (condition, new))

    return drafts


def drop_when(definition: Definition) -> Iterator[Draft]:
    """An outcome, jump, loop or end asks no condition."""
    for key, guarded, change in every_guard(definition):
        if guarded.when is not None:
            name = key.partition(":")[2]
            what = Text(
                f"`{name}` without its condition `{guarded.when.text}`", f"`{name}` 去掉条件 `{guarded.when.text}`"
            )
            yield Draft(key, what, change(when=None))


def drop_applies_when(definition: Definition) -> Iterator[Draft]:
    """A stage or criterion always applies."""
    for key, field, _, change in places(definition):
        if field == "applies_when":
            name = key.partition(":")[2]
            yield Draft(key, Text(f"`{name}` always applies", f"`{name}` 始终适用"), change(applies_when=None))


CONDITIONS: Final = (
    Operator(
        "boundary",
        Text("a comparison includes its boundary, or not", "比较是否含边界值"),
        rewriting(conditions.boundaries),
    ),
    Operator(
        "constant",
        Text("a number in a condition is one more or less", "条件中的数加一或减一"),
        rewriting(conditions.constants),
    ),
    Operator(
        "and-or",
        Text("`&&` becomes `||`, or the other way round", "`&&` 与 `||` 互换"),
        rewriting(conditions.junctions),
    ),
    Operator("negate", Text("a condition is turned round", "条件取反"), rewriting(conditions.negated)),
    Operator(
        "drop-operand",
        Text("one operand of `&&` or `||` is left out", "去掉 `&&` 或 `||` 的一项"),
        rewriting(conditions.shortened),
    ),
    Operator(
        "other-value",
        Text("a value of an enumeration becomes another", "枚举值改为另一个"),
        rewriting(conditions.other_values),
    ),
    Operator(
        "drop-when",
        Text("an outcome, jump, loop or end asks no condition", "结果、跳转、返回或结局不再有条件"),
        drop_when,
    ),
    Operator("drop-applies-when", Text("a stage or criterion always applies", "阶段或标准始终适用"), drop_applies_when),
)

"""Operators on gates: criteria that are no longer asked, asked elsewhere, or proved by less."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import evolve

from stagegate.model import AnyOf, Criterion, Definition, Stage, Text
from stagegate.verify.mutants.edit import replaced, with_criterion, with_stage, with_track
from stagegate.verify.mutants.mutant import Draft, Operator


def gate_criteria(definition: Definition) -> Iterator[tuple[Stage, Criterion]]:
    """The criteria of milestones and exits, with their stages."""
    for stage in definition.stages():
        for criterion in (*stage.entry_milestone, *(stage.exit_criteria or ())):
            yield stage, criterion


def drop_criterion(definition: Definition) -> Iterator[Draft]:
    """The criterion can still be reported and read, but closes no gate: reports of it are not refused."""
    for stage, criterion in gate_criteria(definition):
        if criterion.optional:
            continue
        loose = evolve(criterion, kind="process", optional=True)
        changed = with_stage(
            definition,
            stage,
            entry_milestone=replaced(stage.entry_milestone, criterion),
            exit_criteria=None if stage.exit_criteria is None else replaced(stage.exit_criteria, criterion),
            conditions=(loose, *stage.conditions),
        )
        yield Draft(f"criterion:{criterion.id}", taken_out(stage, criterion), changed)


def taken_out(stage: Stage, criterion: Criterion) -> Text:
    """What was done to the gate."""
    en, zh = ("entry milestone", "进入里程碑") if criterion.kind == "milestone" else ("exit criteria", "完成标准")
    return Text(f"`{criterion.id}` taken out of the {en} of `{stage.id}`", f"`{stage.id}` 的{zh}去掉 `{criterion.id}`")


def optional_criterion(definition: Definition) -> Iterator[Draft]:
    """Required becomes optional."""
    for _, criterion in gate_criteria(definition):
        if not criterion.optional:
            what = Text(f"`{criterion.id}` made optional", f"`{criterion.id}` 改为可选")
            yield Draft(f"criterion:{criterion.id}", what, with_criterion(definition, criterion, optional=True))


def required_criterion(definition: Definition) -> Iterator[Draft]:
    """Optional becomes required."""
    for _, criterion in gate_criteria(definition):
        if criterion.optional:
            what = Text(f"`{criterion.id}` made required", f"`{criterion.id}` 改为必需")
            yield Draft(f"criterion:{criterion.id}", what, with_criterion(definition, criterion, optional=False))


def late_criterion(definition: Definition) -> Iterator[Draft]:
    """An exit criterion is asked only when the next stage is entered."""
    for track in definition.tracks:
        for stage, following in zip(track.stages, track.stages[1:], strict=False):
            for criterion in stage.exit_criteria or ():
                if criterion.optional:
                    continue
                moved = evolve(criterion, kind="milestone", stage=following.id)
                left = evolve(stage, exit_criteria=replaced(stage.exit_criteria or (), criterion))
                later = evolve(following, entry_milestone=(moved, *following.entry_milestone))
                stages = replaced(replaced(track.stages, stage, left), following, later)
                what = Text(
                    f"`{criterion.id}` moved from the exit of `{stage.id}` to the entry of `{following.id}`",
                    f"`{criterion.id}` 由 `{stage.id}` 的完成标准移到 `{following.id}` 的进入里程碑",
                )
                yield Draft(f"criterion:{criterion.id}", what, with_track(definition, track, stages=stages))


def drop_evidence(definition: Definition) -> Iterator[Draft]:
    """No document proves it any more."""
    for criterion in definition.criteria():
        if criterion.evidence:
            what = Text(f"`{criterion.id}` needs no document", f"`{criterion.id}` 不再需要文件")
            yield Draft(f"criterion:{criterion.id}", what, with_criterion(definition, criterion, evidence=()))


def drop_alternative(definition: Definition) -> Iterator[Draft]:
    """One of the documents of which any is enough is no longer one of them."""
    for criterion in definition.criteria():
        for place, entry in enumerate(criterion.evidence):
            if not isinstance(entry, AnyOf) or len(entry.documents) < 2:
                continue
            for document in entry.documents:
                left = tuple(d for d in entry.documents if d != document)
                fewer = AnyOf(left) if len(left) > 1 else next(iter(left))
                evidence = (*criterion.evidence[:place], fewer, *criterion.evidence[place + 1 :])
                what = Text(
                    f"`{document}` does not prove `{criterion.id}`",
                    f"`{document}` 不能作为 `{criterion.id}` 的证明文件",
                )
                yield Draft(f"criterion:{criterion.id}", what, with_criterion(definition, criterion, evidence=evidence))


def drop_waivable(definition: Definition) -> Iterator[Draft]:
    """Nobody may waive it."""
    for criterion in definition.criteria():
        if criterion.waivable:
            what = Text(f"`{criterion.id}` cannot be waived", f"`{criterion.id}` 不可豁免")
            yield Draft(f"criterion:{criterion.id}", what, with_criterion(definition, criterion, waivable=()))


def drop_once(definition: Definition) -> Iterator[Draft]:
    """It does not stay met."""
    for criterion in definition.criteria():
        if criterion.once:
            what = Text(f"`{criterion.id}` without `once`", f"`{criterion.id}` 去掉 `once`")
            yield Draft(f"criterion:{criterion.id}", what, with_criterion(definition, criterion, once=False))


GATES: Final = (
    Operator("drop-criterion", Text("a criterion is taken out of its gate", "从关口去掉一项标准"), drop_criterion),
    Operator(
        "optional-criterion", Text("a required criterion becomes optional", "必需标准改为可选"), optional_criterion
    ),
    Operator(
        "required-criterion", Text("an optional criterion becomes required", "可选标准改为必需"), required_criterion
    ),
    Operator(
        "late-criterion",
        Text("an exit criterion moves to the entry of the next stage", "完成标准移到下一阶段的进入里程碑"),
        late_criterion,
    ),
    Operator("drop-evidence", Text("a criterion needs no document any more", "标准不再需要文件"), drop_evidence),
    Operator("drop-alternative", Text("one document fewer is accepted", "少承认一种证明文件"), drop_alternative),
    Operator("drop-waivable", Text("a criterion cannot be waived any more", "标准不再可豁免"), drop_waivable),
    Operator("drop-once", Text("a criterion no longer stays met", "标准不再保持满足"), drop_once),
)

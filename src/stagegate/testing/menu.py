"""Drawing one of the commands that make sense now, so that what fails can shrink.

What makes sense changes from command to command. If a command were drawn by its place among those, leaving an earlier
one out would make another of every later one. So it is drawn by its place on a list of all there can be, which
never changes, and what makes no sense now is filtered out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from stagegate.engine import commands as c
from stagegate.testing.suggestions import Adviser, role_of
from stagegate.testing.times import DAY, EPOCH

if TYPE_CHECKING:
    from stagegate.engine.commands import Command

Key = tuple[str, str, str]


class Menu:
    """All that an adviser can ever suggest, the simplest first."""

    def __init__(self, adviser: Adviser) -> None:
        listed = {key_of(command): command for command in everything(adviser)}
        self._strategy = st.sampled_from(tuple(listed.items()))
        self.keys = listed.keys()

    def one_of(self, some: Iterable[Command]) -> st.SearchStrategy[Command]:
        """One of these suggestions, of which there is at least one."""
        wanted = {key_of(command) for command in some}
        return self._strategy.filter(lambda item: item[0] in wanted).map(lambda item: item[1])


def key_of(command: Command) -> Key:
    """What tells a suggestion from every other."""
    return command.kind, command.subject, repr(command.args)


def everything(adviser: Adviser) -> Iterator[Command]:
    """Every command that may be suggested for some case."""
    yield from _moves(adviser)
    yield from adviser.every_evidence()
    for criterion in adviser.tables.criteria:
        yield c.retract(criterion.id, EPOCH)
        if criterion.waivable:
            told = role_of(criterion.waivable)
            yield c.waive(criterion.id, EPOCH, reason="urgent", **told)
            yield c.waive(criterion.id, EPOCH, reason="urgent", until=EPOCH + DAY, **told)
        if criterion.evidence:
            yield c.attach(criterion.id, EPOCH, evidence=dict.fromkeys(criterion.documents()))
    yield from (c.set_facts({name: None}, EPOCH) for name in adviser.likely)
    yield from _beside(adviser)
    yield from adviser.every_end()
    if adviser.tables.primary is not None:
        yield from (c.reopen(stage.stage.id, EPOCH) for stage in adviser.tables.primary.stages)


def _moves(adviser: Adviser) -> Iterator[Command]:
    for criterion in adviser.tables.criteria:
        if criterion.when is None and not criterion.of:
            yield c.meet(criterion.id, EPOCH, evidence=adviser.documents(criterion.id))
    for table in adviser.tables.tracks:
        yield c.advance(EPOCH, track=table.track.id)
        yield from (c.complete(stage.stage.id, EPOCH) for stage in table.stages)
    for point in adviser.points.values():
        for outcome in point.outcomes:
            yield from adviser.decide(point.id, outcome.id)
    for jump in adviser.jumps.values():
        yield from adviser.jump(jump, adviser.nodes(jump))
    yield from (c.loop_back(id, EPOCH, **role_of(loop.roles)) for id, loop in adviser.loops.items())
    yield from (c.skip(stage, EPOCH) for stage in adviser.stages)


def _beside(adviser: Adviser) -> Iterator[Command]:
    yield from (c.tick(EPOCH), c.hold(EPOCH), c.hold(EPOCH, until=EPOCH + DAY), c.resume(EPOCH))
    for activity in adviser.tables.definition.activities:
        yield c.begin(activity.id, EPOCH)
        yield from adviser.finish(activity.id)
    yield from adviser.every_report()

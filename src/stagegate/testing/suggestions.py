"""What could be done with a case now, as whole commands: with the roles, answers and reasons they need.

All commands are made at EPOCH and moved to their time once one of them is chosen (`stagegate.testing.times.moved`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from stagegate.engine import commands as c
from stagegate.testing.times import DAY, EPOCH

if TYPE_CHECKING:
    from stagegate.case import Case
    from stagegate.engine.actions import Action
    from stagegate.engine.commands import Command
    from stagegate.engine.tables import Tables
    from stagegate.model import DecisionPoint, Jump, Loop, Stage

PROOF: Final = "a proof"  # where a document is, when it does not matter


class Adviser:
    """Knows the names of one process, and suggests commands for cases of it.

    `likely` are the values of facts worth giving (`stagegate.testing.likely`).
    """

    def __init__(self, tables: Tables, likely: Mapping[str, Sequence[Any]]) -> None:
        self.tables = tables
        self.likely = likely
        definition = tables.definition
        self.points: Mapping[str, DecisionPoint] = {point.id: point for point in definition.decision_points()}
        self.jumps: Mapping[str, Jump] = {jump.id: jump for track in definition.tracks for jump in track.jumps}
        self.loops: Mapping[str, Loop] = {id: loop for id, (_, loop) in tables.loop_of.items()}
        self.stages: Mapping[str, Stage] = {stage.id: stage for stage in definition.stages()}
        self.reasons: Mapping[str, tuple[str, ...]] = {
            end.id: () if end.reasons is None else end.reasons.leaves() for end in definition.every_end()
        }
        self.end_roles: Mapping[str, tuple[str, ...]] = {end.id: end.roles for end in definition.ends}
        self._evidence = tuple(self.every_evidence())
        self._ends = tuple(self.every_end())

    def openings(self, *, placed: bool = True) -> tuple[Command, ...]:
        """Every way to open a case: at the start, at another start and, if `placed`, at any stage of an earned track."""
        earned = (table for table in self.tables.tracks if not table.observed)
        stages = [stage.stage for table in earned for stage in table.stages]
        found = [c.open_case(EPOCH), *(c.open_case(EPOCH, start=stage.id) for stage in stages if stage.start)]
        if placed:
            found += [c.open_case(EPOCH, at_stage=stage.id) for stage in stages]
            found += [c.open_case(EPOCH, at_stage=stage.id, skipped="owed") for stage in stages]
        return tuple(found)

    @property
    def groups(self) -> tuple[Callable[[Case], Sequence[Command]], ...]:
        """What may be suggested, by what it is for; each gives its commands for a case, none where there are none."""
        return (self.on, self.evidence, self.back, self.beside, self.ends)

    def on(self, case: Case) -> Sequence[Command]:
        """What the case itself says can be done next, and the end of what is running."""
        actions = [action for action in case.next_actions() if action.allowed]
        on = [command for action in actions for command in self.for_action(action, case)]
        return on + [command for activity in case.snapshot.rest.active for command in self.finish(activity)]

    def evidence(self, case: Case) -> Sequence[Command]:
        """Any recorded criterion, any likely value of any fact, any observation."""
        return () if case.ended else self._evidence

    def back(self, case: Case) -> Sequence[Command]:
        """What was told taken back or forgotten, and what is open waived, for good and for a day."""
        return () if case.ended else list(self.taking_back(case))

    def beside(self, case: Case) -> Sequence[Command]:
        """Time passing, a hold and its end, activities begun, reports of sub-procedures, breaches, stages passed over."""
        return () if case.ended else list(self.besides(case))

    def ends(self, case: Case) -> Sequence[Command]:
        """Every end that a command may bring about, with each of its reasons."""
        return () if case.ended else self._ends

    # --- what brings the case on ----------------------------------------------------------------------

    def for_action(self, action: Action, case: Case) -> Iterator[Command]:
        """The commands that do what an allowed action names; none for what only waits.

        Each of them is accepted now, but for facts: which value is wanted is another matter.
        """
        subject = action.subject
        match action.kind:
            case "meet":
                yield c.meet(subject, EPOCH, evidence=self.documents(subject))
            case "attach":
                yield c.attach(subject, EPOCH, evidence=self.documents(subject))
            case "give_fact":
                yield from (c.set_facts({subject: value}, EPOCH) for value in self.likely[subject])
            case "observe":
                stages = self.tables.track_of[subject].stages
                yield from (c.observe(stage.stage.id, EPOCH, source="a call") for stage in stages)
            case "complete":
                yield c.complete(subject, EPOCH)
            case "advance":
                yield c.advance(EPOCH, track=subject)
            case "decide":
                yield from self.decide(subject, action.option)
            case "jump":
                yield from self.jump(self.jumps[subject], self.later(self.jumps[subject], case))
            case "loop_back":
                yield c.loop_back(subject, EPOCH, **role_of(self.loops[subject].roles))
            case "skip":
                yield c.skip(subject, EPOCH)
            case "finish":
                yield from self.finish(subject)
            case "end":
                told = role_of(self.end_roles[subject])
                yield from (c.end(subject, EPOCH, reason=reason, **told) for reason in self.reasons[subject] or ("",))
            case "resume":
                yield c.resume(EPOCH)
            case "reopen":
                yield c.reopen(subject, EPOCH)
            case _:
                return

    def documents(self, criterion: str) -> dict[str, str]:
        """Documents that prove a criterion: where there is a choice, the first."""
        return dict.fromkeys(next(self.tables.criteria[self.tables.bit_of[criterion]].ways_to_prove()), PROOF)

    def decide(self, decision: str, option: str) -> Iterator[Command]:
        """An outcome with each reason that the end it leads to may ask for."""
        outcome = self.points[decision].outcome(option)
        if outcome is not None:
            reasons = self.reasons.get(outcome.to, ()) if outcome.kind == "end" else ()
            for reason in reasons or ("",):
                yield c.decide(decision, option, EPOCH, reason=reason, **role_of(outcome.roles))

    def jump(self, jump: Jump, targets: Sequence[str]) -> Iterator[Command]:
        """A jump, to each of these where it may lead to several, and the answer of a buyer who is not willing."""
        told = role_of(jump.roles)
        answer: c.Answer | None = "willing" if jump.probe is not None else None
        for target in ("",) if jump.to else targets:
            yield c.jump(jump.id, EPOCH, answer=answer, to=target, **told)
        if jump.probe is not None:
            yield c.jump(jump.id, EPOCH, answer="unwilling", **told)

    def later(self, jump: Jump, case: Case) -> tuple[str, ...]:
        """The stages and decision points that lie ahead of the case."""
        table = self.tables.track_of[jump.track]
        here = case.snapshot.places[table.index].stage
        stages = tuple(stage.stage.id for stage in table.stages[here + 1 :])
        return stages + tuple(decision.id for decision in table.decisions if decision.place >= here)

    def nodes(self, jump: Jump) -> tuple[str, ...]:
        """The stages and decision points of the jump's track."""
        table = self.tables.track_of[jump.track]
        return (*(stage.stage.id for stage in table.stages), *(decision.id for decision in table.decisions))

    def finish(self, activity: str) -> Iterator[Command]:
        """The end of an activity with each of its results."""
        results = next(each.results for each in self.tables.definition.activities if each.id == activity)
        yield from (c.finish(activity, EPOCH, result=result) for result in results or ("",))

    # --- what may be done besides -----------------------------------------------------------------------

    def every_evidence(self) -> Iterator[Command]:
        """All evidence that there may be."""
        for name, values in self.likely.items():
            yield from (c.set_facts({name: value}, EPOCH) for value in values)
        for criterion in self.tables.criteria:
            for way in criterion.ways_to_prove():
                documents = dict.fromkeys(way, PROOF)
                if criterion.when is None and not criterion.of:
                    yield c.meet(criterion.id, EPOCH, evidence=documents)
                if documents:
                    yield c.attach(criterion.id, EPOCH, evidence=documents)
        for table in self.tables.tracks:
            if table.observed:
                yield from (c.observe(stage.stage.id, EPOCH, source="a call") for stage in table.stages)

    def every_end(self) -> Iterator[Command]:
        """All ends by command."""
        for end in self.tables.definition.ends:
            if end.by_command:
                told = role_of(end.roles)
                yield from (c.end(end.id, EPOCH, reason=reason, **told) for reason in self.reasons[end.id] or ("",))

    def taking_back(self, case: Case) -> Iterator[Command]:
        """See `back`."""
        yield from (c.set_facts({name: None}, EPOCH) for name in case.facts)
        done, waived = case.snapshot.done, case.snapshot.rest.waived
        for bit, criterion in enumerate(self.tables.criteria):
            if (done | waived) >> bit & 1:
                yield c.retract(criterion.id, EPOCH)
            elif criterion.waivable:
                told = role_of(criterion.waivable)
                yield c.waive(criterion.id, EPOCH, reason="urgent", **told)
                yield c.waive(criterion.id, EPOCH, reason="urgent", until=EPOCH + DAY, **told)
            if criterion.evidence and bit in case.snapshot.rest.documents:
                yield c.attach(criterion.id, EPOCH, evidence=dict.fromkeys(criterion.documents()))

    def besides(self, case: Case) -> Iterator[Command]:
        """See `beside`."""
        yield c.tick(EPOCH)
        if case.on_hold:
            yield c.resume(EPOCH)
        else:
            yield c.hold(EPOCH)
            yield c.hold(EPOCH, until=EPOCH + DAY)
        for activity in self.tables.definition.activities:
            if not activity.standing and activity.id not in case.snapshot.rest.active:
                yield c.begin(activity.id, EPOCH)
        yield from self.every_report()
        yield from (c.skip(stage.id, EPOCH) for stage in self.stages.values() if stage.optional)

    def every_report(self) -> Iterator[Command]:
        """The ends of sub-procedures, and breaches."""
        for process, ends in reports(self.tables).items():
            owners = self.tables.owners(process)
            stages = ("", *owners) if len(owners) > 1 else ("",)
            yield from (c.report(process, end, EPOCH, stage=stage) for end in ends for stage in stages)
        for stage in self.stages.values():
            yield from (c.breach(prohibition.id, EPOCH) for prohibition in stage.prohibitions)


def role_of(roles: Sequence[str]) -> c.Told:
    """The role to act in: the first of those that may, none where anybody may."""
    return {"role": roles[0]} if roles else {}


def reports(tables: Tables) -> dict[str, tuple[str, ...]]:
    """The sub-procedures with the ends that may be reported of them; one that meets nothing is `done`."""
    found: dict[str, dict[str, None]] = {}
    for _, procedure in tables.definition.procedures():
        found.setdefault(procedure.process, {}).update(dict.fromkeys(procedure.on_end))
    return {process: tuple(ends) or ("done",) for process, ends in found.items()}

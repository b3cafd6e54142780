"""The proofs that nobody has to ask for: what should hold of every process, found in one search.

Every stage and end can be reached, every earned stage completed, every outcome taken, every jump and loop made; from every open state
there is a way to an end; automatic decisions come to rest, are never torn between two outcomes, and never without one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from attrs import evolve

from stagegate.engine.commands import Command
from stagegate.engine.place import IN
from stagegate.engine.walk import verdicts, walk
from stagegate.engine.work import Work, blocking
from stagegate.model import NO_TEXT, Text
from stagegate.verify.answers import Answer
from stagegate.verify.focus import Question
from stagegate.verify.inquiries import Everywhere
from stagegate.verify.moments import opened
from stagegate.verify.prove import EFFORT
from stagegate.verify.search import Search, counted_name
from stagegate.verify.truths import Asked, can_come_out, conditions_of, says_more

if TYPE_CHECKING:
    from stagegate.engine.parts import DecisionTable, TrackTable
    from stagegate.engine.snapshot import Snapshot
    from stagegate.engine.tables import Tables
    from stagegate.model import Definition
    from stagegate.process import Process
    from stagegate.verify.moves import Done

WORST_FIRST: Final = ("broken", "undecided", "proved")
LACKS: Final[Mapping[str, str]] = {
    "reaches": "no case ever comes there",
    "completes": "no case ever completes it",
    "takes": "no case ever takes it",
    "makes": "no case ever makes it",
}


def questions(definition: Definition) -> tuple[tuple[str, str], ...]:
    """The questions there are about a process, as kind and id, without answering them."""
    return tuple(dict.fromkeys(_questions(definition)))  # a criterion and a jump may have one name


def _questions(definition: Definition) -> Iterator[tuple[str, str]]:
    earned = [track for track in definition.tracks if not track.observed]
    if not earned:
        return
    yield from (("reaches", stage.id) for track in earned for stage in track.stages)
    yield from (("reaches", end.id) for end in definition.ends)
    yield from (("completes", stage.id) for track in earned for stage in track.stages)
    points = [point for track in earned for point in track.decision_points]
    yield from (("takes", f"{point.id}.{outcome.id}") for point in points for outcome in point.outcomes)
    for track in earned:
        yield from (("makes", jump.id) for jump in track.jumps)
        yield from (("makes", loop.id) for loop in track.loops)
        yield from (("makes", stage.id) for stage in track.stages if stage.repeatable is not None)
    if definition.ends:
        yield ("way_out", definition.name)
    automatic = [point for point in points if point.automatic]
    if automatic:
        yield ("rests", definition.name)
    for point in automatic:
        yield ("one_outcome", point.id)
        yield ("some_outcome", point.id)
    for asked in conditions_of(definition):
        yield ("can_hold", asked.name)
        if says_more(asked):
            yield ("can_fail", asked.name)


def examine(process: Process, *, effort: int = EFFORT) -> tuple[Answer, ...]:
    """The answers to `questions`, in their order. `effort` is the most steps of the engine that all take together."""
    asked = questions(process.definition)
    if not asked:
        return ()
    looked = Looked(process.tables, effort)
    titles = titles_by_place(process.definition)
    conditions = tuple(conditions_of(process.definition))
    answers = []
    for kind, name in asked:
        if kind == "way_out":
            found = looked.way_out()
        elif kind in ("can_hold", "can_fail"):
            answers.append(of_conditions(process.tables, conditions, kind, name))
            continue
        else:
            found = looked.answer(kind, name)
        title, where = about(process.definition, titles, kind, name)
        answers.append(evolve(found, kind=kind, id=name, title=title, where=where))
    return tuple(answers)


def of_conditions(tables: Tables, conditions: Sequence[Asked], kind: str, name: str) -> Answer:
    """The answer about the condition of this name; where a criterion and a jump share it, the worse of the two."""
    wanted = kind == "can_hold"
    named = [each for each in conditions if each.name == name and (wanted or says_more(each))]
    return min(
        (can_come_out(tables, each, wanted) for each in named), key=lambda found: WORST_FIRST.index(found.verdict)
    )


class Looked:
    """A process looked over: in one search of everything, and where that is too much in one that runs ahead too."""

    def __init__(self, tables: Tables, effort: int) -> None:
        self.sights = Sights(tables)
        ends = frozenset(end.id for end in tables.ends)
        self.everywhere = Everywhere(tables, Question(targets=ends), watchers=[self.sights])
        self.everywhere.go_on(effort // 2)
        self.search = self.everywhere.first
        self.focus = self.search.focus
        self.result = self.search.result()
        self.numbers = {id(node.snapshot): number for number, node in reversed(list(enumerate(self.search.nodes)))}
        self.ahead = Sights(tables)
        if not self.result.finished:
            Search(tables, self.focus, [self.ahead], eager=True).run(effort // 4)

    def way_out(self) -> Answer:
        """The answer to `way_out`."""
        (found,) = self.everywhere.answers().values()
        return found

    def answer(self, kind: str, name: str) -> Answer:
        """The answer to one of the other questions."""
        complete = self.result.finished and not self.focus.why
        trouble = self.sights.trouble.get((kind, name))
        if trouble is not None:
            journal = self.search.journal(self.numbers[id(trouble[0])])
            return self.result._replace(journal=journal).answer("broken", trouble[1])
        if (kind, name) in self.sights.seen | self.ahead.seen or (kind not in LACKS and complete):
            return self.result.answer("proved", "")
        if complete:
            return self.result.answer("broken", LACKS[kind])
        return self.result.answer("undecided", self.result.how_far(self.focus.why))


ABOUT: Final[Mapping[str, tuple[str, ...]]] = {
    "reaches": ("stage", "end"),
    "completes": ("stage",),
    "takes": ("outcome",),
    "makes": ("jump", "loop"),
    "one_outcome": ("decision",),
    "some_outcome": ("decision",),
}


def about(definition: Definition, titles: Mapping[str, Text], kind: str, name: str) -> tuple[Text, str]:
    """The title and place of what a question is about; `titles` are those of `titles_by_place`."""
    if kind not in ABOUT:
        return definition.title, definition.place_of(f"process:{definition.name}")
    for prefix in ABOUT[kind]:
        where = definition.place_of(f"{prefix}:{name}")
        if where or f"{prefix}:{name}" in titles:
            return titles.get(f"{prefix}:{name}", NO_TEXT), where
    return NO_TEXT, ""


def titles_by_place(definition: Definition) -> dict[str, Text]:
    """The titles of what questions are about, under the keys of `Definition.where`."""
    titles: dict[str, Text] = {}
    for stage in definition.stages():
        titles[f"stage:{stage.id}"] = titles[f"loop:{stage.id}"] = stage.title
    for end in definition.ends:
        titles[f"end:{end.id}"] = end.title
    for track in definition.tracks:
        titles.update({f"jump:{jump.id}": jump.title for jump in track.jumps})
        titles.update({f"loop:{loop.id}": loop.title for loop in track.loops})
    for point in definition.decision_points():
        titles[f"decision:{point.id}"] = point.title
        titles.update({f"outcome:{point.id}.{o.id}": o.title for o in point.outcomes})
    return titles


class Sights:
    """What was seen in a search, and the first state in which each trouble with an automatic decision showed."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.seen: set[tuple[str, str]] = set()
        self.trouble: dict[tuple[str, str], tuple[Snapshot, str]] = {}
        self.automatic = [d for d in tables.decision_of.values() if d.automatic]

    def happened(self, done: Done) -> str:
        """Notes what the events of a command show."""
        name = counted_name(done.command)
        if done.command.kind in ("jump", "loop_back"):
            self.seen.add(("makes", name))
        for event in done.step.events:
            if event.kind in ("entered", "ended", "won"):
                self.seen.add(("reaches", event.subject))
            elif event.kind == "completed":
                self.seen.add(("completes", event.subject))
            elif event.kind == "decided":
                self.seen.add(("takes", f"{event.subject}.{event.data['outcome']}"))
        return ""

    def stands(self, snapshot: Snapshot) -> str:
        """Notes the troubles of automatic decisions in a state."""
        rest = snapshot.rest
        if not self.automatic or rest.ended or rest.held is not None or blocking(self.tables, rest):
            return ""
        work = opened(self.tables, snapshot)
        for table in self.tables.automatic:
            stop = walk(work, table)
            if stop.take is not None:
                told = (
                    f"`{stop.take[0].id}` is taken anew by every command: `{stop.take[1].key}` leads back to it at once"
                )
                self._note("rests", self.tables.definition.name, snapshot, told)
        for decision in self.automatic:
            if is_asked(self.tables.tracks[decision.track], decision, snapshot, work):
                self._torn(decision, snapshot, work)
        return ""

    def _torn(self, decision: DecisionTable, snapshot: Snapshot, work: Work) -> None:
        """Notes when two outcomes are allowed at once, or none whatever criteria are met."""
        taken = work.memory(self.tables.tracks[decision.track]).taken.get(decision.node, ("", 0))[0]
        allowed = [o.key for o, value in verdicts(work, decision, taken) if value is True]
        if len(allowed) > 1:
            told = " and ".join(f"`{name}`" for name in allowed)
            self._note("one_outcome", decision.id, snapshot, f"{told} are allowed at once{given(snapshot)}")
        if not allowed and None not in (
            value for _, value in verdicts(Hopeful.of(self.tables, snapshot), decision, taken)
        ):
            self._note("some_outcome", decision.id, snapshot, f"no outcome is allowed{given(snapshot)}")

    def _note(self, kind: str, name: str, snapshot: Snapshot, told: str) -> None:
        self.trouble.setdefault((kind, name), (snapshot, told))


def given(snapshot: Snapshot) -> str:
    """The facts of a case, for a sentence."""
    facts = ", ".join(f"{name} = {value}" for name, value in sorted(snapshot.rest.facts.items()))
    return f" with {facts}" if facts else ""


def is_asked(table: TrackTable, decision: DecisionTable, snapshot: Snapshot, work: Work) -> bool:
    """Whether an automatic decision point is what a track waits for."""
    place = snapshot.places[table.index]
    if place.phase != IN:
        return place.pending == decision.node
    stage = table.stages[place.stage]
    landed = work.memory(table).landed >> stage.index & 1
    return stage.decision is decision and stage.marked and not (landed and stage.entry & ~work.passes)


class Hopeful(Work):
    """A case as it may still become: a criterion that is not met counts as unknown."""

    __slots__ = ()

    @classmethod
    def of(cls, tables: Tables, snapshot: Snapshot) -> Hopeful:
        """A snapshot, seen hopefully."""
        hopeful = cls(tables, snapshot, Command("tick", "", snapshot.at))
        hopeful.look()
        return hopeful

    def met(self, criterion: str) -> bool | None:
        return super().met(criterion) or None

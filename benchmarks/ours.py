"""stagegate in the same workload: through the pure engine, through `Case`, and on a track that moves by itself."""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path
from time import process_time
from typing import Any

import stagegate
from peers import Driver
from stagegate import engine
from stagegate.engine import commands
from workload import CRITERIA, GATES, STATES, STEPS_OF_A_DEAL, TIMES, as_yaml, gate


def load(text: str) -> stagegate.Process:
    """The process of a YAML text, by way of a file as a host has one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "workload.yaml"
        path.write_text(text, encoding="utf-8")
        return stagegate.load(path)


class Engine(Driver):
    """`engine.step` with commands that are there already, as they are in a journal or a queue."""

    name = "stagegate, engine.step"
    needs = "stagegate"
    deals = 800
    advance = "manual"

    def build(self) -> None:
        self.process = load(as_yaml(self.advance))
        self.tables = engine.compile_tables(self.process.definition)
        times = iter(TIMES)
        self.open = commands.open_case(next(times))
        self.script: list[commands.Command] = []
        for g in range(GATES):
            self.script.append(commands.advance(next(times)))
            self.script += [commands.meet(c, next(times)) for c in gate(g)]
            self.script.append(commands.advance(next(times)))
        assert len(self.script) == STEPS_OF_A_DEAL - 1
        self.late = [commands.advance(t) for t in times]
        self.meets = {c.subject: c for c in self.script if c.kind == "meet"}

    # A deal is a list of one snapshot, so that proof and preparation can replace it.
    def fresh(self) -> Any:
        return [engine.start(self.tables, self.open).snapshot]

    def give(self, deal: Any, names: list[str]) -> None:
        for name in names:
            self._do(deal, commands.meet(name, deal[0].at))

    def _do(self, deal: Any, command: commands.Command) -> engine.Step:
        step = engine.step(self.tables, deal[0], command)
        deal[0] = step.snapshot
        return step

    def history(self, deal: Any) -> list[str]:
        """The trail, since the journal is the host's here."""
        return STATES[1 : len(deal[0].places[0].trail) + 1]

    def where(self, deal: Any) -> str:
        crossed = STATES[len(deal[0].places[0].trail)]
        assert (deal[0].rest.ended == "won") == (crossed == STATES[-1])
        return crossed

    def once(self, deal: Any) -> None:
        before = len(self.history(deal))
        step = self._do(deal, commands.advance(deal[0].at))
        after = self.history(deal)
        assert len(after) == before + step.accepted
        if step.accepted:
            assert step.events[0].kind == ("entered", "completed")[before % 2]
        else:
            lacking = [c for c in gate(before) if not deal[0].done >> CRITERIA.index(c) & 1]
            assert [(r.code, r.subject) for r in step.reasons] == [("criterion_open", c) for c in lacking]

    def event(self, deal: Any, criterion: str) -> None:
        assert self._do(deal, commands.meet(criterion, deal[0].at)).accepted

    def push(self, deals: list[Any]) -> None:
        step, tables, script = engine.step, self.tables, self.late
        for deal in deals:
            snapshot = deal[0]
            for command in script:
                snapshot = step(tables, snapshot, command).snapshot
            deal[0] = snapshot

    def whole(self, count: int) -> Any:
        start, step, tables, open_, script = engine.start, engine.step, self.tables, self.open, self.script
        snapshot = None
        for _ in range(count):
            snapshot = start(tables, open_).snapshot
            for command in script:
                snapshot = step(tables, snapshot, command).snapshot
        return [snapshot]


class EngineAsked(Engine):
    """The same, and the host reads every reason of every refusal."""

    name = "stagegate, engine.step, reasons read"
    deals = 400

    def push(self, deals: list[Any]) -> None:
        step, tables, script = engine.step, self.tables, self.late
        for deal in deals:
            snapshot = deal[0]
            for command in script:
                done = step(tables, snapshot, command)
                snapshot = done.snapshot
                for reason in done.reasons:
                    assert reason.message
            deal[0] = snapshot

    def whole(self, count: int) -> Any:
        start, step, tables, open_, script = engine.start, engine.step, self.tables, self.open, self.script
        snapshot = None
        for _ in range(count):
            snapshot = start(tables, open_).snapshot
            for command in script:
                done = step(tables, snapshot, command)
                snapshot = done.snapshot
                for reason in done.reasons:
                    assert reason.message
        return [snapshot]


class Case(Driver):
    """The friendly handle: it makes the commands, remembers the position and keeps the journal."""

    name = "stagegate, Case"
    needs = "stagegate"
    deals = 400

    def build(self) -> None:
        self.process = load(as_yaml())

    def fresh(self) -> Any:
        return self.process.open("deal", at=TIMES[0])

    def give(self, deal: Any, names: list[str]) -> None:
        for name in names:
            deal.meet(name, at=TIMES[0])

    def history(self, deal: Any) -> list[str]:
        crossed = [e for entry in deal.journal for e in entry.events if e.kind in ("entered", "completed")]
        return STATES[1 : len(crossed) + 1]

    def where(self, deal: Any) -> str:
        crossed = STATES[len(deal.snapshot.places[0].trail)]
        assert (deal.snapshot.rest.ended == "won") == (crossed == STATES[-1])
        return crossed

    def once(self, deal: Any) -> None:
        deal.advance(at=TIMES[0])

    def event(self, deal: Any, criterion: str) -> None:
        deal.meet(criterion, at=TIMES[0])

    def push(self, deals: list[Any]) -> None:
        times = TIMES[STEPS_OF_A_DEAL:]
        for deal in deals:
            for at in times:
                deal.advance(at=at)

    def whole(self, count: int) -> Any:
        gates = [gate(g) for g in range(GATES)]
        deal: Any = None
        for _ in range(count):
            times = iter(TIMES)
            deal = self.process.open("deal", at=next(times))
            for names in gates:
                deal.advance(at=next(times))
                for name in names:
                    deal.meet(name, at=next(times))
                deal.advance(at=next(times))
        return deal


class Automatic:
    """A track that moves by itself: 48 reports, no trigger. No neighbour does this, so it stands alone."""

    name = "stagegate, automatic track, engine.step"
    deals = 200

    def __init__(self) -> None:
        self.tables = engine.compile_tables(load(as_yaml("automatic")).definition)
        times = iter(TIMES)
        self.open = commands.open_case(next(times))
        self.script = [commands.meet(c, next(times)) for c in CRITERIA]

    def whole_deals(self) -> float:
        """Whole deals in a second."""
        start, step, tables, open_, script = engine.start, engine.step, self.tables, self.open, self.script
        snapshot = None
        gc.collect()
        begin = process_time()
        for _ in range(self.deals):
            snapshot = start(tables, open_).snapshot
            for command in script:
                snapshot = step(tables, snapshot, command).snapshot
        taken = process_time() - begin
        assert snapshot is not None
        assert snapshot.rest.ended == "won"
        assert len(snapshot.places[0].trail) == GATES
        return self.deals / taken


OURS: list[type[Driver]] = [Engine, EngineAsked, Case]

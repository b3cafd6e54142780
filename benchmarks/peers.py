"""The neighbours, each driven through its public face in its quickest documented way.

A driver answers three questions with the seconds a batch took, and `prove` shows beforehand that what it
times is the workload. The timed loops call the library as a host would, with nothing of ours in between.
"""
# pyright: reportMissingImports=false
# What is not installed is left out of the run, and of the check of types.

from __future__ import annotations

import gc
import importlib
import logging
from time import process_time
from typing import Any, ClassVar

from workload import CRITERIA, GATES, STATES, gate


class Deal:
    """What an application has of its own: a flag for each criterion, a state, a history."""

    state: str | None

    def __init__(self) -> None:
        self.state = STATES[0]
        self.history: list[str] = []


for _name in CRITERIA:
    setattr(Deal, _name, False)
    setattr(Deal, f"has_{_name}", lambda self, _name=_name: getattr(self, _name))


class Driver:
    """One library. `deals` is how many make a batch: enough to time, few enough to wait for."""

    name: ClassVar[str]
    needs: ClassVar[str]  # the module it is about; left out where that is not installed
    deals: ClassVar[int]

    def build(self) -> None:
        """Makes the machine once, where deals can share one."""

    def fresh(self) -> Any:
        """A deal at the beginning."""
        raise NotImplementedError

    def give(self, deal: Any, names: list[str]) -> None:
        """The host writes criteria down directly (outside the timed part)."""
        raise NotImplementedError

    def where(self, deal: Any) -> str:
        raise NotImplementedError

    def history(self, deal: Any) -> list[str]:
        raise NotImplementedError

    def push(self, deals: list[Any]) -> None:
        """GATES triggers for each deal, as a host fires them."""
        raise NotImplementedError

    def whole(self, count: int) -> Any:
        """`count` deals from creation to the end; at each gate a refused trigger, three facts as events,
        an accepted one. Gives the last deal."""
        raise NotImplementedError

    # -- the same for all -------------------------------------------------------------------------

    def accepted(self) -> float:
        """Triggers accepted in a second."""
        deals = [self.fresh() for _ in range(self.deals)]
        for deal in deals:
            self.give(deal, CRITERIA)
        gc.collect()
        begin = process_time()
        self.push(deals)
        taken = process_time() - begin
        assert all(self.where(d) == STATES[-1] and self.history(d) == STATES[1:] for d in deals), self.name
        return len(deals) * GATES / taken

    def refused(self) -> float:
        """Triggers refused in a second: of the first gate the last criterion is missing."""
        deals = [self.fresh() for _ in range(self.deals)]
        for deal in deals:
            self.give(deal, gate(0)[:2])
        gc.collect()
        begin = process_time()
        self.push(deals)
        taken = process_time() - begin
        assert all(self.where(d) == STATES[0] and not self.history(d) for d in deals), self.name
        return len(deals) * GATES / taken

    def whole_deals(self) -> float:
        """Whole deals in a second."""
        gc.collect()
        begin = process_time()
        last = self.whole(self.deals)
        taken = process_time() - begin
        assert self.where(last) == STATES[-1] and self.history(last) == STATES[1:], self.name
        return self.deals / taken

    def prove(self) -> None:
        """Each gate by itself: shut without, shut with two of three in any choice, open with all, and then one step."""
        for g in range(GATES):
            for lacking in gate(g):
                deal = self.fresh()
                self.give(deal, CRITERIA[: 3 * g])
                for _ in range(g):
                    self.once(deal)
                self.give(deal, [c for c in gate(g) if c != lacking])
                assert self.where(deal) == STATES[g]
                self.once(deal)
                assert self.where(deal) == STATES[g], (self.name, g, lacking)
                assert len(self.history(deal)) == g
                self.event(deal, lacking)
                assert self.where(deal) == STATES[g], (self.name, g, "moved by a fact alone")
                self.once(deal)
                assert self.where(deal) == STATES[g + 1], (self.name, g)
                assert self.history(deal) == STATES[1 : g + 2], (self.name, g)
        last = self.whole(2)
        assert self.where(last) == STATES[-1] and self.history(last) == STATES[1:], self.name

    def once(self, deal: Any) -> None:
        """One trigger (only for the proof)."""
        raise NotImplementedError

    def event(self, deal: Any, criterion: str) -> None:
        """One fact as an event (only for the proof)."""
        raise NotImplementedError


class Transitions(Driver):
    """One machine without a model of its own serves all deals, the idiom of its FAQ for many of them.

    Conditions are names of methods of the deal, which it resolves faster than names of attributes. The event's
    `trigger` is called directly, one call less than through a method on the deal.
    """

    name = "transitions, shared machine"
    needs = "transitions"
    deals = 200

    def build(self) -> None:
        from transitions import Machine

        class Host(Deal):
            def moved(self) -> None:
                self.history.append(self.state or "")

            def recorded(self, name: str) -> None:
                setattr(self, name, True)

        crossings: list[dict[str, Any]] = [
            {
                "trigger": "advance",
                "source": STATES[g],
                "dest": STATES[g + 1],
                "conditions": [f"has_{c}" for c in gate(g)],
                "after": "moved",
            }
            for g in range(GATES)
        ]
        crossings.append({"trigger": "record", "source": "*", "dest": None, "before": "recorded"})
        machine = Machine(model=None, states=STATES, transitions=crossings, initial=None, auto_transitions=False)
        self.Host = Host
        self.fire = machine.events["advance"].trigger
        self.record = machine.events["record"].trigger

    def fresh(self) -> Any:
        return self.Host()

    def give(self, deal: Any, names: list[str]) -> None:
        for name in names:
            setattr(deal, name, True)

    def where(self, deal: Any) -> str:
        return str(deal.state)

    def history(self, deal: Any) -> list[str]:
        return list(deal.history)

    def once(self, deal: Any) -> None:
        self.fire(deal)

    def event(self, deal: Any, criterion: str) -> None:
        self.record(deal, criterion)

    def push(self, deals: list[Any]) -> None:
        fire = self.fire
        for deal in deals:
            for _ in range(GATES):
                fire(deal)

    def whole(self, count: int) -> Any:
        Host, fire, record = self.Host, self.fire, self.record
        gates = [gate(g) for g in range(GATES)]
        deal = None
        for _ in range(count):
            deal = Host()
            for names in gates:
                fire(deal)
                for name in names:
                    record(deal, name)
                fire(deal)
        return deal


class Pysm(Driver):
    """States belong to one machine, so each deal builds its own 17 states and 32 transitions.

    Each dispatch makes its event anew, as its examples do: an event carries where it has been.
    """

    name = "pysm"
    needs = "pysm"
    deals = 60

    def build(self) -> None:
        import pysm

        self.pysm = pysm

    def fresh(self) -> Any:
        pysm = self.pysm
        deal = Deal()
        machine = pysm.StateMachine("deal")
        states = [pysm.State(name) for name in STATES]
        for state in states:
            machine.add_state(state, initial=state is states[0])

        def recorded(state: Any, event: Any) -> None:
            setattr(deal, event.cargo["fact"], True)

        for g in range(GATES):
            first, second, third = gate(g)

            def open_(state: Any, event: Any, a: str = first, b: str = second, c: str = third) -> bool:
                return getattr(deal, a) and getattr(deal, b) and getattr(deal, c)  # type: ignore[no-any-return]

            def moved(state: Any, event: Any, target: str = STATES[g + 1]) -> None:
                deal.history.append(target)

            machine.add_transition(states[g], states[g + 1], events=["advance"], condition=open_, after=moved)
            machine.add_transition(states[g], None, events=["record"], action=recorded)
        machine.initialize()
        return machine, deal

    # A deal is the machine and what the application has of its own.
    def give(self, deal: Any, names: list[str]) -> None:
        for name in names:
            setattr(deal[1], name, True)

    def where(self, deal: Any) -> str:
        return str(deal[0].leaf_state.name)

    def history(self, deal: Any) -> list[str]:
        return list(deal[1].history)

    def once(self, deal: Any) -> None:
        deal[0].dispatch(self.pysm.Event("advance"))

    def event(self, deal: Any, criterion: str) -> None:
        deal[0].dispatch(self.pysm.Event("record", fact=criterion))

    def push(self, deals: list[Any]) -> None:
        Event = self.pysm.Event
        for deal in deals:
            dispatch = deal[0].dispatch
            for _ in range(GATES):
                dispatch(Event("advance"))

    def whole(self, count: int) -> Any:
        Event = self.pysm.Event
        gates = [gate(g) for g in range(GATES)]
        deal = None
        for _ in range(count):
            deal = self.fresh()
            dispatch = deal[0].dispatch
            for names in gates:
                dispatch(Event("advance"))
                for name in names:
                    dispatch(Event("record", fact=name))
                dispatch(Event("advance"))
        return deal


class PythonStateMachine(Driver):
    """A class made once, an instance for each deal; guards as one expression over the deal."""

    name = "python-statemachine"
    needs = "statemachine"
    deals = 12

    def build(self) -> None:
        from statemachine import State, StateChart

        states = {name: State(initial=name == STATES[0], final=name == STATES[-1]) for name in STATES}
        advance: Any = None
        record: Any = None
        for g in range(GATES):
            here, there = states[STATES[g]], states[STATES[g + 1]]
            crossing = here.to(there, cond=" and ".join(gate(g)), after="moved")
            staying = here.to.itself(internal=True, on="recorded")
            advance = crossing if advance is None else advance | crossing
            record = staying if record is None else record | staying

        def moved(self: Any, target: Any) -> None:
            self.model.history.append(target.id)

        def recorded(self: Any, name: str) -> None:
            setattr(self.model, name, True)

        body: dict[str, Any] = {**states, "advance": advance, "record": record, "moved": moved, "recorded": recorded}
        make: Any = type(StateChart)
        self.Chart = make("Workload", (StateChart,), body)

    def fresh(self) -> Any:
        deal = Deal()
        deal.state = None
        return self.Chart(model=deal)

    def give(self, deal: Any, names: list[str]) -> None:
        for name in names:
            setattr(deal.model, name, True)

    def where(self, deal: Any) -> str:
        return str(next(iter(deal.configuration)).id)

    def history(self, deal: Any) -> list[str]:
        return list(deal.model.history)

    def once(self, deal: Any) -> None:
        deal.advance()

    def event(self, deal: Any, criterion: str) -> None:
        deal.record(name=criterion)

    def push(self, deals: list[Any]) -> None:
        for deal in deals:
            for _ in range(GATES):
                deal.advance()

    def whole(self, count: int) -> Any:
        gates = [gate(g) for g in range(GATES)]
        deal = None
        for _ in range(count):
            deal = self.fresh()
            for names in gates:
                deal.advance()
                for name in names:
                    deal.record(name=name)
                deal.advance()
        return deal


PEERS: list[type[Driver]] = [Transitions, Pysm, PythonStateMachine]


def installed(driver: type[Driver]) -> bool:
    """Whether the library is here; its log, which nobody asked for, is silenced."""
    try:
        importlib.import_module(driver.needs)
    except ImportError:
        return False
    logging.getLogger(driver.needs).setLevel(logging.WARNING)
    return True

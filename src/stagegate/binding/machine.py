"""Machines of `transitions` whose moves are those of a case.

States, triggers and edges are declared as usual, so that whatever lists or draws a machine sees them. What a trigger does
is asked of the case: it refuses or accepts, and says where it stands then. The order of the callbacks is that of
transitions; between leaving the old state and entering the new one the case does the command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from functools import partial
from inspect import isawaitable, signature
from typing import TYPE_CHECKING, Any, Final, cast

from transitions import EventData, MachineError, State, Transition
from transitions.core import Event, listify
from transitions.extensions.asyncio import AsyncEvent, AsyncState
from transitions.extensions.diagrams import GraphMachine
from transitions.extensions.factory import AsyncGraphMachine

from stagegate.binding.states import States
from stagegate.binding.triggers import Triggers
from stagegate.binding.ways import Way, Ways
from stagegate.doors import demand
from stagegate.errors import CommandError, StagegateError

if TYPE_CHECKING:
    from transitions.extensions.markup import MarkupConfig

    from stagegate.binding.binding import Follower
    from stagegate.engine.commands import Command
    from stagegate.engine.results import Reason, Step

OURS: Final = frozenset(
    {"states", "initial", "transitions", "auto_transitions", "ordered_transitions", "model", "use_pygraphviz"}
)
THEIRS: Final = frozenset(signature(GraphMachine.__init__).parameters) - OURS - {"self", "kwargs"}


class RefusedError(MachineError, StagegateError):
    """A trigger that the present state does not have, as transitions raises it; `step` and `reasons` say why not."""

    step: Step

    def __init__(self, trigger: str, state: str, step: Step) -> None:
        because = "; ".join(str(reason) or reason.code for reason in step.reasons)
        super().__init__(f"Can't trigger event {trigger} from state {state}! {because}")
        self.step = step

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Every reason that the case gave."""
        return self.step.reasons


class CaseEventData(EventData):
    """What callbacks are given with `send_event=True`: `command` as the case gets it, `step` what the case says to it.

    In `prepare` callbacks and before, `step` is what would follow now; from entering on it is what has followed.
    """

    command: Command | None = None
    step: Step | None = None


class CaseState(State):
    """A state that also tells when its stage is completed: `on_complete`, or a method `on_complete_<stage>`."""

    dynamic_methods = [*State.dynamic_methods, "on_complete"]

    def __init__(self, *args: Any, on_complete: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_complete: list[Any] = [] if on_complete is None else list(listify(on_complete))

    def complete(self, event_data: EventData) -> object:
        """Runs what is to be run when the stage is completed."""
        return cast("Any", event_data.machine).callbacks(self.on_complete, event_data)


class AsyncCaseState(CaseState, AsyncState):
    """The same, with callbacks that may be coroutines."""


class Guard:
    """A condition of a transition, by name: whether it holds is asked of the case."""

    def __init__(self, name: str, holds: Callable[[], bool]) -> None:
        self.__name__ = name
        self._holds = holds

    def __call__(self, *_: object, **__: object) -> bool:
        """Whether it holds now; what the trigger was given does not matter."""
        return self._holds()

    def __repr__(self) -> str:
        return f"<Guard {self.__name__}>"


Call = Callable[[], object]


class CaseEvent(Event):
    """A trigger: what it does is decided by the case. One that a host has added itself does what transitions does."""

    def __init__(self, name: str, machine: Any) -> None:
        super().__init__(name, machine)
        self.spare = Transition("", "")  # the callbacks of all, for a way that is not declared

    def trigger(self, model: object, *args: Any, **kwargs: Any) -> bool:
        """Gives the command to the case, with all callbacks."""
        data = CaseEventData(None, self, self.machine, model, args, kwargs)
        return self.machine._process(partial(self._trigger, data))

    def _is_valid_source(self, state: State) -> bool:
        return self.name in self._ours.triggers or super()._is_valid_source(state)

    def _process(self, event_data: EventData) -> None:  # type: ignore[override]  # transitions tells its type wrongly
        if self.name not in self._ours.triggers:
            super()._process(event_data)
            return
        for call in self._ours.run(self, cast("CaseEventData", event_data)):
            call()

    @property
    def _ours(self) -> BoundMachine:
        return cast("BoundMachine", self.machine)

    def add_callback(self, trigger: str, func: Any) -> None:
        """Adds a callback to every transition of this trigger."""
        super().add_callback(trigger, func)
        self.spare.add_callback(trigger, func)

    def transition(self, source: str, dest: str | None) -> Transition:
        """The declared transition between two states, or one made for this occasion."""
        for found in self.transitions.get(source, ()):
            if found.dest == dest:
                return found
        spare = self.spare
        target: Any = dest
        return Transition(source, target, prepare=spare.prepare, before=spare.before, after=spare.after)


class AsyncCaseEvent(CaseEvent, AsyncEvent):
    """The same, with callbacks that may be coroutines."""

    async def trigger(self, model: object, *args: Any, **kwargs: Any) -> bool:  # type: ignore[override]
        """Gives the command to the case, with all callbacks."""
        data = CaseEventData(None, self, self.machine, model, args, kwargs)
        return bool(await cast("Any", self.machine).process_context(partial(self._trigger, data), model))

    async def _trigger(self, event_data: Any) -> bool:  # type: ignore[override]
        return await AsyncEvent._trigger(self, event_data)

    async def _process(self, event_data: Any) -> None:  # type: ignore[override]
        if self.name not in self._ours.triggers:
            await AsyncEvent._process(self, event_data)
            return
        for call in self._ours.run(self, event_data):
            done = call()
            if isawaitable(done):
                await done


class BoundMachine(GraphMachine):
    """What both machines share: the process as states and transitions, and the way of one trigger."""

    event_cls = CaseEvent
    state_cls = CaseState

    def __init__(self, follower: Follower[Any], model: object, **options: Any) -> None:
        demand(
            hasattr(model, "__dict__") and not isinstance(model, type), "model",
            "an object of yours that attributes can be given to (no class, nor one with `__slots__` only)", model,
        )  # fmt: skip
        unknown = sorted(options.keys() - THEIRS)
        if unknown:
            raise CommandError(
                f"`{unknown[0]}` is not for the host to say; the options are {', '.join(sorted(THEIRS))}"
            )
        tables = follower.case.tables
        self._settled = False
        self.follower = follower
        self.case_states = States(tables)
        self.triggers = Triggers(tables)
        ways = Ways(tables, self.case_states, self.triggers).all()
        self._drawn = {way[:3] for way in ways if way.drawn and way.target is not None}
        self.show_everywhere = bool(options.pop("show_auto_transitions", False))
        ends = set(self.case_states.ends)
        settings: dict[str, Any] = {"title": str(tables.definition.title) or tables.definition.name}
        settings |= {"graph_engine": "mermaid", **options}
        super().__init__(
            model=None,
            states=[{"name": state, "final": state in ends} for state in self.case_states],
            initial=self.case_states.start,
            auto_transitions=False,
            **settings,
        )
        for way in ways:
            self._declare(way)
        self.add_model(model)
        self._settled = True

    def _declare(self, way: Way) -> None:
        """Makes a way a transition."""
        super().add_transition(way.trigger, way.source, way.target, conditions=self._guards(way))
        if way.label:
            cast("Any", self.events[way.trigger].transitions[way.source][-1]).label = way.label

    def _guards(self, way: Way) -> list[Any]:
        guards = [Guard(criterion, partial(self._met, criterion)) for criterion in way.criteria]
        if way.when:
            guards.append(Guard(way.when, partial(self._allowed, way.trigger)))
        return guards

    def _met(self, criterion: str) -> bool:
        return self.follower.case.status(criterion) in ("met", "waived")

    def _allowed(self, trigger: str) -> bool:
        against = {reason.code for reason in self.follower.why_not(trigger)}
        return not against & {"condition_false", "condition_unknown"}

    # -- a trigger ----------------------------------------------------------------------------------

    def run(self, event: CaseEvent, data: CaseEventData) -> Iterator[Call]:
        """One trigger: everything that is to be called, in the order of transitions; the case acts in between."""
        follower, states = self.follower, self.case_states
        case = follower.case
        command, step = self._asked(event, data)
        if not step and states.now(case.snapshot) not in event.transitions:
            follower.refused(step)
            if self._ignores(states.now(case.snapshot)):
                return
            raise RefusedError(event.name, states.now(case.snapshot), step)
        if step.repeated:
            data.result = True
            follower.accepted(step)
            return
        before = case.snapshot
        transition = self._transition(event, step)
        yield partial(self.callbacks, self.prepare_event, data)
        data.transition = transition
        yield partial(self.callbacks, transition.prepare, data)
        if case.snapshot is not before:  # a callback has told the case something
            command, step = self._asked(event, data)
            data.transition = transition = self._transition(event, step)
        if not step:
            follower.refused(step)
            return
        yield partial(self.others_end, data)
        yield partial(self.callbacks, self.before_state_change, data)
        yield partial(self.callbacks, transition.before, data)
        source = states.now(case.snapshot)
        if transition.dest is not None:
            yield partial(self.get_state(source).exit, data)
        if case.snapshot is not before:
            command, _ = self._asked(event, data)
            source = states.now(case.snapshot)
        data.step = step = case.do(command)
        if not step:
            follower.refused(step)
            return
        follower.accepted(step)
        yield from self._entering(data, source)
        yield partial(self.callbacks, transition.after, data)
        yield partial(self.callbacks, self.after_state_change, data)
        data.result = True

    def _asked(self, event: CaseEvent, data: CaseEventData) -> tuple[Command, Step]:
        """The command, and what the case would say to it now."""
        follower = self.follower
        data.command = self.triggers.by_name[event.name].command(follower.clock(), tuple(data.args), data.kwargs)
        data.step = follower.case.would(data.command)
        return data.command, data.step

    def _transition(self, event: CaseEvent, step: Step) -> Transition:
        """The transition that a step is: with a target when it enters a state, perhaps the same again."""
        states = self.case_states
        source, after = states.now(self.follower.case.snapshot), states.now(step.snapshot)
        enters = any(stop.entered for stop in states.stops(source, step.events, after))
        return event.transition(source, after if enters else None)

    def _entering(self, data: CaseEventData, source: str) -> Iterator[Call]:
        """Entering each state that the case came by, leaving each but the last."""
        assert data.step is not None
        states = self.case_states
        stops = states.stops(source, data.step.events, states.now(data.step.snapshot))
        entered: str | None = None
        for stop in stops:
            state = cast("CaseState", self.get_state(stop.state))
            if stop.entered:
                if entered is not None:
                    yield partial(self.get_state(entered).exit, data)
                data.state, entered = state, stop.state
                yield partial(state.enter, data)
                if state.final:
                    yield partial(self.callbacks, self.on_final, data)
            else:
                yield partial(state.complete, data)

    def others_end(self, data: CaseEventData) -> object:
        """Nothing else is under way in a machine without tasks."""

    def _ignores(self, state: str) -> bool:
        ignore = self.get_state(state).ignore_invalid_triggers
        everywhere: bool | None = self.ignore_invalid_triggers
        return bool(everywhere if cast("Any", ignore) is None else ignore)

    def asking(self, trigger: str, data: CaseEventData) -> Iterator[Call]:
        """`may_<trigger>`: as a trigger up to its conditions."""
        event = cast("CaseEvent", self.events[trigger])
        _, step = self._asked(event, data)
        transition = data.transition = self._transition(event, step)
        yield partial(self.callbacks, self.prepare_event, data)
        yield partial(self.callbacks, transition.prepare, data)
        data.result = bool(self._asked(event, data)[1])

    def _question(self, model: object, trigger: str, args: Sequence[Any], kwargs: dict[str, Any]) -> CaseEventData:
        """The data of a question, which no callback of an event gets."""
        return CaseEventData(self.get_model_state(model), self.events[trigger], self, model, args, kwargs)

    # -- never another position than that of the case -------------------------------------------------

    def get_model_state(self, model: object) -> State:
        """The state that the case is in, whatever stands in the attribute of the model."""
        self.show()
        return self.get_state(self.case_states.now(self.follower.case.snapshot))

    def is_state(self, state: Any, model: object) -> bool:
        """Whether the case is in a state."""
        return bool(self.get_model_state(model).name == getattr(state, "name", state))

    def set_state(self, state: Any, model: Any = None) -> None:
        """Only for the state that the case is in anyway; raises MachineError for any other."""
        name = getattr(state, "name", state)
        now = self.case_states.now(self.follower.case.snapshot)
        if name != now:
            raise MachineError(f"the case is in {now}: its state is not set, it follows from what the case is told")
        for one in self.models if model is None else listify(model):
            self._write(one, now)

    def show(self) -> None:
        """Writes the state of the case to the model."""
        now = self.case_states.now(self.follower.case.snapshot)
        for model in self.models:
            self._write(model, now)

    def _write(self, model: object, state: str) -> None:
        """Only where it differs: a host may have a property there that asks the case itself."""
        if getattr(model, self.model_attribute, None) == state:
            return
        try:
            setattr(model, self.model_attribute, state)
        except AttributeError as error:
            raise CommandError(
                f"the state cannot be given to the model ({error}): say another `model_attribute`"
            ) from None

    def add_model(self, model: Any, initial: Any = None) -> None:
        """Only the one model that is bound; raises MachineError for another."""
        self._refuse_when_settled(True, "one model is one case: bind another model to a case of its own")
        if any(giver(value) is not None for value in getattr(model, "__dict__", {}).values()):
            raise MachineError("the model is bound to a case already: release that binding first")
        if hasattr(model, "get_graph"):
            raise CommandError("the model has a `get_graph` already, which a bound model is given: name it otherwise")
        now = getattr(model, self.model_attribute, None)
        what = "a text, in which the model is given its state; say `model_attribute` for another"
        demand(now is None or isinstance(now, str | Enum), self.model_attribute, what, now)
        super().add_model(model, self.case_states.now(self.follower.case.snapshot))

    def remove_model(self, model: Any) -> None:
        """Takes from a model all that was given to it, the state excepted: it may be bound again."""
        super().remove_model(model)
        for one in listify(model):
            self.model_graphs.pop(id(one), None)
            for name in [name for name, value in vars(one).items() if giver(value) is self]:
                delattr(one, name)

    def add_states(self, states: Any, *args: Any, **kwargs: Any) -> None:
        """Raises MachineError: the states are those of the process."""
        self._refuse_when_settled(True, "the states of a machine that follows a case are those of the process")
        super().add_states(states, *args, **kwargs)

    def add_transition(self, trigger: str, source: Any, dest: Any = None, *args: Any, **kwargs: Any) -> None:
        """A trigger of the host's own that leads nowhere (`dest=None`); raises MachineError for any other."""
        own = trigger not in self.triggers and dest is None
        self._refuse_when_settled(not own, "the moves of a case are declared in its process; `dest=None` may be added")
        super().add_transition(trigger, source, dest, *args, **kwargs)

    def remove_transition(self, trigger: str, source: Any = "*", dest: Any = "*") -> None:
        """Raises MachineError for a trigger of the process."""
        self._refuse_when_settled(trigger in self.triggers, "the moves of a case are declared in its process")
        super().remove_transition(trigger, source, dest)

    def _refuse_when_settled(self, wrong: bool, message: str) -> None:
        if self._settled and wrong:
            raise MachineError(message)

    # -- pictures -----------------------------------------------------------------------------------

    def get_markup_config(self) -> MarkupConfig:
        """The machine as a mapping: the moves that are drawn, without what is possible everywhere."""
        config = super().get_markup_config().copy()
        config["transitions"] = ways = [way for way in config["transitions"] if self._draws(way)]
        if self.case_states.spare not in {way["dest"] for way in ways}:
            config["states"] = [state for state in config["states"] if state["name"] != self.case_states.spare]
        return config

    def _draws(self, way: dict[str, Any]) -> bool:
        edge = (way["trigger"], way["source"], way.get("dest"))
        return edge[2] is not None and (self.show_everywhere or edge in self._drawn or edge[0] not in self.triggers)

    def _get_graph(self, model: Any, title: Any = None, force_new: bool = False, show_roi: bool = False) -> Any:
        if not self._settled:  # transitions would draw it now; most are never looked at
            return None
        self.show()
        graph = self.model_graphs.get(id(model))
        if graph is not None and not force_new:
            graph.reset_styling()
            last = self.follower.last_move
            if last is not None and any(edge[1:] == last for edge in self._drawn):
                graph.set_previous_transition(*last)
            elif last is not None:
                graph.set_node_style(last[0], "previous")
            graph.set_node_style(self.case_states.now(self.follower.case.snapshot), "active")
        return super()._get_graph(model, title, force_new, show_roi)


def giver(value: object) -> object:
    """The bound machine that gave a model this trigger or question, None for anything else."""
    if not isinstance(value, partial):
        return None
    owner = getattr(value.func, "__self__", None)
    machine = owner.machine if isinstance(owner, CaseEvent) else owner
    return machine if isinstance(machine, BoundMachine) else None


class CaseMachine(BoundMachine):
    """The machine of a bound model: a `transitions.extensions.GraphMachine`."""

    def _can_trigger(self, model: Any, trigger: str, *args: Any, **kwargs: Any) -> bool:
        if trigger not in self.triggers:
            return bool(cast("Any", super())._can_trigger(model, trigger, *args, **kwargs))
        data = self._question(model, trigger, args, kwargs)
        try:
            for call in self.asking(trigger, data):
                call()
        except Exception as error:
            data.error = error
            if not self.on_exception:
                raise
            self.callbacks(self.on_exception, data)
        return bool(data.result)


class AsyncCaseMachine(BoundMachine, AsyncGraphMachine):
    """The machine of a bound model whose callbacks may be coroutines: a `transitions.extensions.factory.AsyncGraphMachine`."""

    event_cls = AsyncCaseEvent
    state_cls = AsyncCaseState  # type: ignore[assignment]

    async def _can_trigger(self, model: Any, trigger: str, *args: Any, **kwargs: Any) -> bool:
        if trigger not in self.triggers:
            return bool(await cast("Any", super())._can_trigger(model, trigger, *args, **kwargs))
        data = self._question(model, trigger, args, kwargs)
        try:
            for call in self.asking(trigger, data):
                done = call()
                if isawaitable(done):
                    await done
        except Exception as error:
            data.error = error
            if not self.on_exception:
                raise
            await cast("Any", self).callbacks(self.on_exception, data)
        return bool(data.result)

    def others_end(self, data: CaseEventData) -> object:
        """Other triggers of this model that wait for a callback are cancelled, as transitions does."""
        return self.cancel_running_transitions(data.model, data.event.name)

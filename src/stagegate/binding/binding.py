"""A model of the host, a case and a machine, bound to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from stagegate.binding.machine import AsyncCaseMachine, BoundMachine, CaseMachine, RefusedError
from stagegate.case import is_command
from stagegate.engine.names import check_names
from stagegate.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from stagegate.case import Case
    from stagegate.engine.commands import Command
    from stagegate.engine.results import Reason, Step


M = TypeVar("M", bound=BoundMachine)


class Follower(Generic[M]):
    """What a machine knows of its case; a `Binding` or an `AsyncBinding`.

    `step` is what the case said to the last trigger, None before the first; `last_move` the states of the last move.
    """

    machine: M

    def __init__(self, case: Case, clock: Callable[[], datetime]) -> None:
        self.case: Final = case
        self.clock: Final = clock
        self.step: Step | None = None
        self.last_move: tuple[str, str] | None = None
        self._state = ""

    def _follow(self, machine: BoundMachine) -> None:
        self._state = machine.case_states.now(self.case.snapshot)
        self._end = self.case.watch(self._changed)

    def _changed(self, command: Command, step: Step) -> None:
        """The case has changed, by a trigger or by anybody else."""
        now = self.machine.case_states.now(self.case.snapshot)
        if now != self._state:
            self.last_move, self._state = (self._state, now), now
        self.machine.show()

    def refused(self, step: Step) -> None:
        """Keeps what the case refused."""
        self.step = step

    def accepted(self, step: Step) -> None:
        """Keeps what the case accepted."""
        self.step = step

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the case refused the last trigger; none when it accepted it."""
        return () if self.step is None else self.step.reasons

    def why_not(self, trigger: str, *args: Any, **kwargs: Any) -> tuple[Reason, ...]:
        """Every reason why a trigger would be refused now, none when it would be accepted. No callback is called.

        Raises `UnknownNameError` for a trigger that the process does not have.
        """
        found = self.machine.triggers.by_name.get(trigger)
        if found is None:
            raise UnknownNameError("trigger", trigger)
        return self.case.would(found.command(self.clock(), args, kwargs)).reasons

    def release(self) -> None:
        """Ends the binding: the model keeps its state and loses its triggers. It may be bound again."""
        self._end()
        self.machine.remove_model(self.machine.model)

    def _call(self, command: Command) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """The trigger of a command; raises `RefusedError` where the process declares no such move."""
        is_command(command)
        check_names(self.case.tables, command)
        trigger, args, told = self.machine.triggers.call(command)
        if not trigger:
            step = self.case.would(command)
            self.refused(step)
            raise RefusedError(command.kind, self._state, step)
        return trigger, args, told


class Binding(Follower[CaseMachine]):
    """A model with a `CaseMachine`. Made by `Process.bind`."""

    def __init__(self, model: Any, case: Case, clock: Callable[[], datetime], **options: Any) -> None:
        super().__init__(case, clock)
        self.model: Final = model
        self.machine = CaseMachine(self, model, **options)
        self._follow(self.machine)

    def do(self, command: Command) -> bool:
        """Gives a command through its trigger, with all callbacks. Raises `UnknownNameError`, `CommandError` and `RefusedError`."""
        trigger, args, told = self._call(command)
        return self.machine.events[trigger].trigger(self.model, *args, **told)


class AsyncBinding(Follower[AsyncCaseMachine]):
    """A model with an `AsyncCaseMachine`. Made by `Process.bind_async`."""

    def __init__(self, model: Any, case: Case, clock: Callable[[], datetime], **options: Any) -> None:
        super().__init__(case, clock)
        self.model: Final = model
        self.machine = AsyncCaseMachine(self, model, **options)
        self._follow(self.machine)

    async def do(self, command: Command) -> bool:
        """Gives a command through its trigger, with all callbacks. Raises as `Binding.do`."""
        trigger, args, told = self._call(command)
        return bool(await cast("Any", self.machine.events[trigger]).trigger(self.model, *args, **told))

"""A process a host works with: a checked definition, compiled, from which cases are opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Unpack

from stagegate.case import Case
from stagegate.doors import aware, called, demand
from stagegate.engine import commands, journal, plain
from stagegate.engine.journal import Difference, Entry
from stagegate.engine.step import start as start_case
from stagegate.engine.tables import Tables
from stagegate.errors import CommandError, SnapshotError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from stagegate.binding import AsyncBinding, Binding
    from stagegate.engine.commands import Told
    from stagegate.model import Definition


class Process:
    """A compiled process. `definition` says what it is, `tables` is what the pure engine works with.

    `text` is the YAML it was made from, "" where that is not known; a store keeps it.
    """

    __slots__ = ("definition", "tables", "text")

    def __init__(self, definition: Definition, text: str = "") -> None:
        self.definition = definition
        self.tables = Tables(definition)
        self.text = text

    def __repr__(self) -> str:
        return f"<Process {self.name} {self.version}>"

    @property
    def name(self) -> str:
        """The name of the process."""
        return self.definition.name

    @property
    def version(self) -> str:
        """Its semantic version."""
        return self.definition.version

    @property
    def flow(self) -> str:
        """The digest of all that can move a case; snapshots are only restored where it is the same."""
        return self.tables.flow

    @property
    def figures(self) -> str:
        """The digest of chances, limits, weights and titles."""
        return self.tables.figures

    def open(
        self,
        case: str,
        *,
        at: datetime,
        start: str = "",
        at_stage: str = "",
        skipped: Literal["dropped", "owed"] = "dropped",
        **told: Unpack[Told],
    ) -> Case:
        """Opens a case.

        `start` chooses among the stages that say `start: true`; `at_stage` places an existing deal there, with
        everything before it dropped or owed. Dropped is the default as it is for jumps (R34); `stagegate import` owes by
        default, since a pipeline that comes in shall list its debts. Raises `UnknownNameError` and `CommandError`.
        """
        command = commands.open_case(at, start=start, at_stage=at_stage, skipped=skipped, **told)
        return self.opened(case, command)

    def opened(self, case: str, command: commands.Command) -> Case:
        """Opens a case with an `open` command; raises `CommandError` for a case without an id."""
        if not is_name(case):
            raise CommandError(f"a case has an id, a text that is not empty; given: {case!r:.60}")
        done = start_case(self.tables, command)
        return Case(self.tables, case, done.snapshot, [(command, done.events)])

    def restore(self, saved: dict[str, Any]) -> Case:
        """The case of a snapshot that `Case.to_dict` gave. Raises `SnapshotError` if it is another's, or damaged."""
        snapshot = plain.snapshot_of(self.tables, saved)
        if not is_name(saved.get("case")):
            raise SnapshotError("the snapshot does not say of which case it is")
        return Case(self.tables, saved["case"], snapshot)

    def figures_changed(self, saved: dict[str, Any]) -> bool:
        """Whether chances, limits, weights or titles differ from those a snapshot was made with."""
        return saved.get("figures") != self.figures

    def replay(self, written: Sequence[dict[str, Any]]) -> tuple[Case, tuple[Difference, ...]]:
        """The case of a journal that `Case.to_journal` gave, and where what follows now differs from what it tells.

        Raises `SnapshotError` that names the entry when the chain does not hold.
        """
        case, entries = journal.read(self.tables, written)
        snapshot, differences = journal.replay(self.tables, entries)
        refused = {d.seq for d in differences if isinstance(d.now, str)}
        kept = [e for e in entries if e.seq not in refused]
        renumbered = [Entry(n, e.command, e.events, e.salt, e.redacted) for n, e in enumerate(kept, start=1)]
        return Case(self.tables, case, snapshot, renumbered), differences

    def bind(
        self,
        model: object,
        case: Case | None = None,
        *,
        clock: Callable[[], datetime],
        case_id: str = "",
        **options: Any,
    ) -> Binding:
        """Gives a host's own object a machine of the package `transitions` that follows a case (extra `transitions`).

        `case` is the case, or one is opened under `case_id`. Every trigger is recorded at the time that `clock`
        tells. The model keeps what it has under the name of a trigger. `options` are those of `transitions.Machine`: `send_event`, `queued`, `model_attribute`,
        `after_state_change` ... Raises `CommandError` for a case of another process, and for a model that nothing can be given to.
        """
        from stagegate.binding import Binding

        return Binding(model, self._case_to_bind(case, case_id, clock), clock, **options)

    def bind_async(
        self,
        model: object,
        case: Case | None = None,
        *,
        clock: Callable[[], datetime],
        case_id: str = "",
        **options: Any,
    ) -> AsyncBinding:
        """As `bind`, with a machine whose triggers are awaited and whose callbacks may be coroutines."""
        from stagegate.binding import AsyncBinding

        return AsyncBinding(model, self._case_to_bind(case, case_id, clock), clock, **options)

    def _case_to_bind(self, case: Case | None, case_id: str, clock: Callable[[], datetime]) -> Case:
        called(clock, "clock")
        now = aware(clock(), "clock()")
        if case is None:
            return self.open(case_id, at=now)
        demand(isinstance(case, Case), "case", "a Case; a new one is opened under `case_id`", case)
        demand(not case_id, "case_id", "for a case that is opened here, and `case` is given", case_id)
        if case.tables.flow != self.flow:
            raise CommandError(f"the case `{case.id}` is not one of this version of `{self.name}`")
        return case

    def redact(self, written: Sequence[dict[str, Any]], entries: Sequence[int]) -> list[dict[str, Any]]:
        """The journal without what may be personal in these entries; its chain still holds."""
        return journal.redact(written, entries)


def is_name(value: object) -> bool:
    """Whether this can be the id of a case: a text that is not empty."""
    return isinstance(value, str) and value != ""

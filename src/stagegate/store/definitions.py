"""The definitions a store keeps, as their texts: every version that a case was ever opened with stays loadable."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from stagegate.diagnostics import Source
from stagegate.errors import StoreError, UnknownProcessError
from stagegate.process import Process
from stagegate.store.schema import DEFINITIONS

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Library:
    """Processes by the digest of their flow, compiled once. One belongs to a `Store` and may be used by any number of threads.

    Where only the figures of a process have changed, its flow has several texts: the last one kept is used.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[str, Process] = {}

    def keep(self, connection: Connection, process: Process, text: str = "") -> None:
        """Keeps the text of a process, unless it is there.

        Raises `StoreError` for a process without a text (one that was not made from a file), for a text that is not its own, and where
        the same version is kept with another flow: what has changed for running cases is another version.
        """
        known = self._known.get(process.flow)
        if known is not None and known.figures == process.figures:
            return
        where = (DEFINITIONS.c.flow == process.flow) & (DEFINITIONS.c.figures == process.figures)
        there = select(DEFINITIONS.c.flow).where(where)
        if connection.execute(there).first() is None:
            row = self._row(connection, process, text or process.text)
            try:
                with connection.begin_nested():
                    connection.execute(insert(DEFINITIONS), [row])
            except IntegrityError:
                if connection.execute(there).first() is None:
                    raise  # otherwise somebody else has kept it at the same time
        # Not remembered here: the transaction may still be rolled back, and then the text is not there.

    def _row(self, connection: Connection, process: Process, text: str) -> dict[str, Any]:
        """The row of a process."""
        if not text:
            raise StoreError(f"the text of `{process.name}` is not known: load it from a file, or give `text`")
        again = compiled(text, f"{process.name} {process.version}")
        if (again.flow, again.figures) != (process.flow, process.figures):
            raise StoreError(f"the text given is not that of `{process.name}` {process.version}")
        same = (DEFINITIONS.c.process == process.name) & (DEFINITIONS.c.version == process.version)
        other = connection.execute(select(DEFINITIONS.c.flow).where(same, DEFINITIONS.c.flow != process.flow)).first()
        if other is not None:
            raise StoreError(
                f"`{process.name}` {process.version} is kept here with another flow: give the changed definition a version of its own"
            )
        number = connection.execute(select(func.coalesce(func.max(DEFINITIONS.c.number), 0) + 1)).scalar_one()
        names = ("flow", "figures", "version")
        return {**{n: getattr(process, n) for n in names}, "process": process.name, "text": text, "number": number}

    def process(self, connection: Connection, flow: str) -> Process:
        """The process of a flow digest. Raises `UnknownProcessError` where its text was never kept."""
        return self._known.get(flow) or self.latest(connection, flow)

    def latest(self, connection: Connection, flow: str) -> Process:
        """The process of a flow digest with the figures kept last, which are used from now on. Raises `UnknownProcessError`."""
        query = select(DEFINITIONS).where(DEFINITIONS.c.flow == flow).order_by(DEFINITIONS.c.number.desc())
        row = connection.execute(query).first()
        if row is None:
            raise UnknownProcessError(f"no definition with the flow {flow:.80} is kept here")
        found = compiled(row.text, f"{row.process} {row.version}")
        if found.flow != flow:
            raise StoreError(
                f"the text kept for `{row.process}` {row.version} does not have the flow {flow:.80} any more"
            )
        self._known[flow] = found
        return found

    def named(self, connection: Connection, name: str, version: str | None = None) -> Process:
        """The process of a name, in a version or the one kept last. Raises `UnknownProcessError`."""
        query = select(DEFINITIONS.c.flow).where(DEFINITIONS.c.process == name).order_by(DEFINITIONS.c.number.desc())
        if version is not None:
            query = query.where(DEFINITIONS.c.version == version)
        flow = connection.execute(query).scalars().first()
        if flow is None:
            raise UnknownProcessError(
                f"no definition of `{name:.80}`{f' {version:.40}' if version else ''} is kept here"
            )
        return self.process(connection, flow)


@functools.lru_cache(maxsize=16)
def compiled(text: str, name: str) -> Process:
    """The process of a kept text; places in it are told under `name`. Raises `StoreError` where it has errors now.

    The last few are remembered: otherwise a text is compiled when it is kept, and again by each store that reads it.
    """
    from stagegate.language.reader import check_source

    definition, report = check_source(Source(name, text))
    if definition is None:
        first = next((str(f.message) for f in report.findings if f.severity == "error"), "")
        raise StoreError(f"the text kept of {name} has errors: {first}")
    return Process(definition, text)

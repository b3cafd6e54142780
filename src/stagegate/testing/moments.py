"""Whether the invariants that speak of single moments hold at one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from stagegate.engine.questions import viewing

if TYPE_CHECKING:
    from stagegate.case import Case
    from stagegate.engine.tables import Tables
    from stagegate.model import Invariant


def of_moments(invariants: Iterable[Invariant]) -> tuple[Invariant, ...]:
    """The invariants of the kinds `never` and `always`; the others cannot be judged by a moment alone."""
    return tuple(each for each in invariants if each.kind in ("never", "always") and each.condition is not None)


def broken(invariants: Iterable[Invariant], case: Case, tables: Tables) -> Iterator[Invariant]:
    """Those of these invariants that do not hold now.

    `never` is broken by what is true, `always` by what is not: unknown is not true. With `in` they look only while one of
    those stages is the current one of its track.
    """
    current = {position.stage for position in case.positions.values()}
    work = viewing(tables, case.snapshot)
    for invariant in invariants:
        if invariant.condition is None or (invariant.inside and not current & set(invariant.inside)):
            continue
        true = invariant.condition.evaluate(work) is True
        if true == (invariant.kind == "never"):
            yield invariant

"""Cases in a database: the journal is the truth, the snapshot a cache of it.

    from stagegate.store import Store

    store = Store("sqlite:///deals.db")
    store.open("ACME-42", stagegate.load("project-sales"), at=now)
    store.do("ACME-42", commands.meet("interest_aroused", at=now, by="li.wei"))

Needs the extra `store`; PostgreSQL the extra `postgres`, `AsyncStore` the extra `async`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stagegate.doors import lacking

try:
    import sqlalchemy as sqlalchemy
except ModuleNotFoundError as missing:  # pragma: no cover - a test runs it in another interpreter
    raise lacking(missing, "a store", "store") from None

from stagegate.store.checking import Damage
from stagegate.store.due import Ticked
from stagegate.store.events import Happened, cloud_event
from stagegate.store.finding import Sought
from stagegate.store.rows import CaseRow
from stagegate.store.schema import SCHEMA_VERSION
from stagegate.store.store import Store
from stagegate.store.telling import Subscriber
from stagegate.store.unit import Opened, Opening, Turned, Unit

if TYPE_CHECKING:
    from stagegate.store.aio import AsyncStore

__all__ = [
    "SCHEMA_VERSION",
    "AsyncStore",
    "CaseRow",
    "Damage",
    "Happened",
    "Opened",
    "Opening",
    "Sought",
    "Store",
    "Subscriber",
    "Ticked",
    "Turned",
    "Unit",
    "cloud_event",
]


def __getattr__(name: str) -> Any:
    """`AsyncStore` is imported when it is first asked for: it needs packages that a `Store` does not."""
    if name == "AsyncStore":
        from stagegate.store.aio import AsyncStore

        return AsyncStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

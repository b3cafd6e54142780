"""Cases in a database: the journal is the truth, the snapshot a cache of it.

    from stagegate.store import Store

    store = Store("sqlite:///deals.db")
    store.open("ACME-42", stagegate.load("project-sales"), at=now)
    store.do("ACME-42", commands.meet("interest_aroused", at=now, by="li.wei"))

Needs the extra `store`; PostgreSQL the extra `postgres`, `AsyncStore` the extra `async`.
"""

from stagegate.store.checking import Damage
from stagegate.store.due import Ticked
from stagegate.store.events import Happened, cloud_event
from stagegate.store.rows import CaseRow
from stagegate.store.schema import SCHEMA_VERSION
from stagegate.store.store import Store
from stagegate.store.telling import Subscriber
from stagegate.store.unit import Opened, Opening, Turned, Unit

__all__ = [
    "SCHEMA_VERSION",
    "CaseRow",
    "Damage",
    "Happened",
    "Opened",
    "Opening",
    "Store",
    "Subscriber",
    "Ticked",
    "Turned",
    "Unit",
    "cloud_event",
]

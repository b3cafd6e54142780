"""A store that somebody has written to by hand: whatever is wrong is named, and nothing is repaired in silence."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update
from tests.store.conftest import AT

from stagegate import commands
from stagegate.engine.journal import digest_of
from stagegate.errors import SnapshotError, StoreError, UnknownCaseError, UnknownProcessError
from stagegate.process import Process
from stagegate.store import Store
from stagegate.store.schema import CASES, DEFINITIONS, JOURNAL, METADATA

HOUR = timedelta(hours=1)
A, B = JOURNAL.c.case == "A", JOURNAL.c.case == "B"
Deed = Callable[[Connection], object]


@pytest.fixture
def full(store: Store, project_sales: Process) -> Store:
    """Two cases of five entries each, and a third that nobody touches."""
    for n, case in enumerate("ABC"):
        store.open(case, project_sales, at=AT)
        told = [
            commands.meet("interest_aroused", AT + HOUR),
            commands.hold(AT + 2 * HOUR),
            commands.resume(AT + 3 * HOUR),
        ]
        store.do(case, *told, commands.set_facts({"budget": 1000.0 + n}, AT + 4 * HOUR))
    return store


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with store.engine.connect() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in METADATA.tables.items()
        }


def entry(connection: Connection, case: str, seq: int) -> dict[str, Any]:
    """An entry as it stands."""
    where = (JOURNAL.c.case == case) & (JOURNAL.c.seq == seq)
    found: dict[str, Any] = json.loads(connection.execute(select(JOURNAL.c.entry).where(where)).scalar_one())
    return found


def put(connection: Connection, seq: int, told: dict[str, Any], *, case: str = "A", **columns: Any) -> None:
    """Another entry in the place of one."""
    where = (JOURNAL.c.case == case) & (JOURNAL.c.seq == seq)
    connection.execute(update(JOURNAL).where(where).values(entry=json.dumps(told), **columns))


def missing(connection: Connection) -> None:
    connection.execute(delete(JOURNAL).where(A, JOURNAL.c.seq == 3))


def closed_up(connection: Connection) -> None:
    """A line taken out, the others put together."""
    missing(connection)
    connection.execute(update(JOURNAL).where(A, JOURNAL.c.seq == 4).values(seq=3))
    connection.execute(update(JOURNAL).where(A, JOURNAL.c.seq == 5).values(seq=4))


def first_missing(connection: Connection) -> None:
    connection.execute(delete(JOURNAL).where(A, JOURNAL.c.seq == 1))


def changed(connection: Connection) -> None:
    told = entry(connection, "A", 5)
    told["command"]["args"]["facts"]["budget"] = 9.0
    put(connection, 5, told)


def changed_with_its_hash(connection: Connection) -> None:
    """By somebody who knows how hashes are made, in the middle."""
    told = entry(connection, "A", 2)
    told["command"]["subject"] = "real_interest"
    told["hash"] = digest_of({k: v for k, v in told.items() if k not in ("hash", "personal")})
    put(connection, 2, told, hash=told["hash"])


def last_changed_with_its_hash(connection: Connection) -> None:
    told = entry(connection, "A", 5)
    told["command"]["args"]["facts"]["budget"] = 9.0
    told["hash"] = digest_of({k: v for k, v in told.items() if k not in ("hash", "personal")})
    put(connection, 5, told, hash=told["hash"])


def personal_changed(connection: Connection) -> None:
    told = entry(connection, "A", 2)
    told["personal"]["by"] = "somebody.else"
    put(connection, 2, told)


def reordered(connection: Connection) -> None:
    rows = {n: connection.execute(select(JOURNAL).where(A, JOURNAL.c.seq == n)).one() for n in (3, 4)}
    for n, other in ((3, rows[4]), (4, rows[3])):
        values = {"entry": other.entry, "hash": other.hash, "kind": other.kind, "at": other.at}
        connection.execute(update(JOURNAL).where(A, JOURNAL.c.seq == n).values(values))


def one_of_another_case(connection: Connection) -> None:
    other = connection.execute(select(JOURNAL).where(B, JOURNAL.c.seq == 3)).one()
    connection.execute(update(JOURNAL).where(A, JOURNAL.c.seq == 3).values(entry=other.entry, hash=other.hash))


def all_of_another_case(connection: Connection) -> None:
    for n in range(1, 6):
        other = connection.execute(select(JOURNAL).where(B, JOURNAL.c.seq == n)).one()
        connection.execute(update(JOURNAL).where(A, JOURNAL.c.seq == n).values(entry=other.entry, hash=other.hash))
    last = connection.execute(select(CASES.c.hash).where(CASES.c.case == "B")).scalar_one()
    connection.execute(update(CASES).where(CASES.c.case == "A").values(hash=last))


def tail_cut(connection: Connection) -> None:
    connection.execute(delete(JOURNAL).where(A, JOURNAL.c.seq == 5))


def tail_cut_and_the_row_set_back(connection: Connection) -> None:
    tail_cut(connection)
    last = entry(connection, "A", 4)["hash"]
    connection.execute(update(CASES).where(CASES.c.case == "A").values(seq=4, hash=last))


def one_too_many(connection: Connection) -> None:
    row = connection.execute(select(JOURNAL).where(A, JOURNAL.c.seq == 5)).one()
    connection.execute(insert(JOURNAL).values({**row._mapping, "seq": 6}))


def no_json(connection: Connection) -> None:
    connection.execute(update(JOURNAL).where(A, JOURNAL.c.seq == 2).values(entry="{half"))


def not_an_entry(connection: Connection) -> None:
    connection.execute(update(JOURNAL).where(A, JOURNAL.c.seq == 2).values(entry="[]"))


def time_of_an_entry(connection: Connection) -> None:
    connection.execute(update(JOURNAL).where(A, JOURNAL.c.seq == 2).values(at=1))


def kind_of_an_entry(connection: Connection) -> None:
    connection.execute(update(JOURNAL).where(A, JOURNAL.c.seq == 2).values(kind="hold"))


def no_entries(connection: Connection) -> None:
    connection.execute(delete(JOURNAL).where(A))


def no_case(connection: Connection) -> None:
    connection.execute(delete(CASES).where(CASES.c.case == "A"))


def snapshot(value: Callable[[Connection], str]) -> Deed:
    def deed(connection: Connection) -> None:
        connection.execute(update(CASES).where(CASES.c.case == "A").values(snapshot=value(connection)))

    return deed


def of(case: str) -> Callable[[Connection], str]:
    return lambda connection: str(connection.execute(select(CASES.c.snapshot).where(CASES.c.case == case)).scalar_one())


def with_a_fact_more(connection: Connection) -> str:
    return of("A")(connection).replace('"budget":1000.0', '"budget":5.0')


def at_an_earlier_entry(connection: Connection) -> str:
    return of("A")(connection).replace('"seq":5', '"seq":4')


DEEDS: list[tuple[Deed, str, str]] = [
    (missing, "journal", "entry 3 is missing"),
    (closed_up, "journal", "entry 3 was changed or moved"),
    (first_missing, "journal", "entry 1 is missing"),
    (changed, "journal", "entry 5 was changed"),
    (changed_with_its_hash, "journal", "entry 3"),
    (last_changed_with_its_hash, "journal", "its entry 5 is another than the one the case stands at"),
    (personal_changed, "journal", "entry 2"),
    (reordered, "journal", "entry 3 was changed or moved"),
    (one_of_another_case, "journal", "entry 3"),
    (all_of_another_case, "journal", "the entries are of the case `B`"),
    (tail_cut, "journal", "it ends at entry 4, the case stands at 5"),
    (tail_cut_and_the_row_set_back, "snapshot", "it is not where the journal leads"),
    (one_too_many, "journal", "entry 6 was changed or moved"),
    (no_json, "journal", "entry 2 cannot be read"),
    (not_an_entry, "journal", "entry 2 cannot be read"),
    (time_of_an_entry, "journal", "entry 2 was changed or moved"),
    (kind_of_an_entry, "journal", "entry 2 was changed or moved"),
    (no_entries, "missing", "there is a case, and no entry of it"),
    (no_case, "missing", "there are entries of it, and no case"),
    (snapshot(of("B")), "snapshot", "it is not where the journal leads"),
    (snapshot(with_a_fact_more), "snapshot", "it is not where the journal leads"),
    (snapshot(at_an_earlier_entry), "snapshot", "it is not where the journal leads"),
    (snapshot(lambda _: "{half"), "snapshot", "it is not where the journal leads"),
    (snapshot(lambda _: "[]"), "snapshot", "it is not where the journal leads"),
]


@pytest.mark.parametrize(("deed", "kind", "message"), DEEDS, ids=[getattr(d, "__name__", "") for d, _, _ in DEEDS])
def test_it_is_named_and_nothing_is_repaired(full: Store, url: str, deed: Deed, kind: str, message: str) -> None:
    with full.engine.begin() as connection:
        deed(connection)
    before = everything(full)
    with Store(url) as other:
        found = list(other.verify())
        assert {damage.case for damage in found} == {"A"}  # the others are sound, and said to be
        assert (found[0].kind, message in found[0].message) == (kind, True), found
        assert list(other.verify("A")) == found
        assert list(other.verify("B")) == []
        try:
            other.load("A")
        except StoreError:
            pass
        except SnapshotError:
            pass
    assert everything(full) == before


@pytest.mark.parametrize(
    ("deed", "error", "message"),
    [
        (snapshot(of("B")), StoreError, "the snapshot of `A` is of `B` at entry 5; see `verify`"),
        (snapshot(at_an_earlier_entry), StoreError, "the snapshot of `A` is of `A` at entry 4; see `verify`"),
        (snapshot(lambda _: "{half"), StoreError, "the snapshot of `A` cannot be read"),
        (snapshot(lambda _: "[]"), SnapshotError, "snapshot"),
        (no_case, UnknownCaseError, "there is no case `A`"),
    ],
)
def test_nothing_is_built_on_a_damaged_snapshot(full: Store, deed: Deed, error: type[Exception], message: str) -> None:
    with full.engine.begin() as connection:
        deed(connection)
    before = everything(full)
    with pytest.raises(error, match=message):
        full.load("A")
    with pytest.raises(error, match=message):
        full.do("A", commands.hold(AT + 5 * HOUR))
    assert everything(full) == before


COLUMNS: dict[str, Any] = {
    "process": "another", "version": "0.0.1", "flow": "sha256:0", "stage": "visit_and_survey", "phase": "ended", "pending": "x",
    "chance": 0.99, "gap": 7, "gap_state": "behind", "won": "won", "ended": "lost", "on_hold": 1, "overdue_told": 1, "opened_at": 1,
    "changed_at": 1, "limit_due": 1, "next_due": 1,
}  # fmt: skip


def test_a_column_of_a_row_is_held_against_the_journal(full: Store) -> None:
    for column, value in COLUMNS.items():
        with full.engine.connect() as connection, connection.begin() as transaction:
            connection.execute(update(CASES).where(CASES.c.case == "A").values({column: value}))
            unit = full.on(connection)
            (damage,) = unit.verify()
            assert (damage.case, damage.kind) == ("A", "row")
            assert damage.message.startswith(f"`{column}` is {value!r}, the journal gives ")
            unit.rebuild("A")  # only when somebody asks for it
            assert list(unit.verify()) == []
            transaction.rollback()


def test_every_column_is_held_against_the_journal() -> None:
    other = {"case", "seq", "hash", "figures", "claimed_by", "claimed_until", "snapshot"}  # above, or nobody's truth
    assert set(CASES.c.keys()) == COLUMNS.keys() | other


@pytest.mark.parametrize(("column", "value"), [("seq", 7), ("hash", "sha256:0")])
def test_the_head_of_a_case(full: Store, column: str, value: object) -> None:
    with full.engine.begin() as connection:
        connection.execute(update(CASES).where(CASES.c.case == "A").values({column: value}))
    assert [(d.case, d.kind) for d in full.verify()] == [("A", "journal")]


def test_an_unknown_digest(full: Store, url: str) -> None:
    with full.engine.begin() as connection:
        connection.execute(delete(DEFINITIONS))
    before = everything(full)
    with Store(url) as other:
        assert [(d.case, d.kind) for d in other.verify()] == [(case, "process") for case in "ABC"]
        with pytest.raises(UnknownProcessError, match="no definition with the flow sha256:"):
            other.load("A")
    assert everything(full) == before


def test_a_definition_that_was_edited(full: Store, url: str) -> None:
    with full.engine.begin() as connection:
        changed = DEFINITIONS.c.text
        (kept,) = connection.execute(select(changed)).scalars()
        connection.execute(update(DEFINITIONS).values(text=kept.replace("id: interest_aroused", "id: interest_found")))
    with Store(url) as other:
        found = list(other.verify())
        assert [(d.case, d.kind) for d in found] == [(case, "process") for case in "ABC"]
        with pytest.raises(StoreError):
            other.load("A")


def test_a_damaged_journal_is_not_rebuilt_from(full: Store) -> None:
    for deed in (changed, no_json, tail_cut_and_the_row_set_back, no_entries):
        with full.engine.connect() as connection, connection.begin() as transaction:
            deed(connection)
            before = connection.execute(select(CASES).where(CASES.c.case == "A")).one()
            if deed is tail_cut_and_the_row_set_back:  # the journal itself is sound, only shorter
                full.on(connection).rebuild("A")
                assert list(full.on(connection).verify("A")) == []
            else:
                with pytest.raises((StoreError, SnapshotError)):
                    full.on(connection).rebuild("A")
                assert connection.execute(select(CASES).where(CASES.c.case == "A")).one() == before
            transaction.rollback()


def test_a_sound_store_has_no_damage(full: Store) -> None:
    assert list(full.verify()) == []
    with full.engine.begin() as connection:
        connection.execute(text("UPDATE stagegate_cases SET claimed_by = 'somebody', claimed_until = 1"))
    assert list(full.verify()) == []
    full.redact("A", [2, 3])
    assert list(full.verify()) == []

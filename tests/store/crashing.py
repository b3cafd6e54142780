"""Workers that are killed, and writers that stand in each other's way: a program of its own, so that it can fork before anything is open.

    python -m tests.store.crashing kill URL FOLDER --kills 6 --seed 1
    python -m tests.store.crashing contend URL FOLDER --writers 16 --cases 50 --times 10

What a worker was told is done it writes down only after the commit, and sees to it that the line is on the disk: `done CASE KEY SEQ`. Before
each command it writes `try CASE KEY`; who takes the place of a killed worker does that command again, under the same key.

Two of those that are killed carry all open cases over to the second version of the process, again and again, while the others still open
cases of the first one: `begin`, then `carried CASE LOSSES` of each after the commit of its batch, and `end`.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stagegate import commands
from stagegate.errors import ConflictError
from stagegate.process import Process
from stagegate.store import Happened, Store
from stagegate.store.definitions import compiled
from stagegate.versions.plan import Plan, Version
from stagegate.versions.report import Became

EPOCH = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WORKERS, MIGRATORS, CASES = 4, 2, 12
OPENED = 4  # cases opened at once
PATIENCE = 60.0  # seconds without any progress: something hangs
TEXT = """\
stagegate: 1
process: crash-test
version: 1.0.0
title: Crash test
facts:
  count: {type: integer, title: A counter}
tracks:
  - id: selling
    title: Selling
    stages:
      - {id: visit, title: Visit, time_limit: 1h, exit_criteria: [{id: asked, title: Asked, actor: buyer}]}
      - {id: offer, title: Offer, time_limit: 1h, exit_criteria: [{id: signed, title: Signed, actor: buyer}]}
    loops:
      - {id: again, from: [offer], to: visit, title: Visit again}
ends:
  - {id: won, kind: won, title: Won}
  - {id: lost, kind: lost, title: Lost, by_command: true}
"""
HEARD = "{id: heard, title: Heard, actor: buyer}"
NEW_TEXT = (
    TEXT.replace("version: 1.0.0", "version: 2.0.0")
    .replace("exit_criteria: [{id: asked", f"exit_criteria: [{HEARD}, {{id: asked")
    .replace("id: offer, title: Offer", "id: proposal, title: Proposal")
    .replace("from: [offer]", "from: [proposal]")
)
RENAMED = {"offer": "proposal"}


def process() -> Process:
    """A process in which much can be done, and a limit is reached after a second."""
    return compiled(TEXT, "crash-test")


def new_process() -> Process:
    """Its second version: a stage has another name, and a gate asks for more."""
    return compiled(NEW_TEXT, "crash-test")


def plan() -> Plan:
    """How cases go from the first version to the second: those beyond the new criterion owe it."""
    old, new = process(), new_process()
    names = {old: (new,) for old, new in RENAMED.items()}
    return Plan(
        old.name, Version(old.version, old.flow), Version(new.version, new.flow), {"stages": names}, owed=("heard",)
    )


def clock(began: float) -> datetime:
    """The time of all workers: an hour for each second."""
    return EPOCH + timedelta(hours=time.time() - began)


class Notes:
    """A file that outlives the process which writes it: each line by one call, on the disk when it returns."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, *words: object) -> None:
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())
        os.fsync(self._file)


# -- workers that are killed --------------------------------------------------------------------------------


def unfinished(path: Path) -> list[str]:
    """The command that the worker before was at when it was killed: case and key."""
    lines = path.read_text().splitlines() if path.exists() else []
    return lines[-1].split()[1:3] if lines and lines[-1].startswith("try ") else []


def work(url: str, folder: Path, name: str, life: int, seed: int, began: float) -> None:
    """Appends, opens, ticks and delivers until it is killed."""
    dice = random.Random(f"{seed} {name} {life}")
    path = folder / f"{name}.acks"
    left = unfinished(path)
    notes, got = Notes(path), Notes(folder / "delivered")
    made = process()

    def deliver(happened: Happened) -> None:
        got.write(happened.id)

    with Store(url, create=False) as store:
        number = 0
        while True:
            number += 1
            if left or (chance := dice.random()) < 0.7:
                case, key = left or (some_case(store, dice), f"{name}-{life}-{number}")
                left = []
                append(store, notes, case, key, dice, began)
            elif chance < 0.8:
                cases = [f"{name}-{life}-{number}-{n}" for n in range(OPENED)]
                notes.write("opening", cases[0])
                store.open_many(made, [(case, commands.open_case(clock(began)), ()) for case in cases])
                for case in cases:
                    notes.write("opened", case)
            elif chance < 0.9:
                for each in store.tick_due(at=clock(began), worker=f"{name}-{life}", limit=3, lease=timedelta(hours=1)):
                    notes.write("ticked", each.case, len(each.events))
            else:
                store.deliver(deliver, at=clock(began), worker=name, limit=5, lease=timedelta(hours=1))


def some_case(store: Store, dice: random.Random) -> str:
    """One of the cases that are always there, or one that is about to be carried over."""
    waiting = store.find(version="1.0.0", ended=False, limit=4) if dice.random() < 0.5 else ()
    return dice.choice(waiting).case if waiting else f"C{dice.randrange(CASES)}"


def append(store: Store, notes: Notes, case: str, key: str, dice: random.Random, began: float) -> None:
    """One command under a key, tried until it is clear what became of it; the case may be carried over at any time meanwhile."""
    notes.write("try", case, key)
    while True:
        row = store.row(case)
        command = some_command(dice, key, max(clock(began), row.changed_at), row.version, lasting=case.startswith("C"))
        try:
            if dice.random() < 0.5:
                (step,) = store.do(case, command, attempts=1)
            else:
                loaded = store.load(case)
                step = loaded.do(command)
                store.save(loaded)
        except ConflictError:
            continue
        if step.accepted:
            notes.write("done", case, key)
            return
        codes = [reason.code for reason in step.reasons]
        if codes == ["key_reused"]:
            notes.write("done", case, key)  # another command stands under this key: it was done before the kill
            return
        if codes == ["ended"]:
            notes.write("refused", case, key)
            return


def some_command(dice: random.Random, key: str, at: datetime, version: str, *, lasting: bool) -> commands.Command:
    """Something to tell a case of this version; only what both versions know may be told of one that is still on the first."""
    if not lasting and dice.random() < 0.1:
        return commands.end("lost", at, key=key)
    met = dice.choice(["asked", "heard"] if version == "2.0.0" else ["asked"])
    return dice.choice(
        [
            commands.set_facts({"count": dice.randrange(100)}, at, key=key),
            commands.meet(met, at, key=key),
            commands.loop_back("again", at, key=key),
        ]
    )


def carry_over(url: str, folder: Path, name: str, began: float) -> None:
    """Carries cases over in small batches whenever there are any of the first version, until it is killed."""
    notes = Notes(folder / f"{name}.acks")
    old, new, way = process(), new_process(), plan()

    def told(became: Became) -> None:
        if became.fate in ("kept", "moved"):
            notes.write("carried", became.case, len(became.losses))
        elif became.fate not in ("there", "ended"):
            notes.write(became.fate, became.case, became.reason)

    with Store(url, create=False) as store:
        while True:
            notes.write("begin")
            store.migrate(way, old, new, at=clock(began), batch=2, each=told)
            notes.write("end")
            while not store.count(version="1.0.0", ended=False):
                time.sleep(0.002)


def kill(url: str, folder: Path, kills: int, seed: int) -> None:
    """Starts workers, kills one after another at random moments, and in the end all."""
    dice = random.Random(seed)
    began = time.time()
    with Store(url) as store:
        for n in range(CASES):
            store.open(f"C{n}", process(), at=EPOCH)
    workers, migrators = [f"w{n}" for n in range(WORKERS)], [f"m{n}" for n in range(MIGRATORS)]
    lives = dict.fromkeys(workers + migrators, 0)

    def begun(name: str) -> int:
        life = lives[name]
        if name in migrators:
            return fork(lambda: carry_over(url, folder, name, began))
        return fork(lambda: work(url, folder, name, life, seed, began))

    pids = {name: begun(name) for name in lives}
    try:
        for n in range(kills):
            name = dice.choice(workers if n % 3 else migrators)
            await_lines(folder / f"{name}.acks", dice.randrange(1, 30 if n % 3 else 12), pids[name])
            time.sleep(dice.random() / 100)
            os.kill(pids[name], signal.SIGKILL)
            if os.waitpid(pids[name], 0)[1] != signal.SIGKILL:
                raise SystemExit("a worker has ended by itself")
            lives[name] += 1
            pids[name] = begun(name)
    finally:
        for pid in pids.values():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    (folder / "ended").write_text(str(clock(began).timestamp()))


def await_lines(path: Path, count: int, pid: int) -> None:
    """Waits until a worker has written so many lines more."""
    size = path.stat().st_size if path.exists() else 0
    patience = time.monotonic() + PATIENCE
    while not path.exists() or path.stat().st_size < size + 8 * count:
        if os.waitpid(pid, os.WNOHANG)[0]:
            raise SystemExit("a worker has ended by itself")
        if time.monotonic() > patience:
            raise SystemExit("a worker does not go on")
        time.sleep(0.001)


def fork(job: Callable[[], None]) -> int:
    """A child that does the job and nothing of what its parent would do afterwards."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        job()
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


# -- writers that stand in each other's way -----------------------------------------------------------------


def contend(url: str, folder: Path, writers: int, cases: int, times: int, seconds: float, seed: int) -> None:
    """Writers count up in the same cases, so many times each, or for so many seconds."""
    with Store(url) as store:
        for n in range(cases):
            store.open(f"C{n}", process(), at=EPOCH)
    began = time.monotonic()
    until = began + seconds if seconds else None
    pids = [
        fork(lambda n=n: count_up(url, folder / f"writer{n}", cases, times, until, seed + n)) for n in range(writers)
    ]
    if any(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids):
        raise SystemExit("a writer has failed")
    print(f"{time.monotonic() - began:.3f}")


def count_up(url: str, path: Path, cases: int, times: int, until: float | None, seed: int) -> None:
    """Reads a counter, writes it one higher, over and over; notes each success, and each conflict with both numbers."""
    dice = random.Random(seed)
    lines: list[str] = []
    with Store(url, create=False) as store:
        done = 0
        while time.monotonic() < until if until else done < times:
            name = f"C{dice.randrange(cases)}"
            while True:
                case = store.load(name)
                case.set_facts({"count": case.snapshot.rest.facts.get("count", 0) + 1}, at=EPOCH)
                try:
                    store.save(case)
                except ConflictError as conflict:
                    lines.append(f"conflict {conflict.case} {conflict.expected} {conflict.found}")
                    continue
                break
            lines.append(f"done {name} {case.seq}")
            done += 1
    path.write_text("".join(f"{line}\n" for line in lines))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["kill", "contend"])
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--cases", type=int, default=50)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=0.0)
    given = parser.parse_args()
    if given.what == "kill":
        kill(given.url, given.folder, given.kills, given.seed)
    else:
        contend(given.url, given.folder, given.writers, given.cases, given.times, given.seconds, given.seed)


if __name__ == "__main__":
    main()

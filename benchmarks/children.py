"""What needs a process of its own: memory, and the time of single calls on a warm interpreter. Answers in JSON.

children.py memory {fresh,midway,won,case} {traced,rss} COUNT
children.py peer-memory NAME {traced,rss} COUNT
children.py check FILE...
"""

from __future__ import annotations

import gc
import json
import sys
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import process_time
from typing import Any


def resident() -> int:
    """Bytes of this process that are in memory."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def growth(make: Callable[[int], Any], how: str, count: int) -> float:
    """Bytes that one more of them takes."""
    make(0)  # what is made once is there before
    kept: list[Any] = [None] * count
    gc.collect()
    if how == "traced":
        tracemalloc.start()
        begin = tracemalloc.get_traced_memory()[0]
    else:
        begin = resident()
    for i in range(count):
        kept[i] = make(i)
    gc.collect()
    end = tracemalloc.get_traced_memory()[0] if how == "traced" else resident()
    return (end - begin) / count


def snapshots(state: str) -> Callable[[int], Any]:
    """Makes live cases, each with times and commands of its own, none of which it shares with another."""
    from ours import load
    from stagegate import engine
    from stagegate.engine import commands
    from workload import CRITERIA, GATES, START, as_yaml

    process = load(as_yaml())
    tables = engine.compile_tables(process.definition)
    gates = {"fresh": 0, "midway": GATES // 2, "won": GATES, "case": GATES // 2}[state]

    def script(i: int) -> list[commands.Command]:
        at = START + timedelta(seconds=i)
        told = [commands.meet(c, at) for c in CRITERIA[: 3 * gates + 1]]
        return told + [commands.advance(at + timedelta(days=g)) for g in range(gates)]

    def snapshot(i: int) -> Any:
        now = engine.start(tables, commands.open_case(START + timedelta(seconds=i))).snapshot
        for command in script(i):
            now = engine.step(tables, now, command).snapshot
        return now

    def case(i: int) -> Any:
        deal = process.open(f"deal-{i}", at=START + timedelta(seconds=i))
        for command in script(i):
            deal.do(command)
        return deal

    return case if state == "case" else snapshot


def peer(name: str) -> Callable[[int], Any]:
    """Makes deals of a neighbour, as new ones."""
    from peers import PEERS

    driver = next(p for p in PEERS if p.name == name)()
    driver.build()
    return lambda i: driver.fresh()


def checks(files: list[str]) -> dict[str, Any]:
    """`stagegate.check` of each file, with seconds of processor and what it found; the first file warms up and is left out."""
    import stagegate

    found = {}
    stagegate.check(files[0])
    for file in files[1:]:
        size = Path(file).stat().st_size
        gc.collect()
        begin = process_time()
        report = stagegate.check(file)
        taken = process_time() - begin
        rules = sorted({f.rule for f in report.findings})
        found[file] = {
            "seconds": taken,
            "size": size,
            "findings": len(report.findings),
            "rules": rules,
            "errors": report.has_errors,
        }
    return found


def main(arguments: list[str]) -> None:
    match arguments:
        case ["memory", state, how, count]:
            answer: Any = growth(snapshots(state), how, int(count))
        case ["peer-memory", name, how, count]:
            answer = growth(peer(name), how, int(count))
        case ["check", *files]:
            answer = checks(files)
        case _:
            sys.exit(__doc__)
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])

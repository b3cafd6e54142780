#!/usr/bin/env python3
"""Measures stagegate beside its neighbours and against its own floors; exits 1 if a floor is not held.

    python benchmarks/run.py                    # all of it, some two minutes
    python benchmarks/run.py --rounds 3         # a quick look
    python benchmarks/run.py --only speed       # or memory, import, check, hostile, proofs, store
    python benchmarks/run.py --profile step     # where the time goes, instead: step, case or deal

README.md beside this file says what is measured and how far to believe it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from hostile import HARMLESS, HOSTILE, HOSTILE_BYTES
from peers import PEERS, Driver, installed
from workload import long_yaml

HERE = Path(__file__).resolve().parent
PROVED = (
    "after-sales-repair",
    "b2b-qualification",
    "decision-point-buying-cycle",
    "key-account-development",
    "project-sales",
)
PARTS = ("speed", "memory", "import", "check", "hostile", "proofs", "store")
MEASURES = ("accepted", "refused", "whole_deals")
TRANSITIONS = "transitions, shared machine"
PYSM = "pysm"


class Floors:
    """The promises and what was measured of them, in order."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, str, str]] = []
        self.failed = False

    def add(
        self, what: str, measured: float | None, floor: float, aim: float, unit: str, at_least: bool = False
    ) -> None:
        """One promise: `at_least` where more is better."""

        def holds(bound: float) -> bool:
            return measured is not None and (measured >= bound if at_least else measured <= bound)

        verdict = "aim reached" if holds(aim) else "floor held" if holds(floor) else "FAILED"
        if measured is None:
            verdict = "FAILED: not measured"
        self.failed |= not holds(floor)
        shown = "-" if measured is None else figure(measured)
        self.rows.append((what, f"{shown} {unit}", f"{floor:g} {unit}", f"{aim:g} {unit}", verdict))


def figure(value: float) -> str:
    """A figure with three digits that count, or whole when it is large."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table that Markdown understands and that reads well as it is."""
    widths = [max(len(r[i]) for r in (head, *rows)) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = [c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True))]
        return "| " + " | ".join(padded) + " |"

    print(line(head))
    print("|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|")
    for row in rows:
        print(line(row))
    print(flush=True)


def note(text: str) -> None:
    """Progress, for who waits."""
    print(text, file=sys.stderr, flush=True)


# -- speed ----------------------------------------------------------------------------------------


def speed(rounds: int, floors: Floors, results: dict[str, Any]) -> None:
    """All libraries in this one process, round by round, each round beginning with another library."""
    from ours import OURS, Automatic, Case, Engine

    drivers: list[Driver] = []
    for kind in (*PEERS, *OURS):
        if not installed(kind):
            note(f"left out, since it is not installed: {kind.name}")
            continue
        driver = kind()
        driver.build()
        driver.prove()
        drivers.append(driver)
    automatic = Automatic()
    found: dict[str, dict[str, list[float]]] = {d.name: {m: [] for m in MEASURES} for d in drivers}
    found[automatic.name] = {"whole_deals": []}
    for round_ in range(-1, rounds):  # round -1 warms up and is not counted
        first = round_ % len(drivers)
        for driver in (*drivers[first:], *drivers[:first]):
            for measure in MEASURES:
                rate = getattr(driver, measure)()
                if round_ >= 0:
                    found[driver.name][measure].append(rate)
        rate = automatic.whole_deals()
        if round_ >= 0:
            found[automatic.name]["whole_deals"].append(rate)
            note(f"speed: round {round_ + 1} of {rounds}")
    results["speed"] = found

    def best(name: str, measure: str) -> float | None:
        return max(found[name][measure]) if name in found else None

    def cell(name: str, measure: str) -> str:
        rates = found[name].get(measure)
        return f"{figure(max(rates))} ({figure(statistics.median(rates))})" if rates else "-"

    print(f"Speed: the best of {rounds} rounds (and the median), a second\n")
    table(
        ("library", "accepted", "refused", "whole deals, facts as events"),
        [(name, *(cell(name, m) for m in MEASURES)) for name in found],
    )
    transitions = best(TRANSITIONS, "accepted")
    peers = [rate for name in (TRANSITIONS, PYSM) if (rate := best(name, "whole_deals")) is not None]

    def ratio(name: str, measure: str, other: float | None) -> float | None:
        mine = best(name, measure)
        return mine / other if mine is not None and other else None

    fastest = max(peers) if len(peers) == 2 else None
    floors.add(
        "accepted crossings, engine.step : transitions", ratio(Engine.name, "accepted", transitions), 10, 15, "x", True
    )
    floors.add("accepted crossings, Case : transitions", ratio(Case.name, "accepted", transitions), 5, 9, "x", True)
    floors.add(
        "whole deals, engine.step : the faster of pysm, transitions",
        ratio(Engine.name, "whole_deals", fastest),
        5,
        9,
        "x",
        True,
    )
    through_case = ratio(Case.name, "whole_deals", fastest)
    if through_case is not None:
        print(
            f"For information: whole deals through Case, {through_case:.3g} times the faster of pysm and transitions\n"
        )


# -- children -------------------------------------------------------------------------------------


def child(*arguments: str) -> Any:
    """What `children.py` answers."""
    done = subprocess.run(
        [sys.executable, str(HERE / "children.py"), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"children.py {' '.join(arguments)[:80]}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


class Run(NamedTuple):
    """One process from start to end: seconds on the clock, seconds of processor, and what it left."""

    clock: float
    processor: float
    code: int
    output: bytes
    errors: bytes


def whole_process(command: Sequence[str]) -> Run:
    """Runs a process to its end."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"NO_COLOR": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = perf_counter()
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    clock = perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Run(clock, processor, done.returncode, done.stdout, done.stderr)


def busy() -> bool:
    """Whether others use this machine so much that times on the clock say little."""
    return os.getloadavg()[0] > (os.cpu_count() or 1)


def typical(runs: Sequence[Run]) -> float | None:
    """The median of the seconds that count: on the clock, or of the processor when the machine is busy."""
    if not runs:
        return None
    return statistics.median(r.processor if busy() else r.clock for r in runs)


def figures(runs: Sequence[Run]) -> tuple[str, str, str]:
    """Milliseconds on the clock, median and least, and of the processor, median."""
    clock = [r.clock * 1000 for r in runs]
    return (
        f"{statistics.median(clock):.1f}",
        f"{min(clock):.1f}",
        f"{statistics.median(r.processor * 1000 for r in runs):.1f}",
    )


def cli() -> list[str]:
    """How `stagegate` is called: the script beside this Python, as its users call it."""
    script = Path(sys.executable).parent / "stagegate"
    return [str(script)] if script.exists() else [sys.executable, "-m", "stagegate"]


def memory(floors: Floors, results: dict[str, Any], count: int = 10_000) -> None:
    """Growth of a process by one more live case; every case has times and evidence of its own."""
    rows: list[tuple[str, ...]] = []
    worst = 0.0
    found: dict[str, dict[str, float]] = {}
    for state in ("fresh", "midway", "won", "case"):
        note(f"memory: {state}")
        found[state] = {how: child("memory", state, how, str(count)) / 1024 for how in ("traced", "rss")}
        if state != "case":
            worst = max(worst, *found[state].values())
        title = "stagegate, Case with its journal, midway" if state == "case" else f"stagegate, snapshot, {state}"
        rows.append((title, f"{found[state]['traced']:.3f}", f"{found[state]['rss']:.3f}"))
    for driver in PEERS:
        if installed(driver):
            note(f"memory: {driver.name}")
            few = count // 20 if driver.needs == "statemachine" else count // 5
            found[driver.name] = {
                how: child("peer-memory", driver.name, how, str(few)) / 1024 for how in ("traced", "rss")
            }
            rows.append((f"{driver.name}, fresh", *(f"{found[driver.name][how]:.3f}" for how in ("traced", "rss"))))
    results["memory"] = found
    print(f"Memory: KiB for one more live case, of {count:,}\n")
    table(("", "tracemalloc", "resident"), rows)
    floors.add("memory of a live case, the worst of fresh, midway and won", worst, 0.5, 0.1, "KiB")


def imports(times: int, floors: Floors, results: dict[str, Any]) -> None:
    """Fresh interpreters in turn."""
    programs = {
        "bare Python": "pass",
        "attrs": "import attrs",
        "stagegate": "import stagegate",
        "stagegate, and all of its public names": "from stagegate import *",
        "stagegate, what a host of stored cases needs": "from stagegate import Case, Process, engine",
        "stagegate, and a bundled definition loaded": "import stagegate; stagegate.load('project-sales')",
        "transitions": "import transitions",
    }
    found: dict[str, list[Run]] = {name: [] for name in programs}
    for i in range(-2, times):
        for name, program in programs.items():
            run = whole_process([sys.executable, "-c", program])
            if i == -2 and run.code:
                note(f"import: {name} is left out: {run.errors.decode()[-300:]}")
            if i >= 0 and not run.code:
                found[name].append(run)
    results["import"] = {name: [r[:2] for r in runs] for name, runs in found.items()}
    print(f"Import: milliseconds of a whole process, {times} of each in turn\n")
    table(("", "median", "least", "processor"), [(name, *figures(runs)) for name, runs in found.items() if runs])
    ours, bare = typical(found["stagegate"]), typical(found["bare Python"])
    used = typical(found["stagegate, what a host of stored cases needs"])
    for what, taken in (("import stagegate", ours), ("from stagegate import Case, Process, engine", used)):
        over = (taken - bare) * 1000 if taken is not None and bare is not None else None
        floors.add(f"{what}, over bare Python", over, 60, 45, "ms")


def check(times: int, floors: Floors, results: dict[str, Any]) -> None:
    """`stagegate check`, whole processes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.yaml"
        path.write_text(long_yaml(), encoding="utf-8")
        bundled = HERE.parent / "definitions"
        commands = {"one file of 350 lines": str(path), "all bundled definitions": str(bundled)}
        found: dict[str, list[Run]] = {name: [] for name in commands}
        for i in range(-1, times):
            for name, target in commands.items():
                run = whole_process([*cli(), "check", target])
                if i < 0 and run.code:
                    said = (run.output + run.errors).decode(errors="replace")
                    note(f"check: {name}: exit code {run.code}\n{said[-2000:]}")
                if i >= 0 and run.code == 0:
                    found[name].append(run)
        results["check"] = {name: [r[:2] for r in runs] for name, runs in found.items()}
        rows = [(name, *figures(runs)) for name, runs in found.items() if runs]
        inside = child("check", str(path), str(path))[str(path)]["seconds"] * 1000
        rows.append(("the one file, on a warm interpreter", figure(inside), "", ""))
        print(f"stagegate check: milliseconds of a whole process, {times} of each in turn\n")
        table(("", "median", "least", "processor"), rows)
        one, all_ = (typical(runs) for runs in found.values())
        count = len([path for path in bundled.glob("*.yaml") if "." not in path.stem])
        floors.add("stagegate check of 350 lines, whole process", one and one * 1000, 250, 150, "ms")
        floors.add(f"stagegate check of all {count} bundled, whole process", all_, 2, 0.5, "s")


def hostile(floors: Floors, results: dict[str, Any]) -> None:
    """Each file twice: through the command line (the floor) and by `stagegate.check` on a warm interpreter (the aim)."""
    with tempfile.TemporaryDirectory() as folder:
        mild = Path(folder) / "mild.yaml"
        mild.write_text(long_yaml(), encoding="utf-8")
        paths: dict[str, Path] = {}
        for name, text in HOSTILE.items():
            paths[name] = Path(folder) / f"{len(paths)}.yaml"
            paths[name].write_text(text(), encoding="utf-8")
        for name, data in HOSTILE_BYTES.items():
            paths[name] = Path(folder) / f"{len(paths)}.yaml"
            paths[name].write_bytes(data())
        rows: list[tuple[str, ...]] = []
        found: dict[str, dict[str, Any]] = {}
        accepted: list[str] = []
        for name, path in paths.items():
            run = whole_process([*cli(), "check", str(path)])
            refused = run.code in (0, 1) if name in HARMLESS else run.code == 1
            refused &= b"Traceback" not in run.errors
            inside = child("check", str(mild), str(path))[str(path)] if refused else None
            if not refused:
                accepted.append(f"{name} (exit code {run.code})")
            whole = run.processor if busy() else run.clock
            found[name] = {"process": whole, "code": run.code, "output": len(run.output), "inside": inside}
            told = f"{inside['findings']}: {', '.join(inside['rules'][:3])}" if inside else "NOT REFUSED"
            rows.append((name, f"{whole * 1000:.0f}", f"{inside['seconds'] * 1000:.1f}" if inside else "-", told))
            note(f"hostile: {name}: {whole * 1000:.0f} ms, exit code {run.code}")
        results["hostile"] = found
        print("Hostile files of a megabyte: milliseconds of the whole process, and of the check alone\n")
        table(("", "process", "check", "findings"), rows)
        slowest = max(f["process"] for f in found.values()) * 1000
        alone = max((f["inside"]["seconds"] for f in found.values() if f["inside"]), default=0.0) * 1000
        floors.add("hostile files: the slowest whole process", None if accepted else slowest, 1000, 1000, "ms")
        floors.add("hostile files: the slowest check alone", None if accepted else alone, 1000, 50, "ms")
        if accepted:
            note("not refused: " + "; ".join(accepted))


def proofs(floors: Floors, results: dict[str, Any]) -> None:
    """`stagegate prove`, whole processes: the bundled definitions with their invariants, and large ones."""
    from large import as_yaml as large_yaml

    with tempfile.TemporaryDirectory() as folder:
        bundled = HERE.parent / "definitions"
        paths = {"five bundled definitions": [str(bundled / f"{name}.yaml") for name in PROVED]}
        paths["all bundled definitions"] = [str(bundled)]
        for seed in (1, 2, 3):
            paths[f"60 stages, 300 criteria, no. {seed}"] = [str(Path(folder) / f"{seed}.yaml")]
            (Path(folder) / f"{seed}.yaml").write_text(large_yaml(seed), encoding="utf-8")
        rows, taken = [], {}
        for name, path in paths.items():
            run = whole_process([*cli(), "prove", *path])
            taken[name] = run.processor if busy() else run.clock
            said = run.output.decode(errors="replace").strip().splitlines()
            rows.append((name, f"{taken[name]:.1f}", said[-1] if said else "-"))
            if b"Traceback" in run.errors or run.code not in (0, 1):
                note(f"prove: {name}: exit code {run.code}\n{run.errors.decode(errors='replace')[-2000:]}")
                taken[name] = float("inf")
        results["proofs"] = taken
        print("stagegate prove: seconds of a whole process\n")
        table(("", "seconds", "answers"), rows)
        five, every, *large = taken.values()
        floors.add("stagegate prove of five bundled definitions, whole process", five, 10, 5, "s")
        floors.add("stagegate prove of all bundled definitions, whole process", every, 60, 20, "s")
        floors.add("stagegate prove of a large process, the slowest of three", max(large), 30, 15, "s")


def store(rounds: int, floors: Floors, results: dict[str, Any]) -> None:
    """The store on SQLite and PostgreSQL, beside its bare driver writing the same rows."""
    from stores import BATCH, databases, measured

    rows: list[tuple[str, ...]] = []
    found: dict[str, dict[str, Any]] = {}
    with databases() as places:
        for name, (url, raw) in places.items():
            note(f"store: {name}")
            found[name] = measured(url, raw, 2 * BATCH, rounds)
            for how, rates in found[name].items():
                ratio = rates.store / rates.driver
                rows.append((f"{name}, {how}", *map(figure, rates), f"{ratio:.2f}"))
                floor = 0.4 if how == "single" else 0.6
                floors.add(f"store, {name}, {how} : driver", ratio, floor, 0.8, "x", True)
    results["store"] = found
    print(f"Store: commands a second, one commit for each and {BATCH} in one; the best of {rounds} rounds\n")
    table(("", "store", "driver", "store : driver"), rows)


# -- where the time goes --------------------------------------------------------------------------


def profile(what: str) -> None:
    """The calls that a profiler sees, by their own time. It slows calls down; the order is what counts."""
    import cProfile
    import pstats

    from ours import Case, Engine

    driver: Driver = Case() if what == "case" else Engine()
    driver.build()
    driver.prove()
    deals = [driver.fresh() for _ in range(driver.deals)]
    from workload import CRITERIA

    for deal in deals:
        driver.give(deal, CRITERIA)
    profiler = cProfile.Profile()
    profiler.enable()
    if what == "deal":
        driver.whole(driver.deals)
    else:
        driver.push(deals)
    profiler.disable()
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--rounds", type=int, default=9, metavar="N", help="rounds of speed (default 9); other parts follow"
    )
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; may be given again")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single figure there too")
    parser.add_argument("--profile", choices=("step", "case", "deal"), help="show where the time goes, and stop")
    options = parser.parse_args()
    if options.profile:
        profile(options.profile)
        return
    parts = options.only or PARTS
    floors, results = Floors(), dict[str, Any]()
    print(f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores\n")
    begin = perf_counter()
    if "speed" in parts:
        speed(options.rounds, floors, results)
    if "memory" in parts:
        memory(floors, results)
    if "import" in parts:
        imports(max(5, 3 * options.rounds), floors, results)
    if "check" in parts:
        check(max(5, 2 * options.rounds), floors, results)
    if "hostile" in parts:
        hostile(floors, results)
    if "proofs" in parts:
        proofs(floors, results)
    if "store" in parts:
        store(max(3, options.rounds // 2), floors, results)
    if busy():
        print(
            f"The machine is busy (load {os.getloadavg()[0]:.1f}): times of whole processes are judged by the processor, not the clock\n"
        )
    print(f"Floors ({perf_counter() - begin:.0f} s in all)\n")
    table(("", "measured", "floor", "aim", ""), floors.rows)
    if options.json:
        results["floors"] = floors.rows
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    sys.exit(1 if floors.failed else 0)


if __name__ == "__main__":
    main()

"""A store of cases of the small process in `examples/`, one at each stage."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import stagegate
from stagegate import commands
from stagegate.store import Store

ROOT = Path(__file__).resolve().parent.parent.parent
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OLD, NEW, PLAN = (ROOT / "examples" / f"lead-intake{end}.yaml" for end in ("-1", "-2", ".plan"))


def fill(url: str, *, looked_up: bool = False) -> None:
    """Six cases: at each stage one, one that has ended, and one that would lose what was recorded of it if `looked_up`."""
    process = stagegate.load(OLD)
    with Store(url) as store:
        stages = [s.id for s in process.definition.tracks[0].stages]
        for stage in stages:
            store.open(stage, process, at=AT, at_stage=stage, skipped="dropped")
        store.open("old", process, at=AT)
        store.do("old", commands.end("dropped", AT))
        store.open("qualified", process, at=AT)
        store.do("qualified", *(commands.meet(c, AT) for c in ("answered", "need_named", "budget_named")))
        if looked_up:
            store.do("hand_over", commands.meet("looked_up", AT))

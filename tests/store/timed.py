"""A small process with time limits, for tests about time."""

from __future__ import annotations

from stagegate.process import Process
from stagegate.store.definitions import compiled

TEXT = """\
stagegate: 1
process: small-deal
version: 1.0.0
title: A small deal
tracks:
  - id: selling
    title: Selling
    stages:
      - {id: visit, title: Visit, time_limit: 7d, exit_criteria: [{id: asked, title: An offer is asked for, actor: buyer}]}
      - {id: offer, title: Offer, time_limit: 14d, exit_criteria: [{id: signed, title: Signed, actor: buyer}]}
    loops:
      - {id: again, from: [offer], to: visit, title: Visit again}
ends:
  - {id: won, kind: won, title: Won}
  - {id: lost, kind: lost, by_command: true, title: Lost}
"""


def small_deal() -> Process:
    """The process."""
    return compiled(TEXT, "small-deal")

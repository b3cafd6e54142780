"""stagegate: declare the buying cycle and the sales stages of a process in YAML, check it, and embed it.

    import stagegate

    process = stagegate.load("project-sales")
    deal = process.open("ACME-42", at=now)
    step = deal.meet("interest_aroused", at=now, by="li.wei")
    step.events, deal.position, deal.missing(), deal.gap, deal.chance

`stagegate.engine` is the pure form below it; `stagegate.model` what a definition consists of.
"""

from stagegate import engine
from stagegate.bundled import bundled_names
from stagegate.case import Case
from stagegate.diagnostics import Finding, Report, Span
from stagegate.engine import (
    Action,
    Command,
    Difference,
    Entry,
    Event,
    Explanation,
    Gap,
    Item,
    Position,
    Reason,
    Snapshot,
    Step,
    commands,
)
from stagegate.errors import CommandError, DefinitionError, SnapshotError, StagegateError, UnknownNameError
from stagegate.model import Definition
from stagegate.process import Process, check, load

__version__ = "0.1.0"

__all__ = [
    "Action",
    "Case",
    "Command",
    "CommandError",
    "Definition",
    "DefinitionError",
    "Difference",
    "Entry",
    "Event",
    "Explanation",
    "Finding",
    "Gap",
    "Item",
    "Position",
    "Process",
    "Reason",
    "Report",
    "Snapshot",
    "SnapshotError",
    "Span",
    "StagegateError",
    "Step",
    "UnknownNameError",
    "__version__",
    "bundled_names",
    "check",
    "commands",
    "engine",
    "load",
]

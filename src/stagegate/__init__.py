"""stagegate: declare the buying cycle and the sales stages of a process in YAML, check it, and embed it.

    import stagegate

    process = stagegate.load("project-sales")
    deal = process.open("ACME-42", at=now)
    step = deal.meet("interest_aroused", at=now, by="li.wei")
    step.events, deal.position, deal.missing(), deal.gap, deal.chance

`stagegate.engine` is the pure form below it; `stagegate.model` what a definition consists of.
"""

from typing import TYPE_CHECKING

from stagegate import engine
from stagegate.bundled import bundled_names
from stagegate.case import Case
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
from stagegate.process import Process, check, load

if TYPE_CHECKING:
    from stagegate.diagnostics import Finding, Report, Span
    from stagegate.model import Definition

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

# The values of attrs are only paid for by who uses them: `load` and `check`, or their names from here.
_LATER = {
    "Definition": "stagegate.model",
    "Finding": "stagegate.diagnostics",
    "Report": "stagegate.diagnostics",
    "Span": "stagegate.diagnostics",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module `stagegate` has no attribute `{name}`")
    from importlib import import_module

    return getattr(import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""stagegate: declare the buying cycle and the sales stages of a process in YAML, check it, and embed it.

    import stagegate

    process = stagegate.load("project-sales")
    deal = process.open("ACME-42", at=now)
    step = deal.meet("interest_aroused", at=now, by="li.wei")
    step.events, deal.position, deal.missing(), deal.gap, deal.chance

`stagegate.engine` is the pure form below it; `stagegate.model` what a definition consists of.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    from stagegate.loading import check, load
    from stagegate.model import Definition
    from stagegate.process import Process

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

# Where each public name lives. It is fetched when it is first asked for, so that the command line does not
# pay for the engine when it checks a file, nor a host for YAML, the schema or attrs before it loads one.
_HOME = {
    "bundled_names": "bundled",
    "Case": "case",
    **dict.fromkeys(("Finding", "Report", "Span"), "diagnostics"),
    **dict.fromkeys(
        ("CommandError", "DefinitionError", "SnapshotError", "StagegateError", "UnknownNameError"), "errors"
    ),
    "Definition": "model",
    **dict.fromkeys(("check", "load"), "loading"),
    "Process": "process",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module `stagegate` has no attribute `{name}`")
    from importlib import import_module

    home = import_module(f"stagegate.{_HOME.get(name, 'engine')}")
    globals()[name] = found = home if name == "engine" else getattr(home, name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

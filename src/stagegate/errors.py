"""The few exceptions that stagegate raises. What a case refuses is a value, never an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stagegate.diagnostics import Report


class StagegateError(Exception):
    """The base of every exception stagegate raises on purpose."""


class DefinitionError(StagegateError):
    """A definition cannot be compiled; `report` holds every finding, not only the first."""

    def __init__(self, report: Report) -> None:
        self.report = report
        errors = [f for f in report.findings if f.severity == "error"]
        shown = [f"{f.file}:{f.span.line}:{f.span.column}: {f.rule}: {f.message}" for f in errors[:20]]
        if len(errors) > len(shown):
            shown.append(f"... and {len(errors) - len(shown)} more")
        super().__init__("\n".join(shown) or "the definition has errors")


class UnknownNameError(StagegateError, LookupError):
    """A command or a question names something that the process does not have.

    `kind` is the kind of thing (`criterion`, `stage`, ...), `name` what was given, `suggestion` the
    nearest name there is, or None.
    """

    def __init__(self, kind: str, name: str, suggestion: str | None = None) -> None:
        self.kind = kind
        self.name = name
        self.suggestion = suggestion
        hint = f"; did you mean `{suggestion}`?" if suggestion else ""
        super().__init__(f"the process has no {kind} `{name}`{hint}" if name else f"no {kind} is named")


class SnapshotError(StagegateError, ValueError):
    """A snapshot or journal is not of this process, not of a known format, or damaged."""


class CommandError(StagegateError, ValueError):
    """A command is malformed (a naive time, a value of the wrong kind): a mistake of the host."""


class StoreError(StagegateError):
    """A store cannot do what it is asked: the database is no store, of a newer version, or holds what does not fit together."""


class ConflictError(StoreError):
    """Somebody else has written to the case meanwhile: load it again, and do it again.

    `expected` is the number of the last entry that was known, `found` the one that stands there now.
    """

    def __init__(self, case: str, expected: int, found: int) -> None:
        self.case = case
        self.expected = expected
        self.found = found
        super().__init__(
            f"the case `{case}` stands at entry {found}, not at {expected}: load it again, and do it again"
        )


class CaseExistsError(StoreError):
    """The id of a case is taken."""

    def __init__(self, case: str) -> None:
        self.case = case
        super().__init__(f"there is a case `{case:.80}` already")


class UnknownCaseError(StoreError, LookupError):
    """There is no case of this id."""

    def __init__(self, case: str) -> None:
        self.case = case
        super().__init__(f"there is no case `{case!s:.80}`")


class UnknownProcessError(StoreError, LookupError):
    """No definition of this process, version or flow is kept."""


class SubscriberError(StoreError):
    """Handlers of a host have raised. What the store was asked to do is done and committed all the same.

    `errors` holds, for each, the id of the event (`CASE/SEQ/N`) and the exception, in order; all other handlers were called.
    `result` is what the verb would have given: the steps of `do`, the case of `open` ...
    """

    def __init__(self, errors: Sequence[tuple[str, Exception]], result: Any = None) -> None:
        self.errors = tuple(errors)
        self.result = result
        event, first = self.errors[0]
        more = f", and {len(self.errors) - 1} more" if len(self.errors) > 1 else ""
        super().__init__(f"a handler has raised for {event:.120}: {type(first).__name__}: {first!s:.200}{more}")

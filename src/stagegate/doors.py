"""What a host hands over, and what it has installed, looked at where it comes in: a mistake is told there and then, in one sentence."""

from __future__ import annotations

from datetime import datetime, timedelta

from stagegate.errors import CommandError


def lacking(missing: ModuleNotFoundError, what: str, extra: str) -> ModuleNotFoundError:
    """The error for a package that is not there, with the extra to install."""
    return ModuleNotFoundError(
        f"{what} needs the package {missing.name}: pip install 'stagegate[{extra}]'", name=missing.name
    )


def demand(holds: bool, name: str, what: str, given: object) -> None:
    """Raises `CommandError` that says what `name` is, unless that holds of what was given."""
    if not holds:
        raise CommandError(f"`{name}` is {what}, not {given!r:.80}")


def called(given: object, name: str) -> None:
    """Demands what can be called."""
    demand(callable(given), name, "a function", given)


def text(given: object, name: str) -> None:
    """Demands a text."""
    demand(isinstance(given, str), name, "a text", given)


def whole(given: object, name: str, most: int | None = None) -> None:
    """Demands a whole number from 1 on."""
    what = "a whole number, at least 1" if most is None else f"a whole number from 1 to {most:,}"
    demand(isinstance(given, int) and given >= 1 and (most is None or given <= most), name, what, given)


def lasting(given: object, name: str) -> None:
    """Demands a timedelta that lasts a while."""
    what = "a timedelta longer than nothing, such as timedelta(seconds=30)"
    demand(isinstance(given, timedelta) and given > timedelta(), name, what, given)


def aware(given: object, name: str = "at") -> datetime:
    """The time; demands a datetime with a time zone."""
    if isinstance(given, datetime) and given.utcoffset() is not None:
        return given
    raise CommandError(
        f"`{name}` is a datetime with a time zone, such as datetime.now(timezone.utc), not {given!r:.80}"
    )

"""What a table may call a thing of a process: its id, one of its aliases, or its title in either language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from stagegate.model import Notes, Text


class Named(Protocol):
    """A fact, stage, criterion ... of a definition."""

    @property
    def id(self) -> str:
        """What the file calls it."""
        ...

    @property
    def title(self) -> Text:
        """What people call it."""
        ...

    @property
    def notes(self) -> Notes:
        """Its aliases are there."""
        ...


T = TypeVar("T", bound=Named)


def names_of(things: Iterable[T]) -> dict[str, T]:
    """Every name of these things: ids go before aliases, aliases before titles, what is written as declared before the rest.

    A title that several have, or that is a name of another, names none.
    """
    things = tuple(things)
    names: dict[str, T] = {}
    for thing in things:
        names.setdefault(thing.id, thing)
    for thing in things:
        for alias in thing.notes.aliases:
            names.setdefault(alias, thing)
    titles = [(title, thing) for thing in things for title in {thing.title.en, thing.title.zh} if title]
    known = {folded(name): thing for name, thing in reversed(names.items())}
    often = Counter(folded(title) for title, _ in titles)
    for title, thing in titles:
        if often[folded(title)] == 1 and known.get(folded(title), thing) is thing:
            names.setdefault(title, thing)
    for name, thing in list(names.items()):
        names.setdefault(folded(name), thing)
    return names


def named(names: Mapping[str, T], text: str) -> T | None:
    """The thing of this name; case, spaces and underscores do not matter where it is not written as declared."""
    return names.get(text) or names.get(folded(text))


def folded(name: str) -> str:
    """A name as it is compared."""
    return " ".join(name.casefold().replace("_", " ").split())

"""What a host gets wrong when it binds a model is told at once, in one sentence."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from stagegate.errors import CommandError, UnknownNameError
from stagegate.process import Process

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAIVE = datetime(2026, 3, 2, 9)


class Deal:
    """A model."""


class Narrow:
    """A model that nothing can be given to."""

    __slots__ = ("state",)


class Methodical:
    """A model with another meaning of `state`."""

    def state(self) -> str:
        return "Bavaria"


class Fixed:
    """A model whose state cannot be set, and is another."""

    @property
    def state(self) -> str:
        return "Bavaria"


class Drawn:
    """A model that draws itself."""

    def get_graph(self) -> str:
        return "a graph"


def clock() -> datetime:
    return AT


WRONG: dict[str, tuple[Callable[[Any], object], str]] = {
    "case_id_forgotten": (lambda bind: bind(Deal(), "A", clock=clock), "`case` is a Case; a new one .* `case_id`"),
    "snapshot": (lambda bind: bind(Deal(), bind.case().snapshot, clock=clock), "`case` is a Case"),
    "no_case": (lambda bind: bind(Deal(), clock=clock), "a case has an id"),
    "both": (
        lambda bind: bind(Deal(), bind.case(), case_id="B", clock=clock),
        "`case_id` is for a case that is opened",
    ),
    "a_time": (lambda bind: bind(Deal(), case_id="A", clock=AT), "`clock` is a function"),
    "naive": (
        lambda bind: bind(Deal(), case_id="A", clock=lambda: NAIVE),
        r"`clock\(\)` is a datetime with a time zone",
    ),
    "naive_later": (lambda bind: bind(Deal(), bind.case(), clock=lambda: NAIVE), r"`clock\(\)` is a datetime with"),
    "nothing": (lambda bind: bind(None, case_id="A", clock=clock), "`model` is an object of yours"),
    "text": (lambda bind: bind("deal", case_id="A", clock=clock), "`model` is an object of yours"),
    "list": (lambda bind: bind([Deal()], case_id="A", clock=clock), "`model` is an object of yours"),
    "class": (lambda bind: bind(Deal, case_id="A", clock=clock), "`model` is an object of yours"),
    "slots": (lambda bind: bind(Narrow(), case_id="A", clock=clock), "`model` is an object .* `__slots__`"),
    "method": (lambda bind: bind(Methodical(), case_id="A", clock=clock), "`state` is a text, .* `model_attribute`"),
    "property": (
        lambda bind: bind(Fixed(), case_id="A", clock=clock),
        "cannot be given to the model .* `model_attribute`",
    ),
    "graph": (lambda bind: bind(Drawn(), case_id="A", clock=clock), "`get_graph` already"),
    "option": (lambda bind: bind(Deal(), case_id="A", clock=clock, colour=3), "`colour` is not for the host .* queued"),
    "do_text": (lambda bind: bind(Deal(), case_id="A", clock=clock).do("meet"), "`command` is made by"),
}


class Bind:
    """Either way of binding a model."""

    def __init__(self, process: Process, how: str) -> None:
        self.process, self.how = process, how

    def __call__(self, *given: Any, **options: Any) -> Any:
        return getattr(self.process, self.how)(*given, **options)

    def case(self) -> Any:
        return self.process.open("A", at=AT)


@pytest.mark.parametrize("how", ["bind", "bind_async"])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_mistake_of_the_host_is_told_at_once(process: Process, how: str, wrong: str) -> None:
    call, said = WRONG[wrong]

    async def awaited() -> None:
        found = call(Bind(process, how))
        if inspect.isawaitable(found):
            await found

    with pytest.raises(CommandError, match=said):
        asyncio.run(awaited())


def test_names_that_the_process_does_not_have_are_told(process: Process) -> None:
    deal: Any = Deal()
    binding = process.bind(deal, case_id="A", clock=clock)
    with pytest.raises(UnknownNameError, match="no criterion `survey`"):
        deal.meet("survey")
    with pytest.raises(UnknownNameError, match="no trigger `fly`"):
        binding.why_not("fly")
    assert deal.state == "visit"


def test_what_is_wrong_leaves_nothing_behind(process: Process) -> None:
    deal = Drawn()
    with pytest.raises(CommandError):
        process.bind(deal, case_id="A", clock=clock)
    assert vars(deal) == {}

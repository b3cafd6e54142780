"""Strategies for definitions that nobody wrote, and for invariants about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from stagegate.process import Process
from stagegate.testing.making.definition import make_definition
from stagegate.testing.making.dice import Dice
from stagegate.testing.making.invariants import make_invariants

if TYPE_CHECKING:
    from stagegate.model import Definition, Invariant
    from stagegate.testing.making.size import SizeName

Draw = Callable[[st.SearchStrategy[Any]], Any]


def drawn(draw: Draw) -> Dice:
    """Dice that Hypothesis throws, so that it can shrink what comes of them."""
    return Dice(lambda low, high: int(draw(st.integers(low, high))))


def definitions(size: SizeName = "medium") -> st.SearchStrategy[Definition]:
    """Whole definitions that nobody wrote, within the static rules of the language.

    For programs that must do with any process: tracks observed, earned, automatic and manual, gates, decision points of all
    kinds, jumps, loops, activities, ends. `small` ones have few stages and criteria (`definition_from_seed`).

        @given(definitions())
        def test_any_process_can_be_drawn(definition):
            assert my_picture(definition)

    They shrink towards one stage without criteria.
    """
    return _definitions(size)


def processes(size: SizeName = "medium") -> st.SearchStrategy[Process]:
    """The definitions of `definitions`, compiled.

    Together with `journals`, any deal of any process:

        @given(st.data(), processes())
        def test_any_deal(data, process):
            journal = data.draw(journals(process))
    """
    return definitions(size).map(Process)


def invariants(definition: Definition, most: int = 4) -> st.SearchStrategy[tuple[Invariant, ...]]:
    """From one to `most` invariants over names of a definition, of all five kinds, true or not.

    For trying what reads invariants, such as a prover.

        @given(st.data(), definitions("small"))
        def test_proofs(data, definition):
            for answer in prove(Process(definition), data.draw(invariants(definition))):
                assert answer.verdict in ("proved", "broken", "undecided")

    They shrink towards one invariant about the first names of the file.
    """
    return _invariants(definition, most)


@st.composite
def _definitions(draw: Draw, size: SizeName) -> Definition:
    return make_definition(drawn(draw), size)


@st.composite
def _invariants(draw: Draw, definition: Definition, most: int) -> tuple[Invariant, ...]:
    return make_invariants(drawn(draw), definition, most)

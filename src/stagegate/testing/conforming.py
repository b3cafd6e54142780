"""Whether a host's own implementation of a process does what stagegate does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from attrs import frozen
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample

from stagegate.engine.commands import KINDS
from stagegate.testing.deals import Wanted, deals
from stagegate.testing.laws import lines, standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stagegate.case import Case
    from stagegate.engine.commands import Command
    from stagegate.engine.results import Step
    from stagegate.process import Process


class Host(Protocol):
    """One case in an implementation that is not stagegate's.

    A host may also have `ended() -> str` (see `EndingHost`).
    """

    def do(self, command: Command, /) -> bool:
        """Does a command; whether it was accepted. The first one is `open`."""
        ...

    def position(self) -> Mapping[str, str]:
        """The current stage of each track that is to be compared, "" before the first."""
        ...


@runtime_checkable
class EndingHost(Protocol):
    """A host that knows ends."""

    def ended(self) -> str:
        """The end the case has come to, "" while it is open."""
        ...


@frozen
class Difference:
    """Where host and stagegate part: after the last command of `journal`."""

    journal: tuple[Command, ...]
    what: str

    def __str__(self) -> str:
        return "\n".join((f"the host differs after {len(self.journal)} commands:", *lines(self.journal), self.what))


def assert_conforms(
    process: Process,
    host: Callable[[], Host],
    *,
    examples: int = 200,
    seed: int | None = None,
    kinds: Iterable[str] | None = None,
    most: int = 30,
) -> None:
    """Drives a host's implementation beside stagegate, on deals drawn as by `journals`, and compares them after each command.

    `host` makes a fresh case of the host's own. Whether each command was accepted is compared, the stage of each track that the
    host tells, and the end if it has `ended`. `examples` is how many deals are tried, `most` how long they may be, `kinds`
    the kinds of command the host knows, by default all. A `seed` makes it the same deals every time. Cases are opened at a start,
    and the commands are plain: they bear no idempotency key.

    Raises AssertionError with the shortest journal found whose last command brings a difference, and what each side says of it.

        def test_our_own_machine():
            assert_conforms(stagegate.load("my.yaml"), OurDeal, kinds=("meet", "retract", "decide"))

    ValueError is raised where the process has no command of these kinds.
    """
    drawn = deals(process, Wanted(most, frozenset(KINDS if kinds is None else kinds), plain=True, placed=False))
    try:
        shortest = find(
            drawn.map(lambda deal: deal.journal),
            lambda journal: first_difference(process, host(), journal) is not None,
            settings=settings(
                max_examples=examples,
                deadline=None,
                database=None,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=(
                    HealthCheck.too_slow,
                    HealthCheck.data_too_large,
                    HealthCheck.large_base_example,
                ),
            ),
            random=None if seed is None else Random(seed),  # noqa: S311 - chance, not secrets
        )
    except NoSuchExample:
        return
    difference = first_difference(process, host(), shortest)
    if difference is None:
        raise AssertionError("the host differed, and does not when the same deal is played again")
    raise AssertionError(str(shortened(difference, lambda journal: first_difference(process, host(), journal))))


def shortened(difference: Difference, look: Callable[[Sequence[Command]], Difference | None]) -> Difference:
    """A difference whose journal cannot do without any of its commands; what is drawn shrinks to few, not to the fewest."""
    for left_out in range(len(difference.journal) - 1, 0, -1):
        journal = difference.journal
        fewer = look((*journal[:left_out], *journal[left_out + 1 :]))
        if fewer is not None:
            return shortened(fewer, look)
    return difference


def first_difference(process: Process, host: Host, journal: Sequence[Command]) -> Difference | None:
    """The first command after which the two say different things, None where they agree all along."""
    opening, *commands = journal
    case = process.opened("compared", opening)
    what = _answers(True, host.do(opening)) or _places(case, host)
    if what:
        return Difference((opening,), _told(what, case, None))
    for number, command in enumerate(commands, start=2):
        done = case.do(command)
        what = _answers(done.accepted, host.do(command)) or _places(case, host)
        if what:
            return Difference(tuple(journal[:number]), _told(what, case, done))
    return None


def _answers(accepted: bool, by_host: bool) -> str:
    words = {True: "accepts it", False: "refuses it"}
    return "" if accepted == bool(by_host) else f"stagegate {words[accepted]}, the host {words[not accepted]}"


def _places(case: Case, host: Host) -> str:
    """How the positions differ, and the ends if the host tells them."""
    stages = {track: position.stage for track, position in case.positions.items()}
    told = host.position()
    if not told:
        raise AssertionError("the host tells the stage of no track, so there is nothing to compare")
    for track, stage in told.items():
        if track not in stages:
            raise AssertionError(f"the host tells the stage of track `{track}`; there are {', '.join(stages)}")
        if stage != stages[track]:
            return f"track `{track}`: stagegate is in {_word(stages[track])}, the host in {_word(stage)}"
    if isinstance(host, EndingHost) and host.ended() != case.ended:
        return f"the end: stagegate has {_word(case.ended)}, the host {_word(host.ended())}"
    return ""


def _word(id: str) -> str:
    return f"`{id}`" if id else "none"


def _told(what: str, case: Case, done: Step | None) -> str:
    """What differs, where stagegate stands, and its reasons if it has refused the command."""
    reasons = () if done is None else done.reasons
    return "\n".join((what, f"stagegate: {standing(case)}", *(f"  {r.code}: {r.message}" for r in reasons)))

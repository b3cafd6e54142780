"""A strategy for any command of a process, sensible or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from stagegate.engine import commands as c
from stagegate.engine.commands import Command
from stagegate.testing.suggestions import PROOF, reports
from stagegate.testing.times import EPOCH, moved
from stagegate.testing.values import facts

if TYPE_CHECKING:
    from stagegate.process import Process

HOURS: Final = (1, 24, 0, -1)  # how far away dates are that a command names
KEYS: Final = st.sampled_from(("", "", "", "", "k1", "k2"))

Build = Callable[..., Command]


def commands(
    process: Process, *, at: datetime = EPOCH, kinds: Iterable[str] | None = None, plain: bool = False
) -> st.SearchStrategy[Command]:
    """Any command about anything that the process has, whether anybody would do it or not.

    Names exist and arguments are of the right kind, so that no case raises: it accepts or refuses. Commands are
    given at the time `at`. `kinds` says which to draw, all but `open` by default; `plain` ones say nothing of who
    told them, when it happened and under which idempotency key. Raises ValueError where nothing of these kinds can be drawn. For a test that nothing raises:

        @given(commands(process))
        def test_no_command_raises(command):
            process.open("x", at=command.at).do(command)
    """
    wanted = None if kinds is None else set(kinds)
    drawn = [each for kind, each in _by_kind(process) if wanted is None or kind in wanted]
    if not drawn:
        raise ValueError(f"process `{process.name}` has no command of these kinds: {', '.join(sorted(wanted or ()))}")
    told = _told(tuple(role.id for role in process.definition.roles), plain=plain)
    return st.builds(_complete, st.one_of(drawn), told).map(lambda command: moved(command, at))


def _complete(command: Command, told: dict[str, Any]) -> Command:
    return Command(command.kind, command.subject, command.at, command.args, **told)


def _told(roles: Sequence[str], *, plain: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Who told it and how: mostly nothing."""
    role = st.sampled_from(("", *roles))
    if plain:
        return st.fixed_dictionaries({"role": role})
    happened = st.sampled_from((None, None, None, *(EPOCH + timedelta(hours=h) for h in HOURS)))
    by, note = st.sampled_from(("", "", "li.wei")), st.sampled_from(("", "", "as agreed"))
    return st.fixed_dictionaries({"role": role, "by": by, "note": note, "key": KEYS, "happened": happened})


# --- by kind ------------------------------------------------------------------------------------------------


def _by_kind(process: Process) -> Iterator[tuple[str, st.SearchStrategy[Command]]]:
    """A strategy for each kind of command that the process has something for."""
    definition = process.definition
    criteria = [item.id for item in definition.criteria()]
    documents = st.fixed_dictionaries({}, optional={d.id: st.sampled_from((PROOF, None)) for d in definition.documents})
    proofs = st.fixed_dictionaries({}, optional={d.id: st.just(PROOF) for d in definition.documents})
    until = st.sampled_from((None, *(EPOCH + timedelta(hours=h) for h in HOURS)))
    yield "tick", st.just(c.tick(EPOCH))
    yield from _about("meet", criteria, c.meet, evidence=proofs)
    yield "set_facts", facts(process).map(lambda given: c.set_facts(given, EPOCH))
    yield from _about("retract", criteria, c.retract)
    yield from _about("attach", criteria, c.attach, evidence=documents)
    yield from _about("waive", criteria, c.waive, reason=st.sampled_from(("", "urgent")), until=until)
    yield from _on_stages(process)
    yield from _moves(process)
    yield from _beside(process)
    yield "hold", until.map(lambda date: c.hold(EPOCH, until=date))
    yield "resume", st.just(c.resume(EPOCH))


def _on_stages(process: Process) -> Iterator[tuple[str, st.SearchStrategy[Command]]]:
    tracks, primary = process.definition.tracks, process.definition.primary
    earned = [stage.id for track in tracks if not track.observed for stage in track.stages]
    every = [stage.id for track in tracks for stage in track.stages]
    yield from _about("observe", every, c.observe, source=st.sampled_from(("", "a call")))
    yield from _about("complete", earned, c.complete)
    yield from _about("skip", earned, c.skip)
    yield from _about("reopen", [stage.id for stage in primary.stages] if primary else [], c.reopen)
    yield "advance", st.sampled_from([track.id for track in tracks]).map(lambda track: c.advance(EPOCH, track=track))


def _moves(process: Process) -> Iterator[tuple[str, st.SearchStrategy[Command]]]:
    definition = process.definition
    leaves = [leaf for end in definition.ends if end.reasons for leaf in end.reasons.leaves()]
    reason = st.sampled_from(("", *leaves))
    options = [(point.id, outcome.id) for point in definition.decision_points() for outcome in point.outcomes]
    if options:
        chosen = st.sampled_from(options)
        yield "decide", st.builds(lambda option, why: c.decide(option[0], option[1], EPOCH, reason=why), chosen, reason)
    jumps = [
        (jump.id, target)
        for track in definition.tracks
        for jump in track.jumps
        for target in _targets(process, track.id)
    ]
    if jumps:
        answer = st.sampled_from((None, "willing", "unwilling"))
        to = st.sampled_from(jumps)
        yield "jump", st.builds(lambda jump, told: c.jump(jump[0], EPOCH, answer=told, to=jump[1]), to, answer)
    yield from _about("loop_back", list(process.tables.loop_of), c.loop_back)
    yield from _about("end", [end.id for end in definition.every_end()], c.end, reason=reason)


def _targets(process: Process, track: str) -> tuple[str, ...]:
    table = process.tables.track_of[track]
    return ("", *(stage.stage.id for stage in table.stages), *(decision.id for decision in table.decisions))


def _beside(process: Process) -> Iterator[tuple[str, st.SearchStrategy[Command]]]:
    definition = process.definition
    yield from _about("begin", [activity.id for activity in definition.activities], c.begin)
    results = [(a.id, result) for a in definition.activities for result in ("", *a.results)]
    if results:
        yield "finish", st.sampled_from(results).map(lambda each: c.finish(each[0], EPOCH, result=each[1]))
    told = [
        (name, end, stage)
        for name, ends in reports(process.tables).items()
        for end in (*ends, "otherwise")
        for stage in ("", *process.tables.owners(name))
    ]
    if told:
        yield "report", st.sampled_from(told).map(lambda each: c.report(each[0], each[1], EPOCH, stage=each[2]))
    yield from _about("breach", [p.id for stage in definition.stages() for p in stage.prohibitions], c.breach)


def _about(
    kind: str, subjects: Sequence[str], build: Build, **args: st.SearchStrategy[Any]
) -> Iterator[tuple[str, st.SearchStrategy[Command]]]:
    """The commands of a kind about any of these; nothing where there are none."""
    if subjects:
        yield kind, st.builds(build, st.sampled_from(subjects), st.just(EPOCH), **args)

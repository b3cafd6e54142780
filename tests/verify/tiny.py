"""Definitions small enough that all their states can be tried, with invariants that may or may not hold of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

from attrs import evolve
from tests.verify import brute

from stagegate.conditions import Condition, Environment, compile, parse
from stagegate.model import Criterion, Definition, Invariant, Procedure, Stage, Track
from stagegate.testing.making.definition import definition_from_seed
from stagegate.testing.making.dice import Dice

VALUES = {"flag": (True, False), "amount": (3, 4)}  # all that there are
ATOMS = {"flag": ("flag", "!flag"), "amount": ("amount > 3", "amount <= 3", "amount < 9")}
KINDS = ("reopen", "hold", "waive", "retract", "set_facts", "loop_back", "jump", "end", "skip", "tick", "meet")
MOST_AT_FIRST = 30  # states before the first move


WANTED: Mapping[str, Callable[[Definition], object]] = {  # what is rare in what is small is asked for
    "anything": lambda made: True,
    "waiver": lambda made: any(x.waivable for x in made.criteria()),
    "document": lambda made: any(x.evidence for x in made.criteria()),
    "followed document": lambda made: any(x.evidence and (x.when or x.of) for x in made.criteria()),
    "activity": lambda made: made.activities,
    "condition": lambda made: any(s.conditions or s.appraisal for s in made.stages()),
    "automatic": lambda made: any(d.automatic for d in made.decision_points()),
    "loop": lambda made: any(t.loops for t in made.tracks),
    "jump": lambda made: any(t.jumps for t in made.tracks),
    "two tracks": lambda made: len(made.tracks) > 1,
    "manual": lambda made: any(t.manual for t in made.tracks),
    "report": lambda made: any(stage.procedures for stage in made.stages()),
}


def tiny(seed: int) -> Definition:
    """A small random definition without most of what multiplies states: the first that is small enough."""
    wanted = WANTED[Dice(Random(seed).randint).pick(list(WANTED))]
    for number in range(1_000):
        found = drawn(1_000 * seed + number)
        if fewest_states(found) <= MOST_AT_FIRST and wanted(found):
            return found
    raise AssertionError(f"nothing small enough comes of seed {seed}")


def drawn(seed: int) -> Definition:
    """A random definition, thinned."""
    dice = Dice(Random(seed).randint)
    made = definition_from_seed(seed, "small")
    waivers = dice.pick([0, 0, 30, 60])  # percent
    tracks = tuple(thin_track(dice, track, waivers) for track in made.tracks)
    facts = tuple(evolve(f, minimum=3, maximum=4) if f.id == "amount" else f for f in made.facts)
    activities = made.activities[:1] if dice.chance(15) else ()
    made = dressed(dice, evolve(made, activities=activities, tracks=tracks, facts=facts))
    found = tuple(
        evolve(each, without=dice.some(KINDS, 20) if dice.chance(35) else ()) for each in invariants(dice, made)
    )
    return with_reports(Dice(Random(seed + 1).randint), evolve(made, invariants=found))


def with_reports(dice: Dice, made: Definition) -> Definition:
    """Seldom with one or two stages that have a sub-procedure, the report of which meets criteria of any stages."""
    recorded = [x.id for x in made.criteria() if x.when is None and not x.of]
    owners = [(track, stage) for track in made.tracks if not track.observed for stage in track.stages]
    if len(recorded) < 2 or not owners or not dice.chance(30):
        return made
    chosen = {dice.pick(owners)[1].id for _ in range(dice.pick([1, 1, 2]))}
    for track in made.tracks:
        stages = tuple(
            evolve(stage, procedures=(Procedure("job", on_end={"done": dice.some(recorded, 60)}),))
            if stage.id in chosen
            else stage
            for stage in track.stages
        )
        made = with_track(made, evolve(track, stages=stages))
    return made


def dressed(dice: Dice, made: Definition) -> Definition:
    """Seldom with a condition of the first stage that may be waived and that moves depend on, or with an appraisal."""
    primary = made.primary
    if primary is None or not dice.chance(25):
        return made
    first, *others = primary.stages
    if dice.chance(30) and first.exit_criteria:
        of = first.exit_criteria[0].id
        evidence = ("minutes",) if dice.chance(60) else ()
        item = Criterion("a0", "appraisal", primary.id, first.id, of=of, evidence=evidence)
        return with_track(made, evolve(primary, stages=(evolve(first, appraisal=(item,)), *others)))
    extra = Criterion("c0", "information", primary.id, first.id, waivable=("boss",) if dice.chance(70) else ())
    first = evolve(first, conditions=(extra,))
    env = environment(with_track(made, evolve(primary, stages=(first, *others))))
    if others:
        gate = Criterion("m0", "milestone", primary.id, others[-1].id, when=condition("met('c0')", env))
        others[-1] = evolve(others[-1], entry_milestone=(*others[-1].entry_milestone, gate))
    guarded = tuple(evolve(jump, when=condition("!met('c0')", env)) for jump in primary.jumps)
    return with_track(made, evolve(primary, stages=(first, *others), jumps=guarded))


def with_track(made: Definition, changed: Track) -> Definition:
    """The definition with one of its tracks changed."""
    return evolve(made, tracks=tuple(changed if t.id == changed.id else t for t in made.tracks))


def thin_track(dice: Dice, track: Track, waivers: int) -> Track:
    """The track with few criteria that may be waived or ask for documents."""
    return evolve(track, stages=tuple(thin_stage(dice, stage, waivers) for stage in track.stages))


def thin_stage(dice: Dice, stage: Stage, waivers: int) -> Stage:
    """The stage with its criteria made simpler."""
    exits = stage.exit_criteria
    return evolve(
        stage,
        entry_milestone=tuple(simpler(dice, x, waivers) for x in stage.entry_milestone),
        exit_criteria=None if exits is None else tuple(simpler(dice, x, waivers) for x in exits),
        conditions=tuple(simpler(dice, x, waivers) for x in stage.conditions),
        appraisal=tuple(simpler(dice, x, waivers) for x in stage.appraisal),
    )


def simpler(dice: Dice, criterion: Criterion, waivers: int) -> Criterion:
    """The criterion, seldom waivable, and seldom with a document."""
    return evolve(
        criterion,
        waivable=criterion.waivable if dice.chance(waivers) else (),
        evidence=criterion.evidence[:1] if dice.chance(25) else (),
    )


def values_of(definition: Definition) -> dict[str, tuple[Any, ...]]:
    """The values to try for each fact that something reads."""
    read = {fact for condition in brute.conditions_of(definition) for fact in condition.reads.facts}
    return {fact: values for fact, values in VALUES.items() if fact in read}


def fewest_states(definition: Definition) -> int:
    """About how many states there are already before the first move: not worth trying when these are too many."""
    many = 2  # on hold or not
    for criterion in definition.criteria():
        many *= 2 if criterion.when is None and not criterion.of else 1
        many *= 3 if criterion.waivable else 1
        many *= 2 if criterion.evidence else 1
    for values in values_of(definition).values():
        many *= len(values) + 1
    return many * 2 ** sum(1 for a in definition.activities if not a.standing)


# -- invariants ---------------------------------------------------------------------------------------------------


def environment(definition: Definition) -> Environment:
    """Everything that a condition of an invariant may name."""
    points = list(definition.decision_points())
    bare = [o.id for d in points for o in d.outcomes]
    return Environment(
        facts={f.id: f.type for f in definition.facts},
        criteria=tuple(c.id for c in definition.criteria()),
        tracks={t.id: tuple(s.id for s in t.stages) for t in definition.tracks},
        outcomes=tuple([f"{d.id}.{o.id}" for d in points for o in d.outcomes] + bare),
        ambiguous_outcomes=tuple(o for o in bare if bare.count(o) > 1),
        ends=tuple(e.id for e in definition.every_end()),
        observed=tuple(t.id for t in definition.tracks if t.observed),
        invariant=True,
    )


def condition(text: str, env: Environment) -> Condition:
    """The condition of a text."""
    tree = parse(text).tree
    assert tree is not None
    return compile(tree, env)


def invariants(dice: Dice, definition: Definition) -> Iterator[Invariant]:
    """Two of each kind, where there is something to say."""
    env = environment(definition)
    criteria = list(env.criteria)
    stages = [s.id for t in definition.tracks if not t.observed for s in t.stages]
    goals = [*stages, *(e.id for e in definition.ends)]
    for number in range(2):
        inside = dice.some(stages, 40) if dice.chance(40) else ()
        first = condition(text_of(dice, definition, env), env)
        yield Invariant(f"never_{number}", "never", condition=first, inside=inside)
        other = condition(text_of(dice, definition, env), env)
        inside = (dice.pick(stages),) if dice.chance(80) else ()
        yield Invariant(f"always_{number}", "always", condition=other, inside=inside)
        yield Invariant(f"possible_{number}", "possible", condition=condition(text_of(dice, definition, env), env))
        targets = dice.some(goals, 30) or (dice.pick(goals),)
        yield Invariant(f"everywhere_{number}", "from_everywhere", targets=targets)
        if criteria:
            wanted, entering = (dice.pick(criteria),), dice.some(goals, 25) or (dice.pick(goals),)
            yield Invariant(f"before_{number}", "before", criteria=wanted, entering=entering, or_waived=dice.chance(40))


def text_of(dice: Dice, definition: Definition, env: Environment) -> str:
    """Two or three atoms joined, so that not everything is true at once."""
    parts = [atom(dice, definition, env) for _ in range(dice.pick([2, 2, 3, 1]))]
    text = parts[0]
    for part in parts[1:]:
        text = f"{text} {dice.pick(['&&', '&&', '||'])} {part}"
    return text


def atom(dice: Dice, definition: Definition, env: Environment) -> str:
    """One comparison, or its opposite."""
    no = "!" if dice.chance(35) else ""
    kinds = ["stage", "reached", "ended"]
    earned = [t for t in definition.tracks if not t.observed]
    kinds += ["completed"] if earned else []
    facts = [text for fact, texts in ATOMS.items() if fact in values_of(definition) for text in texts]
    kinds += ["fact"] if facts else []
    kinds += ["met", "met", "waived"] if env.criteria else []
    kinds += ["taken"] if any(True for _ in definition.decision_points()) else []
    match dice.pick(kinds):
        case "met":
            return f"{no}met('{dice.pick(list(env.criteria))}')"
        case "waived":
            return f"{no}waived('{dice.pick(list(env.criteria))}')"
        case "ended":
            return f"{no}ended('{dice.pick([e.id for e in definition.ends])}')"
        case "stage":
            track = dice.pick(definition.tracks)
            return f"stage('{track.id}') == '{dice.pick(['', *(s.id for s in track.stages)])}'"
        case "reached":
            track = dice.pick(definition.tracks)
            return f"{no}reached('{track.id}', '{dice.pick(track.stages).id}')"
        case "completed":
            track = dice.pick(earned)
            return f"{no}completed('{track.id}', '{dice.pick(track.stages).id}')"
        case "taken":
            point = dice.pick(list(definition.decision_points()))
            return f"taken('{point.id}.{dice.pick(point.outcomes).id}') {dice.pick(['> 0', '< 1', '== 1', '< 2'])}"
        case _:
            return dice.pick(facts)

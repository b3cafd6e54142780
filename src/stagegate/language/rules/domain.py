"""The rules about selling: pairs of stages, what the buyer does, chances, relationships, appraisal, titles."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, product
from typing import Final

from stagegate.diagnostics import Label
from stagegate.language.rules.base import Draft, Rule, Told
from stagegate.language.tree import Mapping, Node, Scalar, Sequence
from stagegate.model import AnyOf, Criterion, Stage, Track

# --- pairs ------------------------------------------------------------------------------------------


def unpaired_stage(draft: Draft) -> Iterator[Told]:
    """A stage without its pair, in a process whose tracks are paired (R2, R24)."""
    tracks = draft.definition.tracks
    about = tuple(draft.record(f"track:{track.id}") for track in tracks)
    paired_with = {other: stage for stage in draft.definition.stages() for other in stage.pairs_with}
    facing = {name.track for name in draft.definition.stages() if name.id in paired_with}
    for track in tracks:
        pairs = any(stage.pairs_with for stage in track.stages)
        if pairs:
            for stage in _until_won(track):
                if not stage.pairs_with and stage.id not in paired_with:
                    help_text = "`pairs_with` names the stage of the other side; the gap is counted over pairs"
                    yield Told(
                        draft.id(f"stage:{stage.id}"), f"stage `{stage.id}` is paired with none", about, help=help_text
                    )
        elif track.id in facing:
            for stage in track.stages:
                if stage.id not in paired_with:
                    message = f"no stage of the other side is paired with stage `{stage.id}`"
                    yield Told(draft.id(f"stage:{stage.id}"), message, about)
    if not paired_with:
        yield from _nothing_paired(draft, about)


def _until_won(track: Track) -> Iterator[Stage]:
    """The stages up to the one that wins; what comes after an order has no counterpart (R44)."""
    decided = {d.place for d in track.decision_points if any(outcome.wins for outcome in d.outcomes)}
    for stage in track.stages:
        yield stage
        if stage.wins or stage.id in decided:
            return


def _nothing_paired(draft: Draft, about: tuple[Mapping, ...]) -> Iterator[Told]:
    buyers = [track for track in draft.definition.tracks if track.side == "buyer" and track.observed]
    sellers = [track for track in draft.definition.tracks if track.side == "seller" and not track.observed]
    if buyers and sellers:
        message = f"no stage of track `{sellers[0].id}` is paired with one of `{buyers[0].id}`"
        help_text = "without `pairs_with` the gap between the tracks cannot be told"
        yield Told(draft.id(f"track:{sellers[0].id}"), message, about, help=help_text)


def pairs_cross(draft: Draft) -> Iterator[Told]:
    """A later stage paired with an earlier stage of the other side than the stage before it."""
    index = {stage.id: place for track in draft.definition.tracks for place, stage in enumerate(track.stages)}
    home = {stage.id: stage.track for stage in draft.definition.stages()}
    for track in draft.definition.tracks:
        paired = [stage for stage in track.stages if stage.pairs_with and stage.pairs_with[0] in index]
        for before, stage in pairwise(paired):
            same = home[before.pairs_with[0]] == home[stage.pairs_with[0]]
            if same and index[stage.pairs_with[0]] < index[before.pairs_with[0]]:
                message = f"stage `{stage.id}` is paired with an earlier stage than `{before.id}` before it"
                label = Label(draft.value(f"stage:{before.id}", "pairs_with").span, f"`{before.id}` is paired here")
                yield Told(draft.value(f"stage:{stage.id}", "pairs_with"), message, labels=(label,))


def broken_run(draft: Draft) -> Iterator[Told]:
    """A stage paired with stages that are no neighbours, or with a part of the run of another stage."""
    tracks = {stage.id: track for track in draft.definition.tracks for stage in track.stages}
    for track in draft.definition.tracks:
        before: list[Stage] = []
        for stage in track.stages:
            run, at = stage.pairs_with, draft.value(f"stage:{stage.id}", "pairs_with")
            ids = [each.id for each in tracks[run[0]].stages] if run and run[0] in tracks else []
            first = ids.index(run[0]) if ids else 0
            if ids and tuple(ids[first : first + len(run)]) != run:
                message = f"the stages that `{stage.id}` is paired with do not follow each other"
                yield Told(at, message, (at,), help="name neighbouring stages of one track, in their order")
            for other in before:
                shared = [id for id in run if id in other.pairs_with]
                if shared and run != other.pairs_with:
                    message = f"`{shared[0]}` is in the run of stage `{stage.id}` and in that of `{other.id}`"
                    label = Label(draft.value(f"stage:{other.id}", "pairs_with").span, f"`{other.id}` is paired here")
                    yield Told(at, message, labels=(label,), help="let each stage face its own")
            before.append(stage)


def no_buyer_evidence(draft: Draft) -> Iterator[Told]:
    """A paired selling stage whose exit criteria are all the seller's own doing (R3, R10)."""
    for track in draft.definition.tracks:
        for stage in track.stages if track.side == "seller" else ():
            criteria = stage.exit_criteria or ()
            if stage.pairs_with and criteria and not any(item.actor in {"buyer", "both"} for item in criteria):
                key = f"stage:{stage.id}"
                message = f"nothing the buyer does is needed to complete stage `{stage.id}`"
                help_text = "give an exit criterion `actor: buyer` or `actor: both`"
                about = (draft.record(key).get("exit_criteria") or draft.record(key),)
                yield Told(draft.key(key, "exit_criteria"), message, about, help=help_text)


# --- chances ----------------------------------------------------------------------------------------


def chance_decreases(draft: Draft) -> Iterator[Told]:
    """A chance lower than the one before it (R19, R21)."""
    for track in draft.definition.tracks:
        given = [stage for stage in track.stages if stage.chance is not None]
        for stage in given:
            if stage.chance and stage.chance.completed < stage.chance.reached:
                numbers = f"{stage.chance.completed:g} is less than {stage.chance.reached:g}"
                message = f"the chance falls on completing stage `{stage.id}`: {numbers}"
                yield Told(draft.value(f"stage:{stage.id}", "chance"), message)
        for before, stage in pairwise(given):
            if before.chance and stage.chance and stage.chance.reached < before.chance.completed:
                numbers = f"{stage.chance.reached:g} is less than {before.chance.completed:g}"
                message = f"the chance falls from stage `{before.id}` to `{stage.id}`: {numbers}"
                label = Label(draft.value(f"stage:{before.id}", "chance").span, f"the chance of `{before.id}`")
                yield Told(draft.value(f"stage:{stage.id}", "chance"), message, labels=(label,))


def chance_missing(draft: Draft) -> Iterator[Told]:
    """A stage without a chance in a track whose other stages have one (R22)."""
    for track in draft.definition.tracks:
        stages = tuple(_until_won(track))
        if any(stage.chance for stage in stages):
            for stage in stages:
                key = f"stage:{stage.id}"
                if stage.chance is None:
                    message = f"stage `{stage.id}` has no chance, and other stages of track `{track.id}` have one"
                    yield Told(draft.id(key), message, (draft.record(key),), help="give all stages a chance, or none")


# --- relationships and appraisal --------------------------------------------------------------------


def relationship_level_drops(draft: Draft) -> Iterator[Told]:
    """A relationship condition at a lower level than an earlier stage asks for (R47)."""
    for track in draft.definition.tracks:
        highest: dict[tuple[str, str], Criterion] = {}
        for stage in track.stages:
            # A stage may ask for several levels, and one condition too; the highest for the same person and content counts.
            here = _highest(stage)
            yield from _drops(draft, here, highest)
            highest |= {key: item for key, item in here.items() if _level(item) >= _level(highest.get(key))}


def _highest(stage: Stage) -> dict[tuple[str, str], Criterion]:
    found: dict[tuple[str, str], Criterion] = {}
    for item in stage.conditions:
        for key in product(item.with_roles, item.content or ("",)):
            if _level(item) > _level(found.get(key)):
                found[key] = item
    return found


def _level(item: Criterion | None) -> int:
    return 0 if item is None else max(item.levels, default=0)


def _drops(
    draft: Draft, here: dict[tuple[str, str], Criterion], highest: dict[tuple[str, str], Criterion]
) -> Iterator[Told]:
    told: set[str] = set()
    for key, item in here.items():
        known = highest.get(key)
        if known is not None and _level(item) < _level(known) and item.id not in told:
            told.add(item.id)
            message = f"the relationship with `{key[0]}` falls from level {_level(known)} to {_level(item)}"
            label = Label(draft.value(f"criterion:{known.id}", "level").span, f"level {_level(known)} was asked here")
            yield Told(draft.value(f"criterion:{item.id}", "level"), message, labels=(label,))


def appraisal_without_proof(draft: Draft) -> Iterator[Told]:
    """An appraisal item for which no document is named anywhere, so that it can never count (R50)."""
    proven = {item.id for item in draft.definition.criteria() if item.evidence}
    for stage in draft.definition.stages():
        for item in stage.appraisal:
            if item.id not in proven and item.of not in proven:
                key = f"criterion:{item.id}"
                message = f"appraisal item `{item.id}` names no document that proves it, so it never counts"
                help_text = "give it `evidence`" + (f", or give it to criterion `{item.of}`" if item.of else "")
                about = (draft.record(key), *((draft.record(f"criterion:{item.of}"),) if item.of else ()))
                yield Told(draft.id(key), message, about, help=help_text)


def choice_of_one(draft: Draft) -> Iterator[Told]:
    """An `any_of` that leaves no choice: it names one document, or one that the criterion needs anyhow."""
    for item in draft.definition.criteria():
        needed = {entry for entry in item.evidence if isinstance(entry, str)}
        for entry in item.evidence:
            if not isinstance(entry, AnyOf):
                continue
            at = _choice_at(draft, item, entry)
            if len(entry.documents) == 1:
                message = f"`any_of` of criterion `{item.id}` names one document, so there is no choice"
                yield Told(at, message, help=f"write `{entry.documents[0]}` instead, or name another document as well")
            elif both := [d for d in entry.documents if d in needed]:
                message = f"criterion `{item.id}` needs `{both[0]}` anyhow, so `any_of` asks for nothing more"
                yield Told(at, message, help=f"take `{both[0]}` out of one of the two")


def _choice_at(draft: Draft, item: Criterion, choice: AnyOf) -> Node:
    """Where an `any_of` is written."""
    key = f"criterion:{item.id}"
    listed = draft.record(key).get("evidence")
    found = listed.items if isinstance(listed, Sequence) else ()
    written = {
        tuple(each.text for each in documents if isinstance(each, Scalar)): documents
        for entry in found
        if isinstance(entry, Mapping) and isinstance(documents := entry.get("any_of"), Sequence)
    }
    return written.get(choice.documents) or draft.value(key, "evidence")


def empty_range(draft: Draft) -> Iterator[Told]:
    """A fact whose least value is greater than its greatest."""
    for fact in draft.definition.facts:
        if fact.minimum is not None and fact.maximum is not None and fact.minimum > fact.maximum:
            message = f"no value of fact `{fact.id}` is accepted: {fact.minimum:g} is more than {fact.maximum:g}"
            yield Told(draft.value(f"fact:{fact.id}", "minimum"), message)


RULES: Final = (
    Rule("unpaired-stage", "warning", "domain", "a stage of paired tracks has no pair", unpaired_stage),
    Rule("pairs-cross", "warning", "domain", "pairs of stages cross each other", pairs_cross),
    Rule("broken-run", "error", "domain", "a stage is paired with stages that are no run", broken_run),
    Rule("no-buyer-evidence", "warning", "domain", "a selling stage completes without the buyer", no_buyer_evidence),
    Rule("chance-decreases", "error", "domain", "the chance of winning falls along the stages", chance_decreases),
    Rule("chance-missing", "warning", "domain", "some stages have a chance and others have none", chance_missing),
    Rule(
        "relationship-level-drops",
        "warning",
        "domain",
        "a later stage asks for a lower level of relationship",
        relationship_level_drops,
    ),
    Rule(
        "appraisal-without-proof", "warning", "domain", "no document proves an appraisal item", appraisal_without_proof
    ),
    Rule("choice-of-one", "warning", "domain", "a choice of documents leaves no choice", choice_of_one),
    Rule("empty-range", "error", "domain", "the bounds of a fact leave no value", empty_range),
)

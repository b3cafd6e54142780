"""What a first plan guesses of stages: by their criteria, as split, as merged; and what it leaves alone."""

from __future__ import annotations

import pytest
from tests.versions.changed import process_of

from stagegate.process import Process
from stagegate.versions.draft import Draft, draft

HEAD = """\
stagegate: 1
process: small
version: {version}
tracks:
  - id: way
    stages:
"""
ENDS = "ends: [{id: won, kind: won}, {id: lost, kind: lost, by_command: true}]\n"


def small(version: str, *stages: str) -> Process:
    """A process of stages, each told as `name: criterion criterion`."""
    lines = [HEAD.format(version=version)]
    for told in stages:
        name, _, criteria = told.partition(":")
        wins = ", completes: won" if told == stages[-1] else ""
        lines.append(
            f"      - {{id: {name}, exit_criteria: [{', '.join(f'{{id: {c}}}' for c in criteria.split())}]{wins}}}\n"
        )
    return process_of("".join(lines) + ENDS)


def drafted(old: list[str], new: list[str]) -> Draft:
    """The draft from stages to stages."""
    return draft(small("1.0.0", *old), small("2.0.0", *new))


def stages_of(found: Draft) -> dict[str, tuple[str, ...]]:
    """What a draft says of stages."""
    return dict(found.plan.names.get("stages", {}))


OLD = ["aaa: a1 a2", "negotiate: price terms", "sign: paper ink", "zzz: z1"]


def test_a_stage_goes_by_its_criteria_where_nothing_else_is_the_same() -> None:
    found = drafted(OLD, ["aaa: a1 a2", "verhandlung: price terms", "sign: paper ink", "zzz: z1"])
    assert stages_of(found) == {"negotiate": ("verhandlung",)}
    assert found.remarks["stages.negotiate"] == "a guess: most of its criteria are there"
    assert not found.plan.land


def test_a_stage_that_became_two_new_ones() -> None:
    found = drafted(OLD, ["aaa: a1 a2", "pricing: price", "wording: terms", "sign: paper ink", "zzz: z1"])
    assert stages_of(found) == {"negotiate": ("pricing", "wording")}
    assert found.remarks["stages.negotiate"] == "a guess: split, its criteria are in these stages"
    assert not found.plan.land
    assert not found.plan.passed


def test_a_stage_that_gave_a_part_of_its_criteria_to_a_new_neighbour() -> None:
    found = drafted(OLD, ["aaa: a1 a2", "negotiate: price", "wording: terms", "sign: paper ink", "zzz: z1"])
    assert stages_of(found) == {"negotiate": ("negotiate", "wording")}
    assert not found.plan.passed


def test_two_stages_that_became_a_new_one() -> None:
    found = drafted(OLD, ["aaa: a1 a2", "close: price terms paper ink", "zzz: z1"])
    assert stages_of(found) == {"negotiate": ("close",), "sign": ("close",)}
    assert {found.remarks[f"stages.{s}"] for s in ("negotiate", "sign")} == {
        "a guess: merged, most of its criteria are there"
    }
    assert not found.plan.land


def test_a_stage_that_went_into_its_neighbour() -> None:
    found = drafted(OLD, ["aaa: a1 a2", "negotiate: price terms paper ink", "zzz: z1"])
    assert stages_of(found) == {"sign": ("negotiate",)}
    assert not found.plan.land


@pytest.mark.parametrize(
    ("new", "stages"),
    [
        pytest.param(["aaa: a1 a2", "sign: paper ink", "zzz: z1"], {"negotiate": ()}, id="removed with its criteria"),
        pytest.param(
            ["aaa: a1 a2", "sign: paper ink", "zzz: z1 price terms"], {"negotiate": ()}, id="no neighbour took them"
        ),
        pytest.param(
            ["aaa: a1 a2", "negotiate: price terms", "check: x1 x2 x3", "sign: paper ink", "zzz: z1"], {}, id="new"
        ),
        pytest.param(
            ["aaa: a1 a2", "negotiate: price", "sign: paper ink terms", "zzz: z1"], {}, id="a criterion moved to an old stage"
        ),
        pytest.param(
            ["aaa: a1 a2", "negotiate: price", "check: terms x1 x2", "sign: paper ink", "zzz: z1"],
            {},
            id="new, with one criterion of its neighbour",
        ),
    ],
)  # fmt: skip
def test_what_is_no_rename_no_split_and_no_merger(new: list[str], stages: dict[str, tuple[str, ...]]) -> None:
    assert stages_of(drafted(OLD, new)) == stages

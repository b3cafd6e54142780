"""Every subject that stagegate set out to express has its place, and every bundled definition stands in the table.

The table is `docs/definitions/subjects.yaml`; it holds ids and no facts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from stagegate.bundled import bundled_names
from stagegate.loading import suites
from stagegate.model import Definition

DOCS = Path(__file__).resolve().parent.parent / "docs"
LEAST = 50


@pytest.fixture(scope="module")
def pages() -> Iterator[Any]:
    """The module that makes the table of it."""
    sys.path.insert(0, str(DOCS))
    try:
        import definition_pages

        yield definition_pages
    finally:
        sys.path.remove(str(DOCS))


@pytest.fixture(scope="module")
def definitions() -> dict[str, Definition]:
    found = (suite.process for suite in suites(bundled_names()))
    return {process.name: process.definition for process in found if process is not None}


def faults(row: Mapping[str, Any], definitions: Mapping[str, Definition], pages: Any) -> Iterator[str]:
    """What is wrong with a row."""
    if set(row) not in ({"definition"}, {"definition", "track"}, {"attached"}) or not all(row.values()):
        yield "a row has either `definition` (and perhaps `track`) or `attached`"
        return
    if "definition" in row:
        definition = definitions.get(row["definition"])
        if definition is None:
            yield f"no definition `{row['definition']}` is bundled"
        elif "track" in row and row["track"] not in {track.id for track in definition.tracks}:
            yield f"`{row['definition']}` has no track `{row['track']}`"
    for place in row.get("attached", ()):
        definition = definitions.get(place["process"])
        if definition is None:
            yield f"no definition `{place['process']}` is bundled"
        elif place.get("id", "") not in pages.things_of(definition, place["kind"]):
            yield f"`{place['process']}` has no {place['kind']} `{place.get('id', '')}`"


def test_every_subject_has_its_place(definitions: dict[str, Definition], pages: Any) -> None:
    rows = pages.subjects()
    assert len(rows) >= LEAST
    assert [f"{id}: {fault}" for id, row in rows.items() for fault in faults(row, definitions, pages)] == []


def test_every_bundled_definition_stands_in_the_table(definitions: dict[str, Definition], pages: Any) -> None:
    told = {row["definition"] for row in pages.subjects().values() if "definition" in row}
    assert sorted(set(bundled_names()) - told) == []
    assert set(definitions) == set(bundled_names())


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({}, "a row has either"),
        ({"attached": []}, "a row has either"),
        ({"definition": "pdca", "attached": [{"process": "pdca", "kind": "gap"}]}, "a row has either"),
        ({"definition": "nothing"}, "no definition `nothing`"),
        ({"definition": "project-sales", "track": "renting"}, "has no track `renting`"),
        ({"attached": [{"process": "nothing", "kind": "gap"}]}, "no definition `nothing`"),
        ({"attached": [{"process": "pdca", "kind": "gap"}]}, "`pdca` has no gap"),
        ({"attached": [{"process": "pdca", "kind": "notation"}]}, "`pdca` has no notation"),
        ({"attached": [{"process": "project-sales", "kind": "catalogue", "id": "x"}]}, "has no catalogue `x`"),
    ],
)
def test_a_wrong_row_is_noticed(
    row: dict[str, Any], fault: str, definitions: dict[str, Definition], pages: Any
) -> None:
    assert [told for told in faults(row, definitions, pages) if fault in told]


def test_a_family_has_one_title_in_each_language(definitions: dict[str, Definition]) -> None:
    """Processes stand together in `list` and in the index because of the English one."""
    families = {definition.family for definition in definitions.values()}
    assert all(family.en and family.zh for family in families)
    assert len(families) == len({family.en for family in families}) == len({family.zh for family in families})

"""Catalogues that come from another definition: what is taken, and what is told where that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagegate import check, load
from stagegate.diagnostics import Finding, Source
from stagegate.engine.identity import figures_digest, flow_digest
from stagegate.language import check_source, elsewhere, read
from stagegate.model import Catalogue, Definition, Guidance, Text

HEAD = "stagegate: 1\nprocess: {}\nversion: 1.0.0\n"
TRACKS = "tracks: [{{id: t, stages: [{{id: a, guidance: {}}}]}}]\n"
PARTNER = """\
catalogues:
  ways:
    title: {en: Ways, zh: 方式}
    source: Page three
    basis: proposed
    guidance: Look twice.
    entries:
      - {id: openly, text: Ask and wait., guidance: [{use: ways.closely}, {use: others.plain}, {use: others}, Smile.]}
      - {id: group, entries: [{id: closely, title: Closely}]}
  others: {title: Others, entries: [{id: plain, text: Plainly.}]}
checklists:
  packing: {entries: [{id: pen}]}
tracks: [{id: p, stages: [{id: b}]}]
"""


def write(folder: Path, name: str, text: str, file: str = "") -> Path:
    path = folder / f"{file or name}.yaml"
    path.write_text(HEAD.format(name) + text, encoding="utf-8")
    return path


def own(folder: Path, record: str, use: str = "none", section: str = "catalogues") -> Path:
    return write(folder, "own", f"{section}:\n  ways: {record}\n" + TRACKS.format(use))


def found(path: Path) -> list[Finding]:
    return [finding for finding in check(path).findings if finding.rule != "unused-name"]


def said(path: Path) -> list[tuple[str, str, str]]:
    """Rule, message and help of all that is found, after a look at the place: it is the value of `from` or `catalogue`."""
    text = path.read_text(encoding="utf-8").splitlines()
    findings = found(path)
    for finding in findings:
        before = text[finding.span.line - 1][: finding.span.column - 1]
        assert before.endswith(("from: ", "catalogue: ", "use: ")), finding
    return [(finding.rule, finding.message, finding.help) for finding in findings]


def definition(path: Path) -> Definition:
    return load(path).definition


def ways(path: Path) -> Catalogue:
    (catalogue,) = definition(path).catalogues
    return catalogue


@pytest.fixture
def partner(tmp_path: Path) -> Path:
    """A folder with the other definition in it, in a file of another name."""
    write(tmp_path, "partner", PARTNER, "some-file")
    return tmp_path


def test_title_entries_and_notes_come_along(partner: Path) -> None:
    path = own(partner, "{from: partner}", "[{use: ways}, {use: ways.openly}, {use: ways.closely}]")
    assert said(path) == []
    catalogue = ways(path)
    assert (catalogue.id, catalogue.origin, catalogue.title) == ("ways", "partner", Text("Ways", "方式"))
    assert [entry.id for entry in catalogue.every_entry()] == ["openly", "group", "closely"]
    assert (catalogue.notes.basis, catalogue.notes.source) == ("proposed", Text("Page three"))
    assert [piece.text for piece in catalogue.notes.guidance] == [Text("Look twice.")]


def test_advice_within_it_is_written_out(partner: Path) -> None:
    entry = ways(own(partner, "{from: partner}")).entries[0]
    texts = [Text("Closely"), Text("Plainly."), Text("Others"), Text("Smile.")]
    assert entry.notes.guidance == tuple(Guidance(text) for text in texts)


def test_what_is_said_here_stands_over_what_is_said_there(partner: Path) -> None:
    catalogue = ways(own(partner, "{from: partner, title: Mine, source: Page one}"))
    assert (catalogue.title, catalogue.notes.source) == (Text("Mine"), Text("Page one"))
    assert catalogue.notes.basis == "proposed"
    assert len(catalogue.entries) == 2


def test_it_may_have_another_id_there_and_be_a_checklist(partner: Path) -> None:
    assert [e.id for e in ways(own(partner, "{from: partner, catalogue: others}")).entries] == ["plain"]
    assert [e.id for e in ways(own(partner, "{from: partner, catalogue: packing}")).entries] == ["pen"]
    path = own(partner, "{from: partner, catalogue: packing}", section="checklists")
    assert [(c.id, c.origin) for c in definition(path).checklists] == [("ways", "partner")]


def test_the_digests_are_those_of_a_catalogue_of_its_own(partner: Path) -> None:
    borrowed = definition(own(partner, "{from: partner}"))
    written = definition(own(partner, "{entries: [{id: openly}]}"))
    assert flow_digest(borrowed) == flow_digest(written)
    assert figures_digest(borrowed) == figures_digest(written)


def test_a_bundled_definition_will_do(tmp_path: Path) -> None:
    record = "{from: decision-point-buying-cycle, catalogue: dialogue_strategies}"
    catalogue = ways(own(tmp_path, record))
    there = {c.id: c for c in load("decision-point-buying-cycle").definition.catalogues}["dialogue_strategies"]
    assert catalogue.entries
    assert [e.id for e in catalogue.every_entry()] == [e.id for e in there.every_entry()]


def test_it_goes_on_over_several_definitions(partner: Path) -> None:
    write(
        partner,
        "middle",
        "catalogues: {between: {from: partner, catalogue: ways, title: Between}}\n" + TRACKS.format("x"),
    )
    catalogue = ways(own(partner, "{from: middle, catalogue: between}"))
    assert (catalogue.origin, catalogue.title) == ("middle", Text("Between"))
    assert [e.id for e in catalogue.entries] == ["openly", "group"]


def test_a_change_in_the_other_file_is_seen(partner: Path) -> None:
    path = own(partner, "{from: partner}", "{use: ways.openly}")
    assert said(path) == []
    write(partner, "partner", PARTNER.replace("openly", "with_a_smile"), "some-file")
    assert said(path) == [
        ("unknown-catalogue", "catalogue `ways` has no entry `openly`", "did you mean `ways.closely`?")
    ]
    (partner / "some-file.yaml").unlink()
    assert [rule for rule, _, _ in said(path)] == ["unknown-process"]


# --- what cannot be ----------------------------------------------------------------------------------


def test_an_entry_that_is_not_there_is_told_with_the_near_one(partner: Path) -> None:
    path = own(partner, "{from: partner}", "{use: ways.opnly}")
    assert said(path) == [("unknown-catalogue", "catalogue `ways` has no entry `opnly`", "did you mean `ways.openly`?")]


@pytest.mark.parametrize(
    ("record", "rule", "message", "help"),
    [
        ("{from: nobody}", "unknown-process", "no process named `nobody`", "a definition stands in the same folder, or is bundled"),
        ("{from: partnr}", "unknown-process", "no process named `partnr`", "did you mean `partner`?"),
        ("{from: partner, catalogue: wys}", "unknown-catalogue", "process `partner` has no catalogue `wys`", "did you mean `ways`?"),
        (
            "{from: partner, catalogue: nothing}",
            "unknown-catalogue",
            "process `partner` has no catalogue `nothing`",
            "declared are `ways`, `others`, `packing`",
        ),
        (
            "{from: own}",
            "circular-catalogue",
            "catalogue `ways` comes from the process it stands in",
            "write its `entries` here, or name another process",
        ),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told_at_its_place(partner: Path, record: str, rule: str, message: str, help: str) -> None:
    path = own(partner, record, "{use: ways.openly}")
    assert said(path) == [(rule, message, help)]


def test_without_its_id_there_the_finding_stands_at_from(partner: Path) -> None:
    write(partner, "empty", TRACKS.format("x"))
    path = own(partner, "{from: empty}")
    assert said(path) == [("unknown-catalogue", "process `empty` has no catalogue `ways`", "none is declared")]


@pytest.mark.parametrize(
    ("text", "rule", "message", "help"),
    [
        ("catalogues: {ways: [\n", "unknown-process", "the definition of `broken` cannot be read: ", "mend broken.yaml:"),
        ("a: &x 1\n", "unknown-process", "the definition of `broken` cannot be read: anchors", "mend broken.yaml:4:4"),
        ("a: \x07\n", "unknown-process", "the definition of `broken` cannot be read: the character", "mend broken.yaml:4:4"),
        ("a: " + "[" * 60, "unknown-process", "the definition of `broken` cannot be read: ", "mend broken.yaml:4"),
        ("# " + "x" * 1024 * 1024, "unknown-process", "the definition of `broken` cannot be read: the file is larger", "mend broken.yaml:1:1"),
        (
            "catalogues: {ways: {entries: [{id: Bad}]}}\n",
            "unknown-catalogue",
            "catalogue `ways` of process `broken` has a mistake: `Bad` is not an id",
            "mend broken.yaml:4:36",
        ),
        ("catalogues: {ways: {from: nowhere}}\n", "unknown-process", "catalogue `ways` of process `broken` comes from a process that is not there", ""),
        ("catalogues: []\n", "unknown-catalogue", "process `broken` has no catalogue `ways`", "none is declared"),
        ("catalogues: {ways: 3}\n", "unknown-catalogue", "process `broken` has no catalogue `ways`", "none is declared"),
    ],
)  # fmt: skip
def test_a_broken_definition_is_told_and_where_to_mend_it(
    tmp_path: Path, text: str, rule: str, message: str, help: str
) -> None:
    write(tmp_path, "broken", text)
    ((told, words, advice),) = said(own(tmp_path, "{from: broken}", "[{use: ways.openly}]"))
    assert told == rule
    assert words.startswith(message)
    assert advice.startswith(help)


def test_other_mistakes_in_the_other_definition_are_its_own(partner: Path) -> None:
    write(partner, "partner", PARTNER.replace("stages: [{id: b}]", "stags: 3"), "some-file")
    assert said(own(partner, "{from: partner}", "{use: ways}")) == []


def test_a_file_that_is_gone_when_it_is_read_is_told(tmp_path: Path) -> None:
    path = own(tmp_path, "{from: gone}")
    _, report = read(path, processes=(), find=lambda name: tmp_path / f"{name}.yaml")
    (finding,) = [f for f in report if f.rule != "unused-name"]
    assert (finding.rule, finding.message) == (
        "unknown-process", "the definition of `gone` cannot be read: No such file or directory",
    )  # fmt: skip


def test_a_folder_with_the_name_of_a_file_is_passed_over(partner: Path) -> None:
    (partner / "folder.yaml").mkdir()
    assert said(own(partner, "{from: partner}")) == []


def test_circles_are_found_however_long(tmp_path: Path) -> None:
    write(tmp_path, "b", "catalogues: {x: {from: c, catalogue: y}}\n" + TRACKS.format("x"))
    write(tmp_path, "c", "catalogues: {y: {from: b, catalogue: x}}\n" + TRACKS.format("x"))
    ((rule, message, _),) = said(own(tmp_path, "{from: b, catalogue: x}"))
    assert (rule, message) == (
        "circular-catalogue", "catalogue `ways` comes from itself: `own.ways` -> `b.x` -> `c.y` -> `b.x`",
    )  # fmt: skip


def test_a_long_way_ends(tmp_path: Path) -> None:
    for number in range(30):
        write(tmp_path, f"p{number}", f"catalogues: {{ways: {{from: p{number + 1}}}}}\n" + TRACKS.format("x"))
    ((rule, message, _),) = said(own(tmp_path, "{from: p0}"))
    assert rule == "bad-value"
    assert message == f"catalogues come from more than {elsewhere.MOST_OTHERS} other definitions"


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        ("{from: partner, entries: []}", "bad-value"),
        ("{catalogue: ways}", "bad-value"),
        ("{from: Partner}", "bad-value"),
        ("{from: 3}", "wrong-type"),
        ("{from: partner, catalogue: 3}", "wrong-type"),
    ],
)
def test_a_wrong_shape_is_told_once(partner: Path, record: str, rule: str) -> None:
    assert [finding.rule for finding in found(own(partner, record, "{use: ways.nothing}"))][:1] == [rule]


# --- where nothing is known --------------------------------------------------------------------------


def test_of_a_bare_text_nothing_false_is_said() -> None:
    text = (
        HEAD.format("own") + "catalogues: {ways: {from: anybody}}\n" + TRACKS.format("[{use: ways.thing}, {use: ways}]")
    )
    scenario = "scenarios: [{id: s, guidance: {use: ways.thing}, when: [], then: {ended: ''}}]\n"
    made, report = check_source(Source("x.yaml", text + scenario))
    assert list(report) == []
    assert made is not None
    assert [(c.id, c.origin, c.entries) for c in made.catalogues] == [("ways", "anybody", ())]
    assert [f.rule for f in check_source(Source("x.yaml", text), processes=("other",))[1]] == ["unknown-process"]
    assert [f.rule for f in check_source(Source("x.yaml", text), processes=("anybody",))[1]] == []


def test_advice_of_scenarios_is_looked_up(partner: Path) -> None:
    scenario = "scenarios: [{id: s, guidance: {use: ways.%s}, when: [], then: {ended: ''}}]\n"
    path = own(partner, "{from: partner}")
    text = path.read_text(encoding="utf-8")
    path.write_text(text + scenario % "openly", encoding="utf-8")
    assert said(path) == []
    path.write_text(text + scenario % "opnly", encoding="utf-8")
    assert said(path) == [
        ("unknown-catalogue", "no catalogue or entry named `ways.opnly`", "did you mean `ways.openly`?")
    ]

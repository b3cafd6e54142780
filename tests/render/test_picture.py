"""Pictures: nothing overlaps, nothing is cut, no line runs through a box or a text, whatever the process."""

from __future__ import annotations

import itertools
import random
import xml.etree.ElementTree as ET
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from stagegate.bundled import bundled_names
from stagegate.language import read
from stagegate.model import (
    Activity,
    Chance,
    Criterion,
    DecisionPoint,
    Definition,
    End,
    Jump,
    Loop,
    Notes,
    Outcome,
    OutcomeKind,
    Stage,
    Text,
    Track,
)
from stagegate.render.picture import Highlight, TrackHighlight, columns, draw, glyphs, scene, theme
from stagegate.render.picture.scene import Box, Rect, Scene, Wire, Words
from stagegate.render.picture.shapes import RING, SHAPES
from stagegate.render.picture.text import Block, clean

DEFINITIONS = Path(__file__).parents[2] / "definitions"
BUNDLED = sorted(DEFINITIONS / f"{name}.yaml" for name in bundled_names())
SVG = "{http://www.w3.org/2000/svg}"


# -- what must hold of every picture


def lines_of(words: Words) -> list[Rect]:
    """Each line of a text by itself."""
    block = words.block
    one = [Words(Block((line,), block.size, block.bold), words.x, 0, words.anchor) for line in block.lines]
    return [w.moved(0, words.top + i * block.pitch).rect for i, w in enumerate(one)]


def texts(picture: Scene) -> list[tuple[str, Rect]]:
    """Every line of text with its owner."""
    found = [(box.id, box.words) for box in picture.boxes]
    found += [(label.id, (label.words,)) for label in picture.labels]
    found += [(band.id, band.words) for band in picture.bands]
    found += [("heading", picture.headings), ("sign", picture.words)]
    return [(owner, rect) for owner, words in found for w in words for rect in lines_of(w)]


def segments(wire: Wire) -> list[Rect]:
    """The straight parts of a line as flat rectangles."""
    return [
        Rect(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
        for (ax, ay), (bx, by) in itertools.pairwise(wire.points)
    ]


def check(picture: Scene) -> None:
    """All of it."""
    whole = Rect(0, 0, picture.width, picture.height)
    written = texts(picture)
    for owner, rect in written:
        assert whole.holds(rect), f"text of {owner} leaves the picture"
    for a, b in itertools.combinations(picture.boxes, 2):
        assert not a.rect.overlaps(b.rect, 0.1), f"{a.id} lies on {b.id}"
    for (a, ra), (b, rb) in itertools.combinations(written, 2):
        assert not ra.overlaps(rb, 0.1), f"texts of {a} and {b} overlap: {ra} {rb}"
    for box in picture.boxes:
        check_box(box, written)
    for wire in picture.wires:
        check_wire(wire, picture.boxes, written)
    for a, b in itertools.combinations(picture.wires, 2):
        if a.net != b.net:
            for pa, pb in itertools.product(segments(a), segments(b)):
                assert not lies_on(pa, pb), f"{a.id} lies on {b.id}"


def check_box(box: Box, written: list[tuple[str, Rect]]) -> None:
    lines = [rect for words in box.words for rect in lines_of(words)]
    for rect in lines:
        if box.kind in ("stage", "decision", "activity", "note"):
            assert box.rect.holds(rect), f"a text of {box.id} leaves its box"
        if box.kind == "decision" and box.outline.shape == "diamond":
            away = max(abs(rect.top - box.y), abs(rect.bottom - box.y)) - 3
            room = box.outline.width / 2 * (1 - away / (box.outline.height / 2))
            assert (rect.right - rect.left) / 2 <= room, f"a text of {box.id} leaves its diamond"
    for owner, rect in written:
        if owner != box.id:
            assert not rect.overlaps(box.rect, 0.1), f"text of {owner} lies on {box.id}"


def check_wire(wire: Wire, boxes: tuple[Box, ...], written: list[tuple[str, Rect]]) -> None:
    for part in segments(wire):
        for box in boxes:
            if box.id not in (wire.source, wire.target):
                assert not part.overlaps(box.rect, -0.5), f"{wire.id} runs through {box.id}"
            elif box.outline.shape in ("rectangle", "rounded"):
                assert not part.overlaps(box.rect, 0.6), f"{wire.id} runs through its own {box.id}"
        for owner, rect in written:
            assert not part.overlaps(rect, 0.2), f"{wire.id} runs through the text of {owner}"


def lies_on(a: Rect, b: Rect) -> bool:
    """Two parallel parts less than three apart, beside each other for more than three."""
    flat = (a.top == a.bottom, b.top == b.bottom)
    if flat == (True, True):
        return abs(a.top - b.top) < 3 and min(a.right, b.right) - max(a.left, b.left) > 3
    if flat == (False, False):
        return abs(a.left - b.left) < 3 and min(a.bottom, b.bottom) - max(a.top, b.top) > 3
    return False


def parsed(svg: str) -> ET.Element:
    root = ET.fromstring(svg)
    ids = [e.attrib["id"] for e in root.iter() if "id" in e.attrib]
    assert len(ids) == len(set(ids))
    return root


# -- the processes that come with the library


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_bundled(path: Path, language: str) -> None:
    definition, _ = read(path)
    assert definition is not None
    check(scene(definition, language=language))
    root = parsed(draw(definition, language=language))
    written = squeezed("".join("".join(e.itertext()) for e in root.iter(f"{SVG}text")))
    for stage in definition.stages():
        assert squeezed(stage.title(language)) in written
        assert root.find(f".//*[@id='sg-{stage.id}']") is not None


def squeezed(text: str) -> str:
    return "".join(clean(text).split())


# -- random processes

WORDS = ["The", "customer", "agrees", "to", "a", "first", "meeting", "about", "preliminary", "solutions", "budget"]
SIGNS = "客户同意与我方会面讨论初步方案及预算、立项（招标）。"


def a_text(rng: random.Random, most: int = 7) -> Text:
    words = rng.choices(WORDS, k=rng.randint(1, most))
    if rng.random() < 0.05:
        words.append("Pneumonoultramicroscopicsilicovolcanoconiosis" * rng.randint(1, 3))
    if rng.random() < 0.05:
        words.append("<&\"'>\x07")
    return Text(" ".join(words), "".join(rng.choices(SIGNS, k=rng.randint(1, most * 2))))


def a_stage(rng: random.Random, id: str, track: str, pairs: str) -> Stage:
    items = tuple(Criterion(f"{id}_c{i}", "exit", track, id) for i in range(rng.randint(0, 4)))
    return Stage(
        id,
        track,
        a_text(rng),
        pairs_with=pairs,
        start=rng.random() < 0.1,
        optional=rng.random() < 0.2,
        exit_criteria=items or None,
        entry_milestone=items if rng.random() < 0.5 else (),
        chance=Chance(0.1, 0.2 if rng.random() < 0.5 else 0.1) if rng.random() < 0.5 else None,
        time_limit=timedelta(days=rng.randint(1, 100)) if rng.random() < 0.5 else None,
        wins="won" if rng.random() < 0.1 else "",
        repeatable=Loop(f"{id}_again", track, (id,), id, max=3) if rng.random() < 0.2 else None,
    )


def a_decision(rng: random.Random, id: str, track: str, stages: list[str], at: int, *, after: bool) -> DecisionPoint:
    outcomes: list[Outcome] = []
    for i in range(rng.randint(2, 5)):
        to = rng.choice([*stages, "won", "lost", ""])
        index = stages.index(to) if to in stages else -1
        kind: OutcomeKind = "end" if to in ("won", "lost") else "hold"
        if index >= 0:
            kind = "advance" if index == at + 1 else "jump" if index > at else "repeat" if index == at else "loop_back"
            if index == 0 and rng.random() < 0.3:
                kind = "new_round"
        outcomes.append(Outcome(f"o{i}", kind, to, a_text(rng, 5), hold=timedelta(days=30), max=rng.choice([None, 3])))
    place = stages[at]
    return DecisionPoint(id, track, place if after else "", place, tuple(outcomes), a_text(rng), a_text(rng, 12))


def a_track(rng: random.Random, id: str, partner: list[str]) -> Track:
    stages = [f"{id}_{i}" for i in range(rng.randint(1, 14))]
    made = [a_stage(rng, s, id, rng.choice(["", *partner]) if partner else "") for s in stages]
    points = [
        a_decision(rng, f"{id}_d{i}", id, stages, i, after=True) for i in range(len(stages)) if rng.random() < 0.3
    ]
    points += [
        a_decision(rng, f"{id}_e{i}", id, stages, i, after=False) for i in range(len(stages)) if rng.random() < 0.1
    ]
    jumps = [
        Jump(f"{id}_j{i}", id, tuple(stages[: rng.randint(1, 3)]), rng.choice(["", *stages[3:]]), a_text(rng))
        for i in range(rng.randint(0, 3))
    ]
    loops = [
        Loop(f"{id}_l{i}", id, tuple(rng.sample(stages, rng.randint(1, min(3, len(stages))))), stages[0], a_text(rng))
        for i in range(rng.randint(0, 3))
    ]
    side = rng.choice(["buyer", "seller", "other"])
    return Track(
        id, tuple(made), side, title=a_text(rng), cycle=rng.random() < 0.3, decision_points=tuple(points),
        jumps=tuple(jumps), loops=tuple(loops),
    )  # fmt: skip


def a_definition(seed: int) -> Definition:
    rng = random.Random(seed)
    tracks: list[Track] = []
    for i in range(rng.randint(1, 3)):
        tracks.append(a_track(rng, f"t{i}", [s.id for t in tracks for s in t.stages]))
    ends = (
        End("won", "won", a_text(rng)),
        End("lost", "lost", a_text(rng)),
        End("gone", "given_up", a_text(rng), True),
    )
    activities = tuple(Activity(f"a{i}", (), a_text(rng, 12), blocks=True) for i in range(rng.randint(0, 4)))
    return Definition("random", "1.0.0", tuple(tracks), a_text(rng), ends=ends, activities=activities)


@pytest.mark.parametrize("seed", range(24))
def test_random(seed: int) -> None:
    definition = a_definition(seed)
    for language in ("en", "zh"):
        picture = scene(definition, language=language)
        check(picture)
        written = "".join(line for label in picture.labels for line in label.words.block.lines)
        written += "".join(line for box in picture.boxes for words in box.words for line in words.block.lines)
        for moves in (*(t.jumps for t in definition.tracks), *(t.loops for t in definition.tracks)):
            for move in moves:  # every label has found its place
                assert squeezed(move.title(language)) in squeezed(written)
        parsed(draw(definition, language=language))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_for_every_element(shape: str) -> None:
    elements = dict.fromkeys(["start", "end", "decision", "process", "link", "annotation"], shape)
    parsed(draw(a_definition(3), notation=elements))


def test_unknown_shape() -> None:
    with pytest.raises(ValueError, match="no shape named star"):
        draw(a_definition(1), notation={"end": "star"})


def a_pair() -> Definition:
    """Two tracks of three stages side by side."""
    buying = tuple(Stage(f"b{i}", "buying", Text(f"Buying {i}")) for i in range(3))
    selling = tuple(Stage(f"s{i}", "selling", Text(f"Selling {i}"), pairs_with=f"b{i}") for i in range(3))
    tracks = (Track("buying", buying, "buyer", observed=True), Track("selling", selling))
    return Definition("pair", "1.0.0", tracks, ends=(End("won", "won", Text("Won")), End("lost", "lost", Text("Lost"))))


def at(picture: Scene, id: str) -> Box:
    return next(box for box in picture.boxes if box.id == id)


def test_paired_stages_share_a_column() -> None:
    picture = scene(a_pair())
    assert [at(picture, f"b{i}").x for i in range(3)] == [at(picture, f"s{i}").x for i in range(3)]
    assert len(picture.pairs) == 3


def test_a_stage_paired_with_several_spans_them() -> None:
    buying = tuple(Stage(f"b{i}", "buying") for i in range(2))
    pairs = ("b0", "b0", "b1")
    selling = tuple(Stage(f"s{i}", "selling", pairs_with=pair) for i, pair in enumerate(pairs))
    picture = scene(Definition("wide", "1.0.0", (Track("buying", buying, "buyer"), Track("selling", selling))))
    wide = at(picture, "b0").rect
    assert (wide.left, wide.right) == (at(picture, "s0").rect.left, at(picture, "s1").rect.right)
    assert at(picture, "b1").x == at(picture, "s2").x


def test_crossed_pairs_keep_the_order_of_the_tracks() -> None:
    buying = tuple(Stage(f"b{i}", "buying") for i in range(2))
    selling = (Stage("s0", "selling", pairs_with="b1"), Stage("s1", "selling", pairs_with="b0"))
    picture = scene(Definition("crossed", "1.0.0", (Track("buying", buying, "buyer"), Track("selling", selling))))
    assert at(picture, "b0").x < at(picture, "b1").x
    assert at(picture, "s0").x < at(picture, "s1").x
    check(picture)


def test_long_processes_fold() -> None:
    stages = tuple(Stage(f"s{i}", "t") for i in range(18))
    picture = scene(Definition("long", "1.0.0", (Track("t", stages, loops=(Loop("back", "t", ("s17",), "s2"),)),)))
    check(picture)
    assert len({at(picture, f"s{i}").y for i in range(18)}) == 3
    assert picture.width < 1400
    link = at(picture, "link-loop-s2-s17")
    assert link.ref == "s2"
    assert [line for words in link.words for line in words.block.lines] == ["3 s2", "back"]


def test_position() -> None:
    selling = TrackHighlight("s1", "completed", frozenset({"s0"}), frozenset(), "s2")
    position = Highlight(
        {"buying": TrackHighlight("b2", "in_progress", frozenset({"b0"}), frozenset({"b1"})), "selling": selling}
    )
    picture = scene(a_pair(), position=Highlight(position.tracks, gap="Behind by 1 stage"))
    states = {box.id: box.state for box in picture.boxes if box.kind == "stage"}
    assert states == {"b0": "passed", "b1": "skipped", "b2": "current", "s0": "passed", "s1": "current", "s2": ""}
    assert [box.id for box in picture.boxes if box.pending] == ["s2"]
    assert "Behind by 1 stage" in [" ".join(words.block.lines) for words in picture.words]
    check(picture)
    svg = draw(a_pair(), position=position)
    assert "url(#sg-hatch)" in svg
    assert "Behind" not in svg


def test_the_end_that_was_reached() -> None:
    picture = scene(a_pair(), position=Highlight({"selling": TrackHighlight("s2", "completed")}, end="won"))
    assert [box.ref for box in picture.boxes if box.reached] == ["won"]
    picture = scene(a_pair(), position=Highlight({"selling": TrackHighlight("s0", "in_progress")}, end="lost"))
    assert [box.ref for box in picture.boxes if box.reached] == ["lost"]


def written_in(picture: Scene, id: str) -> list[str]:
    return [line for words in at(picture, id).words for line in words.block.lines]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_ended_case_names_its_end_and_has_no_banner_of_progress(language: str) -> None:
    position = Highlight({"selling": TrackHighlight("s0", "ended")}, end="lost", case="ACME-42")
    picture = scene(a_pair(), position=position, language=language)
    check(picture)
    assert "Lost" in written_in(picture, "s0")
    assert picture.title.endswith(" · ACME-42")
    assert ["pair 1.0.0 · ACME-42"] in [list(words.block.lines) for words in picture.headings]
    signs = [glyph.name for glyph in picture.glyphs]
    assert "state-reached" in signs
    svg = draw(a_pair(), position=position, language=language)
    assert "in progress" not in svg
    assert "进行中" not in svg
    long = attrs.evolve(a_pair(), ends=(End("lost", "lost", Text("Lost to a competitor at the last minute")),))
    assert {"en": "ended", "zh": "已结束"}[language] in written_in(
        scene(long, position=position, language=language), "s0"
    )


def test_a_case_with_a_hostile_name() -> None:
    position = Highlight({"selling": TrackHighlight("s0", "in_progress")}, case="<b>\x1b[31m&" + "W" * 300)
    check(scene(a_pair(), position=position))
    parsed(draw(a_pair(), position=position))


def test_the_legend_has_the_colours_of_the_lanes() -> None:
    tracks = {id: TrackHighlight(f"{id[0]}1", "in_progress", frozenset({f"{id[0]}0"})) for id in ("buying", "selling")}
    for shown in (["selling"], ["buying", "selling"]):
        picture = scene(a_pair(), position=Highlight({id: tracks[id] for id in shown}))
        sign = next(glyph for glyph in picture.glyphs if glyph.name == "state-passed")
        assert sign.tone.split() == [at(picture, f"{id[0]}0").tone for id in shown]
        drawn = glyphs.draw(sign)
        assert all(theme.fill_of(at(picture, f"{id[0]}0")) in drawn for id in shown)


def test_an_arrow_ends_outside_the_ring_of_what_is_pending() -> None:
    outcomes = (Outcome("go", "advance", "s1"), Outcome("no", "end", "lost"))
    track = Track(
        "t",
        tuple(Stage(f"s{i}", "t") for i in range(3)),
        decision_points=(DecisionPoint("d", "t", "s0", "s0", outcomes),),
    )
    definition = Definition("x", "1.0.0", (track,), ends=(End("lost", "lost"),))
    for pending in ("d", "s1", "s2"):
        picture = scene(definition, position=Highlight({"t": TrackHighlight("s0", "completed", pending=pending)}))
        check(picture)
        box = next(box for box in picture.boxes if box.pending)
        ends = [wire.points[-1] for wire in picture.wires if wire.target == box.id]
        assert ends
        for x, y in ends:
            assert y == box.y
            assert box.x - x >= box.outline.grown(RING).width / 2 + 1


def test_of_two_symbols_of_one_end_the_one_at_hand_is_filled() -> None:
    def point(id: str, after: str, to: str) -> DecisionPoint:
        return DecisionPoint(id, "t", after, after, (Outcome("go", "advance", to), Outcome("no", "end", "lost")))

    stages = tuple(Stage(f"s{i}", "t") for i in range(3))
    track = Track("t", stages, decision_points=(point("d0", "s0", "s1"), point("d1", "s1", "s2")))
    definition = Definition("x", "1.0.0", (track,), ends=(End("lost", "lost"),))
    picture = scene(definition, position=Highlight({"t": TrackHighlight("s1", "completed")}, end="lost"))
    assert [box.id for box in picture.boxes if box.reached] == ["end-d1-no"]


@pytest.mark.parametrize(
    "text", ["]]><script>alert(1)</script>", "a\x00b\x1b[31mc", "", " ", "\u202eabc", "𠀀" * 60, "W" * 300]
)
def test_hostile_texts(text: str) -> None:
    stage = Stage("s", "t", Text(text, text), Text(text))
    point = DecisionPoint(
        "d", "t", "s", "s", (Outcome("a", "repeat", "s", Text(text)), Outcome("b", "hold")), Text(text)
    )
    track = Track("t", (stage,), title=Text(text), decision_points=(point,))
    definition = Definition("x", "1.0.0", (track,), Text(text), Text(text), ends=(End("e", "won", Text(text), True),))
    check(scene(definition))
    root = parsed(draw(definition))
    assert not list(root.iter(f"{SVG}script"))


def test_no_title() -> None:
    assert not scene(a_pair(), title=False).headings
    assert scene(a_pair(), title=False).height < scene(a_pair()).height


def test_shapes_of_the_process_and_of_the_caller() -> None:
    definition = attrs.evolve(a_pair(), notation={"process": "rounded", "end": "circle", "link": "nonsense"})
    picture = scene(definition, notation={"end": "triangle"})
    assert at(picture, "s0").outline.shape == "rounded"
    assert next(box for box in picture.boxes if box.kind == "end").outline.shape == "triangle"


def test_an_end_by_command_stands_in_the_strip_and_is_filled_there() -> None:
    point = DecisionPoint("d", "t", "s0", "s0", (Outcome("go", "advance", "s1"), Outcome("no", "end", "lost")))
    track = Track("t", tuple(Stage(f"s{i}", "t") for i in range(3)), decision_points=(point,))
    definition = Definition("x", "1.0.0", (track,), ends=(End("won", "won"), End("lost", "lost", by_command=True)))

    def reached(stage: str) -> list[str]:
        picture = scene(definition, position=Highlight({"t": TrackHighlight(stage, "in_progress")}, end="lost"))
        return [box.id for box in picture.boxes if box.reached]

    assert reached("s2") == ["end-lost"]
    assert reached("s0") == ["end-d-no"]


def test_a_stage_beside_a_run_spans_its_columns() -> None:
    buying = tuple(Stage(f"b{i}", "buying") for i in range(4))
    selling = (Stage("s0", "selling", pairs_with=("b0", "b1", "b2")), Stage("s1", "selling", pairs_with="b3"))
    spans = columns.place((Track("buying", buying, side="buyer", observed=True), Track("selling", selling)))
    assert [spans[f"b{i}"][0] for i in range(4)] == [*range(spans["b0"][0], spans["b0"][0] + 4)]
    assert spans["s0"] == (spans["b0"][0], spans["b2"][0])
    assert spans["s1"] == spans["b3"]


def of_notes(basis: str) -> Definition:
    """Two stages with a decision between them, the second stage and the decision of this basis."""
    notes = Notes(basis=basis)  # type: ignore[arg-type]
    first = Stage(
        "first",
        "t",
        exit_criteria=(Criterion("a", "exit", "t", "first"), Criterion("b", "exit", "t", "first", optional=True)),
    )
    outcomes = (Outcome("yes", "advance", "second"), Outcome("no", "end", "lost"))
    d = DecisionPoint("d", "t", "first", "first", outcomes, notes=notes)
    ends = (
        End("lost", "lost", by_command=True, origins=("first",)),
        End("quit", "lost", by_command=True, roles=("boss",)),
    )
    track = Track(
        "t", (first, Stage("second", "t", notes=notes), Stage("named", "t", undescribed=True)), decision_points=(d,)
    )
    return Definition(name="p", version="1.0.0", tracks=(attrs.evolve(track, notes=notes),), ends=ends)


def test_what_the_source_does_not_describe_looks_different() -> None:
    found = {basis: scene(of_notes(basis)) for basis in ("stated", "proposed")}
    marked = {basis: {box.ref for box in each.boxes if box.proposed} for basis, each in found.items()}
    assert marked == {"stated": {"named"}, "proposed": {"second", "d", "named"}}
    drawn = {language: draw(of_notes("proposed"), language=language) for language in ("en", "zh")}
    assert "proposed, or only named by the source" in drawn["en"]
    assert "建议，或来源仅列名称" in drawn["zh"]
    assert ("seller, proposed" in drawn["en"], "seller, proposed" in draw(of_notes("stated"))) == (True, False)


def test_optional_criteria_are_not_counted() -> None:
    first = next(box for box in scene(of_notes("stated")).boxes if (box.kind, box.ref) == ("stage", "first"))
    assert [line for words in first.words for line in words.block.lines if line.isdigit()] == ["1", "1"]


def test_what_guards_an_end_is_said() -> None:
    assert {"in certain stages", "on conditions"} <= set(words_of(draw(of_notes("stated"))))
    assert {"限部分阶段", "有条件时可结束"} <= set(words_of(draw(of_notes("stated"), language="zh")))


def words_of(svg: str) -> list[str]:
    return [each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text")]

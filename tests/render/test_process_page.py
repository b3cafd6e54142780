"""The page of a process: complete, linked within itself, and no text of the file is taken for Markdown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.docs.pages import anchors, links

import stagegate
from stagegate.bundled import bundled_names
from stagegate.cli import main
from stagegate.model import Definition
from stagegate.render.markdown import code, code_cell, escaped, table
from stagegate.render.origins import counted, left_open, things
from stagegate.render.process_page import KINDS, PAGE_WORDS, process_page

EVERYTHING = Path(__file__).parent.parent / "cli" / "everything.yaml"
MARKDOWN = MarkdownIt("commonmark").enable("table").enable("strikethrough")
NASTY = "# *a* _b_ `c` [d](e) <b>f</b> | g ~~h~~ &amp; \\ 1. $x$ !"
LINE = st.text(
    st.characters(categories=("L", "N", "P", "S")) | st.sampled_from(" \\`*_[]<>|#-+=.1&~!"), max_size=30
).map(lambda text: " ".join(text.split()))


def shown(markdown: str) -> str:
    """The characters that a reader of the rendered Markdown sees."""
    inline = [token for token in MARKDOWN.parse(markdown) if token.type == "inline"]
    return "\n".join("".join(part.content for part in token.children or []) for token in inline)


@pytest.fixture(scope="module")
def everything() -> Definition:
    return stagegate.load(EVERYTHING).definition


@given(LINE)
def test_a_text_is_shown_as_it_is_wherever_it_stands(text: str) -> None:
    assert shown(escaped(text)) == text
    assert shown(f"- {escaped(text)}") == text
    assert shown(f"# x {escaped(text)}").removeprefix("x").strip() == text


@given(LINE)
def test_code_is_shown_as_it_is(text: str) -> None:
    tokens = MARKDOWN.parse(f"x {code(text)}")[1].children or []
    assert [token.content for token in tokens if token.type == "code_inline"] == ([text] if text else [])


@given(LINE, LINE)
def test_a_table_keeps_its_cells(one: str, two: str) -> None:
    tokens = MARKDOWN.parse("\n".join(table(["", "b"], [[escaped(one), code_cell(two)]])))
    cells = [token for token in tokens if token.type == "inline"][2:]
    assert ["".join(part.content for part in cell.children or []) for cell in cells] == [one, two]


def test_everything_that_show_tells_is_on_the_page(everything: Definition, capsys: pytest.CaptureFixture[str]) -> None:
    """Word for word: what the page adds and what it only marks differently is left out of the comparison."""
    for language in ("en", "zh"):
        assert main(["show", str(EVERYTHING), "--lang", language]) == 0
        told = re.findall(r"\w+", capsys.readouterr().out)
        page = set(re.findall(r"\w+", shown(process_page(everything, language=language))))
        assert [word for word in told if word not in page and not re.search(r"[\u4e00-\u9fff]", word)] == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["project-sales", "decision-point-buying-cycle", "dealer-ssp"])
def test_links_within_a_page_lead_somewhere(name: str, language: str) -> None:
    page = process_page(stagegate.load(name).definition, language=language)
    within = {link[1:] for link in links(page) if link.startswith("#")}
    assert within
    assert within <= anchors(page)


def test_a_text_of_the_file_is_never_markdown(tmp_path: Path) -> None:
    file = tmp_path / "nasty.yaml"
    file.write_text(
        f"""stagegate: 1
process: nasty
version: 1.0.0
title: '{NASTY}'
summary: '{NASTY}'
tracks:
  - id: t
    title: '{NASTY}'
    stages:
      - {{id: s, title: '{NASTY}', definition: '- {NASTY}', aliases: ['{NASTY}'],
          exit_criteria: [{{id: c, title: '{NASTY}'}}]}}
scenarios:
  - {{id: one, title: '{NASTY}', steps: [{{when: [{{do: tick}}], then: {{ended: ''}}}}]}}
""",
        encoding="utf-8",
    )
    (suite,) = stagegate.loading.suites([file])
    assert suite.process is not None
    page = process_page(suite.process.definition, scenarios=suite.scenarios)
    assert shown(page).count(NASTY) == 8
    assert not re.search(r"<(em|b|s|a href)[ >]", MARKDOWN.render(page))


def test_gates_are_boxes_to_tick(everything: Definition) -> None:
    page = process_page(everything)
    for stage in everything.stages():
        for criterion in stage.criteria():
            assert re.search(rf"^ *- \[ \] .*`{criterion.id}`", page, re.MULTILINE), criterion.id


def test_the_picture_is_shown_where_one_is_given(everything: Definition) -> None:
    assert "](pictures/x y.svg" not in process_page(everything)
    assert "](<pictures/x y.svg>)" in process_page(everything, picture="pictures/x y.svg")


def test_every_kind_of_thing_that_says_its_basis_is_counted() -> None:
    counts = [counted(stagegate.load(name).definition) for name in bundled_names()]
    assert {kind for count in counts for kind in count} <= set(KINDS), "a new kind of thing: give it words in KINDS"
    assert {"stage", "milestone", "exit", "outcome", "end", "guidance"} <= {kind for count in counts for kind in count}


def test_each_thing_is_counted_once(everything: Definition) -> None:
    met = [id(thing) for thing in things(everything)]
    assert len(met) == len(set(met))
    assert sum(counted(everything)["stage"].values()) == len(list(everything.stages()))
    cycles = [track for track in everything.tracks if track.cycle]
    assert sum(counted(everything).get("closing", {}).values()) == len(cycles)
    limits = [stage for stage in everything.stages() if stage.time_limit is not None]
    assert sum(counted(everything)["time_limit"].values()) == len(limits) > 0
    assert sum(counted(everything)["outcome"].values()) == sum(len(d.outcomes) for d in everything.decision_points())


def test_what_the_source_leaves_open_is_told() -> None:
    definition = stagegate.load("dealer-standard").definition
    marks = [mark for _, mark in left_open(definition)]
    assert "undescribed" in marks
    page = process_page(definition)
    told = page.partition(f"## {PAGE_WORDS['left_open'][0]}\n")[2].partition("\n## ")[0]
    assert told.count("\n- ") == len(marks)


def test_the_command_shows_scenarios_and_invariants_of_the_file_beside(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "decision-point-buying-cycle", "--format", "markdown"]) == 0
    page = capsys.readouterr().out
    assert "| `problem_left_alone` |" in page
    assert "| `never_trapped` |" in page
    assert main(["show", "decision-point-buying-cycle", "--format", "markdown", "--lang", "zh"]) == 0
    assert "## 证明内容" in capsys.readouterr().out


@pytest.mark.parametrize("more", [["--format", "markdown", "--brief"], ["--picture", "x.svg"]])
def test_options_that_do_not_go_together(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "pdca", *more]) == 2
    assert "leave --" in capsys.readouterr().err


def test_the_words_of_the_page_are_in_both_languages() -> None:
    for words in (*PAGE_WORDS.values(), *KINDS.values()):
        assert all(words)
        assert re.search(r"[\u4e00-\u9fff]", words[1])


def test_other_processes_are_linked_and_what_comes_from_them_is_not_counted(tmp_path: Path) -> None:
    file = tmp_path / "borrower.yaml"
    file.write_text(
        """stagegate: 1
process: borrower
version: 1.0.0
title: Borrower
catalogues: {dialogue_strategies: {from: decision-point-buying-cycle}}
tracks:
  - id: t
    title: T
    stages: [{id: s, title: S, procedures: [{process: customer-visit, title: Visit}], guidance: [{use: dialogue_strategies}]}]
""",
        encoding="utf-8",
    )
    definition = stagegate.load(file).definition
    page = process_page(definition, language="zh")
    assert "[Visit](customer-visit.zh.md) `customer-visit`" in page
    assert "[decision-point-buying-cycle](decision-point-buying-cycle.zh.md)" in page
    assert "[Visit](customer-visit.md) `customer-visit`" in process_page(definition)
    assert not {"catalogue", "catalogueentry"} & set(counted(definition))


def test_an_end_of_another_process_is_told_with_its_title() -> None:
    definition, other = (stagegate.load(name).definition for name in ("project-sales", "customer-planning"))
    told = process_page(definition, language="zh", others={other.name: other})
    end = next(end for end in other.ends if end.id == "customers_planned")
    assert f"以 [{end.title('zh')}](customer-planning.zh.md#customers_planned) 结束时满足" in told
    assert "以 `customers_planned` 结束时满足" in process_page(definition, language="zh")


def test_what_holds_on_a_condition_stands_apart(tmp_path: Path) -> None:
    file = tmp_path / "apart.yaml"
    file.write_text(
        """stagegate: 1
process: apart
version: 1.0.0
title: Apart
tracks: [{id: t, title: T, stages: [{id: s, title: S, chance: {reached: 0.1, completed: 0.2}}]}]
end_kinds: {stopped: {en: broken off, zh: 中止}}
ends: [{id: stopped, kind: stopped, title: We stop, by_command: true}]
invariants:
  - {id: firm, never: "completed('t', 's') && !reached('t', 's')"}
  - {id: unless, never: ended('stopped'), without: [end]}
  - {id: can, possible: ended('stopped')}
""",
        encoding="utf-8",
    )
    definition = stagegate.load(file).definition
    page = process_page(definition, invariants=definition.invariants)
    firm, unless, can = (page.index(f"| `{id}`") for id in ("firm", "unless", "can"))
    assert page.index("whatever people do") < firm < page.index("as long as nobody uses") < unless
    assert unless < page.index("These can come about") < can
    assert "broken off" in page.partition("We stop")[2].partition("\n")[0]

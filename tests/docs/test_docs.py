"""What the pages show is so: every block of Python, every definition, every command. How to write one: `pages.py`."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from tests.docs.pages import ROOT, Page, Wrong, anchors, blocks, broken_links, fits, pages

by_path = pytest.mark.parametrize("path", pages(), ids=lambda p: str(p.relative_to(ROOT)))


@by_path
def test_page(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    if page.blocks:
        monkeypatch.chdir(tmp_path)
        page.run()


@by_path
def test_links(path: Path) -> None:
    assert broken_links(path) == []


# -- the runner itself --------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    return lambda text: Page("page.md", dedent(text)).run()


WHOLE = """
    ```yaml
    stagegate: 1
    process: visit
    version: 1.0.0
    title: Visit
    tracks: [{id: t, title: T, stages: [{id: s, title: S}]}]
    ```
    """
BROKEN = WHOLE.replace("{id: s,", "{id: s, coulour: red,")


def test_blocks_are_found_with_their_lines_also_in_lists():
    text = "# Page\n\n- one\n  ```python no-run\n  x = 1\n  ```\n\n```\nplain\n```\n"
    first, second = blocks(text)
    assert (first.language, first.words, first.text, first.line) == ("python", ("no-run",), "x = 1\n", 5)
    assert (second.language, second.text, second.line) == ("", "plain\n", 9)


def test_python_blocks_share_a_namespace_and_show_values(run):
    run(
        "```python\nx = 1\n```\n\n```python\nx + 1  # => 2\n'a'  # => a\n'a'  # => 'a'\n[x, 5]  # => [1, ...]\nx\n# => 1\n```\n"
    )


@pytest.mark.parametrize(
    "line", ["x + 1  # => 3", "x + 1\n# => 3", "assert x == 2", "y", "x = 5  # => 5", "# => 1", "if x:\n    x  # => 1"]
)
def test_what_is_not_so_is_found(run, line):
    with pytest.raises((Wrong, AssertionError, NameError)):
        run(f"```python\nx = 1\n{line}\n```\n")


def test_the_line_of_the_page_is_named(run):
    with pytest.raises(Wrong, match=r"page\.md:5: the page shows 3"):
        run("# Page\n\n```python\nx = 1\nx + 1  # => 3\n```\n")


def test_what_was_printed_is_compared(run):
    run("```python\nprint('one')\nprint('two')\n```\n\n```text\none\n...\n```\n")
    with pytest.raises(Wrong, match="prints"):
        run("```python\nprint('one')\n```\n\n```text\ntwo\n```\n")


def test_whole_definitions_are_checked_and_written(run):
    run(WHOLE + "```python\nimport stagegate\nstagegate.load('visit.yaml').name  # => visit\n```\n")


def test_a_definition_with_mistakes_is_found(run):
    with pytest.raises(Wrong, match=r"page\.md:7: unknown-key"):
        run(BROKEN)


def test_a_broken_definition_must_be_broken(run, tmp_path):
    run(BROKEN.replace("```yaml", "```yaml broken", 1))
    assert (tmp_path / "visit.yaml").exists()
    with pytest.raises(Wrong, match="is not"):
        run(WHOLE.replace("```yaml", "```yaml broken", 1))


def test_parts_of_definitions_are_only_shown_and_named_files_written(run, tmp_path):
    run("```yaml\nstages: [oh: dear\n```\n\n```csv\n# deals.csv\n```\n\n```csv no-run\n# other.csv\n```\n")
    assert [p.name for p in tmp_path.glob("*.csv")] == ["deals.csv"]


def test_a_file_of_python_is_only_written(run):
    run("```python file\n# told.py\nprint(missing)\n```\n\n```console\n$ cat told.py\n# told.py\nprint(missing)\n```\n")


def test_a_file_is_only_written_below_the_folder(run):
    with pytest.raises(Wrong, match="below the folder"):
        run("```csv\n# ../deals.csv\n```\n")


def test_commands_are_run_and_compared(run):
    run(
        WHOLE
        + """
    ```console
    $ stagegate check visit.yaml
    no findings
    $ echo $?
    0
    $ stagegate check nothing.yaml
    ...
    $ echo $?
    2
    $ make coffee
    done
    ```
    """
    )
    with pytest.raises(Wrong, match="the page shows"):
        run("```console\n$ echo one\ntwo\n```\n")


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("a\nb", "a\nb", True),
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("a\n...\nd", "a\nd", True),
        ("a\n...", "a\nb\nc", True),
        ("...", "one line", True),
        ("a ... c", "a b c", True),
        ("a ... c", "a\nc", False),
        ("a\n...\nd", "a\nb", False),
        ("a.b", "axb", False),
    ],
)
def test_dots_stand_for_anything(pattern, text, expected):
    assert fits(pattern, text) is expected


def test_links_are_followed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A page: of `it`\n[a](#a-page-of-it) [b](#b) [c](other.md) [d](https://example.com) `[e](e.md)`\n"
    )
    assert anchors(page.read_text()) == {"a-page-of-it"}
    assert broken_links(page) == ["#b", "other.md"]

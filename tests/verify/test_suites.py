"""Processes with their scenarios and invariants: in the definition, beside it, in folders, bundled."""

from pathlib import Path
from textwrap import dedent

import pytest

import stagegate
from stagegate.bundled import bundled_names
from stagegate.errors import StagegateError
from stagegate.loading import Suite, suites


def definition(name: str, more: str = "") -> str:
    head = f"stagegate: 1\nprocess: {name}\nversion: 1.0.0\ntitle: T\n"
    return head + "tracks: [{id: t, stages: [{id: visit, exit_criteria: [{id: done}]}]}]\n" + dedent(more)


OWN = """\
    scenarios:
      - {id: own, when: [{do: meet, criterion: done}], then: {position: visit}}
    invariants:
      - {id: own_rule, possible: met('done')}
    """
BESIDE = """\
process: small
scenarios:
  - {id: beside, when: [{do: meet, criterion: done}], then: {position: visit}}
invariants:
  - {id: beside_rule, possible: met('done')}
"""
COMMANDS = "process: small\nopen: {at: 2026-03-02T09:00:00Z}\ncommands: []\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(definition("small", OWN), encoding="utf-8")
    return tmp_path


def told(suite: Suite) -> tuple[str, list[str], list[str]]:
    return suite.path, [s.id for s in suite.scenarios], [i.id for i in suite.invariants]


def test_what_stands_in_the_definition() -> None:
    (suite,) = suites(["small.yaml"])
    assert told(suite) == ("small.yaml", ["own"], ["own_rule"])
    assert suite.process is not None
    assert suite.process.name == "small"
    assert not suite.report.has_errors
    assert [source.name for source in suite.sources] == ["small.yaml"]


def test_what_stands_beside_it_is_added(here: Path) -> None:
    (here / "any-name.scenarios.yaml").write_text(BESIDE, encoding="utf-8")
    (here / "other.scenarios.yaml").write_text(BESIDE.replace("small", "other"), encoding="utf-8")
    (suite,) = suites([Path("small.yaml")])
    assert told(suite) == ("small.yaml", ["own", "beside"], ["own_rule", "beside_rule"])
    assert [scenario.file for scenario in suite.scenarios] == ["", "any-name.scenarios.yaml"]
    assert {source.name for source in suite.sources} == {"small.yaml", "any-name.scenarios.yaml"}


def test_a_file_beside_it_by_itself(here: Path) -> None:
    (here / "small.scenarios.yaml").write_text(BESIDE, encoding="utf-8")
    (suite,) = suites(["small.scenarios.yaml"])
    assert told(suite) == ("small.scenarios.yaml", ["beside"], ["beside_rule"])
    assert suite.process is not None
    assert suite.process.definition.file == "small.yaml"
    assert not suite.report.has_errors
    assert {source.name for source in suite.sources} == {"small.yaml", "small.scenarios.yaml"}


def test_both_given_count_once(here: Path) -> None:
    (here / "small.scenarios.yaml").write_text(BESIDE, encoding="utf-8")
    (suite,) = suites(["small.scenarios.yaml", "small.yaml", "./small.yaml", "."])
    assert [s.id for s in suite.scenarios] == ["own", "beside"]


def test_beside_a_bundled_process(here: Path) -> None:
    text = "process: project-sales\nscenarios: [{id: s, when: [{do: tick}], then: {ended: ''}}]\n"
    (here / "mine.scenarios.yaml").write_text(text, encoding="utf-8")
    for path in ("mine.scenarios.yaml", "."):
        found = [suite for suite in suites([path]) if suite.path.endswith("mine.scenarios.yaml")]
        assert [told(suite) for suite in found] == [("mine.scenarios.yaml", ["s"], [])]
        assert found[0].process is not None
        assert found[0].process.name == "project-sales"


def test_a_folder_is_searched_and_sorted(here: Path) -> None:
    (here / "b" / ".hidden").mkdir(parents=True)
    (here / "b" / "z.yaml").write_text(definition("zed"), encoding="utf-8")
    (here / "b" / "a.yaml").write_text(definition("ay"), encoding="utf-8")
    (here / "b" / ".hidden" / "x.yaml").write_text(definition("hidden"), encoding="utf-8")
    (here / "b" / "a.scenarios.yaml").write_text(BESIDE.replace("small", "ay"), encoding="utf-8")
    (here / "deal.commands.yaml").write_text(COMMANDS, encoding="utf-8")
    (here / "else.yaml").write_text("services: {db: {}}\n", encoding="utf-8")
    (here / "broken.yaml").write_bytes(b"\xff\xfe: [")
    assert [suite.path for suite in suites(["."])] == ["b/a.yaml", "b/z.yaml", "small.yaml"]
    assert [s.id for s in suites(["b"])[0].scenarios] == ["beside"]
    assert suites(["b/.hidden"]) != ()
    assert suites([here / "b"])[0].path == str(here / "b" / "a.yaml")


def test_a_definition_with_errors(here: Path) -> None:
    (here / "small.yaml").write_text(
        definition("small", OWN).replace("criterion: done", "criterion: dnoe"), encoding="utf-8"
    )
    (here / "small.scenarios.yaml").write_text(BESIDE, encoding="utf-8")
    (suite,) = suites(["small.yaml"])
    assert suite.process is None
    assert suite.report.has_errors
    (suite,) = suites(["small.scenarios.yaml"])
    assert suite.process is None
    assert {finding.file for finding in suite.report} == {"small.yaml", "small.scenarios.yaml"}


def test_a_file_beside_it_with_errors(here: Path) -> None:
    (here / "small.scenarios.yaml").write_text(BESIDE.replace("criterion: done", "criterion: dnoe"), encoding="utf-8")
    for path, ids in (("small.yaml", ["own"]), ("small.scenarios.yaml", [])):
        (suite,) = suites([path])
        assert suite.process is not None
        assert [s.id for s in suite.scenarios] == ids
        assert [f.rule for f in suite.report if f.severity == "error"] == ["unknown-criterion"]


def test_a_file_that_belongs_to_nothing(here: Path) -> None:
    (here / "x.scenarios.yaml").write_text(BESIDE.replace("small", "nothing"), encoding="utf-8")
    (suite,) = suites(["x.scenarios.yaml"])
    assert suite.process is None
    assert [f.rule for f in suite.report] == ["unknown-process"]


def test_bundled_processes() -> None:
    found = suites(bundled_names())
    assert [suite.process.name for suite in found if suite.process is not None] == bundled_names()
    assert not any(name.endswith("scenarios") for name in bundled_names())
    assert stagegate.load("project-sales").name in {suite.process.name for suite in found if suite.process}


def test_what_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        suites(["nothing.yaml"])
    with pytest.raises(StagegateError):
        suites(["nothing"])


def test_a_file_named_like_a_definition_that_names_no_process_is_told(tmp_path: Path) -> None:
    (tmp_path / "visit.yaml").write_text(
        "stagegate: 1\nprocess: visit\nversion: 1.0.0\ntracks: [{id: selling, stages: [{id: talk}]}]\n",
        encoding="utf-8",
    )
    (tmp_path / "visit.scenarios.yaml").write_text(
        "process: vizit\nscenarios: [{id: s, when: [{do: tick}], then: {ended: ''}}]\n", encoding="utf-8"
    )
    (found,) = suites([tmp_path / "visit.yaml"])
    assert [finding.rule for finding in found.report.findings if finding.severity == "error"] == ["unknown-process"]


def test_a_copy_that_was_renamed_in_one_place_only_is_told(tmp_path: Path) -> None:
    """Its scenarios are neither lost nor played on the process that the copy was made of."""
    folder = tmp_path / "copies"
    folder.mkdir()
    (folder / "mine.yaml").write_text(
        "stagegate: 1\nprocess: mine\nversion: 1.0.0\ntracks: [{id: selling, stages: [{id: talk}]}]\n", encoding="utf-8"
    )
    (folder / "mine.scenarios.yaml").write_text(
        "process: sales-order-flow\nscenarios: [{id: s, when: [{do: tick}], then: {ended: ''}}]\n", encoding="utf-8"
    )
    for paths in (["mine.yaml"], ["mine.scenarios.yaml"], ["."], ["mine.yaml", "mine.scenarios.yaml"]):
        (found,) = suites([folder / path for path in paths])
        assert found.scenarios == ()
        (finding,) = found.report.findings
        assert (finding.rule, Path(finding.file).name, finding.span.line) == (
            "unknown-process",
            "mine.scenarios.yaml",
            1,
        )
        assert "did you mean `mine`?" in finding.help

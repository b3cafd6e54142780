"""Deals of a table in both databases: what the command line brings in, and what it tells of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.helpers import call

from stagegate.store import Store

Capsys = pytest.CaptureFixture[str]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_a_table_comes_in(url: str, capsys: Capsys) -> None:
    columns = ("--case-column", "Lead", "--stage-column", "Phase", "--at-column", "Since", "--store", url)
    asked = ("import", str(EXAMPLES / "lead-intake-1.yaml"), str(EXAMPLES / "leads.csv"), *columns)
    if url.startswith("postgresql"):
        untried = call(capsys, *asked, "--dry-run")
        assert (untried.code, "there are no tables of a store" in untried.err) == (2, True)
    assert call(capsys, *asked).out.startswith("lead-intake 1.0.0: 4 deals brought in\n")
    again = call(capsys, *asked, "--dry-run")
    assert (again.code, again.err.count("is taken")) == (1, 4)
    assert call(capsys, "store", "verify", url).out == "4 cases, nothing damaged\n"
    assert (
        call(capsys, "store", "list", url, "--stage", "check").out == "L-203  lead-intake 1.0.0  check, in progress\n"
    )
    with Store(url) as store:
        assert [item.id for item in store.load("L-204").debts()] == ["need_named", "budget_named", "looked_up"]


def test_a_dry_run_leaves_a_store_as_it_is(url: str, capsys: Capsys) -> None:
    with Store(url) as store:
        columns = ("--case-column", "Lead", "--stage-column", "Phase", "--store", url, "--dry-run")
        done = call(capsys, "import", str(EXAMPLES / "lead-intake-1.yaml"), str(EXAMPLES / "leads.csv"), *columns)
        assert done.out.startswith("lead-intake 1.0.0: 4 deals would be brought in; nothing was written\n")
        assert (store.count(), store.waiting()) == (0, 0)

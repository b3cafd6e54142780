"""A new project: the wheel, one YAML file, two lines of configuration. Nothing of this working copy is in reach."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

CONFIGURATION = "[pytest]\nstagegate = true\n"
DEFINITION = """\
stagegate: 1
process: small-deal
version: 1.0.0
title: A small deal
facts:
  budget: {type: number, minimum: 0, title: Budget}
tracks:
  - id: selling
    title: Selling
    stages:
      - {id: visit, title: Visit, exit_criteria: [{id: asked_for, title: An offer is asked for, actor: buyer}]}
      - {id: offer, title: Offer, exit_criteria: [{id: signed, title: Signed, actor: buyer}]}
    decision_points:
      - id: worth_it
        after: visit
        title: Worth an offer
        question: Is it worth an offer?
        outcomes:
          - {id: go, title: Go, to: offer, when: budget > 100}
          - {id: no_go, title: No go, to: lost}
ends: [{id: won, kind: won, title: Won}, {id: lost, kind: lost, title: Lost}]
scenarios:
  - id: happy_path
    title: A good deal is signed
    given: {facts: {budget: 500}}
    when:
      - {do: meet, criterion: asked_for}
      - {do: decide, decision: worth_it, outcome: go}
      - {do: meet, criterion: signed}
    then: {ended: won}
invariants:
  - {id: no_offer_unasked, title: No offer that nobody asked for, before: asked_for, entering: offer}
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment in which the wheel of this working copy is installed, with its extra."""
    folder = tmp_path_factory.mktemp("new")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    here = ["--no-build-isolation"] if find_spec("hatchling") else []
    run([*pip, "wheel", "--no-deps", *here, "--wheel-dir", str(folder), str(ROOT)], folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False, symlinks=os.name != "nt")
    found = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run([*pip, "--python", str(found), "install", f"{wheel}[testing]"], folder)
    return found


def run(command: list[str], folder: Path) -> str:
    """What a command prints; fails with all of it when the command does."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "COV_"))}
    done = subprocess.run(
        command, cwd=folder, env=kept | {"NO_COLOR": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.skipif(
    not os.environ.get("CI"), reason="installs packages from the index, for half a minute; CI does, and so does CI=1"
)
def test_one_file_and_two_lines_are_enough(python, tmp_path):
    (tmp_path / "pytest.ini").write_text(CONFIGURATION, encoding="utf-8")
    (tmp_path / "small-deal.yaml").write_text(DEFINITION, encoding="utf-8")
    assert len(CONFIGURATION.splitlines()) == 2

    lines = run([str(python), "-m", "pytest", "-v"], tmp_path).splitlines()

    passed = {line.split(" PASSED")[0] for line in lines if " PASSED" in line}
    assert passed == {
        f"small-deal.yaml::{name}"
        for name in (
            "check", "scenario[happy_path]", "before[no_offer_unasked]",
            "reaches[visit]", "reaches[offer]", "reaches[won]", "reaches[lost]", "completes[visit]", "completes[offer]",
            "takes[worth_it.go]", "takes[worth_it.no_go]", "way_out[small-deal]", "can_hold[worth_it.go]",
            "property[replay equals live]", "property[snapshot round trip]", "property[refusals change nothing]",
            "property[allowed actions are accepted]",
        )
    }  # fmt: skip
    assert any("stagegate: what was seen" in line for line in lines)
    assert any(line.startswith("  stages entered 2/2, gates opened 2/2, outcomes taken 2/2") for line in lines)

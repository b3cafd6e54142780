"""The examples run, and lead where they say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import stagegate

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPTS = {
    # process: the case, its end, and the codes of every reason of its refusals, in order
    "after-sales-repair": ("R-1001", "archived", [["not_asked", "criterion_open", "criterion_open"]]),
    "decision-point-buying-cycle": ("C-2001", "bought", [["on_hold"]]),
    "key-account-development": ("K-3001", "won", None),
    "project-sales": ("ACME-42", "won", None),
}


def run(*arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, encoding="utf-8", cwd=ROOT, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_sample_has_a_line_here():
    there = {path.name.removesuffix(".commands.yaml") for path in (ROOT / "examples").glob("*.commands.yaml")}
    assert there == set(SCRIPTS)


@pytest.mark.parametrize("process", SCRIPTS)
def test_a_sample_of_commands_reaches_the_end_it_claims(process, tmp_path):
    case, end, refusals = SCRIPTS[process]
    journal = tmp_path / "journal.jsonl"
    script = f"examples/{process}.commands.yaml"
    played = json.loads(run("-m", "stagegate", "run", process, script, "--json", "--journal", str(journal)))
    assert (played["process"], played["case"]) == (process, case)
    refused = [command for command in played["commands"] if not command["accepted"]]
    assert refused, "a sample shows a refusal"
    assert all(reason["message"] for command in refused for reason in command["reasons"])
    if refusals is not None:
        assert [[reason["code"] for reason in command["reasons"]] for command in refused] == refusals

    written = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    replayed, differences = stagegate.load(process).replay(written)
    assert differences == ()
    assert replayed.ended == end
    assert [event.subject for event in replayed.events() if event.kind == "ended"] == [end]


def test_the_refusals_that_project_sales_announces():
    script = (ROOT / "examples" / "project-sales.commands.yaml").read_text(encoding="utf-8")
    assert "Refused for three reasons at once: the role, no reason given, and a date that lies behind." in script
    played = json.loads(
        run("-m", "stagegate", "run", "project-sales", "examples/project-sales.commands.yaml", "--json")
    )
    codes = [{r["code"] for r in command["reasons"]} for command in played["commands"]]
    assert {"role_not_allowed", "reason_required", "until_passed"} in codes


def test_the_pure_engine_is_embedded():
    assert run("examples/embed.py").splitlines() == [
        "development: choose_target, in progress",
        "if the chance is judged: development: choose_target, completed; pending go_no_go",
        "until then missing: ['chance_judged']",
        "go now? False ['not_asked', 'criterion_open']",
        "the fold of 3 commands is the present snapshot: True",
    ]

"""Running commands: in this process for speed, as a process of its own where that is what is tested."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from stagegate.cli import main

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
NAMES = ("after-sales-repair", "decision-point-buying-cycle", "key-account-development", "project-sales")

GOOD = """\
stagegate: 1
process: small
version: 1.0.0
title: {en: Small, zh: 小}
facts:
  budget: {type: number, minimum: 0, title: {en: Budget, zh: 预算}, aliases: [Budget EUR, 预算金额]}
  state: {type: enum, values: ["Yes", "No", Unknown], aliases: [State]}
  count: {type: integer}
  urgent: {type: boolean}
  since: {type: timestamp}
  length: {type: duration}
  topics: {type: list, of: string}
tracks:
  - id: selling
    title: {en: Selling, zh: 销售}
    stages:
      - id: first
        title: {en: First, zh: 第一}
        exit_criteria:
          - {id: budget_known, actor: buyer, when: budget > 0, title: {en: The budget is known, zh: 已知预算}}
      - id: second
        title: {en: Second, zh: 第二}
        exit_criteria:
          - {id: state_is_yes, actor: buyer, when: state == 'Yes', title: {en: The state is yes, zh: 状态为是}}
      - id: third
        title: {en: Third, zh: 第三}
        exit_criteria:
          - {id: agreed, actor: buyer, title: {en: It is agreed, zh: 已商定}}
ends:
  - {id: won, kind: won, title: {en: Won, zh: 赢单}}
"""

COMMANDS = """\
process: small
case: A-1
open: {at: 2026-03-02T09:00:00Z}
commands:
  - {do: meet, criterion: agreed, at: 2026-03-02T10:00:00Z, by: li.wei}
  - {do: complete, stage: first, at: 2026-03-02T10:30:00Z}
  - {do: set_facts, facts: {budget: 10, state: "Yes", since: 2026-01-01T00:00:00Z, length: 14d}, at: 2026-03-02T11:00:00Z}
"""


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> Done:
    """Runs a command here."""
    capsys.readouterr()
    code = main([str(each) for each in arguments])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return Done(code, said.out, said.err)


def process(
    *arguments: object, cwd: Path | None = None, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Runs a command as a process of its own."""
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "PYTHONIOENCODING", "PYTHONUTF8")}
    env |= {"PYTHONPATH": str(ROOT / "src"), **environment}
    command = [sys.executable, "-m", "stagegate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, cwd=cwd, env=env, input=stdin, check=False, timeout=120)


def one_line(text: str) -> str:
    """The one line that an error is."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert lines[0].startswith("stagegate: ")
    return lines[0]

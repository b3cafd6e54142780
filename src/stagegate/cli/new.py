"""`stagegate new`: the start of a definition."""

from __future__ import annotations

import re
import sys
from typing import Final

import click

from stagegate.cli.files import write_file
from stagegate.cli.frame import Command
from stagegate.cli.terminal import Misuse, say

NAME: Final = re.compile(r"(?=.{1,64}\Z)[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")

TEMPLATE: Final = """\
# A process of two stages to begin with. Check it, look at it, draw it:
#   stagegate check {file}
#   stagegate show {file}
#   stagegate draw {file} -o {name}.svg
stagegate: 1
process: {name}
version: 0.1.0
title: {title}

# Figures and choices that conditions read.
facts:
  budget: {{type: number, minimum: 0, title: Budget of the customer}}

# Papers that prove something.
documents:
  visit_record: {{title: Visit record}}

tracks:
  - id: selling
    title: What we do
    side: seller
    stages:
      - id: first_visit
        title: First visit
        # All of this must be done to have arrived in the stage ...
        entry_milestone:
          - {{id: meeting_agreed, actor: buyer, title: A meeting is agreed}}
        # ... and all of this to have completed it. At least one thing the buyer does: an effort of ours proves nothing.
        exit_criteria:
          - {{id: need_confirmed, actor: buyer, evidence: [visit_record], title: The customer confirms the need in the visit record}}
          - {{id: budget_known, actor: buyer, when: budget > 0, title: The budget is known}}
        chance: {{reached: 0.1, completed: 0.3}}
        time_limit: 30d

      - id: proposal
        title: Proposal
        entry_milestone:
          - {{id: proposal_requested, actor: buyer, title: The customer asks for a proposal}}
        exit_criteria:
          - {{id: proposal_accepted, actor: buyer, title: The customer accepts the proposal}}
        chance: {{reached: 0.5, completed: 0.9}}

# How a case may end. Completing the last stage wins it; `by_command` says that a person may end it so.
ends:
  - {{id: won, kind: won, title: Won}}
  - {{id: lost, kind: lost, by_command: true, title: Lost, reasons: [price, rival, no_decision]}}
"""


@click.command(
    "new",
    cls=Command,
    short_help="Start a definition.",
    examples=("stagegate new lead-intake", "stagegate new lead-intake -o definitions/lead-intake.yaml"),
)
@click.argument("name")
@click.option("-o", "--output", metavar="FILE", help="Where to write it; `-` prints it. [default: NAME.yaml]")
def command(name: str, output: str | None) -> None:
    """Start a definition: a small process with comments, ready to be checked and run. An existing file is left alone."""
    if not NAME.match(name):
        hint = suggestion(name)
        better = f"; `{hint}` would do" if hint else ""
        raise Misuse(f"`{name}` is not a name for a process: small letters, digits and hyphens, at most 64{better}")
    target = output or f"{name}.yaml"
    text = TEMPLATE.format(
        name=name, title=name.replace("-", " ").capitalize(), file="FILE" if target == "-" else quoted(target)
    )
    if target == "-":
        sys.stdout.write(text)
        return
    write_file(target, text, fresh=True)
    say(f"wrote {target}; next: stagegate check {quoted(target)}")


def quoted(path: str) -> str:
    """A path as one would type it, on one line."""
    from shlex import quote

    from stagegate.render.findings.display import clean

    return clean(quote(path))


def suggestion(name: str) -> str:
    """A name for a process that is much like this one, "" if there is none."""
    made = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64].rstrip("-")
    return made if NAME.match(made) else ""

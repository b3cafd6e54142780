"""`stagegate new`: the start of a definition, from nothing or from one that is there."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

import click

from stagegate.cli.files import cannot_read, load_process, read_text, show_report, write_file
from stagegate.cli.frame import Command
from stagegate.cli.terminal import Misuse, complain, leave, say

SCHEMA: Final = "stagegate-1.json"
_FOR_EDITORS: Final = f"# yaml-language-server: $schema={SCHEMA}\n"

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
    examples=(
        "stagegate new lead-intake",
        "stagegate new lead-intake -o definitions/lead-intake.yaml",
        "stagegate new our-order-flow --from sales-order-flow processes",
    ),
)
@click.argument("name")
@click.argument("folder", required=False)
@click.option("--from", "model", metavar="PROCESS", help="Copy this one, with its scenarios: a path or bundled name.")
@click.option("-o", "--output", metavar="FILE", help="Where to write it; `-` prints it. [default: NAME.yaml]")
def command(name: str, folder: str | None, model: str | None, output: str | None) -> None:
    """Start a definition: a small process with comments, or a copy of another process, ready to be checked and run.

    It is written into FOLDER, else into the present one. A copy has the new name and the version 1.0.0, and so have its scenarios beside it;
    title and stages stay. With it comes `stagegate-1.json`, by which an editor checks the file while it is typed.
    An existing file is left alone.
    """
    if output is not None and (model is not None or folder is not None):
        raise Misuse("`--output` names the one file of a fresh start; leave it out, and name a folder if you like")
    if not NAME.match(name):
        hint = suggestion(name)
        better = f"; `{hint}` would do" if hint else ""
        raise Misuse(f"`{name}` is not a name for a process: small letters, digits and hyphens, at most 64{better}")
    if model is not None:
        copy(name, model, Path(folder or ""))
        return
    target = output or str(Path(folder or "") / f"{name}.yaml")
    text = TEMPLATE.format(
        name=name, title=name.replace("-", " ").capitalize(), file="FILE" if target == "-" else quoted(target)
    )
    if target == "-":
        sys.stdout.write(text)
        return
    make_folder(Path(target).parent)
    write_file(target, _FOR_EDITORS + text, fresh=True)
    write_schema(Path(target).parent)
    say(f"wrote {target}; next: stagegate check {quoted(target)}")


def copy(name: str, model: str, folder: Path) -> None:
    """Writes a copy of a process and of the scenarios beside it under a new name, and says what to do next."""
    from stagegate.bundled import COMPANION
    from stagegate.loading import check, find

    old = load_process(model).name
    source = find(model)
    target, beside = folder / f"{name}.yaml", source.with_name(f"{source.stem}{COMPANION}")
    files = {target: renamed(read_text(str(source)).text, old, name)}
    if beside.is_file():
        files[folder / f"{name}{COMPANION}"] = renamed(read_text(str(beside)).text, old, name)
    for file in files:
        if file.exists():
            raise Misuse(f"cannot write `{file}`: it is there already; choose another name")
    make_folder(folder)
    for file, text in files.items():
        write_file(str(file), text, fresh=True)
    write_schema(folder)
    say(f"wrote {' and '.join(map(str, files))}")
    report = check(target)
    if report.has_errors:
        show_report(report)
        complain(f"`{target}` needs what stands beside `{source}`; copy that, too")
        leave(1)
    path = quoted(str(target))
    say("next: give it your title, change what is different with you, and look at it after each change:")
    say("\n".join(f"  stagegate {each} {path}" for each in ("check", "test", "prove", "show")))


def renamed(text: str, old: str, name: str) -> str:
    """The text of a definition or of its scenarios under a new name, its version the first."""
    text = re.sub(r"^(process:[ \t]*)[^ \t\r\n#]+", rf"\g<1>{name}", text, count=1, flags=re.MULTILINE)
    text = re.sub(r"^(version:[ \t]*)[^ \t\r\n#]+", r"\g<1>1.0.0", text, count=1, flags=re.MULTILINE)
    text = re.sub(r"^# yaml-language-server:.*(?:\r?\n|\Z)", _FOR_EDITORS, text, count=1)
    own = re.compile(rf"(?<![\w-]){re.escape(old)}(?![\w-])")
    return re.sub(r"^#.*$", lambda comment: own.sub(name, comment[0]), text, flags=re.MULTILINE)


def make_folder(folder: Path) -> None:
    """Makes a folder that is not there yet."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misuse(cannot_read(folder, error)) from None


def write_schema(folder: Path) -> None:
    """Writes the JSON Schema that the first line of a definition names, where there is none yet."""
    from stagegate.language.schema import schema_text

    if not (folder / SCHEMA).exists():
        write_file(str(folder / SCHEMA), schema_text(), fresh=True)


def quoted(path: str) -> str:
    """A path as one would type it, on one line."""
    from shlex import quote

    from stagegate.render.findings.display import clean

    return clean(quote(path))


def suggestion(name: str) -> str:
    """A name for a process that is much like this one, "" if there is none."""
    made = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64].rstrip("-")
    return made if NAME.match(made) else ""

"""The reference page of the command line, made from the commands themselves.

`python -m stagegate.cli.reference > docs/reference/cli.md` writes it anew; a test compares the two and runs
every example.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator

import click

from stagegate.cli.entry import COMMANDS, cli
from stagegate.cli.frame import Command, Group

HEAD = """\
# The command line

Made from the help of the commands (`python -m stagegate.cli.reference`); a test compares the two and runs every example.

`stagegate COMMAND --help` shows the same on a terminal, `stagegate --version` the version. PROCESS is always the path of a
definition or the name of a bundled process.

| exit code | when |
| --- | --- |
| 0 | done; `check` has found nothing wrong, `run` has played the commands, refused ones too, `test` has seen every scenario pass, `prove` has broken nothing |
| 1 | a file has mistakes: findings of `check`, a definition or commands file that cannot be used, cells that do not fit; a scenario fails, an invariant is broken; a row that is not brought in, a case that is damaged or not carried over |
| 2 | misuse, or something that cannot be read or written: one line on the standard error says what, where, and what to do |
| 130 | interrupted |
| 141 | the reader of the output has gone away (`stagegate list \\| head -1`) |

Results go to the standard output, everything else to the standard error. Colours are used on a terminal only, and never
when `NO_COLOR` is set. Characters that the output cannot take are written as escapes; JSON is always ASCII. No control
character of a file reaches the terminal.
"""


def commands() -> Iterator[tuple[str, Command]]:
    """Every command with its whole name, in the order of `--help`."""
    context = click.Context(cli, info_name="stagegate")
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if isinstance(command, Group):
            yield from (
                (f"{name} {inner}", each) for inner, each in command.commands.items() if isinstance(each, Command)
            )
        else:
            assert isinstance(command, Command)
            yield name, command


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(section(*each) for each in commands())])


def section(name: str, command: Command) -> str:
    """One command: usage, what it does, its options, its examples."""
    context = click.Context(command, info_name=f"stagegate {name}")
    usage = f"stagegate {name} {' '.join(command.collect_usage_pieces(context))}"
    lines = [f"## `stagegate {name}`", "", "```text", usage, "```", "", *paragraphs(command.help or "")]
    rows = [row for param in command.get_params(context) if (row := option(param, context)) is not None]
    if rows:
        lines += ["| option | |", "| --- | --- |", *rows, ""]
    return "\n".join([*lines, "```sh", *command.examples, "```", ""])


def paragraphs(text: str) -> Iterator[str]:
    """The help of a command; what click is told to leave as it is becomes a block of text."""
    for block in inspect.cleandoc(text).split("\n\n"):
        if block.startswith("\b"):
            yield from ("```yaml", *(line[2:] for line in block.split("\n")[1:]), "```", "")
        else:
            yield from (" ".join(block.split()), "")


def option(param: click.Parameter, context: click.Context) -> str | None:
    """A row of the table of options; None for an argument and for `--help`."""
    record = param.get_help_record(context) if isinstance(param, click.Option) and "--help" not in param.opts else None
    if record is None:
        return None
    name, about = (" ".join(cell.split()).replace("|", "\\|") for cell in record)
    return f"| `{name}` | {about} |"


if __name__ == "__main__":
    sys.stdout.write(page())

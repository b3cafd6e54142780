"""From the arguments to an exit code: the group of commands, and one line for everything that can go wrong."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from stagegate.cli import terminal
from stagegate.cli.frame import Command, Group

MISUSE: Final = 2
INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141  # what a shell reports of a program that a closed pipe has ended
COMPLETION: Final = "_STAGEGATE_COMPLETE"

# In the order in which `--help` shows them; the value is the module.
COMMANDS: Final[dict[str, str]] = {
    "check": "check",
    "rules": "rules",
    "list": "list_processes",
    "show": "show",
    "draw": "draw",
    "run": "run",
    "test": "test",
    "prove": "prove",
    "mutate": "mutate",
    "assess": "assess",
    "import": "import_deals",
    "store": "store",
    "diff": "diff",
    "migrate": "migrate",
    "new": "new",
    "schema": "schema",
}


class Commands(click.Group):
    """A group that imports the module of a command when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> Command | Group | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = importlib.import_module(f"stagegate.cli.{module}").command
        assert isinstance(command, Command | Group)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise terminal.Misuse(f"no command `{args[0]}`{near(args[0])}; `stagegate --help` lists them")
        return super().resolve_command(ctx, args)


def near(name: str) -> str:
    """A few words on the command that was probably meant."""
    from difflib import get_close_matches  # only for a mistake

    found = get_close_matches(name, COMMANDS, 1)
    return f" (did you mean `{found[0]}`?)" if found else ""


def show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    """Prints the version."""
    if value:
        from stagegate import __version__

        terminal.say(f"stagegate {__version__}")
        ctx.exit()


EPILOG: Final = """\b
Examples:
  stagegate new lead-intake
  stagegate check lead-intake.yaml
  stagegate show project-sales --lang zh

\b
Exit codes: 0 done, 1 a file has mistakes, a scenario fails or an invariant is broken, 2 misuse or
a file that cannot be read.
`stagegate COMMAND --help` shows an example for each command."""


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=show_version, help="Show the version."
)
def cli() -> None:
    """Buying cycles and sales stages, declared in YAML: check them, look at them, play cases through them.

    PROCESS is always the path of a definition or the name of a bundled process (see `stagegate list`).
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and gives its exit code; nothing gets out as a traceback that is not a defect."""
    terminal.prepare()
    if COMPLETION in os.environ:
        cli.main(None if arguments is None else list(arguments), prog_name="stagegate")
    if arguments is None:
        gc.set_threshold(50_000)  # a command is short and keeps what it makes: fewer looks for garbage, a tenth quicker
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        code = invoke(given)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        terminal.give_up_output()
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return interrupted()
    except OSError as error:
        return lost_output(error)


def invoke(arguments: list[str]) -> int:
    """The exit code of one call; what click complains of becomes one line."""
    try:
        with cli.make_context("stagegate", arguments or ["--help"]) as context:
            cli.invoke(context)
    except click.exceptions.Exit as left:
        return left.exit_code
    except click.Abort:
        return interrupted()
    except click.UsageError as error:
        terminal.complain(usage(error))
        return MISUSE
    except click.ClickException as error:
        terminal.complain(error.format_message())
        return error.exit_code
    return 0


def usage(error: click.UsageError) -> str:
    """A mistake in the arguments, as one line that says where the help is."""
    message = error.format_message().rstrip(".")
    path = error.ctx.command_path if error.ctx is not None else "stagegate"
    return f"{message[:1].lower()}{message[1:]}{' ' if message.endswith('?') else '; '}see `{path} --help`"


def interrupted() -> int:
    """The user has had enough; what was written so far still comes out, if somebody takes it."""
    terminal.complain("interrupted")
    try:
        sys.stdout.flush()
    except OSError:
        terminal.give_up_output()
    return INTERRUPTED


def lost_output(error: OSError) -> int:
    """What was to be written cannot be (a full disk, say)."""
    terminal.give_up_output()
    terminal.complain(f"cannot write the output: {error.strerror or error}")
    return MISUSE

"""What every command is made with: a click command that carries its examples."""

from __future__ import annotations

from typing import Any

import click


class Command(click.Command):
    """A command with examples, which `--help` and the reference page show and the tests run."""

    def __init__(self, *args: Any, examples: tuple[str, ...] = (), **options: Any) -> None:
        self.examples = examples
        listed = "\n".join(f"  {each}" for each in examples)
        options.setdefault("epilog", f"\b\n{'Example' if len(examples) == 1 else 'Examples'}:\n{listed}")
        super().__init__(*args, **options)


class Group(click.Group):
    """A command that has commands of its own; their names begin with its name."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("no_args_is_help", False)  # without one it says in a line what is missing
        super().__init__(*args, **options)


LANGUAGE = click.Choice(["en", "zh"])
"""The languages of titles and texts."""

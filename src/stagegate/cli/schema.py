"""`stagegate schema`: the JSON Schema of definitions."""

from __future__ import annotations

import sys

import click

from stagegate.cli.files import write_file
from stagegate.cli.frame import Command
from stagegate.cli.terminal import is_utf8


@click.command(
    "schema",
    cls=Command,
    short_help="Print the JSON Schema of definitions.",
    examples=("stagegate schema", "stagegate schema -o stagegate-1.json"),
)
@click.option("-o", "--output", metavar="FILE", help="Write it to a file instead.")
def command(output: str | None) -> None:
    """Print the JSON Schema of definitions, for editors.

    A definition whose first line says `# yaml-language-server: $schema=stagegate-1.json` is checked while it is typed.
    """
    from stagegate.language.schema import schema_text

    text = schema_text()
    if output is not None:
        write_file(output, text)
        return
    if not is_utf8(sys.stdout):
        import json

        text = json.dumps(json.loads(text), indent=2) + "\n"
    sys.stdout.write(text)

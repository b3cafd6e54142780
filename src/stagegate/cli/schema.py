"""`stagegate schema`: the JSON Schema of definitions, and that of events."""

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
    examples=("stagegate schema", "stagegate schema -o stagegate-1.json", "stagegate schema --events"),
)
@click.option("--events", is_flag=True, help="The schema of the data of events instead.")
@click.option("-o", "--output", metavar="FILE", help="Write it to a file instead.")
def command(events: bool, output: str | None) -> None:
    """Print the JSON Schema of definitions, for editors.

    A definition whose first line says `# yaml-language-server: $schema=stagegate-1.json` is checked while it is typed.
    With `--events`: the schema of what a CloudEvent of a store carries as `data`, one definition for each kind of event.
    """
    if events:
        from stagegate.engine.event_data import schema_text
    else:
        from stagegate.language.schema import schema_text

    text = schema_text()
    if output is not None:
        write_file(output, text)
        return
    if not is_utf8(sys.stdout):
        import json

        text = json.dumps(json.loads(text), indent=2) + "\n"
    sys.stdout.write(text)

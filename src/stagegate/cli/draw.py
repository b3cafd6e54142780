"""`stagegate draw`: a process as a picture."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from stagegate.cli.files import cannot_read, load_process, write_file
from stagegate.cli.frame import LANGUAGE, Command
from stagegate.cli.terminal import Misuse, say, tell

if TYPE_CHECKING:
    from stagegate.case import Case
    from stagegate.process import Process
    from stagegate.render.picture import Highlight

FORMATS: Final = ("svg", "png", "dot", "mermaid")
SUFFIXES: Final = {".svg": "svg", ".png": "png", ".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".mermaid": "mermaid"}
STDOUT: Final = "-"
LARGEST_JOURNAL: Final = 64 * 1024 * 1024


@click.command(
    "draw",
    cls=Command,
    short_help="Draw a process.",
    examples=(
        "stagegate draw project-sales -o project-sales.svg --lang zh",
        "stagegate draw project-sales -o ACME-42.svg --journal examples/project-sales.commands.yaml",
    ),
)
@click.argument("process")
@click.option("-o", "--output", metavar="FILE", required=True, help="Where to write the picture; `-` prints it.")
@click.option(
    "--journal", metavar="FILE", help="A journal (of `run --journal`) or a commands file: shows where its case stands."
)
@click.option("--lang", type=LANGUAGE, default="en", show_default=True, help="The language of titles.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="The kind of picture. [default: by the ending of FILE; svg if it has none]",
)
def command(process: str, output: str, journal: str | None, lang: str, form: str | None) -> None:
    """Draw PROCESS: a lane for each track, with stages, decisions, jumps, loops and ends.

    SVG needs nothing else; PNG needs the package `resvg_py`. DOT (Graphviz) and Mermaid are plain graphs,
    without the position of a case. An ending other than .svg, .png, .dot, .gv, .mmd and .mermaid needs --format.
    """
    form = form or form_of(output)
    if journal is not None and form in ("dot", "mermaid"):
        raise Misuse(f"{form} cannot show the position of a case; leave --journal out, or draw SVG or PNG")
    from stagegate.render.standing import highlight

    loaded = load_process(process)
    position = None if journal is None else highlight(case_of(journal, loaded), lang)
    picture = drawn(loaded, form, lang, position)
    if output == STDOUT:
        printed(picture)
    else:
        write_file(output, picture)


def form_of(output: str) -> str:
    """The kind of picture that the name of a file asks for."""
    suffix = Path(output).suffix
    if not suffix:
        return "svg"
    found = SUFFIXES.get(suffix.lower())
    if found is None:
        raise Misuse(
            f"`{output}`: no kind of picture ends in `{suffix}`; name it {', '.join(SUFFIXES)}, or give --format"
        )
    return found


def printed(picture: str | bytes) -> None:
    """Writes a picture to the standard output."""
    if isinstance(picture, bytes):
        sys.stdout.buffer.write(picture)
        sys.stdout.buffer.flush()
    else:
        say(picture.rstrip("\n"))


def drawn(process: Process, form: str, language: str, position: Highlight | None) -> str | bytes:
    """The picture in one of the formats."""
    from stagegate.render import diagram

    if form == "dot":
        return diagram.dot(process.definition, language=language)
    if form == "mermaid":
        return diagram.mermaid(process.definition, language=language)
    from stagegate.render.picture import draw

    svg = draw(process.definition, language=language, position=position)
    return png(svg) if form == "png" else svg


def png(svg: str) -> bytes:
    """The SVG as PNG, if the program for it is installed."""
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        raise Misuse("PNG needs one package more: pip install resvg_py (or draw SVG)") from None
    return bytes(svg_to_bytes(svg_string=svg, background="white", zoom=2))


def case_of(path: str, process: Process) -> Case:
    """The case of a journal or of a commands file."""
    text = journal_text(path)
    return (
        replayed(path, text, process) if text.lstrip().startswith("{") and '"hash"' in text else played(path, process)
    )


def journal_text(path: str) -> str:
    """The text of a file that may be a journal."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST_JOURNAL + 1)
    except OSError as error:
        raise Misuse(cannot_read(path, error)) from None
    if len(data) > LARGEST_JOURNAL:
        raise Misuse(f"`{path}` is larger than {LARGEST_JOURNAL // 1024**2} MiB; is it a journal?")
    return data.decode("utf-8", "replace").removeprefix("\ufeff")


def replayed(path: str, text: str, process: Process) -> Case:
    """The case of a journal; what follows now differently from what it tells is said."""
    from stagegate.errors import StagegateError

    try:
        case, differences = process.replay(entries(path, text))
    except StagegateError as error:
        raise Misuse(f"cannot use the journal `{path}`: {error}") from None
    for difference in differences:
        from stagegate.render.findings.display import clean

        tell(clean(f"{path}: {difference}"))
    return case


def entries(path: str, text: str) -> list[dict[str, Any]]:
    """The entries of a journal, one a line."""
    found: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except (ValueError, RecursionError):
                raise Misuse(f"cannot use the journal `{path}`: line {number} is not JSON") from None
    return found


def played(path: str, process: Process) -> Case:
    """The case of a commands file."""
    from stagegate.cli.files import read_text
    from stagegate.cli.run import Played, script_of

    source = read_text(path)
    return Played(process, source, script_of(source, process)).case

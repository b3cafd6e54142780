"""A report of findings as text: one module per format, each with one function `render`.

Imports nothing but `stagegate.diagnostics` and the standard library.
"""

from __future__ import annotations

from typing import Literal, get_args

from stagegate.diagnostics import Report
from stagegate.render.findings import concise, full, github, json, sarif

Format = Literal["full", "concise", "json", "github", "sarif"]

FORMATS: tuple[Format, ...] = get_args(Format)

__all__ = ["FORMATS", "Format", "render"]


def render(report: Report, format: Format, *, color: bool = False) -> str:
    """`report` in one of `FORMATS`, without a line break at the end.

    `color` puts terminal colours into `full` and `concise`; the other formats are for programs.
    Whatever stands in a file, no control character of it gets into the result. Raises ValueError
    for a format that does not exist.
    """
    match format:
        case "full":
            return full.render(report, color=color)
        case "concise":
            return concise.render(report, color=color)
        case "json":
            return json.render(report)
        case "github":
            return github.render(report)
        case "sarif":
            return sarif.render(report)
    raise ValueError(f"no format `{format}`; there are {', '.join(FORMATS)}")

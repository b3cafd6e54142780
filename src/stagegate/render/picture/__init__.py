"""A process as a picture: a swimlane for each track, as one self-contained SVG.

`draw` is the whole of it; `Highlight` and `TrackHighlight` say where a case stands. Inside, from what there is to draw
to the text: `graph` (lanes, nodes, lines), `cells` and `faces` (sizes), `channels` (how lines run), `rows` and `layout`
(where everything goes), `scene` (the result, which tests look at), `svg`, `theme` and `glyphs` (writing it).
Imports the model and the standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping

from stagegate.model import Definition
from stagegate.render.picture import layout, svg
from stagegate.render.picture.graph import build
from stagegate.render.picture.highlight import Highlight, Phase, TrackHighlight
from stagegate.render.picture.rows import Style
from stagegate.render.picture.scene import Scene
from stagegate.render.picture.shapes import DEFAULTS, SHAPES

__all__ = ["Highlight", "Phase", "Scene", "TrackHighlight", "draw", "scene"]


def draw(
    definition: Definition,
    *,
    language: str = "en",
    position: Highlight | None = None,
    title: bool = True,
    notation: Mapping[str, str] | None = None,
) -> str:
    """The process as SVG, with the position of a case marked if one is given.

    `notation` (element -> shape) goes over what the process says itself.
    """
    return svg.write(
        scene(definition, language=language, position=position, title=title, notation=notation), language=language
    )


def scene(
    definition: Definition,
    *,
    language: str = "en",
    position: Highlight | None = None,
    title: bool = True,
    notation: Mapping[str, str] | None = None,
) -> Scene:
    """The same before it is written: every box, line and label with its place."""
    wanted = {**definition.notation, **(notation or {})}
    unknown = sorted({shape for shape in (notation or {}).values() if shape not in SHAPES})
    if unknown:
        raise ValueError(f"no shape named {', '.join(unknown)}; there are {', '.join(SHAPES)}")
    shapes = {**DEFAULTS, **{element: shape for element, shape in wanted.items() if shape in SHAPES}}
    style = Style(definition, language, shapes, position)
    return layout.compose(build(definition, language), style, title=title)

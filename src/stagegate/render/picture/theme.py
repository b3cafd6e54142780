"""The colours: calm, dark enough on white to read, and told apart in grey by lines and shapes as well."""

from __future__ import annotations

from stagegate.render.picture.scene import Box

PAPER = "#ffffff"
INK = "#1f2933"
MUTED = "#52606d"
STRONG = "#1d4e89"  # where the case stands

DOTS = "0.1 3.6"  # the outline of what the source does not describe; its ends are round
_DASH_DOTS = "6 4 0.1 4"

# fill, cell of the title, edge
BANDS: dict[str, tuple[str, str, str]] = {
    "buyer": ("#f6f9fd", "#dde8f5", "#b9c9dc"),
    "seller": ("#f6fbf8", "#dcede4", "#b5cfc1"),
    "other": ("#fbf9f5", "#efe8dc", "#d6cab4"),
    "strip": ("#fafafa", "#ebedf0", "#cfd4da"),
    "gap": ("#ffffff", "#ffffff", "#cfd4da"),
}

# colour, width, dashes
LINES: dict[str, tuple[str, float, str]] = {
    "flow": ("#3e4c59", 1.6, ""),
    "next": ("#3e4c59", 1.6, ""),
    "jump": ("#22589c", 1.6, "7 4"),
    "loop": ("#9a3f22", 1.5, ""),
    "cycle": ("#68479b", 1.9, ""),
}

TEXT: dict[str, str] = {
    "ink": INK,
    "muted": MUTED,
    "flow": "#35424e",
    "next": "#35424e",
    "jump": "#1c4f8f",
    "loop": "#8c381d",
    "cycle": "#5d3d90",
    "won": "#176a38",
    "lost": "#9b2c24",
    "ended": "#4a5563",
    "chance": "#7a4f00",
    "link": "#3a4653",
    "on_dark": "#ffffff",
    "current": STRONG,
}

_FILL: dict[str, str] = {
    "buyer": "#ffffff",
    "seller": "#ffffff",
    "other": "#ffffff",
    "decision": "#fff7e0",
    "start": "#3e4c59",
    "hold": "#f1f1ee",
    "link": "#eef1f4",
    "activity": "#ffffff",
    "jump": "#ffffff",
    "won": "#ddf1e3",
    "lost": "#f9e2df",
    "ended": "#eceef1",
}
_STROKE: dict[str, tuple[str, float]] = {
    "buyer": ("#5d7ea8", 1.4),
    "seller": ("#4c8a69", 1.4),
    "other": ("#93794a", 1.4),
    "decision": ("#a8821c", 1.5),
    "start": ("#3e4c59", 1.4),
    "hold": ("#7b7a6d", 1.2),
    "link": ("#6b7885", 1.2),
    "activity": ("#7c8794", 1.3),
    "jump": ("#22589c", 1.2),
    "won": ("#1f7a43", 1.8),
    "lost": ("#a8322a", 1.8),
    "ended": ("#5f6c7b", 1.8),
}
_PASSED = {"buyer": "#cfdff1", "seller": "#cbe5d6", "other": "#eaddc4", "decision": "#f3dfa2"}


def fill_of(box: Box) -> str:
    """What the shape is filled with."""
    if box.state == "skipped":
        return "url(#sg-hatch)"
    if box.state == "passed":
        return passed_fill(box.tone)
    if box.state == "current":
        return "#ffffff"
    if box.reached:
        return _FILL.get(box.tone, PAPER) if box.outline.shape == "double_circle" else _STROKE[box.tone][0]
    return _FILL.get(box.tone, PAPER)


def passed_fill(tone: str) -> str:
    """What a passed shape of this tone is filled with."""
    return _PASSED.get(tone, "#dfe3e8")


def tone_stroke(tone: str) -> str:
    """The colour of the outline of a shape of this tone."""
    return _STROKE.get(tone, (MUTED, 1.4))[0]


def dashes_of(box: Box) -> str:
    """How the outline is dashed: attributes of SVG, "" for a plain line."""
    if box.proposed:
        return f' stroke-dasharray="{_DASH_DOTS if box.dashed else DOTS}" stroke-linecap="round"'
    return ' stroke-dasharray="5 3.5"' if box.dashed else ""


def stroke_of(box: Box) -> tuple[str, float]:
    """The colour and the width of the outline."""
    if box.state == "current":
        return STRONG, 3.2
    colour, width = _STROKE.get(box.tone, (MUTED, 1.4))
    if box.reached:
        return colour, 2.6
    return (colour, width + 0.8) if box.proposed else (colour, width)  # round dots look thinner than a line

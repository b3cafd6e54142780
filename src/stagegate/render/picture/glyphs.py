"""The small marks, drawn as paths so that no font has to have them."""

from __future__ import annotations

from stagegate.render.picture.scene import Glyph
from stagegate.render.picture.shapes import n
from stagegate.render.picture.theme import DOTS, LINES, MUTED, PAPER, STRONG, TEXT, passed_fill, tone_stroke


def draw(glyph: Glyph) -> str:
    """One mark as SVG."""
    colour = TEXT.get(glyph.tone, MUTED)
    name = glyph.name
    if name.startswith("line-"):
        return _line(glyph)
    if name == "state-passed":
        return _passed(glyph)
    if name == "state-reached":
        return _reached(glyph)
    if name.startswith("state-"):
        return _state(glyph)
    at = f'<g transform="translate({n(glyph.x)} {n(glyph.y)})" fill="none" stroke="{colour}" stroke-width="1.4">'
    if name in _PATHS:
        return f"{at}{_PATHS[name].replace('COLOUR', colour)}</g>"
    a, b = glyph.width / 2, glyph.height / 2
    rect = f'x="{n(glyph.x - a)}" y="{n(glyph.y - b)}" width="{n(2 * a)}" height="{n(2 * b)}"'
    if name == "band":
        return f'<rect {rect} rx="2" fill="{STRONG}"/>'
    if name == "pill":
        return f'<rect {rect} rx="9" fill="#e8f0fa" stroke="{STRONG}" stroke-width="1.3"/>'
    if name == "optional":
        return f'<rect {rect} fill="#ffffff" stroke="{MUTED}" stroke-dasharray="4 3"/>'
    if name == "proposed":
        return f'<rect {rect} fill="#ffffff" stroke="{MUTED}" stroke-width="1.6" stroke-dasharray="{DOTS}" stroke-linecap="round"/>'
    if name == "pair":
        return f'<rect {rect} fill="#8795a6" fill-opacity="0.28"/>'
    return _span(glyph)


_PATHS = {
    "flag": '<path d="M-3.5 5V-5"/><path d="M-3.5 -5H4.5L2 -2L4.5 1H-3.5Z" fill="COLOUR" stroke="none"/>',
    "check": '<path d="M-4.5 0.5L-1.5 4L4.5 -4" stroke-width="1.8"/>',
    "clock": '<circle r="4.6"/><path d="M0 -2.8V0.2L2.2 1.6"/>',
    "loop": '<path d="M3.6 -2.4A4.4 4.4 0 1 0 4.4 0.6"/><path d="M5.6 -5.2L4.6 -0.8L0.9 -3Z" fill="COLOUR" stroke="none"/>',
    "pause": '<path d="M-2 -4V4M2 -4V4" stroke-width="2.2"/>',
    "percent": '<path d="M-3.5 4.5L3.5 -4.5"/><circle cx="-3.2" cy="-2.6" r="1.9"/><circle cx="3.2" cy="2.6" r="1.9"/>',
}


def _line(glyph: Glyph) -> str:
    colour, width, dash = LINES[glyph.tone]
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    left, right, y = glyph.x - glyph.width / 2, glyph.x + glyph.width / 2, glyph.y
    return (
        f'<path d="M{n(left)} {n(y)}H{n(right - 6)}" fill="none" stroke="{colour}" stroke-width="{n(width)}"{dashes}/>'
        f'<path d="M{n(right)} {n(y)}L{n(right - 7)} {n(y - 3.3)}V{n(y + 3.3)}Z" fill="{colour}"/>'
    )


_STATES = {
    "state-current": f'fill="#ffffff" stroke="{STRONG}" stroke-width="3"',
    "state-skipped": f'fill="url(#sg-hatch)" stroke="{MUTED}"',
    "state-pending": 'fill="none" stroke="#b45309" stroke-width="2.4" stroke-dasharray="6 3"',
}


def _state(glyph: Glyph) -> str:
    left, top = glyph.x - glyph.width / 2, glyph.y - 6
    return f'<rect x="{n(left)}" y="{n(top)}" width="{n(glyph.width)}" height="12" {_STATES[glyph.name]}/>'


def _passed(glyph: Glyph) -> str:
    """As many parts as there are kinds of boxes, each in its colour."""
    tones = glyph.tone.split()
    left, top, wide = glyph.x - glyph.width / 2, glyph.y - 6, glyph.width / len(tones)
    return "".join(
        f'<rect x="{n(left + i * wide)}" y="{n(top)}" width="{n(wide)}" height="12" fill="{passed_fill(tone)}" '
        f'stroke="{tone_stroke(tone)}"/>'
        for i, tone in enumerate(tones)
    )


def _reached(glyph: Glyph) -> str:
    colour = tone_stroke(glyph.tone)
    at = f'cx="{n(glyph.x)}" cy="{n(glyph.y)}"'
    return f'<circle {at} r="6.3" fill="{PAPER}" stroke="{colour}" stroke-width="1.4"/><circle {at} r="3.8" fill="{colour}"/>'


def _span(glyph: Glyph) -> str:
    """A line with an end at both sides: how far two things are apart."""
    left, right = glyph.x - glyph.width / 2, glyph.x + glyph.width / 2
    top, bottom = glyph.y - glyph.height / 2, glyph.y + glyph.height / 2
    path = f"M{n(left)} {n(top)}V{n(bottom)}M{n(right)} {n(top)}V{n(bottom)}M{n(left)} {n(glyph.y)}H{n(right)}"
    return f'<path d="{path}" fill="none" stroke="{STRONG}" stroke-width="2"/>'

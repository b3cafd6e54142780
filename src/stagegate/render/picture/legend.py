"""Which signs the picture uses, for the line of explanations under it."""

from __future__ import annotations

from collections.abc import Iterator

from stagegate.render.picture.faces import required
from stagegate.render.picture.rows import Parts, Style
from stagegate.render.picture.words import word

_STATES = ("passed", "current", "skipped")


def entries(style: Style, parts: Parts, pairs: bool) -> Iterator[tuple[str, float, str, str]]:
    """Of each sign in use: its glyph, how wide that is, what it means, and its tone (of several: joined by blanks)."""
    stages = list(style.definition.stages())
    kinds = {wire.kind for wire in parts.wires} | ({"jump"} if any(b.kind == "note" for b in parts.boxes) else set())
    used: list[tuple[str, float, str, bool]] = [
        ("flag", 10, "l_milestone", any(required(s.entry_milestone) for s in stages)),
        ("check", 10, "l_exit", any(required(s.exit_criteria or ()) for s in stages)),
        ("percent", 14, "l_chance", any(s.chance for s in stages)),
        ("clock", 10, "l_time", any(s.time_limit for s in stages)),
        ("loop", 10, "l_repeat", any(s.repeatable for s in stages)),
        ("optional", 22, "l_optional", any(s.optional for s in stages)),
        ("proposed", 22, "l_proposed", any(box.proposed for box in parts.boxes)),
        ("pair", 16, "l_pair", pairs),
        ("line-next", 30, "l_next", "next" in kinds),
        ("line-jump", 30, "l_jump", "jump" in kinds),
        ("line-loop", 30, "l_loop", "loop" in kinds),
        ("line-cycle", 30, "l_cycle", "cycle" in kinds),
    ]
    states = {box.state for box in parts.boxes}
    used += [(f"state-{state}", 22, f"l_{state}", state in states) for state in _STATES]
    used.append(("state-pending", 22, "l_pending", any(box.pending for box in parts.boxes)))
    used.append(("state-reached", 14, "l_reached", any(box.reached for box in parts.boxes)))
    for name, width, key, wanted in used:
        if wanted:
            yield name, width, word(key, style.language), _tone(name, parts)


def _tone(name: str, parts: Parts) -> str:
    """The tone of a sign: that of its lines, or those of the boxes it explains."""
    if name.startswith("line-"):
        return name.removeprefix("line-")
    if name == "state-passed":
        return " ".join(dict.fromkeys(box.tone for box in parts.boxes if box.state == "passed"))
    if name == "state-reached":
        return next(box.tone for box in parts.boxes if box.reached)
    return "muted"

"""The words of the engine that scenarios may say: codes of refusals, kinds of events and of actions.

They are asked for where a scenario is read, so that a definition without one never loads the engine.
"""

from __future__ import annotations

import re
from typing import Final

from stagegate.language.shapes import Coded

REFUSED: Final = Coded("refused")
EVENT: Final = Coded("event")
ACTION: Final = Coded("action")
STATUSES: Final = ("met", "waived", "owed", "skipped", "stale", "unknown", "unmet")
PHASES: Final = ("not_started", "in_progress", "completed", "left")
WORD: Final = {"refused": "code of refusals", "event": "kind of events", "action": "kind of actions"}
# What a word is about, as `process_names` calls it; a word that is not here may be about anything that has a name.
ABOUT: Final = {
    **dict.fromkeys(("entered", "completed", "left", "moved_back", "overdue", "reopened"), "any_stage"),
    **dict.fromkeys(("skip", "complete", "reopen"), "any_stage"),
    **dict.fromkeys(("won", "ended", "end"), "any_end"),
    **dict.fromkeys(("begun", "finished", "finish"), "activity"),
    **dict.fromkeys(("meet", "attach", "waiver_expired", "criterion_open"), "criterion"),
    "observed": "observed",
    "observe": "track",
    "advance": "track",
    "new_round": "track",
    "reported": "procedure",
    "breached": "prohibition",
    "give_fact": "fact",
    "decided": "decision",
    "await": "decision",
    "gap_changed": "gap_state",
    "key_reused": "",  # about a key,
    "unknown_reason": "",  # and about a reason: both are anybody's words
}


def codes(shape: Coded) -> tuple[str, ...]:
    """The words that may stand there, in the order of the reference."""
    from stagegate.engine.actions import ACTION_KINDS
    from stagegate.engine.events import EVENT_KINDS
    from stagegate.engine.results import REASON_CODES

    return tuple({"refused": REASON_CODES, "event": EVENT_KINDS, "action": ACTION_KINDS}[shape.kind])


def pattern(shape: Coded) -> str:
    """One of the words, alone or with a subject behind one blank."""
    return rf"^({'|'.join(map(re.escape, codes(shape)))})( [^\s]+)?$"

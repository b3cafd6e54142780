"""What the engine answers to a command: the step, and every reason for a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stagegate.engine.events import Event
    from stagegate.engine.snapshot import Snapshot

REASON_CODES: Final[Mapping[str, str]] = {
    "ended": "the case has ended",
    "not_ended": "only an ended case can be reopened",
    "too_early": "`at` is before the last accepted command",
    "happened_later": "`happened` is after `at`",
    "key_reused": "the key was used for another command",
    "on_hold": "the case is on hold",
    "not_on_hold": "the case is not on hold",
    "blocked": "an activity that blocks is running",
    "derived": "the criterion is derived from facts and cannot be reported",
    "not_met": "there is nothing to take back",
    "not_waivable": "the criterion cannot be waived",
    "role_not_allowed": "the role may not do this",
    "reason_required": "a reason is required (one of the leaves declared)",
    "unknown_reason": "the reason is not one of those declared",
    "until_passed": "the date is not ahead",
    "fact_type": "the value is not of the declared type",
    "fact_range": "the value is outside the declared range",
    "source_required": "an observation needs a source",
    "not_observed": "the track is not observed but earned",
    "criterion_open": "a criterion is not met; one reason for each",
    "not_current": "the case is not in that stage",
    "has_exit_criteria": "the stage is completed by its exit criteria, not by a mark",
    "already_completed": "the stage is already completed",
    "needs_complete": "the stage has no exit criteria: complete it, or take the decision after it",
    "decision_pending": "a decision is to be taken first",
    "nothing_ahead": "there is nothing to advance to",
    "automatic": "this is taken automatically",
    "not_asked": "the decision point is not asked now",
    "condition_false": "the condition is false",
    "condition_unknown": "the condition is unknown; what is lacking is named",
    "max_reached": "taken as often as allowed",
    "wrong_origin": "not possible from the current stage",
    "answer_required": "the probe must be answered",
    "target_required": "the target must be named",
    "not_ahead": "the target does not lie ahead",
    "not_optional": "the stage is not optional",
    "already_passed": "the case has already passed the stage",
    "already_skipped": "the stage is already skipped",
    "already_running": "the activity is already running",
    "not_running": "the activity is not running",
    "standing": "standing conduct is never begun",
    "result_required": "one of the declared results is required",
    "not_by_command": "the end is not reached by command",
    "not_reached": "the stage was never reached",
}


class Reason:
    """One reason why a command is refused (a key of `REASON_CODES`).

    `subject` is what it is about (a criterion, outcome, activity, ...), `message` a sentence, `lacking`
    the facts and causes an unknown condition lacks, or the documents not attached; `seen` the facts and
    documents that were there; `status` the criterion's status where it is about one; `where` the place in
    the file that makes the demand.
    """

    __slots__ = ("code", "lacking", "message", "seen", "status", "subject", "where")

    code: str
    subject: str
    message: str
    lacking: tuple[str, ...]
    status: str
    where: str
    seen: tuple[str, ...]

    def __init__(
        self,
        code: str,
        subject: str = "",
        message: str = "",
        lacking: tuple[str, ...] = (),
        status: str = "",
        where: str = "",
        seen: tuple[str, ...] = (),
    ) -> None:
        self.seen = seen
        self.code = code
        self.subject = subject
        self.message = message
        self.lacking = lacking
        self.status = status
        self.where = where

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reason):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in Reason.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Reason({self.code!r}, {self.subject!r}, {self.message!r})"

    def __str__(self) -> str:
        return self.message


class Step:
    """What one command did: the snapshot after it, and what followed; a `Refused` one tells why not.

    `repeated` means that the key was known: the events are the original ones and nothing changed.
    """

    __slots__ = ("events", "snapshot")

    snapshot: Snapshot
    events: tuple[Event, ...]
    accepted: ClassVar[bool] = True  # whether the command took effect, now or before under the same key
    repeated: ClassVar[bool] = False

    def __init__(self, snapshot: Snapshot, events: tuple[Event, ...] = ()) -> None:
        self.snapshot = snapshot
        self.events = events

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Every reason for the refusal, none when accepted."""
        return ()

    def __bool__(self) -> bool:
        return self.accepted

    def __repr__(self) -> str:
        what = "repeated" if self.repeated else "accepted"
        return f"Step({what}, events={list(self.events)!r})"


class Repeated(Step):
    """The answer to a key that is known: the original events, nothing changed."""

    __slots__ = ()

    repeated: ClassVar[bool] = True


class Refused(Step):
    """A refused step: it keeps the snapshot it was tried on. The sentences are only written when asked for."""

    __slots__ = ("_reasons",)

    accepted: ClassVar[bool] = False
    _reasons: tuple[Reason, ...] | Callable[[], tuple[Reason, ...]]

    def __init__(self, snapshot: Snapshot, reasons: tuple[Reason, ...] | Callable[[], tuple[Reason, ...]]) -> None:
        self.snapshot = snapshot
        self.events = ()
        self._reasons = reasons

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Every reason, in the order in which the engine looked."""
        if not isinstance(self._reasons, tuple):
            self._reasons = self._reasons()
        return self._reasons

    def __repr__(self) -> str:
        return f"Step(refused, reasons={list(self.reasons)!r})"

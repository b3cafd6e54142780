"""A deal played through `project-sales`, as a host application would: `make demo`.

It shows an attempt refused with every reason, a gap with the list that would close it, evidence withdrawn
that moves the case back, and the win; then it draws where the case stands.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import stagegate
from stagegate import Case, Step
from stagegate.render.picture import draw
from stagegate.render.standing import highlight

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PICTURE = Path("project-sales-ACME-42.svg")


class Clock:
    """The demo's own time: each thing happens two days after the one before."""

    def __init__(self) -> None:
        self.now = NOW

    def next(self) -> datetime:
        """Two days later."""
        self.now += timedelta(days=2)
        return self.now


def told(what: str, step: Step) -> None:
    """Prints what was tried, and what followed or every reason against."""
    print(f"  {what}")
    for event in step.events:
        if event.kind in ("entered", "completed", "moved_back", "ended", "waiver_expired", "breached"):
            print(f"      -> {event.kind.replace('_', ' ')} {event.subject}")
    for reason in step.reasons:
        print(f"      refused: {reason}")
        print(f"               ({reason.code}; {short(reason.where) or 'the command itself'})")


def short(where: str) -> str:
    """A place in a file, seen from the folder the demo runs in."""
    return where.removeprefix(f"{Path.cwd()}/")


def stands(deal: Case) -> None:
    """Prints where the case stands."""
    chance = "none" if deal.chance is None else f"{deal.chance:.0%}"
    print(f"      position: {deal.position} | chance: {chance} | gap: {deal.gap.state or 'none'}")


def meet(deal: Case, clock: Clock, *criteria: str, **evidence: str) -> None:
    """Reports criteria as done, one after the other; those after which nothing follows are told together."""
    quiet: list[str] = []
    for criterion in criteria:
        proof = {document: where for document, where in evidence.items() if document in documents(deal, criterion)}
        step = deal.meet(criterion, at=clock.next(), by="li.wei", evidence=proof)
        quiet.append(criterion)
        if step.events or not step.accepted:
            told(f"meet {', '.join(quiet)}", step)
            quiet.clear()
    if quiet:
        print(f"  meet {', '.join(quiet)}")


def documents(deal: Case, criterion: str) -> tuple[str, ...]:
    """The documents that a criterion asks for."""
    return next(c.documents() for c in deal.definition.criteria() if c.id == criterion)


def main() -> int:
    """Plays the deal."""
    process = stagegate.load("project-sales")
    print(f"{process.definition.title} {process.version}, {process.definition.title('zh')}")
    deal = process.open("ACME-42", at=NOW)
    clock = Clock()

    print("\n1. The first call: the milestone, then the exit criteria of the first stage")
    told(
        "observe: the buyer has found the problem",
        deal.observe("problem_found", at=clock.next(), source="press release"),
    )
    meet(deal, clock, "interest_aroused", "meeting_time_fixed", "meeting_place_fixed", "meeting_topic_fixed")
    stands(deal)
    for item in deal.missing():
        print(
            f"      missing: {item.id} ({item.criterion.title('zh')}): {', '.join(item.lacking)} [{short(item.where)}]"
        )
    visit = {"visit_record": "crm://visits/7"}
    told("attach its visit record", deal.attach("meeting_time_fixed", at=clock.next(), evidence=visit))
    stands(deal)

    print("\n2. The visit. Closing the stage too early is refused, with every reason and the line that asks for it")
    meet(deal, clock, "right_handler_found", "first_relationship")
    told("complete visit_and_survey", deal.complete("visit_and_survey", at=clock.next(), by="li.wei"))
    told("end the deal as given up", deal.end("given_up", at=clock.next(), by="li.wei"))
    stands(deal)

    print("\n3. The buyer moves on faster than we do: the gap, and what would close it")
    told("observe: the buyer sets its criteria", deal.observe("criteria_set", at=clock.next(), source="a draft seen"))
    gap = deal.gap
    print(f"      {gap.state}: the buyer is at {gap.buyer}, we are at {gap.seller}, {gap.gap} stages apart")
    print(f"      responses: {', '.join(gap.responses)}; to catch up:")
    for item in gap.closing:
        print(f"        [{item.criterion.stage}] {item.id}: {item.criterion.title} / {item.criterion.title('zh')}")
    meet(deal, clock, *[item.id for item in gap.closing], customer_opinion_form="crm://1", attendance_list="crm://2",
         exchange_minutes="crm://3")  # fmt: skip
    stands(deal)

    print("\n4. The customer takes its word back: the case moves back, and forward again when it is given anew")
    meet(deal, clock, "solution_accepted_in_principle", "formal_design_requested", formal_design_request="crm://4")
    meet(deal, clock, "needs_analysis_done", "formal_solution_designed")
    stands(deal)
    again = "solution_accepted_in_principle"
    told(f"retract {again}", deal.retract(again, at=clock.next(), by="li.wei", note="a new deputy head objects"))
    stands(deal)
    meet(deal, clock, again)
    stands(deal)

    print("\n5. To the signed contract")
    told(
        "observe: the buyer is about to sign", deal.observe("agreement_signed", at=clock.next(), source="their letter")
    )
    while not deal.ended:
        missing = deal.missing()
        proofs = {document: f"crm://{document}" for item in missing for document in item.criterion.documents()}
        meet(deal, clock, *[item.id for item in missing], **proofs)
    stands(deal)
    earned, total, _ = deal.credit()
    print(f"      appraisal: {earned:g} of {total:g} points; the rest has no document attached that proves it")
    print(f"      journal: {len(deal.journal)} entries, chained by hashes")

    print("\n6. Kept and given back")
    saved, journal = deal.to_dict(), deal.to_journal()
    replayed, differences = process.replay(journal)
    same = process.restore(saved).to_dict() == saved == replayed.to_dict()
    print(
        f"      snapshot restored and journal replayed: {'the same case' if same else 'DIFFERENT'}, {len(differences)} differences"
    )
    PICTURE.write_text(draw(process.definition, position=highlight(deal)), encoding="utf-8")
    print(f"      picture: {PICTURE.resolve()}")
    return 0 if same and deal.won else 1


if __name__ == "__main__":
    sys.exit(main())

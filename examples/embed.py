"""The pure engine in a program of one's own: no `Case`, no file, no store.

    python examples/embed.py

The program keeps what it wants to keep: here a list of accepted commands for each deal. The
present snapshot is their fold, and old snapshots stay as they were.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import stagegate
from stagegate import Command, Snapshot, Step, commands, engine

TABLES = stagegate.load("key-account-development").tables  # compiled once, shared by all deals
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Deals:
    """Deals in memory: for each the accepted commands, and the snapshot they lead to."""

    def __init__(self) -> None:
        self.told: dict[str, list[Command]] = {}
        self.now: dict[str, Snapshot] = {}

    def open(self, deal: str, at: datetime) -> None:
        """Opens a deal."""
        command = commands.open_case(at)
        self.told[deal] = [command]
        self.now[deal] = engine.start(TABLES, command).snapshot

    def tell(self, deal: str, command: Command) -> Step:
        """Does a command. A refused one leaves no trace; its step says why."""
        step = engine.step(TABLES, self.now[deal], command)
        if step.snapshot is not self.now[deal]:  # accepted, and neither repeated nor a tick without news
            self.told[deal].append(command)
            self.now[deal] = step.snapshot
        return step

    def fold(self, deal: str) -> Snapshot:
        """The snapshot computed anew from the commands: the same as the present one."""
        first, *others = self.told[deal]
        snapshot = engine.start(TABLES, first).snapshot
        for command in others:
            snapshot = engine.step(TABLES, snapshot, command).snapshot
        return snapshot


def main() -> None:
    """Plays the beginning of one deal."""
    deals = Deals()
    deals.open("K-7", MONDAY)
    day = timedelta(days=1)

    evidence = {"target_sheet": "crm://targets/7"}
    deals.tell("K-7", commands.meet("latent_need_judged", MONDAY + day, evidence=evidence))
    deals.tell("K-7", commands.meet("first_talk_held", MONDAY + 2 * day))
    print(engine.position(TABLES, deals.now["K-7"], "development"))

    # A question about the future costs one step that is thrown away.
    before = deals.now["K-7"]
    what_if = engine.step(TABLES, before, commands.meet("chance_judged", MONDAY + 3 * day, evidence=evidence))
    print("if the chance is judged:", engine.position(TABLES, what_if.snapshot, "development"))
    print("until then missing:", [item.id for item in engine.missing(TABLES, before)])

    # A refusal is a value that names every reason.
    step = deals.tell("K-7", commands.decide("go_no_go", "go", MONDAY + 3 * day))
    print("go now?", step.accepted, [reason.code for reason in step.reasons])

    # The truth is the list of commands; what the program holds besides can be computed from it.
    same = engine.to_dict(TABLES, deals.fold("K-7")) == engine.to_dict(TABLES, deals.now["K-7"])
    print("the fold of", len(deals.told["K-7"]), "commands is the present snapshot:", same)


if __name__ == "__main__":
    main()

"""Which column each stage stands in: the stages of a track from left to right, paired stages in one column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stagegate.model import Track

Span = tuple[int, int]  # the first and the last column


class _Columns:
    """Stages that share a column are one class; classes are ordered by `before`."""

    def __init__(self, tracks: Sequence[Track]) -> None:
        self.stages = [stage.id for track in tracks for stage in track.stages]
        self.shared = {id: id for id in self.stages}
        self.before: list[tuple[str, str]] = []
        for track in tracks:
            self.before += [(a.id, b.id) for a, b in zip(track.stages, track.stages[1:], strict=False)]

    def share(self, a: str, b: str) -> None:
        """Put two stages in one column if the order of the tracks allows it."""
        kept, wanted = dict(self.shared), self.shared[a]
        self.shared = {id: self.shared[b] if of == wanted else of for id, of in self.shared.items()}
        if self.numbers() is None:
            self.shared = kept

    def order(self, a: str, b: str) -> bool:
        """Put a before b if that is possible."""
        self.before.append((a, b))
        if self.numbers() is None:
            self.before.pop()
            return False
        return True

    def numbers(self) -> dict[str, int] | None:
        """The column of every stage, None where the order runs in a circle."""
        after: dict[str, list[str]] = {of: [] for of in self.shared.values()}
        open_before = dict.fromkeys(after, 0)
        for a, b in self.before:
            after[self.shared[a]].append(self.shared[b])
            open_before[self.shared[b]] += 1
        column = dict.fromkeys(after, 0)
        ready = [of for of, count in open_before.items() if count == 0]
        done = 0
        while ready:
            of = ready.pop()
            done += 1
            for later in after[of]:
                column[later] = max(column[later], column[of] + 1)
                open_before[later] -= 1
                if open_before[later] == 0:
                    ready.append(later)
        return {id: column[of] for id, of in self.shared.items()} if done == len(after) else None


def _partners(tracks: Iterable[Track]) -> dict[str, dict[str, list[str]]]:
    """Of each stage that others are paired with, or that is paired with a run: by track, those stages in order."""
    found: dict[str, dict[str, list[str]]] = {}
    home = {stage.id: track.id for track in tracks for stage in track.stages}
    for track in tracks:
        for stage in track.stages:
            run = [id for id in stage.pairs_with if home.get(id, track.id) != track.id]
            if len(run) == 1:
                found.setdefault(run[0], {}).setdefault(track.id, []).append(stage.id)
            elif run:
                found.setdefault(stage.id, {}).setdefault(home[run[0]], []).extend(run)
    return found


def place(tracks: Sequence[Track]) -> Mapping[str, Span]:
    """The columns of every stage. One that is paired with several in a row spans all of theirs."""
    columns = _Columns(tracks)
    partners = _partners(tracks)
    for stage, by_track in partners.items():
        for others in by_track.values():
            columns.share(others[0], stage)
    following = {a.id: b.id for track in tracks for a, b in zip(track.stages, track.stages[1:], strict=False)}
    last: dict[str, str] = {}
    for stage, by_track in partners.items():
        for others in by_track.values():
            if len(others) > 1 and (stage not in following or columns.order(others[-1], following[stage])):
                last[stage] = others[-1]
    numbers = columns.numbers() or {}
    return {id: (at, max(at, numbers[last.get(id, id)])) for id, at in numbers.items()}

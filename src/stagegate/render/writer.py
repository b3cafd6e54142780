"""What every page of text about a process is made with: names, labels, lists, and the notes of anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from stagegate.model import NO_NOTES, NO_TEXT, Basis, CatalogueEntry, Definition, Guidance, Notes, Text
from stagegate.render.words import Say
from stagegate.render.wrap import bulleted, clean, indented, width

NONE_NOTED: Final[Mapping[str, Notes]] = {}


class Writer:
    """Writes of one process in one language. What yields lines wraps them."""

    def __init__(self, definition: Definition, language: str, columns: int) -> None:
        self.definition = definition
        self.language = language
        self.columns = columns
        self.say = Say(language)
        self.places: dict[str, Text] = {}
        for track in definition.tracks:
            self.places |= {s.id: s.title for s in track.stages} | {d.id: d.title for d in track.decision_points}
        self.places |= {end.id: end.title for end in definition.ends}
        self.documents = {d.id: d.title for d in definition.documents}
        self.roles = {r.id: r.title for r in definition.roles}
        self.criteria = {c.id: c.title for c in definition.criteria()}
        self.checklists = {c.id: c.title for c in definition.checklists}
        self.catalogues = {c.id: c for c in (*definition.catalogues, *definition.checklists)}
        self.entries = {
            f"{c.id}.{entry.id}": entry
            for c in (*definition.checklists, *definition.catalogues)
            for entry in c.every_entry()
        }

    # --- small pieces --------------------------------------------------------------------------------

    def plain(self, text: str) -> str:
        """Characters of the file, as they may be shown."""
        return clean(text)

    def code(self, text: str) -> str:
        """A condition, word for word."""
        return clean(text)

    def text(self, text: Text) -> str:
        """A text on one line."""
        return self.plain(" ".join(text(self.language).split()))

    def title(self, title: Text, id: str) -> str:
        """A title; the id where there is none."""
        return self.text(title) or self.plain(id)

    def both(self, title: Text, id: str) -> str:
        """A title with the id behind it."""
        words = self.text(title)
        return f"{words} [{self.plain(id)}]" if words else f"[{self.plain(id)}]"

    def spot(self, title: Text, id: str) -> str:
        """A stage, decision point or end with its id, where it is told of."""
        return self.both(title, id)

    def process(self, name: str) -> str:
        """Another process, by its name."""
        return self.plain(name)

    def other(self, title: Text, process: str) -> str:
        """Another process, with its name."""
        return self.both(title, process)

    def place(self, id: str) -> str:
        """The title of a stage, decision point or end."""
        return self.title(self.places.get(id, NO_TEXT), id)

    def named(self, ids: Iterable[str], titles: Mapping[str, Text], notes: Mapping[str, Notes] = NONE_NOTED) -> str:
        """Titles in a row, each with what it says of itself there."""
        return self.say.listed(
            self.title(titles.get(id, NO_TEXT), id) + self.remarks(notes.get(id, NO_NOTES)) for id in ids
        )

    def mark(self, basis: Basis, *others: str) -> str:
        """Remarks in brackets, the last one where a thing comes from, unless the source states it."""
        told = [*(other for other in others if other), *([self.say(basis)] if basis != "stated" else [])]
        return self.say.brackets(self.say.semicolon.join(told)) if told else ""

    def remarks(self, noted: Text | Guidance | Notes) -> str:
        """In brackets where a single value comes from and what else it is called."""
        told = [self.say(noted.basis)] if noted.basis != "stated" else []
        if noted.aliases:
            told.append(self.say.labelled("also", self.say.listed(map(self.plain, noted.aliases))))
        if noted.source:
            told.append(self.say.labelled("from_source", self.text(noted.source)))
        return self.say.brackets_of(*told)

    def noted(self, text: Text) -> str:
        """A text on one line, with its own remarks."""
        return self.text(text) + self.remarks(text)

    # --- lines ---------------------------------------------------------------------------------------

    def line(self, text: str, indent: int, hanging: int = 2) -> Iterator[str]:
        """A remark; its further lines stand a little behind the first."""
        yield from indented(text, self.columns, indent, indent + hanging)

    def paragraph(self, text: str, indent: int) -> Iterator[str]:
        """A text of its own."""
        yield from indented(text, self.columns, indent)

    def label(self, text: str, indent: int) -> Iterator[str]:
        """The words over a list."""
        yield from indented(text, self.columns, indent, indent + 2)

    def bullet(self, mark: str, text: str, indent: int) -> Iterator[str]:
        """One thing of a list, behind its mark."""
        yield from bulleted(mark, text, self.columns, indent)

    def subheading(self, text: str) -> Iterator[str]:
        """The words over a part of a track."""
        yield from ("", text + self.say.colon.rstrip())

    def heading(self, text: str, mark: str) -> Iterator[str]:
        """A heading with a line under it."""
        lines = indented(text, self.columns, 0)
        yield ""
        yield from lines
        yield mark * max(map(width, lines))

    def field(self, key: str, text: str, indent: int) -> Iterator[str]:
        """`Key: text`, wrapped; nothing where there is no text."""
        if text:
            yield from self.line(self.say.labelled(key, text), indent)

    def listed(self, key: str, texts: Sequence[str], indent: int) -> Iterator[str]:
        """`Key: text` for one text, a list under the key for several."""
        if len(texts) == 1:
            yield from self.field(key, texts[0], indent)
        elif texts:
            yield from self.label(self.say(key) + self.say.colon.rstrip(), indent)
            for text in texts:
                yield from self.bullet("- ", text, indent + 2)

    def texts(self, key: str, texts: Iterable[Text], indent: int) -> Iterator[str]:
        """Texts under a key."""
        yield from self.listed(key, [self.noted(text) for text in texts], indent)

    # --- notes ---------------------------------------------------------------------------------------

    def notes(self, notes: Notes, indent: int) -> Iterator[str]:
        """Everything the notes of a thing say, but the basis, which is a mark behind its title."""
        yield from self.field("aliases", self.say.semicolon.join(map(self.plain, notes.aliases)), indent)
        yield from self.field("keywords", self.say.listed(map(self.noted, notes.keywords)), indent)
        yield from self.field("source", self.text(notes.source), indent)
        yield from self.texts("questions", notes.questions, indent)
        yield from self.guidance("guidance", notes.guidance, indent)

    def guidance(self, key: str, guidance: Iterable[Guidance], indent: int) -> Iterator[str]:
        """Pieces of advice; what stands in a catalogue is written out, several entries of one under its title."""
        runs = [(of, list(run)) for of, run in groupby(guidance, key=lambda each: each.catalogue)]
        if not any(of and self.is_list(run) for of, run in runs):
            yield from self.listed(key, [self.advice(each) for _, run in runs for each in run], indent)
            return
        yield from self.label(self.say(key) + self.say.colon.rstrip(), indent)
        for of, run in runs:
            if of and self.is_list(run):
                yield from self.of_catalogue(of, run, indent + 2)
            else:
                for each in run:
                    yield from self.bullet("- ", self.advice(each), indent + 2)

    def is_list(self, run: Sequence[Guidance]) -> bool:
        """Whether what a catalogue says is a list: the whole of it, or several of its entries."""
        return len(run) > 1 or not run[0].entry

    def of_catalogue(self, id: str, run: Iterable[Guidance], indent: int) -> Iterator[str]:
        """A catalogue that is used as a whole, or the entries of it that are used, under its title."""
        catalogue = self.catalogues.get(id)
        pieces = list(run)
        whole = next((each for each in pieces if not each.entry), None)
        mark = "" if whole is None else self.mark(whole.basis)
        title = NO_TEXT if catalogue is None else catalogue.title
        yield from self.bullet("- ", self.both(title, id) + mark + self.say.colon.rstrip(), indent)
        for each in pieces:
            if each.entry:
                yield from self.bullet("- ", self.advice(each, each.entry), indent + 2)
            elif catalogue is not None:
                yield from self.words_of(catalogue.entries, indent + 2)

    def words_of(self, entries: Iterable[CatalogueEntry], indent: int) -> Iterator[str]:
        """Entries and those within them as advice: without their notes, which stand with the catalogue."""
        for entry in entries:
            yield from self.bullet("- ", self.words(entry, entry.id, self.marks_of(entry)), indent)
            yield from self.words_of(entry.entries, indent + 2)

    def advice(self, guidance: Guidance, called: str = "") -> str:
        """One piece of advice that is no list; an entry is `called` by its own id where it stands under its catalogue."""
        if not guidance.catalogue:
            return self.text(guidance.text) + self.remarks(guidance)
        mark = self.mark(guidance.basis)
        id = f"{guidance.catalogue}.{guidance.entry}"
        entry = self.entries.get(id)
        return self.both(NO_TEXT, called or id) + mark if entry is None else self.words(entry, called or id, mark)

    def marks_of(self, entry: CatalogueEntry) -> str:
        """What is to be said of an entry beside its words."""
        return self.mark(entry.notes.basis, self.say("undescribed") if entry.undescribed else "")

    def words(self, entry: CatalogueEntry, id: str, mark: str) -> str:
        """The title of an entry and what it says."""
        words = self.text(entry.text)
        return self.both(entry.title, id) + mark + (self.say.colon + words if words else "")


def number(value: float) -> str:
    """A number without needless digits."""
    return f"{value:.12g}"

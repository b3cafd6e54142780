"""Builds what is described and never runs: notes, facts, roles, documents, metrics, catalogues, reasons."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Mapping_
from typing import Any, cast

from attrs import evolve, fields

from stagegate.language.desk import text_of
from stagegate.language.expressions import enum_values, fact_type
from stagegate.language.tree import Mapping, Node, Scalar, Sequence
from stagegate.language.view import View
from stagegate.model import (
    NO_NOTES,
    Basis,
    Catalogue,
    CatalogueEntry,
    Document,
    Fact,
    Guidance,
    Metric,
    Notes,
    ReasonTree,
    Role,
    Side,
    Text,
)

_NOTES = ("basis", "source", "aliases", "keywords", "questions", "guidance")


def notes(view: View) -> Notes:
    """The notes that may stand on nearly everything."""
    if not any(key in view.mapping for key in _NOTES):
        return NO_NOTES
    return Notes(
        basis=cast(Basis, view.word("basis", "stated")),
        source=view.text("source"),
        aliases=view.words("aliases"),
        keywords=view.texts("keywords"),
        questions=view.texts("questions"),
        guidance=guidance(view, view.node("guidance")),
    )


def guidance(view: View, node: Node | None) -> tuple[Guidance, ...]:
    """One piece of advice, or a list of them."""
    if isinstance(node, Sequence):
        return tuple(piece for item in node for piece in guidance(view, item))
    if isinstance(node, Mapping):
        return _guidance_of_mapping(view.of(node))
    text = view.as_text(node)
    return (Guidance(text),) if text else ()


def _guidance_of_mapping(view: View) -> tuple[Guidance, ...]:
    basis = cast(Basis, view.word("basis", "stated"))
    if "use" in view.mapping:
        catalogue, _, entry = view.word("use").partition(".")
        return (Guidance(catalogue=catalogue, entry=entry, basis=basis),) if catalogue else ()
    text = view.text("text") if "text" in view.mapping else Text(view.word("en"), view.word("zh"))
    return (Guidance(text, basis=basis, source=view.text("source"), aliases=view.words("aliases")),)


def facts(view: View) -> Iterator[Fact]:
    """The declared facts."""
    for name, fact in _named(view, "facts"):
        yield Fact(
            id=name,
            type=fact_type(fact.mapping),
            title=fact.text("title"),
            unit=fact.word("unit"),
            minimum=fact.number("minimum"),
            maximum=fact.number("maximum"),
            values=_enum_titles(fact),
            notes=notes(fact),
        )


def _enum_titles(fact: View) -> dict[str, Text]:
    values = fact.node("values")
    if isinstance(values, Mapping):
        return {entry.key.text: fact.as_text(entry.value) for entry in values.entries}
    return dict.fromkeys(enum_values(fact.mapping), Text()) if values is not None else {}


def roles(view: View, metrics: dict[str, Metric]) -> Iterator[Role]:
    """The declared roles, with their figures."""
    for name, role in _named(view, "roles"):
        yield Role(
            id=name,
            title=role.text("title"),
            side=cast(Side, role.word("side", "other")),
            qualifications=role.texts("qualifications"),
            duties=role.texts("duties"),
            kpis=tuple(_kpis(role, metrics)),
            reviewers=role.words("reviewers"),
            period=role.duration("period"),
            notes=notes(role),
        )


def _kpis(role: View, metrics: dict[str, Metric]) -> Iterator[Metric]:
    for item in role.items("kpis"):
        if isinstance(item, Mapping):
            kpi = role.of(item)
            own = metric(kpi.word("id"), kpi)
            declared = metrics.get(own.id)
            # one that is declared needs only say here what is special about it
            yield own if declared is None or own.title else evolve(declared, notes=own.notes)
        elif isinstance(item, Scalar) and item.text in metrics:
            yield metrics[item.text]


def documents(view: View) -> Iterator[Document]:
    """The declared documents, forms and tools."""
    for name, document in _named(view, "documents"):
        yield Document(name, document.text("title"), notes(document))


def all_metrics(view: View) -> Iterator[Metric]:
    """The declared metrics."""
    for name, found in _named(view, "metrics"):
        yield metric(name, found)


def metric(name: str, view: View) -> Metric:
    """One figure to watch."""
    return Metric(
        id=name,
        title=view.text("title"),
        unit=view.text("unit"),
        target=view.numbers("target"),
        baseline=view.numbers("baseline"),
        of=view.text("of"),
        formula=view.text("formula"),
        notes=notes(view),
    )


def catalogues(view: View, key: str, borrowed: Mapping_[int, Catalogue | None]) -> Iterator[Catalogue]:
    """The catalogues or checklists under `key`; `borrowed` are those that come from elsewhere, by their record."""
    for name, found in _named(view, key):
        own, record = catalogue(name, found), found.mapping
        yield completed(own, record, borrowed[id(record)]) if id(record) in borrowed else own


def catalogue(name: str, view: View) -> Catalogue:
    """One catalogue or checklist as it is written."""
    return Catalogue(name, view.text("title"), tuple(_entries(view)), notes(view), view.flag("incomplete"))


def completed(own: Catalogue, record: Mapping, there: Catalogue | None) -> Catalogue:
    """A catalogue that comes from elsewhere: what is said here stands over what is said there."""
    origin = text_of(record.get("from"))
    if there is None:
        return evolve(own, origin=origin)
    said: dict[str, Any] = {f.name: getattr(own, f.name) for f in fields(Catalogue) if f.name in record}
    noted: dict[str, Any] = {f.name: getattr(own.notes, f.name) for f in fields(Notes) if f.name in record}
    return evolve(there, id=own.id, origin=origin, notes=evolve(there.notes, **noted), **said)


def _entries(view: View) -> Iterator[CatalogueEntry]:
    for entry in view.views("entries"):
        yield CatalogueEntry(
            id=entry.word("id"),
            title=entry.text("title"),
            text=entry.text("text"),
            optional=entry.flag("optional"),
            entries=tuple(_entries(entry)),
            notes=notes(entry),
            undescribed=entry.flag("undescribed"),
        )


def reason_trees(view: View) -> Iterator[ReasonTree]:
    """The declared reason trees."""
    for name, found in _named(view, "reason_trees"):
        yield ReasonTree(name, found.text("title"), reasons(found), notes(found))


def reasons(view: View) -> tuple[CatalogueEntry, ...]:
    """The list of reasons under `reasons`."""
    return tuple(_reasons(view))


def _reasons(view: View) -> Iterator[CatalogueEntry]:
    for item in view.items("reasons"):
        if isinstance(item, Mapping):
            reason = view.of(item)
            yield CatalogueEntry(reason.word("id"), reason.text("title"), entries=reasons(reason), notes=notes(reason))
        elif isinstance(item, Scalar):
            yield CatalogueEntry(item.text)


def _named(view: View, key: str) -> Iterator[tuple[str, View]]:
    for name, node in view.entries(key):
        if isinstance(node, Mapping):
            yield name, view.of(node)

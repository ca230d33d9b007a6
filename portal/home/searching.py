"""What the one search field finds: the index knows who asks, and the database is asked again before showing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.formats import formats
from portal.search import audience
from portal.search.searching import Hit, find
from portal.search.sources import installed
from portal.support.knowledge.queries import rows_of
from portal.web import Viewer
from portal.words import N_

LOOKED_AT: Final = 100  # the best hits of all kinds together
NEAR: Final = 0.15  # of the best hit's score: what has less shares a sign with the words, no more
SHOWN: Final = 5  # of each kind
SHOWN_ALONE: Final = 50  # when one kind is asked for
LABELS: Final[Mapping[str, str]] = {
    "product": N_("Products"),
    "quote": N_("Quotes"),
    "offer": N_("Offers"),
    "order": N_("Orders"),
    "registration": N_("Registrations"),
    "configuration": N_("Configurations"),
    "customer": N_("Customers"),
    "contact": N_("Contacts"),
    "article": N_("Articles"),
    "matter": N_("Tickets"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was found."""

    title: str
    path: str


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind, best first."""

    kind: str
    label: str  # an English gettext id
    lines: tuple[Line, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class _Organisation:
    kind: str
    tier: str


def tokens_of(viewer: Viewer) -> frozenset[str]:
    """Return what the reader carries into the index."""
    return audience.tokens(viewer.actor, _Organisation(viewer.organisation_kind, viewer.tier))


def everything(session: Session, folder: Path, viewer: Viewer, words: str, locale: str, kind: str = "") -> list[Group]:
    """Return what the viewer may see, by kinds, the kind of the best hit first; raises `Unavailable`."""
    kinds = [each for each in LABELS if each in installed() and kind in {"", each}]
    if not kinds:
        return []
    hits = find(folder, tokens_of(viewer), words, kinds=kinds, limit=LOOKED_AT, typing=True)
    by_kind: dict[str, dict[int, Hit]] = {}
    near = [hit for hit in hits if hit.score >= NEAR * hits[0].score]
    for hit in near:  # an article in two languages is one thing: in the place of the better, in the reader's language
        found = by_kind.setdefault(hit.kind, {})
        if hit.id not in found or (hit.lang == locale and found[hit.id].lang != locale):
            found[hit.id] = hit
    most = SHOWN_ALONE if kind else SHOWN
    groups = []
    for each, found in by_kind.items():
        seen = _seen(session, each, found)
        if seen:
            lines = _articles(session, seen[:most], locale) if each == "article" else _lines(seen[:most], locale)
            groups.append(Group(each, LABELS[each], lines, len(seen) > most))
    return groups


def _lines(hits: Sequence[Hit], locale: str) -> tuple[Line, ...]:
    return tuple(Line(hit.title_in(locale), hit.path) for hit in hits)


def _articles(session: Session, hits: Sequence[Hit], locale: str) -> tuple[Line, ...]:
    """Return articles in the reader's language where they are written in it, whichever language the words are of."""
    rows, pick = {row.id: row for row in rows_of(session, [hit.id for hit in hits])}, formats(locale).pick
    return tuple(Line(pick(rows[hit.id], "title"), f"/knowledge/{hit.public_id}") for hit in hits if hit.id in rows)


def _seen(session: Session, kind: str, found: Mapping[int, Hit]) -> list[Hit]:
    """Return the hits whose rows the viewer may still see: the index may be a second older than his rights."""
    model: Any = installed()[kind].model
    seen = set(session.scalars(select(model.id).where(model.id.in_(found))))
    return [hit for row_id, hit in found.items() if row_id in seen]

"""Cases that may solve a fault: found by the index, shown as far as the database says that they may be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.markup import excerpt, prose
from portal.policy import Actor
from portal.search.audience import Organised, tokens
from portal.search.searching import Band, Hit, Unavailable, find
from portal.search.sources import installed
from portal.support.knowledge.models import Article, ArticleLink, ArticleVersion
from portal.support.knowledge.queries import by_fault
from portal.support.knowledge.showing import shown
from portal.support.matching.asked import Asked
from portal.support.matching.models import CASES

MOST_CASES: Final = 3
LOOKED_AT: Final = 12
LONGEST_BRIEF: Final = 160


@dataclass(frozen=True, slots=True)
class Case:
    """One case: what it is called, what it says, where it stands whole."""

    kind: str
    id: int
    public_id: str
    title: str
    path: str
    lang: str
    brief: str = ""
    body: Markup | None = None


@dataclass(frozen=True, slots=True)
class Matches:
    """The best cases and what may be said of them; `is_ready` is False while there is no index."""

    band: Band
    cases: tuple[Case, ...]
    is_ready: bool = True


def match(session: Session, actor: Actor, whose: Organised, asked: Asked, *, folder: Path, locale: str) -> Matches:
    """Return at most three cases for a fault as far as it is said."""
    try:
        hits = find(folder, tokens(actor, whose), question(asked), kinds=CASES, facts=facts_of(asked), limit=LOOKED_AT)
    except Unavailable:
        return _without_index(session, asked, locale)
    close = _close(session, asked, hits)
    cases = _cases(session, _once([hit for hit in hits if (hit.kind, hit.id) in close], locale), locale)
    if not cases:
        return Matches("nothing", ())
    shown_first = (cases[0].kind, cases[0].id)
    sure = any(hit.band == "solves" for hit in hits if (hit.kind, hit.id) == shown_first)
    return Matches("solves" if sure else "similar", tuple(cases))


def _close(session: Session, asked: Asked, hits: list[Hit]) -> set[tuple[str, int]]:
    """Return the cases that are worth showing: alike in words, or written for the very fault type that was chosen."""
    near = {(hit.kind, hit.id) for hit in hits if hit.band != "nothing"}
    fault = asked.tree.get(asked.fault)
    ids = {hit.id for hit in hits if hit.kind == "article"}
    if fault is None or not ids:
        return near
    query = select(ArticleLink.article_id).where(
        ArticleLink.kind == "fault", ArticleLink.thing_id == fault.id, ArticleLink.article_id.in_(ids)
    )
    return near | {("article", article_id) for article_id in session.scalars(query)}


def question(asked: Asked) -> str:
    """Return the words to look for: what was typed, and what the choices are called in both languages."""
    fault = asked.tree.get(asked.fault)
    names = (fault.name.en, fault.name.zh) if fault else ()
    return " ".join(filter(None, (asked.text, asked.error_code, *names)))


def facts_of(asked: Asked) -> dict[str, str | tuple[str, ...]]:
    """Return what was chosen, as the index compares it: facts add weight and keep nothing out."""
    said: dict[str, str | tuple[str, ...]] = {
        "product_line": asked.line,
        "model": asked.product.sku if asked.product else "",
        "fault": asked.tree.path(asked.fault)[1:],
        "error_code": asked.error_code,
        "firmware": asked.firmware,
    }
    return {name: value for name, value in said.items() if value}


def _once(hits: list[Hit], locale: str) -> list[Hit]:
    """Return each case once, at its best place, in the reader's language where it was found in both."""
    found: dict[tuple[str, int], Hit] = {}
    for hit in hits:
        key = (hit.kind, hit.id)
        if key not in found or (found[key].lang != locale and hit.lang == locale):
            found[key] = hit
    return list(found.values())


def _cases(session: Session, hits: list[Hit], locale: str) -> list[Case]:
    """Return the cases that the session still shows the actor: the second wall."""
    seen: set[tuple[str, int]] = set()
    for kind in {hit.kind for hit in hits}:
        model: Any = installed()[kind].model
        ids = [hit.id for hit in hits if hit.kind == kind]
        seen |= {(kind, each) for each in session.scalars(select(model.id).where(model.id.in_(ids)))}
    there = [hit for hit in hits if (hit.kind, hit.id) in seen][:MOST_CASES]
    texts = _texts(session, [hit.id for hit in there if hit.kind == "article"])
    helped = _solutions(session, [hit.id for hit in there if hit.kind == "ticket"])
    return [
        _article(texts[hit.id], hit.id, hit.public_id, locale)
        if hit.kind == "article"
        else _ticket(hit, helped.get(hit.id, ""), locale)
        for hit in there
        if hit.kind != "article" or hit.id in texts
    ]


def _ticket(hit: Hit, solution: str, locale: str) -> Case:
    """Return a solved ticket with what helped; only who sees the ticket itself gets here."""
    body = Markup('<p dir="auto">{}</p>').format(solution)
    brief = excerpt(solution, LONGEST_BRIEF)
    return Case(hit.kind, hit.id, hit.public_id, hit.title_in(locale), hit.path, hit.lang, brief, body)


def _solutions(session: Session, ids: list[int]) -> dict[int, str]:
    """Return what helped in solved tickets that the actor may see, by their id."""
    if not ids:
        return {}
    ticket: Any = installed()["ticket"].model
    return dict(session.execute(select(ticket.id, ticket.solution).where(ticket.id.in_(ids))).all())


def _article(version: ArticleVersion, article_id: int, public_id: str, locale: str) -> Case:
    text = shown(version, locale)
    path = f"/knowledge/{public_id}?lang={text.lang}"
    brief = excerpt(text.body, LONGEST_BRIEF)
    return Case("article", article_id, public_id, text.title, path, text.lang, brief, prose(text.body))


def _texts(session: Session, ids: list[int]) -> dict[int, ArticleVersion]:
    """Return what readers see of articles, by their id."""
    if not ids:
        return {}
    query = select(ArticleVersion).join(Article, Article.published_version_id == ArticleVersion.id)
    return {row.article_id: row for row in session.scalars(query.where(Article.id.in_(ids)))}


def _without_index(session: Session, asked: Asked, locale: str) -> Matches:
    """Return the articles that name the fault type, while the index is being built."""
    fault = asked.tree.get(asked.fault)
    ids = [row.id for row in by_fault(session, [fault.id], limit=MOST_CASES)] if fault else []
    texts, cases = _texts(session, ids), []
    rows = {row.id: row for row in session.scalars(select(Article).where(Article.id.in_(ids)))} if ids else {}
    for each in ids:
        if each in texts and each in rows:
            cases.append(_article(texts[each], each, rows[each].public_id, locale))
    return Matches("similar" if cases else "nothing", tuple(cases), is_ready=False)

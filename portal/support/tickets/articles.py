"""Articles that go out with an answer: suggested for what a ticket is about, sent as links that its readers can open.

Whoever reads a ticket are its organisation and the partner beside it; what is not meant for both is never linked.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalog.models import InstalledItem, Product
from portal.db import as_actor
from portal.errors import Invalid
from portal.parties.models import Organisation
from portal.policy import SYSTEM, Actor, OrganisationKind, Permission, Reach
from portal.search.audience import Organised
from portal.support.knowledge.feedback import used
from portal.support.knowledge.models import Article
from portal.support.knowledge.queries import ArticleRow, rows_of
from portal.support.matching.asked import read
from portal.support.matching.matching import match
from portal.support.tickets.models import Ticket
from portal.words import N_

MOST: Final = 10  # of one message
LINK: Final = re.compile(r"/knowledge/([0-9a-z]{16})(?![0-9a-z])")
NOT_FOR_THEM: Final = N_("“%(title)s” is not meant for everybody who reads this ticket. Say it in your own words.")


class Outside(NamedTuple):
    """The organisation of somebody who has none here."""

    kind: str = ""
    tier: str = ""


def suggested(session: Session, ticket: Ticket, *, folder: Path) -> list[ArticleRow]:
    """Return what fits a ticket and may be read by all who read the ticket."""
    asked = read(session, _said(session, ticket))
    reader, whose = reader_of(session, ticket)
    with as_actor(session, reader):
        found = match(session, reader, whose, asked, folder=folder, locale=ticket.locale)
    ids = [case.id for case in found.cases if case.kind == "article"]
    return chosen(session, ticket, ids)


def chosen(session: Session, ticket: Ticket, ids: Sequence[int]) -> list[ArticleRow]:
    """Return those of these articles that all who read the ticket may read."""
    may = _for_all(session, ticket, ids)
    return [row for row in rows_of(session, ids) if row.id in may]


def picked(session: Session, ticket: Ticket, public_ids: Sequence[str]) -> list[ArticleRow]:
    """Return the articles with these public ids, as far as they may go out."""
    wanted = list(dict.fromkeys(public_ids))[:MOST]
    ids = dict(session.execute(select(Article.public_id, Article.id).where(Article.public_id.in_(wanted))).all())
    return chosen(session, ticket, [ids[each] for each in wanted if each in ids])


def line_of(row: ArticleRow, locale: str, base_url: str) -> str:
    """Return how an article stands in a message: what it is called, and its address."""
    title = (row.title_zh or row.title_en) if locale == "zh" else (row.title_en or row.title_zh)
    return f"{title}\n{base_url}/knowledge/{row.public_id}"


def with_links(body: str, rows: Sequence[ArticleRow], locale: str, base_url: str) -> str:
    """Return a message with the articles that it does not name yet below its words."""
    there = set(LINK.findall(body))
    missing = [line_of(row, locale, base_url) for row in rows if row.public_id not in there]
    return "\n\n".join(part for part in (body.rstrip(), *missing) if part) if missing else body


def checked(session: Session, ticket: Ticket, body: str) -> list[int]:
    """Return the articles that a message of the house links to; raises Invalid for one that not all may read."""
    named = list(dict.fromkeys(LINK.findall(body)))
    if not named:
        return []
    with as_actor(session, SYSTEM):
        query = select(Article.id, Article.title_zh, Article.title_en).where(Article.public_id.in_(named))
        found = session.execute(query.order_by(Article.id)).all()
    may = _for_all(session, ticket, [row.id for row in found])
    for row in found:
        if row.id not in may:
            raise Invalid(NOT_FOR_THEM, field="body", title=row.title_zh or row.title_en)
    return [row.id for row in found]


def count(session: Session, ticket: Ticket, ids: Collection[int], person_id: int | None, *, today: date) -> None:
    """Note that articles were sent: to whom the ticket answers, else by whom."""
    person = ticket.requester_id or person_id
    if person is not None:
        for article_id in ids:
            used(session, article_id, "sent", person_id=person, organisation_id=ticket.organisation_id, today=today)


def _said(session: Session, ticket: Ticket) -> dict[str, str]:
    """Return what a ticket says, in the words in which a fault is asked."""
    product = session.get(Product, ticket.product_id) if ticket.product_id else None
    item = session.get(InstalledItem, ticket.installed_item_id) if ticket.installed_item_id else None
    return {
        "line": ticket.product_line,
        "product": product.public_id if product else "",
        "item": item.public_id if item else "",
        "fault": ticket.fault,
        "error_code": ticket.error_code,
        "firmware": ticket.firmware,
        "text": ticket.subject,
    }


def _readers(session: Session, ticket: Ticket) -> Iterator[tuple[Actor, Organised]]:
    """Yield somebody of each organisation that reads a ticket; of one that the house keeps, somebody outside."""
    for organisation_id in (ticket.organisation_id, ticket.partner_organisation_id):
        if organisation_id is not None:
            with as_actor(session, SYSTEM):
                whose = session.get_one(Organisation, organisation_id)
            inside = whose.kind != OrganisationKind.SUPPLIER
            grants = {Permission.ARTICLE_VIEW: Reach.OWN}
            yield Actor(0, organisation_id if inside else None, grants), whose if inside else Outside()


def reader_of(session: Session, ticket: Ticket) -> tuple[Actor, Organised]:
    """Return somebody of the organisation of a ticket, as the search asks for a reader."""
    return next(_readers(session, ticket))


def _for_all(session: Session, ticket: Ticket, ids: Sequence[int]) -> set[int]:
    """Return those of these articles that every reader's organisation may read."""
    may = set(ids)
    for reader, _whose in _readers(session, ticket):
        with as_actor(session, reader):
            may &= set(session.scalars(select(Article.id).where(Article.id.in_(ids))))
    return may

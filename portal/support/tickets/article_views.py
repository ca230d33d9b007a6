"""Choosing an article that goes out with an answer."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.db import as_actor
from portal.policy import Permission
from portal.support.knowledge.queries import ArticleRow
from portal.support.knowledge.searching import look_for
from portal.support.tickets import articles, queries
from portal.support.tickets.models import Ticket
from portal.web import db, guard, is_htmx, portal, respond

blueprint = Blueprint("ticket_articles", __name__, url_prefix="/tickets/<public_id>/articles")
LONGEST = 200


@blueprint.get("")
@guard(Permission.TICKET_WORK)
def choose(public_id: str) -> ResponseReturnValue:
    """Show what fits the ticket, or what was looked for."""
    ticket, settings = queries.ticket(db(), public_id), portal().settings
    text = request.args.get("q", "")[:LONGEST].replace("\x00", "")
    rows = _found(ticket, text) if text.strip() else articles.suggested(db(), ticket, folder=settings.search_folder)
    lines = {row.public_id: articles.line_of(row, ticket.locale, settings.base_url) for row in rows}
    page = "tickets/_articles.html" if is_htmx() else "tickets/articles.html"
    return respond(page, ticket=ticket, rows=rows, lines=lines, picked=(), text=text, asked=True, alone=False)


def _found(ticket: Ticket, text: str) -> list[ArticleRow]:
    """Return what was looked for, as those who read the ticket would find it."""
    reader, whose = articles.reader_of(db(), ticket)
    with as_actor(db(), reader):
        found = look_for(db(), reader, whose, text, line=ticket.product_line)
    return articles.chosen(db(), ticket, [row.id for row in found.rows])[: articles.MOST]

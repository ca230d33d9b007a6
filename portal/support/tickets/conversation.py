"""The conversation as a part of the ticket's page, and files that come with a form."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flask import request
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from portal.db import new_public_id
from portal.files.models import Upload
from portal.files.queries import uploads
from portal.files.stores import Store
from portal.policy import Actor, Permission
from portal.support.tickets import articles, reading, writing
from portal.support.tickets.conversation_models import TicketDraft
from portal.support.tickets.lifecycle import HOUSE_LABELS, LABELS, State
from portal.support.tickets.models import LONGEST_BODY, Message, Note, Ticket, works
from portal.web import Viewer, now, portal

OVERLAP: Final = timedelta(minutes=2)  # what a slow transaction said before others may become visible after them
ACCEPTED: Final = (
    ".pdf,.png,.jpg,.jpeg,.webp,.docx,.xlsx,.pptx,.txt,.csv,.log,.eml,.mp4,.mov,.webm,.m4a,.mp3,.ogg,.opus,.wav,"
    "image/jpeg,image/png,image/webp,video/mp4,video/quicktime,video/webm,audio/*"
)


def page(session: Session, viewer: Viewer, ticket: Ticket, **more: Any) -> dict[str, Any]:
    """Return what `tickets/_conversation.html` shows: the newest part, or the one before `?before=`."""
    actor = viewer.actor
    entries, earlier = reading.said(session, actor, ticket, before=request.args.get("before", ""))
    draft = writing.draft_of(session, actor, ticket)
    standing = reading.standing(session, actor, ticket.public_id)
    return {
        "entries": entries,
        "earlier": earlier,
        "marks": marks_after(reading.marks(session, actor, ticket.id), standing.newest),
        "tag": standing.tag,
        "since": since_of(now()),
        "state": state_of(standing.state, actor),
        "draft": draft,
        "draft_files": uploads(session, draft) if draft is not None else [],
        "form_key": new_public_id(),
        "may_write": may_write(actor, ticket),
        "may_work": works(actor),
        "may_call": may_write(actor, ticket) and not works(actor) and ticket.state != State.CLOSED,
        "accepted": ACCEPTED,
        "longest": LONGEST_BODY,
        "problem": "",
        "articles": _articles(session, ticket) if works(actor) else None,
        **more,
    }


def _articles(session: Session, ticket: Ticket) -> dict[str, Any]:
    """Return the articles that were chosen to go out with the answer, and how they stand in it."""
    asked, base_url = request.values.getlist("articles"), portal().settings.base_url
    rows = articles.picked(session, ticket, asked) if asked else []
    lines = {row.public_id: articles.line_of(row, ticket.locale, base_url) for row in rows}
    return {"rows": rows, "lines": lines, "picked": list(lines)}


def may_write(actor: Actor, ticket: Ticket) -> bool:
    """Return whether somebody may say something here: the house, or one of the two organisations it is about."""
    if ticket.state == State.MERGED:
        return False
    mine = actor.organisation_id in (ticket.organisation_id, ticket.partner_organisation_id)
    return works(actor) or (mine and actor.can(Permission.TICKET_OPEN))


def state_of(state: str, actor: Actor) -> str:
    """Return the text of a state as one side reads it."""
    return (HOUSE_LABELS if works(actor) else LABELS)[State(state)]


def marks_after(marks: Sequence[reading.Mark], newest: int) -> list[reading.Mark]:
    """Return the marks that reach the newest message: who has read all there is."""
    return [mark for mark in marks if mark.message_id >= newest > 0]


def since_of(at: datetime) -> int:
    """Return an instant as a page gives it back: milliseconds."""
    return int(at.timestamp() * 1000)


def read_since(text: str) -> datetime | None:
    """Return the instant from which a page asks for news, a little earlier; None for what is none."""
    if not text.isascii() or not text.isdigit() or len(text) > 14:
        return None
    return datetime.fromtimestamp(int(text) / 1000, UTC) - OVERLAP


def sent_files(files: Sequence[FileStorage]) -> list[writing.Sent]:
    """Return the files of a form; a field that was left empty is none."""
    return [writing.Sent(each.stream, each.filename) for each in files if each.filename]


def attach(
    session: Session,
    actor: Actor,
    thing: Message | Note | TicketDraft,
    files: Sequence[FileStorage],
    *,
    store: Store,
    now: datetime,
) -> list[Upload]:
    """Keep the files of a form with a message. Raises Refused or NoRoom."""
    return writing.attach(session, actor, thing, sent_files(files), store=store, now=now)

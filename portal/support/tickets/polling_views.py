"""The conversation of a ticket: news, sending, drafts, files, marks of what was read, calling a person."""

from typing import Any

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import and_, or_, select

from portal.db import new_public_id
from portal.errors import Conflict, Invalid, NotFound
from portal.files.models import Upload
from portal.files.operations import remove
from portal.files.queries import upload
from portal.files.recognising import MOST_SENT
from portal.files.refusing import CHOOSE, NoRoom, Refused, TooMuch
from portal.files.sending import attachment
from portal.files.stores import store_of
from portal.formats import message_of
from portal.policy import Permission
from portal.support.tickets import articles, conversation, queries, reading, writing
from portal.support.tickets.conversation_models import TicketDraft
from portal.support.tickets.models import Message, Note, Ticket, works
from portal.support.tickets.steps import side_of
from portal.web import db, go, guard, is_htmx, locale, now, portal, respond, today, viewer

blueprint = Blueprint("conversation", __name__, url_prefix="/tickets/<public_id>")
VIEW = Permission.TICKET_VIEW  # both sides have it; the operations say who may write


@blueprint.url_value_preprocessor
def _accept_files(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Read larger requests than other pages do; before anything looks at the form."""
    request.max_content_length = MOST_SENT


@blueprint.get("/messages")
@guard(VIEW)
def news(public_id: str) -> ResponseReturnValue:
    """Answer whether anything is new: mostly not, which takes one query; otherwise what was said lately."""
    actor = viewer().actor
    standing = reading.standing(db(), actor, public_id)
    if request.if_none_match.contains(standing.tag):
        return _tagged(Response(status=304), standing.tag)
    return _news(standing)


def _news(standing: reading.Standing, **more: Any) -> Response:
    actor, since = viewer().actor, conversation.read_since(request.values.get("since", ""))
    entries = reading.said_since(db(), actor, standing.ticket_id, since or now() - conversation.OVERLAP)
    marks = conversation.marks_after(reading.marks(db(), actor, standing.ticket_id), standing.newest)
    said = {
        "entries": entries,
        "marks": marks,
        "tag": standing.tag,
        "since": conversation.since_of(now()),
        "state": conversation.state_of(standing.state, actor),
        "public_id": request.view_args["public_id"] if request.view_args else "",
        "form_key": "",
        **more,
    }
    return _tagged(respond("tickets/_news.html", chat=said), standing.tag)


def _tagged(response: Response, tag: str) -> Response:
    response.set_etag(tag)
    return response


@blueprint.post("/messages")
@guard(VIEW)
def send(public_id: str) -> ResponseReturnValue:
    """Say something, with files; the same form twice is one message."""
    ticket, form = queries.ticket(db(), public_id), request.form
    with_it = articles.picked(db(), ticket, form.getlist("articles")) if works(viewer().actor) else []
    letter = writing.Letter(
        body=articles.with_links(form.get("body", ""), with_it, ticket.locale, portal().settings.base_url),
        form_key=form.get("form_key", ""),
        target=form.get("target", "reply"),
        then=form.get("then", "answer"),
        files=conversation.sent_files(request.files.getlist("files")),
    )
    store = store_of(portal().settings)
    try:
        row = writing.send(db(), viewer().actor, ticket, letter, store=store, now=now(), today=today())
    except (Invalid, Conflict) as error:
        return _again(ticket, error)
    if row.ticket_id != ticket.id:
        there = db().get_one(Ticket, row.ticket_id)
        flash(_("The ticket was closed; your message began the follow-up %(number)s.", number=there.number), "info")
        return go("tickets.ticket", public_id=there.public_id)
    if not is_htmx():
        return go("tickets.ticket", public_id=public_id, _anchor="chat-end")
    db().flush()
    standing = reading.standing(db(), viewer().actor, public_id)
    return _news(standing, form_key=new_public_id())


def _status_of(error: Exception) -> int:
    if isinstance(error, NoRoom):
        return 503
    if isinstance(error, Conflict):
        return 409
    return 413 if isinstance(error, TooMuch) else 422


def _again(ticket: Ticket, error: Invalid | Conflict) -> Response:
    """Show the conversation again with everything typed, and what is wrong."""
    db().rollback()
    problem = message_of(error, locale())
    if is_htmx():
        return respond("tickets/_problem.html", status=_status_of(error), problem=problem)
    ticket = queries.ticket(db(), ticket.public_id)
    typed = {name: request.form.get(name, "") for name in ("body", "target", "then", "form_key")}
    chat = conversation.page(db(), viewer(), ticket, problem=problem, typed=typed, form_key=typed["form_key"])
    return respond("tickets/conversation.html", status=_status_of(error), ticket=ticket, chat=chat)


@blueprint.post("/read")
@guard(VIEW)
def read(public_id: str) -> ResponseReturnValue:
    """Note that the reader has seen a message."""
    ticket = queries.ticket(db(), public_id)
    writing.mark_read(db(), viewer().actor, reading.message(db(), ticket, request.form.get("message", "")), now=now())
    return "", 204


@blueprint.post("/draft")
@guard(VIEW)
def save_draft(public_id: str) -> ResponseReturnValue:
    """Keep what somebody is writing."""
    ticket, form = queries.ticket(db(), public_id), request.form
    writing.save_draft(db(), viewer().actor, ticket, form.get("body", ""), form.get("target", ""), now=now())
    return ("", 204) if is_htmx() else go("tickets.ticket", public_id=public_id)


@blueprint.post("/draft/files")
@guard(VIEW)
def attach(public_id: str) -> ResponseReturnValue:
    """Put one file to what somebody is writing; it goes with the next message."""
    ticket, sent = queries.ticket(db(), public_id), request.files.get("file")
    try:
        draft = writing.save_draft(db(), viewer().actor, ticket, None, now=now())
        if sent is None or not sent.filename:
            raise Refused(CHOOSE)
        files = conversation.attach(db(), viewer().actor, draft, [sent], store=store_of(portal().settings), now=now())
    except (Invalid, NoRoom) as error:
        return _again(ticket, error)
    if not is_htmx():
        return go("tickets.ticket", public_id=public_id)
    return respond("tickets/_chosen.html", status=201, ticket=ticket, file=files[0])


@blueprint.post("/draft/files/<file_id>/remove")
@guard(VIEW)
def take_out(public_id: str, file_id: str) -> ResponseReturnValue:
    """Take a file out of what somebody is writing; the words of the form are kept."""
    ticket, actor = queries.ticket(db(), public_id), viewer().actor
    side_of(actor, ticket)
    draft = writing.draft_of(db(), actor, ticket)
    if draft is None:
        raise NotFound
    remove(db(), actor, upload(db(), draft, file_id), now=now())
    if "body" in request.form:
        writing.save_draft(db(), actor, ticket, request.form["body"], request.form.get("target", ""), now=now())
    return ("", 204) if is_htmx() else go("tickets.ticket", public_id=public_id)


@blueprint.get("/files/<file_id>")
@guard(VIEW)
def download(public_id: str, file_id: str) -> ResponseReturnValue:
    """Hand out a file of this conversation."""
    return attachment(_file(public_id, file_id), store_of(portal().settings))


@blueprint.get("/files/<file_id>/small")
@guard(VIEW)
def small(public_id: str, file_id: str) -> ResponseReturnValue:
    """Hand out the small picture of one."""
    return attachment(_file(public_id, file_id), store_of(portal().settings), thumbnail=True)


def _file(public_id: str, file_id: str) -> Upload:
    """Return a file of a message, a note or the own draft of this very ticket, as far as its thing is seen."""
    ticket = queries.ticket(db(), public_id)
    kinds = (("ticket_message", Message), ("ticket_note", Note), ("ticket_draft", TicketDraft))
    here = [
        and_(Upload.thing_kind == kind, Upload.thing_id.in_(select(thing.id).where(thing.ticket_id == ticket.id)))
        for kind, thing in kinds
    ]
    found = db().scalar(select(Upload).where(Upload.public_id == file_id, Upload.removed_at.is_(None), or_(*here)))
    if found is None:
        raise NotFound
    return found


@blueprint.post("/person")
@guard(VIEW)
def call(public_id: str) -> ResponseReturnValue:
    """Call a person into the conversation."""
    ticket = queries.ticket(db(), public_id)
    try:
        writing.call_person(db(), viewer().actor, ticket, now=now())
    except Conflict as error:
        flash(message_of(error, locale()), "info")
        return go("tickets.ticket", public_id=public_id)
    flash(_("A person is called and answers here. You may leave this page; you will hear of it."), "success")
    return go("tickets.ticket", public_id=public_id)

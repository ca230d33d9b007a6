"""What people do with a ticket: take it, hand it over, solve, close, reopen, nudge, merge, split, link, rate."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from portal.db import new_public_id
from portal.errors import Conflict, Invalid, NotFound
from portal.files.queries import uploads_of
from portal.files.stores import store_of
from portal.formats import message_of
from portal.forms import add_error, step
from portal.paging import typed_version
from portal.policy import Permission
from portal.support.knowledge.operations import begin_from
from portal.support.tickets import cases, joining, queries, rating, reminding, working
from portal.support.tickets.forms import ChangeForm, HandOverForm, JoinForm, RateForm, SolveForm, SplitForm
from portal.support.tickets.models import Ticket
from portal.support.tickets.showing import show
from portal.web import db, go, guard, locale, now, portal, respond, today, viewer
from portal.words import N_

blueprint = Blueprint("ticket_steps", __name__, url_prefix="/tickets/<public_id>")
UNKNOWN = N_("There is no ticket with this number.")
VIEW, OPEN, WORK = Permission.TICKET_VIEW, Permission.TICKET_OPEN, Permission.TICKET_WORK


def _step(
    public_id: str, work: Callable[[Ticket], Any], said: str = "", form: FlaskForm | None = None, name: str = ""
) -> Response:
    """Do one step with a ticket and say so; what is refused is said on its page with everything typed kept."""
    row = queries.ticket(db(), public_id)

    def done(there: Any) -> Response:
        if said:
            flash(said, "success")
        return go("tickets.ticket", public_id=there.public_id if isinstance(there, Ticket) else public_id)

    return step(lambda: work(row), shown=partial(show, row), done=done, form=form, name=name)


def _other(form: JoinForm) -> Ticket:
    """Return the ticket whose number was typed; a wrong one, and a foreign one alike, is said at its field."""
    try:
        return joining.find(db(), form.other.data)
    except NotFound as error:
        raise Invalid(UNKNOWN, field="other") from error


@blueprint.post("/assign")
@guard(WORK)
def assign(public_id: str) -> ResponseReturnValue:
    """Give it to somebody who works on tickets, or take it oneself."""
    person = request.form.get("person", "")[:20]

    def work(row: Ticket) -> Any:
        seen = queries.person_id(db(), request.form.get("seen", "")[:20])
        working.assign(db(), viewer().actor, row, person, seen=seen, now=now())

    return _step(public_id, work)


@blueprint.post("/hand-over")
@guard(WORK)
def hand_over(public_id: str) -> ResponseReturnValue:
    """Put it into another queue."""
    form = HandOverForm()

    def work(row: Ticket) -> Any:
        working.hand_over(db(), viewer().actor, row, form.queue.data or "", form.note.data, now=now())

    return _step(public_id, work, _("Handed over."), form, "hand_form")


@blueprint.post("/change")
@guard(WORK)
def change(public_id: str) -> ResponseReturnValue:
    """Change what it says of itself."""
    form = ChangeForm()

    def work(row: Ticket) -> Any:
        wanted = {name: form[name].data for name in ("subject", "kind", "impact", "error_code", "firmware")}
        working.change(db(), viewer().actor, row, wanted, version=typed_version(), now=now())

    return _step(public_id, work, _("Saved."), form, "change_form")


@blueprint.post("/hold")
@guard(WORK)
def hold(public_id: str) -> ResponseReturnValue:
    """Let it wait for parts or an engineer."""
    return _step(public_id, lambda row: working.hold(db(), viewer().actor, row, now=now()))


@blueprint.post("/take-up")
@guard(WORK)
def take_up(public_id: str) -> ResponseReturnValue:
    """Go on with it."""
    return _step(public_id, lambda row: working.take_up(db(), viewer().actor, row, now=now()))


@blueprint.post("/escalate")
@guard(WORK)
def escalate(public_id: str) -> ResponseReturnValue:
    """Ask the head of support."""
    reason = request.form.get("reason", "")
    work = lambda row: working.escalate(db(), viewer().actor, row, reason, now=now())  # noqa: E731
    return _step(public_id, work, _("The head of support was asked."))


@blueprint.post("/solve")
@guard(OPEN)
def solve(public_id: str) -> ResponseReturnValue:
    """Say that it is solved."""
    form = SolveForm()
    work = lambda row: working.solve(db(), viewer().actor, row, form.solution.data, now=now())  # noqa: E731
    return _step(public_id, work, _("Solved. Thank you."), form, "solve_form")


@blueprint.post("/close")
@guard(OPEN)
def close(public_id: str) -> ResponseReturnValue:
    """Close it for good."""
    return _step(public_id, lambda row: working.close(db(), viewer().actor, row, now=now()))


@blueprint.post("/reopen")
@guard(OPEN)
def reopen(public_id: str) -> ResponseReturnValue:
    """Open it again."""
    work = lambda row: working.reopen(db(), viewer().actor, row, now=now())  # noqa: E731
    return _step(public_id, work, _("Open again. Say below what still does not work."))


@blueprint.post("/nudge")
@guard(OPEN)
def nudge(public_id: str) -> ResponseReturnValue:
    """Remind whoever is to act."""
    work = lambda row: reminding.nudge(db(), viewer().actor, row, now=now())  # noqa: E731
    return _step(public_id, work, _("Reminded."))


@blueprint.post("/follow")
@guard(OPEN)
def follow(public_id: str) -> ResponseReturnValue:
    """Hear of it, or no more."""

    def work(row: Ticket) -> Any:
        if "stop" in request.form:
            working.unfollow(db(), viewer().actor, row)
        else:
            working.follow(db(), viewer().actor, row, now=now())

    return _step(public_id, work)


@blueprint.post("/rate")
@guard(OPEN)
def rate(public_id: str) -> ResponseReturnValue:
    """Say how satisfied one is."""
    form = RateForm()

    def work(row: Ticket) -> Any:
        rating.rate(db(), viewer().actor, row, form.points.data or 0, form.comment.data, now=now())

    return _step(public_id, work, _("Thank you."), form, "rate_form")


@blueprint.post("/merge")
@guard(WORK)
def merge(public_id: str) -> ResponseReturnValue:
    """Merge it into another one."""
    form = JoinForm(prefix="merge")

    def work(row: Ticket) -> Any:
        return joining.merge(db(), viewer().actor, row, _other(form), now=now())

    return _step(public_id, work, _("Merged. Everything goes on here."), form, "merge_form")


@blueprint.post("/link")
@guard(OPEN)
def link(public_id: str) -> ResponseReturnValue:
    """Note that another one belongs to it."""
    form = JoinForm(prefix="link")

    def work(row: Ticket) -> Any:
        joining.link(db(), viewer().actor, row, _other(form), "related", now=now())

    return _step(public_id, work, _("Linked."), form, "link_form")


@blueprint.get("/split")
@guard(WORK)
def split(public_id: str) -> ResponseReturnValue:
    """Show the messages to choose from."""
    return _split(queries.ticket(db(), public_id), SplitForm(formdata=None))


@blueprint.post("/split")
@guard(WORK)
def split_off(public_id: str) -> ResponseReturnValue:
    """Make a ticket of its own from some messages."""
    row, form = queries.ticket(db(), public_id), SplitForm()
    if not form.validate():
        return _split(row, form, status=422)
    chosen, key = form.messages.data or [], form.form_key.data or ""
    at: dict[str, Any] = {"store": store_of(portal().settings), "now": now(), "today": today()}
    try:
        made = joining.split(db(), viewer().actor, row, chosen, form.subject.data, form_key=key, **at)
    except Invalid as error:
        add_error(form, error)
        return _split(row, form, status=422)
    except Conflict as error:
        return _split(row, form, status=409, problem=message_of(error, locale()))
    flash(_("Ticket %(number)s was made.", number=made.number), "success")
    return go("tickets.ticket", public_id=made.public_id)


def _split(row: Ticket, form: SplitForm, *, status: int = 200, problem: str = "") -> Response:
    said = queries.messages(db(), row.id)
    files = uploads_of(db(), "ticket_message", [each.id for each in said])
    form.messages.choices = [
        (
            each.public_id,
            " · ".join([f"{each.author}: {each.body[:120]}", *(file.name for file in files.get(each.id, ()))]),
        )
        for each in said
    ]
    form.form_key.data = form.form_key.data or new_public_id()
    return respond("tickets/split.html", ticket=row, form=form, problem=problem, status=status)


@blueprint.post("/article")
@guard(Permission.ARTICLE_EDIT)
def article(public_id: str) -> ResponseReturnValue:
    """Begin an article from what was asked and what helped."""
    row = queries.ticket(db(), public_id)
    title, body = cases.as_article(db(), row)
    made = begin_from(
        db(),
        viewer().actor,
        title=title,
        body=body,
        product_id=row.product_id,
        fault=row.fault,
        lang=row.locale,
        source_ticket=row.id,
        now=now(),
    )
    return go("writing.edit", public_id=made.public_id)

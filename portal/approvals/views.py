"""Pages of approvals: the cards that wait, one request with its history, and what can be done with it."""

from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.approvals import deciding, listing, operations, queries
from portal.approvals.forms import NoteForm
from portal.approvals.lifecycle import State
from portal.approvals.models import ApprovalRequest
from portal.approvals.people import deciders
from portal.approvals.rounds import is_asker
from portal.approvals.standing import may_decide, standing
from portal.approvals.subjects import Verdict, kinds, subject_of
from portal.errors import Conflict, Invalid
from portal.formats import message_of
from portal.forms import add_error
from portal.paging import typed_version
from portal.policy import Permission
from portal.web import db, go_to, guard, is_htmx, locale, now, respond, safe_next, today, viewer

blueprint = Blueprint("approvals", __name__, url_prefix="/approvals")
VIEW, DECIDE = Permission.APPROVAL_VIEW, Permission.APPROVAL_DECIDE


@blueprint.get("")
@guard(VIEW)
def waiting() -> ResponseReturnValue:
    """Show what waits for the reader as cards; who decides nothing sees what his organisation asked for."""
    after = request.args.get("after", "")[:400]
    if not viewer().actor.can(DECIDE):
        return _requests(after)
    page = queries.waiting(db(), now=now(), today=today(), after=after)
    return respond("approvals/waiting.html", found=page, after=after, times=_times())


@blueprint.get("/requests")
@guard(VIEW)
def requests() -> ResponseReturnValue:
    """List all requests that the reader may see, newest first."""
    return _requests(request.args.get("after", "")[:400])


def _requests(after: str) -> ResponseReturnValue:
    state = request.args.get("state", "")
    page = listing.requests(db(), state=state if state in set(State) else "", after=after)
    return respond("approvals/requests.html", found=page, after=after, wanted=state, states=list(State), times=_times())


@blueprint.get("/times")
@guard(Permission.HOME_VIEW)
def times() -> ResponseReturnValue:
    """Tell everybody how long decisions take, without saying whose."""
    return respond("approvals/times.html", times=_times())


def _times() -> dict[str, tuple[str, int | None]]:
    return {kind: (subject.label, queries.median_seconds(db(), kind)) for kind, subject in kinds().items()}


@blueprint.get("/<public_id>")
@guard(VIEW)
def card(public_id: str) -> ResponseReturnValue:
    """Show one request: where the link of a mail leads; looking changes nothing."""
    return _show(queries.request(db(), public_id))


def _show(row: ApprovalRequest, *, form: NoteForm | None = None, status: int = 200, **more: Any) -> ResponseReturnValue:
    actor = viewer().actor
    people = deciders(db(), today())
    mine, why_not = may_decide(db(), actor, row, people)
    colleagues = [p for p in people.people.values() if p.id not in (actor.person_id, row.asked_by_id)]
    return respond(
        "approvals/request.html",
        row=row,
        card=queries.cards(db(), [row])[row.id],
        approval=standing(db(), row, now=now(), today=today()),
        happened=queries.happened(db(), row),
        subject=subject_of(row.kind),
        decides=mine,
        why_not=why_not,
        hands_on=(mine or actor.can(Permission.APPROVAL_MANAGE)) and row.state == State.IN_REVIEW,
        colleagues=colleagues,
        organisation=queries.organisation_name(db(), row.organisation_id),
        form=form or NoteForm(formdata=None),
        status=status,
        **{"problem": "", **more},
    )


@blueprint.post("/<public_id>/decide")
@guard(DECIDE)
def decide(public_id: str) -> ResponseReturnValue:
    """Approve, refuse or return a request."""
    row = queries.request(db(), public_id, for_update=True)
    form = NoteForm()
    wanted = request.form.get("decision", "")
    if wanted not in set(Verdict):
        raise Invalid(_("Choose what you decide."))
    if not form.validate():
        return _show(row, form=form, status=422)
    said = {"reason": request.form.get("reason", "")[:40], "note": form.note.data or ""}
    try:
        done = deciding.decide(
            db(), viewer().actor, row, Verdict(wanted), version=typed_version(), now=now(), today=today(), **said
        )
    except Invalid as error:
        add_error(form, error)
        return _show(row, form=form, status=422)
    except Conflict as error:
        db().rollback()
        return _show(queries.request(db(), public_id), form=form, status=409, problem=message_of(error, locale()))
    flash(_said(done, Verdict(wanted)), "success")
    return go_to(safe_next(request.form.get("next")) if "next" in request.form else "/approvals")


def _said(row: ApprovalRequest, decision: Verdict) -> str:
    if row.state == State.IN_REVIEW:
        return str(_("Noted; the request goes on to the next person."))
    said = {
        Verdict.APPROVED: _("Approved."),
        Verdict.REFUSED: _("Refused; whoever asked is told the reason."),
        Verdict.RETURNED: _("Returned with your question."),
    }
    return str(said[decision])


@blueprint.post("/<public_id>/research")
@guard(DECIDE)
def research(public_id: str) -> ResponseReturnValue:
    """Take more time."""
    row = queries.request(db(), public_id, for_update=True)
    form = NoteForm()
    if not form.validate():
        return _show(row, form=form, status=422)
    more = form.note.data or ""
    deciding.research(db(), viewer().actor, row, note=more, version=typed_version(), now=now(), today=today())
    flash(_("The clock has more time now."), "success")
    return go_to(f"/approvals/{public_id}")


@blueprint.post("/<public_id>/reassign")
@guard(VIEW)
def reassign(public_id: str) -> ResponseReturnValue:
    """Hand a request to somebody else."""
    row = queries.request(db(), public_id, for_update=True)
    to = request.form.get("person", "")[:20]
    deciding.reassign(db(), viewer().actor, row, to, version=typed_version(), now=now(), today=today())
    flash(_("Handed on."), "success")
    return go_to("/approvals")


@blueprint.post("/<public_id>/nudge")
@guard(VIEW)
def nudge(public_id: str) -> ResponseReturnValue:
    """Remind whoever holds a request."""
    row = queries.request(db(), public_id, for_update=True)
    operations.nudge(db(), viewer().actor, row, now=now(), today=today())
    if is_htmx():
        return respond("approvals/_status.html", approval=standing(db(), row, now=now(), today=today()))
    flash(_("Nudged."), "success")
    asks = is_asker(viewer().actor, row)
    return go_to(subject_of(row.kind).path(row) if asks else f"/approvals/{public_id}")


@blueprint.post("/<public_id>/seen")
@guard(DECIDE)
def seen(public_id: str) -> ResponseReturnValue:
    """Note that the reader looked; sent by the open page itself, so that a link that is only fetched marks nothing."""
    deciding.seen(db(), viewer().actor, queries.request(db(), public_id), now=now())
    return "", 204

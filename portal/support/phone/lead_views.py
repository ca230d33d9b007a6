"""Pages of leads: the list, one of them, and whom they go to."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.forms import step
from portal.paging import before_id, typed_version
from portal.parties.words import INDUSTRIES, REGIONS
from portal.policy import Permission
from portal.support.phone import leads, lifecycle, queries, routing
from portal.support.phone.forms import DropForm, LeadForm, PersonForm, RouteForm, SaidForm
from portal.support.phone.lifecycle import ACTS, LABELS, LeadAction, LeadState
from portal.support.phone.models import Lead
from portal.support.phone.people import workers
from portal.web import db, go, guard, locale, now, respond, viewer

blueprint = Blueprint("leads", __name__, url_prefix="/leads")
VIEW, WORK = Permission.LEAD_VIEW, Permission.LEAD_WORK


@blueprint.get("")
@guard(VIEW)
def listing() -> ResponseReturnValue:
    """List leads, newest first: all, one's own, or of one state."""
    state, mine = request.args.get("state", ""), "mine" in request.args
    state = state if state in list(LeadState) else ""
    own = viewer().actor.person_id if mine else None
    rows = queries.leads(db(), state=state, mine=own, before_id=before_id())
    page, to = rows[: queries.PAGE], locale()
    return respond(
        "phone/leads.html",
        rows=page,
        older=page[-1].id if len(rows) > queries.PAGE else None,
        later=before_id() is not None,
        state=state,
        mine=mine,
        prefix=url_for("leads.listing") + "/",
        everybody=_("Everybody"),
        labels={key.value: _(label) for key, label in LABELS.items()},
        regions={key: word.to(to) for key, word in REGIONS.items()},
        industries={key: word.to(to) for key, word in INDUSTRIES.items()},
    )


@blueprint.get("/<public_id>")
@guard(VIEW)
def one(public_id: str) -> ResponseReturnValue:
    """Show one lead with its calls and what was done."""
    return _show(leads.lead_of(db(), public_id))


def _show(lead: Lead, *, status: int = 200, **more: Any) -> Response:
    people = workers(db()) if viewer().can(WORK) else {}
    hand = PersonForm(formdata=None, data={"person": people.get(lead.assignee_id or 0, ("", ""))[0]})
    hand.whom(people)
    filled = LeadForm(formdata=None, obj=lead)
    filled.offer()
    context: dict[str, Any] = {
        "form": filled,
        "hand": hand,
        "said": SaidForm(formdata=None),
        "dropping": DropForm(formdata=None),
        "problem": "",
        **more,
    }
    return respond(
        "phone/lead.html",
        lead=lead,
        label=_(LABELS[LeadState(lead.state)]),
        can={action.value: lifecycle.can(lead.state, action) for action in LeadAction},
        assignee=queries.name_of(db(), lead.assignee_id),
        customer=queries.customer_of(db(), lead),
        calls=queries.calls_of_lead(db(), lead.id),
        steps=queries.steps(db(), lead.id),
        acts={name: _(words) for name, words in ACTS.items()},
        status=status,
        **context,
    )


def _change(
    public_id: str, do: Callable[[Lead], object], said: str, form: LeadForm | None = None
) -> ResponseReturnValue:
    """Do one thing with a lead and say so; what stands against it is said on its page."""
    lead = leads.lead_of(db(), public_id)

    def done(_made: object) -> Response:
        flash(said, "success")
        return go("leads.one", public_id=public_id)

    return step(lambda: do(lead), shown=partial(_show, lead), done=done, form=form)


@blueprint.post("/<public_id>")
@guard(WORK)
def learn(public_id: str) -> ResponseReturnValue:
    """Save what was learned of a lead."""
    form = LeadForm()
    form.offer()

    def learn_it(lead: Lead) -> None:
        leads.learn(db(), viewer().actor, lead, form.known, version=typed_version(), now=now(), whole=True)

    return _change(public_id, learn_it, _("Saved."), form)


@blueprint.post("/<public_id>/contact")
@guard(WORK)
def contact(public_id: str) -> ResponseReturnValue:
    """Note that somebody talked to the lead."""
    text = (SaidForm().note.data or "").strip()
    actor, version = viewer().actor, typed_version()
    return _change(
        public_id, lambda lead: leads.contacted(db(), actor, lead, text, version=version, now=now()), _("Noted.")
    )


@blueprint.post("/<public_id>/assign")
@guard(WORK)
def assign(public_id: str) -> ResponseReturnValue:
    """Hand a lead to somebody else."""
    actor, version, person = viewer().actor, typed_version(), request.form.get("person", "")
    return _change(
        public_id, lambda lead: leads.assign(db(), actor, lead, person, version=version, now=now()), _("Handed over.")
    )


@blueprint.post("/<public_id>/convert")
@guard(WORK)
def convert(public_id: str) -> ResponseReturnValue:
    """Make a customer of a lead."""
    actor, version = viewer().actor, typed_version()
    return _change(
        public_id, lambda lead: leads.convert(db(), actor, lead, version=version, now=now()), _("A customer now.")
    )


@blueprint.post("/<public_id>/drop")
@guard(WORK)
def drop(public_id: str) -> ResponseReturnValue:
    """Give a lead up."""
    actor, version, reason = viewer().actor, typed_version(), DropForm().reason.data or ""
    return _change(
        public_id, lambda lead: leads.drop(db(), actor, lead, reason, version=version, now=now()), _("Dropped.")
    )


@blueprint.post("/<public_id>/reopen")
@guard(WORK)
def reopen(public_id: str) -> ResponseReturnValue:
    """Open a dropped lead again."""
    actor, version = viewer().actor, typed_version()
    return _change(
        public_id, lambda lead: leads.reopen(db(), actor, lead, version=version, now=now()), _("Open again.")
    )


@blueprint.get("/routes")
@guard(VIEW)
def routes() -> ResponseReturnValue:
    """Show whom leads of which industry and region go to."""
    return _routes()


def _routes(form: RouteForm | None = None, *, status: int = 200) -> Response:
    shown = form or RouteForm(formdata=None)
    shown.offer()
    shown.whom(workers(db()))
    to = locale()
    return respond(
        "phone/routes.html",
        form=shown,
        rows=queries.routes(db()),
        regions={key: word.to(to) for key, word in REGIONS.items()},
        industries={key: word.to(to) for key, word in INDUSTRIES.items()},
        status=status,
    )


@blueprint.post("/routes")
@guard(WORK)
def add_route() -> ResponseReturnValue:
    """Say whom leads of an industry and region go to; the same pair again changes it."""
    form = RouteForm()
    form.offer()
    form.whom(workers(db()))
    if not form.validate():
        return _routes(form, status=422)
    chosen = {"industry": form.industry.data, "region": form.region.data, "person": form.person.data}
    routing.set_route(db(), viewer().actor, **chosen, now=now())
    flash(_("Saved."), "success")
    return go("leads.routes")


@blueprint.post("/routes/<public_id>/remove")
@guard(WORK)
def remove_route(public_id: str) -> ResponseReturnValue:
    """Take a route away."""
    routing.remove_route(db(), viewer().actor, public_id, now=now())
    flash(_("Removed."), "success")
    return go("leads.routes")

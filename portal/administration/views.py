"""Pages of the administrator: outbox, history, published rules."""

from collections.abc import Sequence

from flask import Blueprint, flash, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import outbox as box
from portal.administration import labels, queries
from portal.configurator.language.ruleset import RuleSet
from portal.errors import NotFound
from portal.outbox import STATES, OutboxJob
from portal.paging import before_id
from portal.parties.models import Party
from portal.parties.views import RELATED, Related, RelatedList
from portal.policy import Permission
from portal.web import db, go, guard, now, respond, viewer
from portal.words import N_

blueprint = Blueprint("administration", __name__, url_prefix="/administration")
JOBS = 50


@blueprint.get("/outbox")
@guard(Permission.OUTBOX_MANAGE)
def outbox() -> ResponseReturnValue:
    """List what waits to leave the portal, and what could not."""
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    rows = box.jobs(db(), state=state or None, before_id=before_id(), limit=JOBS + 1)
    page = rows[:JOBS]
    return respond(
        "administration/outbox.html",
        "administration/_outbox.html",
        jobs=page,
        state=state,
        states=labels.STATES,
        kinds=labels.JOB_KINDS,
        counts=box.counts(db()),
        count_cap=box.COUNT_CAP,
        worker_alive=box.is_beating(db(), now=now()),
        next_before=page[-1].id if len(rows) > JOBS else None,
    )


@blueprint.post("/outbox/<public_id>/retry")
@guard(Permission.OUTBOX_MANAGE)
def retry(public_id: str) -> ResponseReturnValue:
    """Let a dead or delayed job be done now."""
    job = db().scalar(select(OutboxJob).where(OutboxJob.public_id == public_id))
    if job is None:
        raise NotFound
    box.retry_job(db(), viewer().actor, job, now=now())
    flash(_("The job waits for the worker again."), "success")
    return go("administration.outbox")


@blueprint.get("/history")
@guard(Permission.HISTORY_VIEW)
def history() -> ResponseReturnValue:
    """List who did what to which row, newest first."""
    kind = request.args.get("kind", "")
    kind = kind if kind in labels.THINGS else ""
    rows = queries.acts(db(), kind=kind, before_id=before_id())
    page = rows[: queries.PAGE]
    return respond(
        "administration/history.html",
        "administration/_history.html",
        acts=page,
        kind=kind,
        things=labels.THINGS,
        words=labels.ACTS,
        next_before=page[-1].id if len(rows) > queries.PAGE else None,
    )


@blueprint.get("/rules")
@guard(Permission.RULES_VIEW)
def rules() -> ResponseReturnValue:
    """List the published revisions of rules."""
    rows = queries.revisions(db(), before_id=before_id())
    page = rows[: queries.PAGE]
    more = page[-1].id if len(rows) > queries.PAGE else None
    return respond("administration/rules.html", revisions=page, next_before=more)


@blueprint.get("/rules/<key>/<int:number>")
@guard(Permission.RULES_VIEW)
def revision(key: str, number: int) -> ResponseReturnValue:
    """Show what one published revision says: questions, settings with their sources, rules with their reasons."""
    if number > 10**9:
        raise NotFound
    found = queries.revision(db(), key, number)
    ruleset = RuleSet.from_content(found.content)
    return respond("administration/revision.html", revision=found, ruleset=ruleset)


def _quotes_of(session: Session, customer: Party) -> Sequence[Related]:
    return [
        Related(
            row.title,
            "deals.quote",
            row.public_id,
            f"{row.number} R{row.revision}" if row.number else "",
            labels.QUOTE_STATES[row.state],
            row.updated_at,
        )
        for row in queries.quotes_of(session, customer)
    ]


def _configurations_of(session: Session, customer: Party) -> Sequence[Related]:
    rows = queries.configurations_of(session, customer)
    return [Related(row.name, "configurator.configuration", row.public_id, "", "", row.updated_at) for row in rows]


@blueprint.record_once
def _hand_over(state: BlueprintSetupState) -> None:
    """Tell the page of a customer what the features above it know: they may not be imported from there."""
    state.app.extensions[RELATED] = (
        *state.app.extensions.get(RELATED, ()),
        RelatedList(N_("Quotes"), Permission.QUOTE_VIEW, _quotes_of),
        RelatedList(N_("Configurations"), Permission.CONFIGURATION_VIEW, _configurations_of),
    )

"""The answer that most views of a configuration give: its page, or for htmx the panel on it."""

from dataclasses import replace
from typing import Any

from flask import request, session
from flask.typing import ResponseReturnValue

from portal.configurator import queries
from portal.configurator.engine.results import Impossible
from portal.configurator.engines import engine
from portal.configurator.forms import DetailsForm
from portal.configurator.models import Configuration
from portal.configurator.page import Panel, Wanted
from portal.configurator.panel import label_of
from portal.configurator.rights import is_owner, may_edit
from portal.configurator.steps import FULL, SIMPLE, VIEWS
from portal.errors import Conflict
from portal.formats import message_of
from portal.policy import OrganisationKind, Permission, Role
from portal.web import db, go, is_htmx, locale, respond, today, viewer
from portal.words import N_, Text

VIEW_KEPT, WAS_KEPT = "configurator_view", "configurator_was"  # in the cookie of the browser session
LONGEST_TOTAL, LONGEST_PLACE = 16, 200  # digits of an amount and letters of a place that a form may bring


def show(
    row: Configuration, *, status: int = 200, stale: Any = None, form: DetailsForm | None = None, **more: Any
) -> ResponseReturnValue:
    """Render page or panel; `more` may hold what the panel says besides: refusal, errors, typed, notice, was."""
    actor = viewer().actor
    terms = queries.buying_terms(db(), actor, row)
    problem = ""
    try:
        found = queries.panel_of(db(), actor, row, terms, _wanted(**more), today=today())
        panel: Panel | None = replace(found, **{"was": _was(row), **more})
    except (Impossible, Conflict) as error:
        panel, problem = None, message_of(error if isinstance(error, Conflict) else CONTRADICTION, locale())
    sees_partner_price = viewer().can(Permission.PRICE_PARTNER) and terms.kind == OrganisationKind.PARTNER
    return respond(
        "configurator/configuration.html",
        "configurator/_panel.html",
        configuration=row,
        panel=panel,
        total=(panel.bill.total if sees_partner_price else panel.bill.list_total) if panel else None,
        problem=problem,
        terms=terms,
        built=engine(db(), row.rule_revision_id),
        editable=may_edit(db(), actor, row),
        owner=is_owner(actor, row),
        choices=_choices_of(row) if panel is None else (),
        stale=stale,
        form=form or _details_of(row),
        sees_partner_price=sees_partner_price,
        status=status,
    )


CONTRADICTION = Conflict(N_("These choices contradict each other. Take one back."))


def changed(row: Configuration, *, anchor: str = "", **more: Any) -> ResponseReturnValue:
    """Answer a successful step: the panel for htmx, the page again for everybody else."""
    db().flush()
    if is_htmx():
        return show(row, **more)
    session[WAS_KEPT] = [row.public_id, request.form.get("was", "")[:LONGEST_TOTAL]]
    at = request.form.get("at", "")[:LONGEST_PLACE]
    where = {name: value for name, value in (("step", at), ("_anchor", anchor)) if at and value}
    return go("configurator.configuration", public_id=row.public_id, **where)


def _choices_of(row: Configuration) -> list[tuple[str, Text, Text]]:
    """Return what somebody chose, where no page can be made of it."""
    known = {attribute.key: attribute for attribute in engine(db(), row.rule_revision_id).ruleset.everything}
    return [(key, known[key].label, label_of(known[key], value)) for key, value in row.choices.items() if key in known]


def _details_of(row: Configuration) -> DetailsForm:
    form = DetailsForm(data={"name": row.name, "customer": str(row.customer_id or "")}, formdata=None)
    form.offer(queries.customers(db()))
    return form


def _wanted(**more: Any) -> Wanted:
    """Return which page the request means: `step` of the address, or where a form says that it stands."""
    if request.method == "GET":
        return Wanted(request.args.get("step", ""), _view())
    refusal = more.get("refusal")
    about = next(iter(more.get("errors", ())), "") or (refusal.key if refusal else "")
    return Wanted(request.form.get("at", None if about else ""), _view(), about)


def _view() -> str:
    """Return simple or full: what the address said last in this browser session; engineers begin with full."""
    wanted = request.args.get("view", "")
    if wanted in VIEWS:
        session[VIEW_KEPT] = wanted
    roles = set(viewer().roles)
    usual = FULL if roles & {Role.ENGINEER, Role.PRODUCT_MANAGER} and not roles & {Role.SALES, Role.OWNER} else SIMPLE
    kept = session.get(VIEW_KEPT)
    return kept if kept in VIEWS else usual


def _was(row: Configuration) -> int | None:
    """Return the total that the person saw before his change, when this answers one."""
    if request.method == "GET":
        key, raw = session.pop(WAS_KEPT, None) or ("", "")
        raw = raw if key == row.public_id else ""
    else:
        raw = request.form.get("was", "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= LONGEST_TOTAL else None

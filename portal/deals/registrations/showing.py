"""The page of one registration: where it stands, what can be done, what happened; asked by every view of it."""

from datetime import date, timedelta
from typing import Any

from flask import Response
from flask_babel import gettext as _
from sqlalchemy import select

from portal.accounts.models import Person
from portal.approvals.models import ApprovalRequest
from portal.approvals.standing import standing as approval_standing
from portal.configurator.models import Configuration
from portal.db import as_actor
from portal.deals.models import Quote
from portal.deals.registrations import lifecycle, queries
from portal.deals.registrations.forms import EVIDENCE_LABELS, AnswerForm, ExtensionForm, LostForm, ReasonForm
from portal.deals.registrations.labels import band_shown, closing_shown, line_shown, month_shown
from portal.deals.registrations.lifecycle import HOUSE_LOSSES, LOSSES, Action, Standing, State
from portal.deals.registrations.models import Registration
from portal.deals.registrations.timeline import timeline
from portal.deals.registrations.withdrawing import undo_until
from portal.files.forms import UploadForm
from portal.files.queries import uploads
from portal.parameters.queries import Values, values
from portal.parties.models import Party
from portal.policy import SYSTEM, OrganisationKind, Permission, allows
from portal.web import db, fmt, locale, now, respond, today, viewer
from portal.words import name_in

MOST_QUOTES = 20
MANAGE = Permission.REGISTRATION_MANAGE


def show(row: Registration, *, status: int = 200, keep: bool = False, **more: Any) -> Response:
    """Render a registration; `more` are forms that were typed into, or a problem."""
    limits, internal = values(db()), viewer().organisation_kind is OrganisationKind.SUPPLIER
    own = viewer().organisation_id == row.organisation_id
    editable = own and allows(viewer().actor, Permission.REGISTRATION_EDIT, row)
    protected = row.standing == Standing.PROTECTED and row.protected_until is not None
    undo = undo_until(db(), row) if editable else None
    undo = undo if undo is not None and undo > now() else None
    context = {
        "problem": "",
        "answer_form": AnswerForm(formdata=None),
        "extension_form": None,
        "lost_form": LostForm(formdata=None),
        "reason_form": ReasonForm(formdata=None),
        "upload_form": UploadForm(formdata=None),
        **more,
    }
    customer = db().scalar(select(Party).where(Party.id == row.customer_id))
    form = context["extension_form"] = context["extension_form"] or _extension_form()
    form.quote_id.choices = [("", _("None")), *_quotes(row)]
    return respond(
        "registrations/registration.html",
        row=row,
        partner=_name(row.organisation_id) if internal else "",
        person=_person(row.person_id),
        customer=customer,
        customer_name=name_in(locale(), *queries.customer_names(db(), row)),
        configuration=db().scalar(select(Configuration).where(Configuration.id == row.configuration_id)),
        line=line_shown(row.product_line),
        month=month_shown(fmt(), row.closing_month),
        value=band_shown(fmt(), row.value_band, row.currency),
        closing=closing_shown(row.state, row.reason) if row.standing == Standing.CLOSED else "",
        days_left=max((row.protected_until - today()).days, 0) if row.protected_until else 0,
        days_in_all=_days_in_all(row),
        looks=queries.looks(db(), row) if own and protected else 0,
        question=row.reason_note,
        answer_until=_answer_until(row),
        approval=_approval(row),
        undo_until=undo,
        actions=_actions(row, limits, editable=editable, undo=undo is not None),
        limits={key: limits[f"registration.{key}"] for key in ("extension_days", "extensions")},
        evidence_kinds=[(key, str(label)) for key, label in EVIDENCE_LABELS.items()],
        evidence_names=EVIDENCE_LABELS,
        losses=[(key, _(label)) for key, label in LOSSES.items() if key not in HOUSE_LOSSES],
        evidence=queries.evidence(db(), row.id),
        files=uploads(db(), row),
        editable=editable,
        rivals=_rivals(row) if internal else None,
        timeline=timeline(db(), row),
        today=today(),
        status=status,
        keep=keep,
        **context,
    )


def _rivals(row: Registration) -> list[dict[str, Any]]:
    """Return the other registrations of the customer, as the supplier's people see them."""
    names = (
        "public_id",
        "number",
        "state",
        "standing",
        "partner",
        "partner_en",
        "line",
        "site",
        "submitted_at",
        "protected_until",
    )
    found = [dict(zip(names, other, strict=True)) for other in queries.rivals(db(), row)]
    return [
        {**other, "line": line_shown(other["line"]), "closing": closing_shown(other["state"], "")} for other in found
    ]


def _extension_form() -> ExtensionForm:
    return ExtensionForm(data={"happened_on": today().isoformat()}, formdata=None)


def _actions(row: Registration, limits: Values, *, editable: bool, undo: bool) -> dict[str, bool]:
    """Return which buttons are drawn; the operations decide for themselves."""
    may = {action.name.lower(): editable and lifecycle.can(row.state, action) for action in Action}
    over = row.protected_until is not None and row.protected_until < today()
    again = may["resubmit"] and row.resubmissions < limits["registration.resubmissions"]
    more = may["extend"] and row.extensions < limits["registration.extensions"] and not over
    house = viewer().actor.can(MANAGE) and viewer().organisation_id != row.organisation_id
    return {
        **may,
        "undo": undo,
        "resubmit": again,
        "extend": more,
        "reopen": house and lifecycle.can(row.state, Action.REOPEN),
        "override": house and row.state in (State.SUBMITTED, State.IN_REVIEW),
    }


def _days_in_all(row: Registration) -> int:
    if row.protected_until is None or row.protected_from is None:
        return 1
    return max((row.protected_until - row.protected_from).days, 1)


def _answer_until(row: Registration) -> date | None:
    """Return the last day on which a question may be answered: with the next one it counts as withdrawn."""
    if row.state != State.RETURNED or row.next_step_on is None:
        return None
    return row.next_step_on - timedelta(days=1)


def _approval(row: Registration) -> Any:
    """Return who holds the request for approval, since when."""
    if row.approval_request_id is None:
        return None
    request = db().scalar(select(ApprovalRequest).where(ApprovalRequest.id == row.approval_request_id))
    return approval_standing(db(), request, now=now(), today=today()) if request is not None else None


def _quotes(row: Registration) -> list[tuple[str, str]]:
    """Return the issued quotes for the customer since the approval, which may show that work goes on."""
    since = row.protected_from or date.max
    mine = (Quote.organisation_id == row.organisation_id, Quote.customer_id == row.customer_id)
    found = select(Quote.public_id, Quote.number, Quote.title).where(*mine, Quote.issued_on >= since)
    rows = db().execute(found.order_by(Quote.id.desc()).limit(MOST_QUOTES))
    return [(row[0], f"{row[1]} · {row[2]}") for row in rows]


def _name(organisation_id: int) -> str:
    with as_actor(db(), SYSTEM):
        found = db().execute(select(Party.name, Party.name_en).where(Party.id == organisation_id)).first()
        return fmt().name(*found) if found else ""


def _person(person_id: int | None) -> str:
    with as_actor(db(), SYSTEM):
        return db().scalar(select(Person.name).where(Person.id == person_id)) or ""

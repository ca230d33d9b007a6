"""Pages on which somebody who decides says when he is away."""

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.approvals import absences
from portal.approvals.forms import AbsenceForm, read_day
from portal.approvals.people import deciders
from portal.errors import Invalid
from portal.forms import add_error
from portal.policy import Permission
from portal.web import db, go, guard, now, respond, today, viewer

blueprint = Blueprint("absences", __name__, url_prefix="/approvals/absences")


@blueprint.get("")
@guard(Permission.APPROVAL_DECIDE)
def listing() -> ResponseReturnValue:
    """Show one's own absences and the form for another one."""
    return _show(_form(AbsenceForm(formdata=None)))


@blueprint.post("")
@guard(Permission.APPROVAL_DECIDE)
def begin() -> ResponseReturnValue:
    """Note an absence."""
    form = _form(AbsenceForm())
    if not form.validate():
        return _show(form, 422)
    starts_on, ends_on = read_day(form.starts_on.data or ""), read_day(form.ends_on.data or "")
    assert starts_on is not None
    assert ends_on is not None
    days = {"starts_on": starts_on, "ends_on": ends_on}
    try:
        absences.be_absent(db(), viewer().actor, delegate=form.delegate.data or "", now=now(), today=today(), **days)
    except Invalid as error:
        add_error(form, error)
        return _show(form, 422)
    flash(_("Noted. What waits for you goes to whoever decides for you on these days."), "success")
    return go("absences.listing")


@blueprint.post("/<public_id>/end")
@guard(Permission.APPROVAL_DECIDE)
def end(public_id: str) -> ResponseReturnValue:
    """Take an absence back."""
    absences.end_absence(db(), viewer().actor, public_id, now=now())
    flash(_("Taken back."), "success")
    return go("absences.listing")


def _form(form: AbsenceForm) -> AbsenceForm:
    people = deciders(db(), today()).people.values()
    form.offer([(person.public_id, person.name) for person in people if person.id != viewer().person_id])
    return form


def _show(form: AbsenceForm, status: int = 200) -> ResponseReturnValue:
    found = absences.absences(db(), viewer().actor, today())
    names = {person.id: person.name for person in deciders(db(), today()).people.values()}
    return respond("approvals/absences.html", form=form, absences=found, names=names, today=today(), status=status)

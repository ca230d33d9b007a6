"""Pages of the public pool: what lies in it, one customer opened, a claim and what is done with it."""

from typing import Any

from flask import Blueprint, Response, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.deals.registrations import pool, queries
from portal.deals.registrations.forms import ActivityForm
from portal.errors import Conflict, Invalid, NotFound, TooMany
from portal.formats import message_of
from portal.forms import add_error
from portal.paging import before_id
from portal.parties.words import INDUSTRIES, REGIONS, SIZES
from portal.policy import Permission
from portal.web import db, fmt, go, guard, locale, now, respond, today, viewer

blueprint = Blueprint("pool", __name__, url_prefix="/registrations/pool")
CLAIM = Permission.POOL_CLAIM


@blueprint.get("")
@guard(CLAIM)
def listing() -> ResponseReturnValue:
    """List what lies in the pool, and the customers of one's own that come from it."""
    return _show()


def _show(*, status: int = 200, keep: bool = False, **more: Any) -> Response:
    rows = pool.offers(db(), viewer().actor, before_id=before_id(), limit=pool.PAGE)
    page = [(offer, _about(offer)) for offer in rows[: pool.PAGE]]
    context = {"problem": "", "opened": None, "form": ActivityForm(formdata=None), "about": "", **more}
    return respond(
        "registrations/pool.html",
        offers=page,
        older=page[-1][0].id if len(rows) > pool.PAGE else None,
        later=before_id() is not None,
        holdings=queries.holdings(db(), viewer().organisation_id),
        today=today(),
        status=status,
        keep=keep,
        **context,
    )


def _about(offer: pool.Offer) -> str:
    """Return what the pool says of a customer before it is opened: industry, region and size."""
    known = ((INDUSTRIES, offer.industry), (REGIONS, offer.region), (SIZES, offer.size))
    return " · ".join(words[key].to(locale()) for words, key in known if key in words) or _("A customer")


@blueprint.post("/<public_id>")
@guard(CLAIM)
def look(public_id: str) -> ResponseReturnValue:
    """Open one customer; how many a day is counted, so this is no reading."""
    try:
        opened = pool.look(db(), viewer().actor, public_id, now=now(), today=today())
    except TooMany as error:
        return _show(status=429, problem=message_of(error, locale()))
    except NotFound:  # also for an address that never was: who was quicker stays unsaid
        return _show(status=404, problem=_("This customer is not in the pool any more."))
    return _show(opened=opened)


@blueprint.post("/<public_id>/claim")
@guard(CLAIM)
def claim(public_id: str) -> ResponseReturnValue:
    """Take a customer out of the pool."""
    try:
        held = pool.claim(db(), viewer().actor, public_id, now=now(), today=today())
    except Conflict as error:
        return _show(status=409, problem=message_of(error, locale()))
    except TooMany as error:
        return _show(status=429, problem=message_of(error, locale()))
    except NotFound:
        return _show(status=404, problem=_("This customer is not in the pool any more."))
    flash(
        _("Yours until %(date)s. Note what you do, and register the project.", date=fmt().date(held.ends_on)), "success"
    )
    return go("pool.listing")


@blueprint.post("/holdings/<public_id>/activity")
@guard(CLAIM)
def note_activity(public_id: str) -> ResponseReturnValue:
    """Note what was done for a claimed customer today."""
    held, form = queries.holding(db(), public_id), ActivityForm()
    if not form.validate():
        return _show(status=422, form=form, about=public_id)
    done: dict[str, Any] = {"happened_on": today(), "now": now(), "today": today()}
    try:
        pool.note_activity(db(), viewer().actor, held, form.note.data, **done)
    except Invalid as error:
        add_error(form, error)
        return _show(status=422, form=form, about=public_id)
    flash(_("Noted: yours until %(date)s.", date=fmt().date(held.ends_on)) if held.ends_on else _("Noted."), "success")
    return go("pool.listing")


@blueprint.post("/holdings/<public_id>/release")
@guard(CLAIM)
def release(public_id: str) -> ResponseReturnValue:
    """Give a customer back."""
    held = queries.holding(db(), public_id)
    pool.release(db(), viewer().actor, held, now=now(), today=today())
    flash(_("Given back."), "success")
    return go("pool.listing")

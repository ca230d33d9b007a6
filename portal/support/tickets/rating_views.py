"""Rating through the link of a mail: it needs no account, is good once and for some days."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from portal.errors import Conflict, NotFound
from portal.support.tickets import rating
from portal.support.tickets.forms import RateForm
from portal.web import db, now, public, respond

blueprint = Blueprint("ratings", __name__, url_prefix="/rate")
REASON = "whoever got the mail rates without an account; the link is random, good once and shows nothing but number"


@blueprint.get("/<token>")
@public(REASON)
def ask(token: str) -> ResponseReturnValue:
    """Ask how it was."""
    return _ask(token, RateForm(formdata=None))


@blueprint.post("/<token>")
@public(REASON)
def rate(token: str) -> ResponseReturnValue:
    """Keep the answer."""
    form = RateForm()
    if not form.validate():
        return _ask(token, form, status=422)
    try:
        rating.rate_by_token(db(), token, form.points.data or 0, form.comment.data, now=now())
    except (NotFound, Conflict):
        return _over()
    return respond("tickets/rated.html")


def _ask(token: str, form: RateForm, *, status: int = 200) -> Response:
    try:
        _asked, ticket = rating.by_token(db(), token, now=now())
    except NotFound:
        return _over()
    return respond("tickets/rate.html", form=form, token=token, number=ticket.number, status=status)


def _over() -> Response:
    return respond("tickets/rating_over.html", status=404)

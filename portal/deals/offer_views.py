"""What a customer sees through a link, without an account: one offer, its PDF and workbook. Nothing about purchase.

The token is the only key. A wrong, an old and a revoked one are answered alike: as an address that never was.
"""

from flask import Blueprint, Response, g, make_response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.deals import offer_links
from portal.deals.offer_links import Opened
from portal.deals.resale_documents import offer_context
from portal.deals.resale_views import PAPERS, xlsx_response
from portal.errors import NotFound
from portal.policy import SYSTEM
from portal.web import client_address, db, locale, now, portal, public, respond, today
from portal.words import LOCALES

blueprint = Blueprint("offers", __name__, url_prefix="/offers")
REASON = "whoever holds the token of the link may look at this one offer"


@blueprint.after_request
def _keep_quiet(response: Response) -> Response:
    """Let nobody index it, keep it, or learn the address from a link that is followed."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _open(token: str, *, is_view: bool = False) -> Opened:
    """Return what the link shows; every look is counted, also those at nothing."""
    offer_links.check_looks(db(), client_address(), now=now())
    opened: Opened | None = None
    try:
        opened = offer_links.open_link(db(), token, today=today())
        return opened
    finally:
        seen = opened.link_id if opened is not None and is_view else None
        portal().database.write(SYSTEM, lambda unit: _count(unit, seen))


def _count(unit: Session, link_id: int | None) -> None:
    """Reading pages cannot write, so that a look is counted in a unit of work of its own."""
    offer_links.count_look(unit, client_address(), now=now())
    if link_id is not None:
        offer_links.note_view(unit, link_id, now=now())


@blueprint.get("/<token>")
@public(REASON)
def offer(token: str) -> ResponseReturnValue:
    """Show the offer in the language asked for."""
    opened = _open(token, is_view=request.method == "GET")
    asked = request.args.get("lang", "")
    g.locale = asked if asked in LOCALES else locale()  # of this page only; the customer's browser keeps nothing
    return respond(
        "deals/offer.html",
        **offer_context(opened.resale, opened.lines, opened.logo, locale=g.locale),
        documents=offer_links.offered_documents(db(), opened.resale),
        token=token,
    )


@blueprint.get("/<token>/<wanted>.pdf")
@public(REASON)
def pdf(token: str, wanted: str) -> ResponseReturnValue:
    """Hand out the PDF of the offer."""
    opened = _open(token)
    return PAPERS.answer(opened.resale, wanted)


@blueprint.get("/<token>/<wanted>.xlsx")
@public(REASON)
def xlsx(token: str, wanted: str) -> ResponseReturnValue:
    """Hand out the offer as a workbook."""
    opened = _open(token)
    if wanted not in LOCALES:
        raise NotFound
    return make_response(xlsx_response(opened.resale, opened.lines, wanted))

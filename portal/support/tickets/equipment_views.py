"""The installed base: what stands where, and the tickets of one piece."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.paging import before_id
from portal.policy import Permission
from portal.support.service.showing import warranty_of_item
from portal.support.tickets import listing
from portal.support.tickets.installed import item, items
from portal.support.tickets.showing import words
from portal.web import db, guard, now, respond, viewer

blueprint = Blueprint("equipment", __name__, url_prefix="/equipment")
VIEW = Permission.EQUIPMENT_VIEW


@blueprint.get("")
@guard(VIEW)
def listed() -> ResponseReturnValue:
    """List the equipment the viewer sees; a serial number finds its piece."""
    serial = request.args.get("q", "").strip().replace("\x00", "")[:80]
    rows, older = items(db(), serial=serial, before=before_id())
    return respond("tickets/equipment.html", "tickets/_equipment.html", rows=rows, older=older, q=serial)


@blueprint.get("/<public_id>")
@guard(VIEW)
def piece(public_id: str) -> ResponseReturnValue:
    """Show one piece with its tickets."""
    found = item(db(), public_id)
    page = None
    if viewer().actor.can(Permission.TICKET_VIEW):
        after = request.args.get("after", "")[:400]
        page = listing.tickets(db(), listing.TicketFilter("all", item=found.id, after=after), now=now())
    warranty = warranty_of_item(found.id)
    return respond("tickets/piece.html", piece=found, found=page, warranty=warranty, words=words(), now=now())

"""Lists of tickets, the form that opens one, and the page of one."""

from typing import Any

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.db import new_public_id
from portal.errors import Invalid, NotFound
from portal.files.recognising import MOST_SENT
from portal.files.refusing import NoRoom, Refused, TooMuch
from portal.files.stores import store_of
from portal.formats import message_of
from portal.forms import add_error
from portal.parties import queries as parties
from portal.policy import OrganisationKind, Permission
from portal.support.knowledge import faults
from portal.support.tickets import conversation, desk, listing, queries
from portal.support.tickets.equipment import Equipment, equipment
from portal.support.tickets.forms import HANDED, OpenForm
from portal.support.tickets.models import works
from portal.support.tickets.opening import Opening, open_ticket
from portal.support.tickets.queries import people_of
from portal.support.tickets.showing import show, words
from portal.support.tickets.triage import IMPACTS, KINDS, PRIORITIES
from portal.web import db, go, guard, locale, now, portal, respond, today, viewer

blueprint = Blueprint("tickets", __name__, url_prefix="/tickets")
VIEW, OPEN = Permission.TICKET_VIEW, Permission.TICKET_OPEN


@blueprint.url_value_preprocessor
def _accept_photos(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Read larger requests where photos come with the form; before anything looks at it."""
    if endpoint == "tickets.open_new":
        request.max_content_length = MOST_SENT


@blueprint.get("")
@guard(VIEW)
def tickets() -> ResponseReturnValue:
    """List tickets; view, filter and position stand in the address."""
    asked = (request.args.get(key, "") for key in ("view", "q", "queue", "priority", "after"))
    wanted = listing.TicketFilter.read(db(), *asked)
    desks = works(viewer().actor)
    return respond(
        "tickets/tickets.html",
        "tickets/_tickets.html",
        found=listing.tickets(db(), wanted, now=now()),
        wanted=wanted,
        views=listing.DESK_VIEWS if desks else listing.OWN_VIEWS,
        counts=listing.desk_counts(db(), now=now()) if desks else {},
        queues=desk.queues(db()) if desks else [],
        priorities=PRIORITIES,
        words=words(),
        desk=desks,
        now=now(),
    )


@blueprint.get("/new")
@guard(OPEN)
def new() -> ResponseReturnValue:
    """Ask how bad it is and for photos; all that the page before knew comes along."""
    asked = request.args
    given = {name: asked.get(name, "")[:200] for name in HANDED}
    kind = asked.get("kind", "fault")
    impact = asked.get("impact", "")
    data = {
        **given,
        "form_key": new_public_id(),
        "kind": kind if kind in KINDS else "fault",
        "impact": impact if impact in IMPACTS else "question" if kind in ("question", "suggestion") else "part",
        "body": asked.get("text", "")[:2000],
        "channel": "phone" if works(viewer().actor) else "web",
        "contact": asked.get("contact", "")[:200],
    }
    return _ask(OpenForm(data=data, formdata=None), forgiving=True)


@blueprint.post("/new")
@guard(OPEN)
def open_new() -> ResponseReturnValue:
    """Open the ticket, with its photos."""
    form = OpenForm()
    if not form.validate():
        return _ask(form, status=422)
    files = [each for each in request.files.getlist("files") if each.filename]
    try:
        ticket = open_ticket(db(), viewer().actor, _opening(form, bool(files)), now=now(), today=today())
        if files and ticket.created_at == now():  # the same form again brought them the first time
            first = queries.first_message(db(), ticket)
            store = store_of(portal().settings)
            conversation.attach(db(), viewer().actor, first, files, store=store, now=now())
    except TooMuch as error:
        return _ask(form, status=413, problem=message_of(error, locale()))
    except NoRoom as error:
        return _ask(form, status=409, problem=message_of(error, locale()))
    except (Refused, Invalid) as error:
        add_error(form, error)
        return _ask(form, status=422)
    flash(_("Ticket %(number)s is on its way.", number=ticket.number), "success")
    return go("tickets.ticket", public_id=ticket.public_id)


def _opening(form: OpenForm, has_files: bool) -> Opening:
    house = works(viewer().actor)
    said = {name: form[name].data or "" for name in HANDED if name != "line"}
    return Opening(
        form_key=form.form_key.data or "",
        kind=form.kind.data,
        impact=form.impact.data,
        subject=form.subject.data,
        body=form.body.data,
        contact=form.contact.data,
        requester=(form.requester.data or "") if house else "",
        channel=(form.channel.data or "phone") if house else "web",
        product_line=form.line.data or "",
        locale=locale(),
        has_files=has_files,
        **said,
    )


def _ask(form: OpenForm, *, status: int = 200, problem: str = "", forgiving: bool = False) -> Response:
    """Show the form; `forgiving` drops what an address names and nobody finds, instead of calling it missing."""
    things = _things(form, forgiving)
    customer = _customer(form, things, forgiving)
    picks = viewer().organisation_kind is not OrganisationKind.CUSTOMER
    search = request.args.get("q", "").strip()[:100]
    wanted = picks and customer is None and not things.party_id
    tree = faults.types(db())
    people = people_of(db(), customer.id) if customer and works(viewer().actor) else []
    form.requester.choices = [("", _("Nobody with an account")), *((each.public_id, each.name) for each in people)]
    return respond(
        "tickets/new.html",
        form=form,
        problem=problem,
        customer=customer,
        customers=parties.customers(db(), search=search, limit=10)[:10] if wanted else [],
        picks=wanted,
        desk=works(viewer().actor),
        q=search,
        handed=_handed(),
        known=[
            (_("Product"), things.product_name(locale()) or tree.named(form.line.data or "", locale())),
            (_("Fault"), tree.named(form.fault.data or "", locale())),
            (_("Serial number"), things.serial or form.serial.data),
            (_("Error code"), form.error_code.data),
            (_("Firmware"), form.firmware.data),
        ],
        form_kinds={key: _(label) for key, label in KINDS.items()},
        status=status,
    )


def _handed() -> dict[str, str]:
    """Return what the address says, so that links to the same form keep it."""
    kept = (*HANDED[1:], "text", "contact", "kind", "impact")  # the customer is what the links choose
    return {name: request.args[name][:200] for name in kept if request.args.get(name)}


def _things(form: OpenForm, forgiving: bool) -> Equipment:
    try:
        return equipment(
            db(), item=form.item.data or "", product=form.product.data or "", serial=form.serial.data or ""
        )
    except NotFound:
        if not forgiving:
            raise
        form.item.data = form.product.data = ""
        return Equipment()


def _customer(form: OpenForm, things: Equipment, forgiving: bool) -> Any:
    if viewer().organisation_kind is OrganisationKind.CUSTOMER:
        return None
    try:
        if form.customer.data:
            return parties.customer(db(), form.customer.data)
    except NotFound:
        if not forgiving:
            raise
        form.customer.data = ""
    return queries.party(db(), things.party_id) if things.party_id else None


@blueprint.get("/<public_id>")
@guard(VIEW)
def ticket(public_id: str) -> ResponseReturnValue:
    """Show a ticket."""
    return show(queries.ticket(db(), public_id))

"""Pages of orders: place one from a quote, the list, one order with its confirmation."""

from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.configurator.queries import terms_of
from portal.db import new_public_id
from portal.deals import order_operations as operations
from portal.deals import order_queries as queries
from portal.deals import queries as quotes
from portal.deals.customers import customer_shown
from portal.deals.models import Quote
from portal.deals.order_documents import mail_confirmation, request_confirmation
from portal.deals.order_forms import OrderForm, read_day
from portal.deals.order_models import SalesOrder
from portal.deals.sheets import order_xlsx, quote_csv
from portal.deals.snapshots import members_of
from portal.deals.spreadsheets import CSV, XLSX
from portal.deals.verifying import NotVerified, raise_alarm
from portal.downloads import Papers, attached
from portal.errors import Conflict, Invalid
from portal.formats import message_of
from portal.forms import add_error
from portal.policy import Permission
from portal.web import db, go, guard, locale, now, portal, respond, today, viewer

blueprint = Blueprint("orders", __name__, url_prefix="/orders")
PLACE, VIEW = Permission.ORDER_PLACE, Permission.ORDER_VIEW


@blueprint.app_template_global("order_of_quote")
def order_of_quote(quote: Quote) -> SalesOrder | None:
    """Return the order of a quote, for the quote's page."""
    return operations.order_of(db(), quote.id) if quote.state != "draft" and viewer().actor.can(VIEW) else None


@blueprint.get("")
@guard(VIEW)
def orders() -> ResponseReturnValue:
    """List orders; search and position stand in the address."""
    wanted = queries.OrderFilter.read(*(request.args.get(key, "") for key in ("q", "by", "after")))
    found = queries.orders(db(), wanted)
    return respond("orders/orders.html", "orders/_orders.html", found=found, wanted=wanted)


@blueprint.get("/from/<public_id>")
@guard(PLACE)
def place(public_id: str) -> ResponseReturnValue:
    """Ask the five things that an order needs beside its quote."""
    row = quotes.quote(db(), public_id)
    there = operations.order_of(db(), row.id)
    if there is not None:
        return go("orders.order", public_id=there.public_id)
    proposed = {"form_key": new_public_id()}
    if addresses := queries.addresses_for(db(), row):
        proposed["delivery_address"] = addresses[0]
    if contacts := queries.contacts_for(db(), row):
        proposed["contact"] = contacts[0]
    form = OrderForm(data=proposed, formdata=None)
    try:
        terms = terms_of(db(), row.organisation_id)
        operations.check_orderable(db(), viewer().actor, row, terms, today=today())
    except Conflict as error:
        return _ask(row, form, problem=error)
    return _ask(row, form)


@blueprint.post("/from/<public_id>")
@guard(PLACE)
def place_order(public_id: str) -> ResponseReturnValue:
    """Place the order."""
    row = quotes.quote(db(), public_id, for_update=True)
    form = OrderForm()
    if not form.validate():
        return _ask(row, form, status=422)
    try:
        order = operations.place_order(
            db(),
            viewer().actor,
            row,
            terms_of(db(), row.organisation_id),
            _details(form),
            now=now(),
            today=today(),
        )
        mail_confirmation(db(), order, base_url=portal().settings.base_url, now=now())
    except Invalid as error:
        add_error(form, error)
        return _ask(row, form, status=422)
    except NotVerified as error:
        raise_alarm(db(), row, error, now=now())
        return _ask(row, form, problem=error, keep=True)
    except Conflict as error:
        return _ask(row, form, problem=error)
    flash(_("Order %(number)s is placed. Its confirmation is on the way by mail.", number=order.number), "success")
    return go("orders.order", public_id=order.public_id)


def _details(form: OrderForm) -> operations.OrderDetails:
    wanted = read_day(form.wanted_on.data)
    assert wanted is not None  # the form has checked it
    return operations.OrderDetails(
        purchase_number=form.purchase_number.data,
        wanted_on=wanted,
        delivery_address=" ".join(form.delivery_address.data.split()),
        contact=form.contact.data,
        note=form.note.data,
        form_key=str(form.form_key.data),
    )


def _ask(
    row: Quote, form: OrderForm, *, status: int = 200, problem: Conflict | None = None, keep: bool = False
) -> ResponseReturnValue:
    """Show the form with all that was typed, and why it cannot be done when it cannot."""
    more: dict[str, Any] = {"newer": None, "prices": None, "order": None}
    if isinstance(problem, operations.QuoteExpired):
        more["prices"] = (problem.before, problem.now)
    elif isinstance(problem, operations.AlreadyOrdered):
        more["order"] = problem.order
    elif problem is not None and row.state == "superseded":
        more["newer"] = queries.newer_revision(db(), row)
    return respond(
        "orders/place.html",
        quote=row,
        customer=customer_shown(db(), row, locale()),
        form=form,
        problem=message_of(problem, locale()) if problem else "",
        addresses=queries.addresses_for(db(), row),
        contacts=queries.contacts_for(db(), row),
        today=today(),
        status=409 if problem else status,
        keep=keep,
        **more,
    )


@blueprint.get("/<public_id>")
@guard(VIEW)
def order(public_id: str) -> ResponseReturnValue:
    """Show an order."""
    row = queries.order(db(), public_id)
    return respond(
        "orders/order.html",
        order=row,
        customer=customer_shown(db(), row, locale()),
        lines=queries.order_lines(db(), row.id),
        documents=queries.documents(db(), row.id),
        items=queries.items_by_state(db(), row.id),
        members=members_of(row.snapshot, locale()),
        quote=db().get(Quote, row.quote_id),
    )


@blueprint.get("/<public_id>/lines.xlsx")
@guard(VIEW)
def xlsx(public_id: str) -> ResponseReturnValue:
    """Hand out an order as a workbook, in the language of the page."""
    row = queries.order(db(), public_id)
    content = order_xlsx(row, queries.order_lines(db(), row.id), locale=locale())
    return attached(content, XLSX, f"{row.number}-{locale()}.xlsx")


@blueprint.get("/<public_id>/lines.csv")
@guard(VIEW)
def lines_csv(public_id: str) -> ResponseReturnValue:
    """Hand out the lines of an order as CSV, in the language of the page."""
    row = queries.order(db(), public_id)
    content = quote_csv(row, queries.order_lines(db(), row.id), locale=locale())
    return attached(content, CSV, f"{row.number}-{locale()}.csv")


def _documents_again(public_id: str) -> None:
    request_confirmation(db(), queries.order(db(), public_id), now=now())


PAPERS = Papers(
    "order", "orders", "orders.order", queries.order, queries.documents, queries.document_content, _documents_again,
    name=lambda row: str(row.number),
)  # fmt: skip
PAPERS.install(blueprint, "/<public_id>", see=VIEW, make=PLACE)

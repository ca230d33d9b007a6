"""The confirmation of an order: a mail to whoever placed it, and a PDF in both languages."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.config import Settings
from portal.db import Database
from portal.deals import papers
from portal.deals.customers import customer_shown
from portal.deals.documents import column_width, groups_of, page_label, special_of, taxes_of
from portal.deals.order_models import OrderDocument, SalesOrder, SalesOrderLine
from portal.deals.papers import Paper
from portal.deals.snapshots import gapless, members_of, pick, plain
from portal.formats import formats
from portal.money import Money
from portal.notify.mail import environment, send_mail
from portal.notify.operations import tell
from portal.outbox import Handler
from portal.pdf import Renderer

KIND: Final = "order_pdf"


def request_confirmation(session: Session, order: SalesOrder, *, now: datetime) -> list[OrderDocument]:
    """Ask for the PDF of an order in each language; what is there or under way stays, what failed is redone."""
    return papers.request(session, PAPER, order, now=now)


def handler(settings: Settings, database: Database, renderer: Renderer) -> Handler:
    """Return how the worker makes a confirmation."""
    return papers.handler(PAPER, settings, database, renderer)


def mail_confirmation(session: Session, order: SalesOrder, *, base_url: str, now: datetime) -> None:
    """Confirm an order by mail to whoever placed it, once; it waits for no PDF."""
    person = session.get(Person, order.placed_by_id) if order.placed_by_id else None
    if person is None:
        return
    show = formats(person.locale)
    send_mail(
        session,
        to=person.email,
        template="order_placed",
        params={
            "name": person.name,
            "number": order.number,
            "purchase_number": order.purchase_number,
            "customer": customer_shown(session, order, person.locale),
            "wanted": show.date(order.wanted_on),
            "total": show.money(Money(order.gross_minor, order.currency)),
            "link": f"{base_url}/orders/{order.public_id}",
        },
        locale=person.locale,
        now=now,
        dedupe_key=f"order-placed-{order.id}",
    )


def _announce(session: Session, order: SalesOrder, _base_url: str, now: datetime) -> None:
    """Tell whoever placed the order that its confirmation can be downloaded."""
    person = session.get(Person, order.placed_by_id) if order.placed_by_id else None
    if person is not None and person.disabled_at is None:
        tell(session, person.id, "order_documents", {"number": order.number}, f"/orders/{order.public_id}", now=now)


def order_html(session: Session, document: OrderDocument) -> str:
    """Write the page of the document's order in the document's language; what a person typed is plain text."""
    order = session.get_one(SalesOrder, document.order_id)
    wanted = select(SalesOrderLine).where(SalesOrderLine.order_id == order.id).order_by(SalesOrderLine.position)
    return render_order(order, session.scalars(wanted).all(), locale=document.locale, document_id=document.public_id)


def render_order(order: SalesOrder, lines: Iterable[SalesOrderLine], *, locale: str, document_id: str) -> str:
    """Write the page from rows alone; asks nothing of the database. Lines and totals look as on the quote."""
    rows: tuple[Any, ...] = tuple(lines)
    show = formats(locale)
    unit_width = column_width(max((line.list_unit_minor for line in rows), default=0), locale, order.currency)
    net_width = column_width(order.net_minor, locale, order.currency)
    part = {key: gapless(order.snapshot.get(key)) for key in ("supplier", "partner", "customer", "prices")}
    return (
        environment(locale)
        .get_template("pdf/order.html")
        .render(
            order=order,
            quote=order,  # the tables of lines and totals are the quote's
            groups=groups_of(rows, locale, order.currency),
            taxes=taxes_of(rows, order.currency),
            unit_width=unit_width,
            net_width=net_width,
            special=special_of(rows, 3 * unit_width + net_width),
            money=lambda minor: show.money(Money(minor, order.currency)),
            amount=lambda minor: show.amount(minor, order.currency),
            show=show,
            plain=plain,
            pick=lambda thing, stem: pick(thing, stem, locale),
            supplier=part["supplier"],
            partner=part["partner"],
            customer=pick(part["customer"], "name", locale) or plain(order.customer_name),
            demonstration=bool(part["prices"]["invented"]) or any(line.invented for line in rows),
            members=members_of(order.snapshot, locale),
            document_id=document_id,
            page_label=page_label(locale),
        )
    )


PAPER: Final = Paper(KIND, OrderDocument, SalesOrder, "order_id", order_html, _announce)

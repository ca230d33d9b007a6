"""The report of a visit: a PDF in both languages, drawn by the worker when the engineer has left."""

import base64
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.config import Settings
from portal.db import Database
from portal.deals import papers
from portal.deals.documents import page_label
from portal.deals.papers import Paper
from portal.deals.snapshots import plain
from portal.files.models import Upload
from portal.files.stores import Store, store_of
from portal.formats import formats
from portal.notify.mail import environment
from portal.outbox import Handler
from portal.parties.models import Organisation, Party
from portal.pdf import Renderer
from portal.policy import OrganisationKind
from portal.support.service.models import SparePart, Visit, VisitDocument
from portal.support.service.telling import tell_customer
from portal.support.tickets.models import Ticket
from portal.words import name_in

KIND: Final = "visit_pdf"
DRAWN: Final = ("image/png", "image/jpeg")


def request_report(session: Session, visit: Visit, *, now: datetime) -> list[VisitDocument]:
    """Ask for the PDF of a visit in each language; what is there or under way stays, what failed is redone."""
    return papers.request(session, PAPER, visit, now=now)


def handler(settings: Settings, database: Database, renderer: Renderer) -> Handler:
    """Return how the worker makes a report; only it knows where the drawn signature lies."""
    html = partial(report_html, store=store_of(settings))
    return papers.handler(replace(PAPER, html=html), settings, database, renderer)


def _announce(session: Session, visit: Visit, _base_url: str, now: datetime) -> None:
    ticket = session.get_one(Ticket, visit.ticket_id)
    tell_customer(session, ticket, visit, "visit_report", now=now)


def report_html(session: Session, document: VisitDocument, *, store: Store | None = None) -> str:
    """Write the page of a report in the document's language; everything a person typed is plain text."""
    visit, to = session.get_one(Visit, document.visit_id), document.locale
    ticket = session.get_one(Ticket, visit.ticket_id)
    customer = session.get_one(Party, ticket.customer_id)
    engineer = session.get_one(Person, visit.engineer_id)
    house = session.scalars(
        select(Party).join(Organisation).where(Organisation.kind == OrganisationKind.SUPPLIER.value).limit(1)
    ).first()
    used = session.scalars(select(SparePart).where(SparePart.visit_id == visit.id).order_by(SparePart.id)).all()
    show = formats(to)
    return (
        environment(to)
        .get_template("pdf/visit.html")
        .render(
            visit=visit,
            ticket=ticket,
            supplier=name_in(to, house.name, house.name_en) if house else "",
            customer=name_in(to, customer.name, customer.name_en),
            engineer=engineer.name,
            parts=used,
            at=lambda moment: show.instant(moment, engineer.time_zone),
            zone=engineer.time_zone,
            show=show,
            plain=plain,
            drawing=_drawing(session, visit, store),
            document_id=document.public_id,
            page_label=page_label(to),
            unit_width=25,
            net_width=25,
        )
    )


def _drawing(session: Session, visit: Visit, store: Store | None) -> str:
    """Return the drawn signature as an address that carries it; empty when only the name was typed."""
    upload = session.get(Upload, visit.signature_id) if visit.signature_id else None
    if upload is None or store is None or upload.content_type not in DRAWN or upload.erased_at is not None:
        return ""
    with store.open(upload.stored_name) as content:
        return f"data:{upload.content_type};base64,{base64.b64encode(content.read()).decode('ascii')}"


PAPER: Final = Paper(KIND, VisitDocument, Visit, "visit_id", report_html, _announce)

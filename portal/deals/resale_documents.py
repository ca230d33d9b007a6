"""The PDF of a partner's own offer, under its letterhead: written from the frozen offer alone, never from the quote."""

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.deals import papers
from portal.deals.blocks import blocks_of
from portal.deals.customers import customer_shown
from portal.deals.documents import column_width, groups_of, page_label, taxes_of
from portal.deals.papers import Paper
from portal.deals.resale_models import Logo, Resale, ResaleDocument, ResaleLine
from portal.deals.snapshots import configuration_of, gapless, members_of, parts_of, pick, plain
from portal.formats import formats
from portal.money import Money
from portal.notify.mail import environment, send_mail
from portal.notify.operations import tell
from portal.notify.queries import wanting_mail

KIND: Final = "resale_pdf"


def request_resale_documents(session: Session, resale: Resale, *, now: datetime) -> list[ResaleDocument]:
    """Ask for the PDF of an issued offer in each language; what failed is made again."""
    return papers.request(session, PAPER, resale, now=now)


def _announce(session: Session, resale: Resale, base_url: str, now: datetime) -> None:
    """Tell whoever issued the offer that its documents are there, in his inbox and by mail."""
    person = papers.issuer(session, resale)
    if person is None:
        return
    path = f"/resale/{resale.public_id}"
    tell(session, person.id, "resale_ready", {"number": resale.number, "revision": resale.revision}, path, now=now)
    if person.id not in wanting_mail(session, [person.id], "resale_ready"):
        return
    send_mail(
        session,
        to=person.email,
        template="resale_issued",
        params={
            "name": person.name,
            "number": resale.number or "",
            "revision": resale.revision,
            "customer": customer_shown(session, resale, person.locale),
            "link": f"{base_url}{path}",
        },
        locale=person.locale,
        now=now,
        dedupe_key=f"resale-issued-{resale.id}",
    )


def resale_html(session: Session, document: ResaleDocument) -> str:
    """Write the page of the document's offer in the document's language; everything a person typed is plain text."""
    resale = session.get_one(Resale, document.resale_id)
    lines = session.scalars(select(ResaleLine).where(ResaleLine.resale_id == resale.id).order_by(ResaleLine.position))
    logo = session.scalar(select(Logo.content).where(Logo.id == resale.logo_id)) if resale.logo_id else None
    return render_resale(resale, lines.all(), logo, locale=document.locale, document_id=document.public_id)


PAPER: Final = Paper(KIND, ResaleDocument, Resale, "resale_id", resale_html, _announce)


def render_resale(
    resale: Resale, lines: Iterable[ResaleLine], logo: bytes | None, *, locale: str, document_id: str
) -> str:
    """Write the page from rows alone; asks nothing of the database."""
    return (
        environment(locale)
        .get_template("pdf/resale.html")
        .render(
            **offer_context(resale, lines, logo, locale=locale), document_id=document_id, page_label=page_label(locale)
        )
    )


def offer_context(resale: Resale, lines: Iterable[ResaleLine], logo: bytes | None, *, locale: str) -> dict[str, Any]:
    """Return what the paper and the customer's page show; all of it may be seen by the customer."""
    lines, show = tuple(lines), formats(locale)
    snapshot = resale.snapshot or {}
    letterhead = gapless(snapshot.get("letterhead"))
    configuration = configuration_of(snapshot, locale)
    agreed = resale.fixed_net_minor is not None
    return {
        "offer": resale,
        "head": letterhead,
        "sender": sender_of(letterhead, locale),
        "logo": f"data:image/png;base64,{base64.b64encode(logo).decode()}" if logo else "",
        "groups": groups_of(lines, locale, resale.currency),
        "taxes": taxes_of(lines, resale.currency),
        "unit_width": column_width(max((line.unit_minor for line in lines), default=0), locale, resale.currency),
        "net_width": column_width(resale.net_minor, locale, resale.currency),
        "money": lambda minor: show.money(Money(minor, resale.currency)),
        "amount": lambda minor: show.amount(minor, resale.currency),
        "show": show,
        "plain": plain,
        "pick": lambda thing, stem: pick(thing, stem, locale),
        "customer": pick(gapless(snapshot.get("customer")), "name", locale) or plain(resale.customer_name),
        "members": members_of(snapshot, locale),
        "assumptions": parts_of(snapshot, "assumptions"),
        "configuration": configuration,
        "blocks": blocks_of(configuration, locale),
        "demonstration": any(line.invented for line in lines),
        "rounded_units": agreed and any(line.unit_minor * line.quantity != line.net_minor for line in lines),
    }


def sender_of(letterhead: Mapping[str, Any], locale: str) -> str:
    """Return the partner's name in the language of the page."""
    return plain((letterhead["name_en"] if locale == "en" else "") or letterhead["name"])

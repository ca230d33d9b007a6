"""The PDF of a quote: asked for at issue, drawn by the worker, kept with its hash."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.db import Database
from portal.deals import papers
from portal.deals.blocks import blocks_of
from portal.deals.customers import customer_shown
from portal.deals.models import Quote, QuoteDocument, QuoteLine
from portal.deals.papers import Paper
from portal.deals.snapshots import configuration_of, gapless, members_of, parts_of, pick, plain
from portal.formats import formats, translations
from portal.money import Money
from portal.notify.mail import environment, send_mail
from portal.notify.operations import tell
from portal.notify.queries import wanting_mail
from portal.outbox import Handler
from portal.pdf import Renderer
from portal.words import N_

KIND: Final = "quote_pdf"
WIDEST_AMOUNTS: Final = 118  # millimetres of four columns of amounts, which leave the name of a product 40


def request_documents(session: Session, quote: Quote, *, now: datetime) -> list[QuoteDocument]:
    """Ask for the PDF of an issued quote in each language; what is there or under way stays, what failed is redone."""
    return papers.request(session, PAPER, quote, now=now)


def handler(settings: Settings, database: Database, renderer: Renderer) -> Handler:
    """Return how the worker makes a document."""
    return papers.handler(PAPER, settings, database, renderer)


def _announce(session: Session, quote: Quote, base_url: str, now: datetime) -> None:
    """Tell whoever issued the quote that its documents are there, in his inbox and by mail."""
    person = papers.issuer(session, quote)
    if person is None:
        return
    path = f"/quotes/{quote.public_id}"
    tell(session, person.id, "document_ready", {"number": quote.number, "revision": quote.revision}, path, now=now)
    if person.id not in wanting_mail(session, [person.id], "document_ready"):
        return
    send_mail(
        session,
        to=person.email,
        template="quote_issued",
        params={
            "name": person.name,
            "number": quote.number or "",
            "revision": quote.revision,
            "customer": customer_shown(session, quote, person.locale),
            "link": f"{base_url}{path}",
        },
        locale=person.locale,
        now=now,
        dedupe_key=f"quote-issued-{quote.id}",
    )


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under one heading with their sum."""

    name: str
    lines: tuple[Any, ...]  # of a quote, an offer or an order
    net: Money


@dataclass(frozen=True, slots=True)
class Special:
    """What special prices take off; they have a column where the names of the products keep room beside it."""

    off_minor: int
    column: bool


@dataclass(frozen=True, slots=True)
class TaxLine:
    """The tax of all lines of one rate."""

    basis_points: int
    tax: Money


def quote_html(session: Session, document: QuoteDocument) -> str:
    """Write the page of the document's quote in the document's language; everything a person typed is plain text."""
    quote = session.get_one(Quote, document.quote_id)
    lines = session.scalars(select(QuoteLine).where(QuoteLine.quote_id == quote.id).order_by(QuoteLine.position)).all()
    return render_quote(quote, lines, locale=document.locale, document_id=document.public_id)


PAPER: Final = Paper(KIND, QuoteDocument, Quote, "quote_id", quote_html, _announce)


def render_quote(quote: Quote, lines: Iterable[QuoteLine], *, locale: str, document_id: str) -> str:
    """Write the page from rows alone; asks nothing of the database."""
    lines, show, env = tuple(lines), formats(locale), environment(locale)
    snapshot = quote.snapshot or {}
    prices = gapless(snapshot.get("prices"))
    unit_width = column_width(max((line.list_unit_minor for line in lines), default=0), locale, quote.currency)
    net_width = column_width(quote.net_minor, locale, quote.currency)
    return env.get_template("pdf/quote.html").render(
        quote=quote,
        groups=groups_of(lines, locale, quote.currency),
        taxes=taxes_of(lines, quote.currency),
        unit_width=unit_width,
        net_width=net_width,
        special=special_of(lines, 3 * unit_width + net_width),
        money=lambda minor: show.money(Money(minor, quote.currency)),
        amount=lambda minor: show.amount(minor, quote.currency),
        show=show,
        plain=plain,
        pick=lambda thing, stem: pick(thing, stem, locale),
        supplier=gapless(snapshot.get("supplier")),
        customer=pick(gapless(snapshot.get("customer")), "name", locale) or plain(quote.customer_name),
        partner=gapless(snapshot.get("partner")),
        rules=gapless(snapshot.get("rules")),
        prices_of_partner=prices["book"] not in ("", "list"),
        priced_on=day_of(str(prices["as_of"]), locale),
        terms=gapless(snapshot.get("terms")),
        members=members_of(snapshot, locale),
        assumptions=parts_of(snapshot, "assumptions"),
        blocks=blocks_of(configuration_of(snapshot, locale), locale),
        demonstration=bool(prices["invented"]) or any(line.invented for line in lines),
        document_id=document_id,
        page_label=page_label(locale),
    )


def groups_of(lines: Iterable[Any], locale: str, currency: str) -> list[Group]:
    """Put lines that follow each other in one group under its heading."""
    show, groups = formats(locale), list[Group]()
    for _, members in groupby(lines, key=lambda line: (line.group_en, line.group_zh)):
        held = tuple(members)
        name = show.pick(held[0], "group") if held[0].group_en or held[0].group_zh else ""
        groups.append(Group(name, held, Money(sum(line.net_minor for line in held), currency)))
    return groups


def special_of(lines: Iterable[Any], widths: int) -> Special | None:
    """Return what was granted on lines of a quote or an order, None when nothing was; `widths` are of all amounts."""
    granted = [line for line in lines if line.special_unit_minor is not None]
    if not granted:
        return None
    off = sum((line.unit_minor - line.special_unit_minor) * line.quantity for line in granted)
    return Special(off, widths <= WIDEST_AMOUNTS)


def taxes_of(lines: Iterable[Any], currency: str) -> list[TaxLine]:
    """Sum the tax of the lines by rate."""
    sums: dict[int, int] = {}
    for line in lines:
        sums[line.tax_bps] = sums.get(line.tax_bps, 0) + line.tax_minor
    return [TaxLine(rate, Money(minor, currency)) for rate, minor in sorted(sums.items())]


def column_width(largest_minor: int, locale: str, currency: str) -> int:
    """Return the millimetres that a column needs for its largest amount; fixed columns are laid out twice as fast."""
    return max(25, 4 + 2 * len(formats(locale).amount(largest_minor, currency)))


def page_label(locale: str) -> Markup:
    """Return "Page 1 of 3" as a value of CSS `content`, made of our own translation only."""
    marks = {"page": "\x00", "pages": "\x01"}
    label = translations(locale).gettext(N_("Page %(page)s of %(pages)s")) % marks
    quoted = label.replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\3c ")
    return Markup('"' + quoted.replace("\x00", '" counter(page) "').replace("\x01", '" counter(pages) "') + '"')  # noqa: S704


def day_of(text: str, locale: str) -> str:
    """Return an ISO date of a snapshot for people."""
    try:
        return formats(locale).date(date.fromisoformat(text[:10]))
    except ValueError:
        return plain(text)

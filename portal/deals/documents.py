"""The PDF of a quote: asked for at issue, drawn by the worker, kept with its hash."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import fonts
from portal.accounts.models import Person
from portal.config import Settings
from portal.db import Database
from portal.deals.models import Quote, QuoteDocument, QuoteLine
from portal.formats import formats, translations
from portal.money import Money
from portal.notify.mail import environment, send_mail, without_controls
from portal.notify.operations import tell
from portal.outbox import Handler, Job, JobFailed, enqueue
from portal.pdf import PdfFailed, Renderer
from portal.policy import SYSTEM
from portal.words import LOCALES, N_

KIND: Final = "quote_pdf"
FAILED: Final = N_("The document could not be made. It can be asked for again; the administrator sees why it failed.")
NO_FONTS: Final = N_("The document was not made, for the server lacks a font or library that it needs.")
NOT_DRAWN: Final = N_("The document was not made, for its pages could not be drawn.")


def request_documents(session: Session, quote: Quote, *, now: datetime) -> list[QuoteDocument]:
    """Ask for the PDF of an issued quote in each language; what is there or under way stays, what failed is redone."""
    session.flush()
    present = select(QuoteDocument).where(QuoteDocument.quote_id == quote.id)
    there = {document.locale: document for document in session.scalars(present)}
    documents: list[QuoteDocument] = []
    for locale in LOCALES:
        document = there.get(locale)
        if document is None:
            document = QuoteDocument(
                organisation_id=quote.organisation_id, quote_id=quote.id, locale=locale, requested_at=now
            )
            session.add(document)
        documents.append(document)
        if document.id is None or document.state == "failed":
            document.state, document.error, document.requested_at = "waiting", "", now
            session.flush()
            enqueue(session, KIND, {"document": document.id}, now=now)
    return documents


def handler(settings: Settings, database: Database, renderer: Renderer) -> Handler:
    """Return how the worker makes a document."""

    def run(job: Job) -> bytes | None:
        if blocking := fonts.blocking(fonts.missing()):
            raise JobFailed(f"{NO_FONTS} {fonts.sentence(blocking)}")
        if not database.write(SYSTEM, lambda session: _begin(session, job)):
            return None
        with database.reading(SYSTEM) as session:
            html = quote_html(session, session.get_one(QuoteDocument, job.payload["document"]))
        try:
            return renderer(html)
        except PdfFailed as error:
            raise JobFailed(f"{NOT_DRAWN} {error}") from error

    def finish(session: Session, job: Job, pdf: bytes | None, now: datetime) -> None:
        quote = _finish(session, job, pdf, now)
        if quote is not None:
            _announce(session, quote, base_url=settings.base_url, now=now)

    return Handler(
        run=run, finish=finish, failed=_failed, parallel=settings.pdf_processes, batch=2 * settings.pdf_processes
    )


def _begin(session: Session, job: Job) -> bool:
    """Show that the document is being made; False when there is nothing to do any more."""
    document = session.get(QuoteDocument, job.payload["document"])
    if document is None or document.state == "ready":
        return False
    document.state, document.error = "rendering", ""
    return True


def _finish(session: Session, job: Job, pdf: bytes | None, now: datetime) -> Quote | None:
    """Keep the PDF; return the quote when this was the last of its documents."""
    document = session.get(QuoteDocument, job.payload["document"])
    if document is None or pdf is None:
        return None
    quote = session.get_one(Quote, document.quote_id, with_for_update=True)  # two documents may end at once
    document.content, document.size, document.sha256 = pdf, len(pdf), hashlib.sha256(pdf).hexdigest()
    document.state, document.error, document.ready_at = "ready", "", now
    session.flush()
    others = select(QuoteDocument.id).where(QuoteDocument.quote_id == quote.id, QuoteDocument.state != "ready")
    return quote if session.scalar(others.limit(1)) is None else None


def _announce(session: Session, quote: Quote, *, base_url: str, now: datetime) -> None:
    """Tell whoever issued the quote that its documents are there, in his inbox and by mail."""
    person = session.get(Person, quote.issued_by_id) if quote.issued_by_id else None
    if person is None or person.disabled_at is not None:
        return
    path = f"/quotes/{quote.public_id}"
    tell(session, person.id, "document_ready", {"number": quote.number, "revision": quote.revision}, path, now=now)
    send_mail(
        session,
        to=person.email,
        template="quote_issued",
        params={
            "name": person.name,
            "number": quote.number or "",
            "revision": quote.revision,
            "customer": quote.customer_name,
            "link": f"{base_url}{path}",
        },
        locale=person.locale,
        now=now,
        dedupe_key=f"quote-issued-{quote.id}",
    )


def _failed(session: Session, job: Job, message: str, final: bool, _now: datetime) -> None:
    document = session.get(QuoteDocument, job.payload["document"])
    if document is None or document.state == "ready":
        return
    known = (text for text in (NO_FONTS, NOT_DRAWN) if message.startswith(text))
    document.state, document.error = ("failed" if final else "waiting"), next(known, FAILED)


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under one heading with their sum."""

    name: str
    lines: tuple[QuoteLine, ...]
    net: Money


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


def render_quote(quote: Quote, lines: Iterable[QuoteLine], *, locale: str, document_id: str) -> str:
    """Write the page from rows alone; asks nothing of the database."""
    lines, show, env = tuple(lines), formats(locale), environment(locale)
    snapshot = quote.snapshot or {}
    prices = _gapless(snapshot.get("prices"))
    return env.get_template("pdf/quote.html").render(
        quote=quote,
        groups=groups_of(lines, locale, quote.currency),
        taxes=taxes_of(lines, quote.currency),
        unit_width=column_width(max((line.list_unit_minor for line in lines), default=0), locale, quote.currency),
        net_width=column_width(quote.net_minor, locale, quote.currency),
        money=lambda minor: show.money(Money(minor, quote.currency)),
        amount=lambda minor: show.amount(minor, quote.currency),
        show=show,
        plain=plain,
        pick=lambda thing, stem: pick(thing, stem, locale),
        supplier=_gapless(snapshot.get("supplier")),
        customer=pick(_gapless(snapshot.get("customer")), "name", locale) or plain(quote.customer_name),
        partner=_gapless(snapshot.get("partner")),
        rules=_gapless(snapshot.get("rules")),
        prices_of_partner=prices["book"] not in ("", "list"),
        priced_on=_day(str(prices["as_of"]), locale),
        assumptions=_parts(snapshot, "assumptions"),
        configuration=[
            (pick(section, "section", locale), _parts(section, "items"))
            for section in _parts(snapshot, "configuration")
        ],
        demonstration=bool(prices["invented"]) or any(line.invented for line in lines),
        document_id=document_id,
        page_label=page_label(locale),
    )


def groups_of(lines: Iterable[QuoteLine], locale: str, currency: str) -> list[Group]:
    """Put lines that follow each other in one group under its heading."""
    show, groups = formats(locale), list[Group]()
    for _, members in groupby(lines, key=lambda line: (line.group_en, line.group_zh)):
        held = tuple(members)
        name = show.pick(held[0], "group") if held[0].group_en or held[0].group_zh else ""
        groups.append(Group(name, held, Money(sum(line.net_minor for line in held), currency)))
    return groups


def taxes_of(lines: Iterable[QuoteLine], currency: str) -> list[TaxLine]:
    """Sum the tax of the lines by rate."""
    sums: dict[int, int] = {}
    for line in lines:
        sums[line.tax_bps] = sums.get(line.tax_bps, 0) + line.tax_minor
    return [TaxLine(rate, Money(minor, currency)) for rate, minor in sorted(sums.items())]


def column_width(largest_minor: int, locale: str, currency: str) -> int:
    """Return the millimetres that a column needs for its largest amount; fixed columns are laid out twice as fast."""
    return max(25, 4 + 2 * len(formats(locale).amount(largest_minor, currency)))


def pick(thing: Mapping[str, Any], stem: str, locale: str) -> str:
    """Return `<stem>_en` or `<stem>_zh` of a part of the snapshot, the other where one is absent."""
    wanted, other = ("zh", "en") if locale == "zh" else ("en", "zh")
    return plain(thing.get(f"{stem}_{wanted}") or thing.get(f"{stem}_{other}") or "")


def plain(value: Any) -> str:
    """Return a value as text that cannot turn the direction of what stands around it."""
    return without_controls("" if value is None else str(value))


def page_label(locale: str) -> Markup:
    """Return "Page 1 of 3" as a value of CSS `content`, made of our own translation only."""
    marks = {"page": "\x00", "pages": "\x01"}
    label = translations(locale).gettext(N_("Page %(page)s of %(pages)s")) % marks
    quoted = label.replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\3c ")
    return Markup('"' + quoted.replace("\x00", '" counter(page) "').replace("\x01", '" counter(pages) "') + '"')  # noqa: S704


def _gapless(part: Any) -> Mapping[str, Any]:
    """Return a part of a snapshot in which an absent key is an empty text."""
    return defaultdict(str, part if isinstance(part, Mapping) else {})


def _parts(snapshot: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [_gapless(part) for part in snapshot.get(key) or ()]


def _day(text: str, locale: str) -> str:
    """Return an ISO date of a snapshot for people."""
    try:
        return formats(locale).date(date.fromisoformat(text[:10]))
    except ValueError:
        return plain(text)

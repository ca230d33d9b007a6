"""What a partner does with quotes: draft from a configuration, edit, issue, revise."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.catalog.pricing import UnitPrice
from portal.configurator.engine.results import BomLine, Impossible
from portal.configurator.engines import Engine, engine
from portal.configurator.models import Configuration
from portal.configurator.panel import PricedLine, bill_of, label_of
from portal.configurator.queries import Terms, book_for, prices_of
from portal.configurator.verification import VerificationFailed, verify
from portal.db import as_actor, insert_into
from portal.deals.documents import request_documents
from portal.deals.lifecycle import QuoteAction, after
from portal.deals.models import Counter, Quote, QuoteLine
from portal.errors import Conflict, NotAllowed, NotFound
from portal.history import record
from portal.money import Money, Priced, total
from portal.parties.models import Organisation, Party
from portal.policy import SYSTEM, Actor, OrganisationKind, Permission, allows
from portal.words import N_

VALIDITY_DAYS = 30
KEPT_BY_REVISIONS = (
    "organisation_id", "configuration_id", "rule_revision_id", "customer_id", "customer_name", "customer_key",
    "title", "note", "currency", "tax_mode", "tax_bps", "validity_days",
    "list_minor", "net_minor", "tax_minor", "gross_minor",
)  # fmt: skip


class NotVerified(Conflict):
    """The independent check disagrees with the configurator; nothing may be issued."""

    def __init__(self, rules: Sequence[str]) -> None:
        super().__init__(
            N_("The independent check of this configuration failed. Nothing was issued; the product manager is told.")
        )
        self.rules = tuple(rules)


class PricesChanged(Conflict):
    """Prices of today differ from those of the draft."""

    def __init__(self, before: Money, now: Money) -> None:
        super().__init__(N_("Prices have changed since this draft was made. Look at the new prices, then issue it."))
        self.before, self.now = before, now


def draft_quote(
    session: Session, actor: Actor, configuration: Configuration, terms: Terms, *, now: datetime, today: date
) -> Quote:
    """Make a draft quote of the complete proposal of a configuration."""
    if not allows(actor, Permission.QUOTE_EDIT, configuration):
        raise NotAllowed
    customer = _customer(session, configuration.customer_id)
    quote = Quote(
        organisation_id=configuration.organisation_id,
        configuration_id=configuration.id,
        rule_revision_id=configuration.rule_revision_id,
        customer_id=customer.id if customer else None,
        customer_name=customer.name if customer else "",
        customer_key=customer.name_key if customer else "",
        title=configuration.name,
        currency=terms.currency,
        tax_bps=terms.tax_bps,
        validity_days=VALIDITY_DAYS,
        list_minor=0,
        net_minor=0,
        tax_minor=0,
        gross_minor=0,
        snapshot={},
        created_by_id=actor.person_id,
        created_at=now,
        updated_at=now,
    )
    session.add(quote)
    session.flush()
    _fill(session, actor, quote, configuration, terms, today=today)
    record(session, quote, "draft", now=now, after={"configuration": configuration.public_id, "net": quote.net_minor})
    return quote


def refresh_quote(
    session: Session, actor: Actor, quote: Quote, terms: Terms, *, version: int, now: datetime, today: date
) -> None:
    """Bring a draft to what its configuration and the prices of today say."""
    _edit(actor, quote, version)
    configuration = session.scalar(select(Configuration).where(Configuration.id == quote.configuration_id))
    if configuration is None:
        raise NotFound
    before = quote.net_minor
    quote.rule_revision_id = configuration.rule_revision_id
    _fill(session, actor, quote, configuration, terms, today=today)
    _touch(quote, now=now)
    record(session, quote, "refresh", now=now, before={"net": before}, after={"net": quote.net_minor})


def edit_quote(
    session: Session,
    actor: Actor,
    quote: Quote,
    *,
    title: str,
    customer_id: int | None,
    note: str,
    validity_days: int,
    version: int,
    now: datetime,
) -> None:
    """Change what a draft says beside its lines."""
    _edit(actor, quote, version)
    customer = _customer(session, customer_id)
    before = {"title": quote.title, "customer": quote.customer_name, "validity_days": quote.validity_days}
    quote.title, quote.note, quote.validity_days = title, note, validity_days
    quote.customer_id = customer.id if customer else None
    quote.customer_name, quote.customer_key = (customer.name, customer.name_key) if customer else ("", "")
    _touch(quote, now=now)
    after_ = {"title": title, "customer": quote.customer_name, "validity_days": validity_days}
    record(session, quote, "edit", now=now, before=before, after=after_)


def issue_quote(
    session: Session, actor: Actor, quote: Quote, terms: Terms, *, version: int, now: datetime, today: date
) -> None:
    """Freeze a draft: verified a second time, priced as of today, numbered; its predecessor is superseded.

    Raises PricesChanged, NotVerified (the document is stopped and the caller raises the alarm), Conflict or NotAllowed.
    """
    if not allows(actor, Permission.QUOTE_EDIT, quote):
        raise NotAllowed
    state = after(quote.state, QuoteAction.ISSUE)
    _is_fresh(quote, version)
    if not quote.customer_name:
        raise Conflict(N_("Choose the customer first; a quote is made out to somebody."))
    configuration = session.scalar(select(Configuration).where(Configuration.id == quote.configuration_id))
    if configuration is not None and configuration.choices != quote.snapshot["choices"]:
        raise Conflict(N_("The configuration was changed after this draft was made. Bring its lines up to date first."))
    built = engine(session, quote.rule_revision_id)
    _check_prices(session, actor, quote, built, terms, today=today)
    _check_configuration(session, quote, built)
    predecessor = session.get(Quote, quote.predecessor_id) if quote.predecessor_id else None
    if predecessor is not None:
        predecessor.state = after(predecessor.state, QuoteAction.SUPERSEDE)
        _touch(predecessor, now=now)
        quote.number, quote.revision = predecessor.number, predecessor.revision + 1
    else:
        quote.number = next_number(session, "Q", today.year)
    customer = _customer(session, quote.customer_id)
    if customer is not None:
        names = {"name_en": customer.name_en or customer.name, "name_zh": customer.name}
        quote.snapshot = {**quote.snapshot, "customer": names}
    quote.state, quote.issued_at, quote.issued_by_id = state, now, actor.person_id
    quote.issued_on, quote.valid_until = today, today + timedelta(days=quote.validity_days)
    _touch(quote, now=now)
    session.flush()
    request_documents(session, quote, now=now)
    record(session, quote, "issue", now=now, after={"number": quote.number, "revision": quote.revision})


def discard_quote(session: Session, actor: Actor, quote: Quote, *, version: int, now: datetime) -> None:
    """Throw a draft away, lines and all; nothing refers to a draft, and the history keeps that it was there."""
    _edit(actor, quote, version)
    record(session, quote, "discard", now=now, before={"title": quote.title, "net": quote.net_minor})
    session.execute(delete(QuoteLine).where(QuoteLine.quote_id == quote.id))
    session.execute(delete(Quote).where(Quote.id == quote.id))


def revise_quote(session: Session, actor: Actor, quote: Quote, *, now: datetime) -> Quote:
    """Begin the next revision of an issued quote: a draft with the same lines; an open one is simply returned."""
    if not allows(actor, Permission.QUOTE_EDIT, quote):
        raise NotAllowed
    after(quote.state, QuoteAction.REVISE)
    begun = session.scalar(select(Quote).where(Quote.predecessor_id == quote.id))
    if begun is not None:
        return begun
    copy = Quote(
        **{column: getattr(quote, column) for column in KEPT_BY_REVISIONS},
        predecessor_id=quote.id,
        revision=quote.revision + 1,
        snapshot=dict(quote.snapshot),
        created_by_id=actor.person_id,
        created_at=now,
        updated_at=now,
    )
    session.add(copy)
    session.flush()
    columns = [c.key for c in QuoteLine.__table__.columns if c.key not in ("id", "quote_id")]
    for line in lines_of(session, quote):
        session.add(QuoteLine(quote_id=copy.id, **{column: getattr(line, column) for column in columns}))
    session.flush()
    record(session, copy, "revise", now=now, after={"number": quote.number, "revision": copy.revision})
    return copy


def lines_of(session: Session, quote: Quote) -> list[QuoteLine]:
    """Return the lines of a quote in order."""
    return list(session.scalars(select(QuoteLine).where(QuoteLine.quote_id == quote.id).order_by(QuoteLine.position)))


def next_number(session: Session, series: str, year: int) -> str:
    """Return the next document number, for example Q-2026-000123; the counter row is locked until commit."""
    key = f"{series}-{year}"
    with as_actor(session, SYSTEM):
        new = insert_into(session, Counter).values(series=key, value=1)
        counted = new.on_conflict_do_update(index_elements=[Counter.series], set_={"value": Counter.value + 1})
        value = session.execute(counted.returning(Counter.value)).scalar_one()
    return f"{key}-{value:06d}"


def _fill(
    session: Session, actor: Actor, quote: Quote, configuration: Configuration, terms: Terms, *, today: date
) -> None:
    """Write lines, totals and snapshot from the configuration as it stands and the prices of `today`."""
    built = engine(session, configuration.rule_revision_id)
    priced = prices_of(session, actor, built, terms, today=today)
    costs = {sku: price.unit_minor for sku, price in priced.items()}
    try:
        assignment = built.compiled.complete(configuration.choices, costs)
    except Impossible:
        raise Conflict(N_("These choices contradict each other. Take one back.")) from None
    bill = bill_of(built.ruleset, built.compiled.lines(assignment), priced, quote.currency)
    if not bill.groups:
        raise Conflict(N_("This configuration contains nothing to quote yet."))
    session.execute(delete(QuoteLine).where(QuoteLine.quote_id == quote.id))
    flat = [(title, line) for title, lines in bill.groups for line in lines]
    rows = [_line(quote, position, title, line) for position, (title, line) in enumerate(flat, 1)]
    session.add_all(rows)
    sums = total(
        [Priced(row.quantity, Money(row.unit_minor, quote.currency), row.tax_bps) for row in rows], quote.currency
    )
    quote.list_minor = bill.list_total.minor
    quote.net_minor, quote.tax_minor, quote.gross_minor = sums.net.minor, sums.tax.minor, sums.gross.minor
    quote.snapshot = _snapshot(
        session, actor, built, configuration, assignment, terms, [line.line for _, line in flat], priced, today=today
    )
    session.flush()


def _line(quote: Quote, position: int, title: Any, line: PricedLine) -> QuoteLine:
    product = line.product
    money = Priced(line.line.quantity, Money(product.unit_minor, quote.currency), quote.tax_bps)
    return QuoteLine(
        organisation_id=quote.organisation_id,
        quote_id=quote.id,
        position=position,
        group_en=title.en,
        group_zh=title.zh,
        product_id=product.product_id,
        sku=product.sku,
        maker=product.maker,
        name_en=product.name_en,
        name_zh=product.name_zh,
        invented=product.invented,
        quantity=line.line.quantity,
        list_unit_minor=product.list_minor,
        unit_minor=product.unit_minor,
        tax_bps=quote.tax_bps,
        list_minor=line.list_total.minor,
        net_minor=money.net.minor,
        tax_minor=money.tax.minor,
    )


def _snapshot(
    session: Session,
    actor: Actor,
    built: Engine,
    configuration: Configuration,
    assignment: dict[str, str | int],
    terms: Terms,
    bill: Sequence[BomLine],
    priced: Mapping[str, UnitPrice],
    *,
    today: date,
) -> dict[str, Any]:
    """Return everything the quote was made from, so that it can be read and checked without today's catalogue."""
    ruleset = built.ruleset
    sections = []
    for section in ruleset.sections:
        items = [(a, label_of(a, assignment[a.key])) for a in ruleset.asked(section.key, assignment)]
        sections.append(
            {
                "section_en": section.title.en,
                "section_zh": section.title.zh,
                "items": [
                    {"label_en": a.label.en, "label_zh": a.label.zh, "value_en": v.en, "value_zh": v.zh}
                    for a, v in items
                ],
            }
        )
    return {
        "choices": dict(configuration.choices),
        "assignment": assignment,
        "bill": [asdict(line) for line in bill],
        "rules": {
            "key": built.key,
            "number": built.number,
            "hash": built.content_hash,
            "title_en": ruleset.title.en,
            "title_zh": ruleset.title.zh,
        },
        "prices": {
            "book": book_for(actor, terms),
            "currency": terms.currency,
            "as_of": today.isoformat(),
            "hash": _price_hash(priced),
        },
        "assumptions": [
            {
                "label_en": s.label.en,
                "label_zh": s.label.zh,
                "value": s.shown,
                "unit": "" if s.unit == "count" else s.unit,
                "source": s.source,
            }
            for s in ruleset.settings
        ],
        "supplier": _supplier(session),
        "partner": {"name": terms.name, "name_en": terms.name_en, "address": terms.address},
        "configuration": sections,
    }


def _supplier(session: Session) -> dict[str, str]:
    with as_actor(session, SYSTEM):
        row = session.execute(
            select(Party.name, Party.name_en)
            .join(Organisation, Organisation.id == Party.id)
            .where(Organisation.kind == OrganisationKind.SUPPLIER.value)
            .order_by(Party.id)
            .limit(1)
        ).first()
    return {"name_zh": row[0], "name_en": row[1] or row[0]} if row else {}


def _price_hash(priced: Mapping[str, UnitPrice]) -> str:
    """Return the name of a set of prices by its content."""
    content = sorted((sku, price.list_minor, price.unit_minor, price.currency) for sku, price in priced.items())
    return sha256(json.dumps(content).encode()).hexdigest()


def _check_prices(session: Session, actor: Actor, quote: Quote, built: Engine, terms: Terms, *, today: date) -> None:
    """Raise PricesChanged when a line would cost something else today."""
    priced = prices_of(session, actor, built, terms, today=today)
    lines = lines_of(session, quote)
    today_net = sum(line.quantity * priced[line.sku].unit_minor if line.sku in priced else 0 for line in lines)
    same = all(
        line.sku in priced
        and (line.unit_minor, line.list_unit_minor) == (priced[line.sku].unit_minor, priced[line.sku].list_minor)
        for line in lines
    )
    if not same or quote.currency != terms.currency:
        raise PricesChanged(Money(quote.net_minor, quote.currency), Money(today_net, terms.currency))


def _check_configuration(session: Session, quote: Quote, built: Engine) -> None:
    """Verify the frozen assignment and its bill by python-constraint2, from the authored rules and not the encoding.

    The lines of the quote must be that bill, product by product.
    """
    bill = [BomLine(**line) for line in quote.snapshot["bill"]]
    lines = lines_of(session, quote)
    if [(line.sku, line.quantity) for line in bill] != [(line.sku, line.quantity) for line in lines]:
        raise NotVerified(["lines"])
    try:
        verify(built.ruleset, quote.snapshot["assignment"], bill)
    except VerificationFailed as failed:
        raise NotVerified(failed.rules) from None


def _customer(session: Session, customer_id: int | None) -> Party | None:
    if customer_id is None:
        return None
    found = session.scalar(select(Party).where(Party.id == customer_id, Party.kind == "organisation"))
    if found is None:
        raise NotFound
    return found


def _edit(actor: Actor, quote: Quote, version: int) -> None:
    if not allows(actor, Permission.QUOTE_EDIT, quote):
        raise NotAllowed
    after(quote.state, QuoteAction.EDIT)
    _is_fresh(quote, version)


def _is_fresh(quote: Quote, version: int) -> None:
    if quote.version != version:
        raise Conflict(N_("Somebody else changed this quote while your page was open. Look at it again."))


def _touch(quote: Quote, *, now: datetime) -> None:
    quote.updated_at = now
    quote.version += 1

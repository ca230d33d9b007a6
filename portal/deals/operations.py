"""What a partner does with quotes: draft from a configuration, edit, issue, revise."""

from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.configurator.engines import engine
from portal.configurator.models import Configuration
from portal.configurator.queries import Terms
from portal.configurator.upgrading_models import check_not_withdrawn
from portal.db import as_actor, insert_into
from portal.deals.customers import names_kept
from portal.deals.documents import request_documents
from portal.deals.filling import fill
from portal.deals.letterheads import letterhead_of
from portal.deals.lifecycle import QuoteAction, after
from portal.deals.models import Counter, Quote, QuoteLine
from portal.deals.registrations.following import quote_issued, subject_of
from portal.deals.repricing import check_prices
from portal.deals.special_price import check_settled, forget, kept, reset, settle
from portal.deals.verifying import check_configuration
from portal.errors import Conflict, NotAllowed, NotFound
from portal.history import record
from portal.parties import staying
from portal.parties.queries import Called, called
from portal.policy import SYSTEM, Actor, Permission, allows
from portal.words import N_

VALIDITY_DAYS = 30
KEPT_BY_REVISIONS = (
    "organisation_id", "configuration_id", "rule_revision_id", "customer_id", "customer_name", "customer_key",
    "title", "note", "currency", "tax_mode", "tax_bps", "validity_days",
    "list_minor", "net_minor", "tax_minor", "gross_minor",
)  # fmt: skip


def draft_quote(
    session: Session, actor: Actor, configuration: Configuration, terms: Terms, *, now: datetime, today: date
) -> Quote:
    """Make a draft quote of the complete proposal of a configuration."""
    if not allows(actor, Permission.QUOTE_EDIT, configuration):
        raise NotAllowed
    _stays(session, configuration)
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
        snapshot={"terms": _usual_terms(session, configuration.organisation_id)},
        created_by_id=actor.person_id,
        created_at=now,
        updated_at=now,
    )
    session.add(quote)
    session.flush()
    fill(session, actor, quote, configuration, terms, today=today)
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
    lines = kept(session, quote)
    fill(session, actor, quote, configuration, terms, today=today)
    settle(session, actor, quote, lines, now=now)
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
    payment_terms: str | None = None,
    delivery_terms: str | None = None,
) -> None:
    """Change what a draft says beside its lines; terms of None stay as they are."""
    _edit(actor, quote, version)
    if customer_id != quote.customer_id:
        staying.keep(session, customer_id)
    customer = _customer(session, customer_id)
    before = {"title": quote.title, "customer": quote.customer_name, "validity_days": quote.validity_days}
    if (customer.id if customer else None) != quote.customer_id:
        reset(session, actor, quote, now=now)  # a special price is granted for one customer
    quote.title, quote.note, quote.validity_days = title, note, validity_days
    quote.customer_id = customer.id if customer else None
    quote.customer_name, quote.customer_key = (customer.name, customer.name_key) if customer else ("", "")
    terms = dict(quote.snapshot.get("terms", {}))
    for key, text in (("payment", payment_terms), ("delivery", delivery_terms)):
        if text is not None:
            terms[key] = text
    quote.snapshot = {**quote.snapshot, "terms": terms}
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
    check_settled(session, quote)
    if not quote.customer_name:
        raise Conflict(N_("Choose the customer first; a quote is made out to somebody."))
    configuration = session.scalar(select(Configuration).where(Configuration.id == quote.configuration_id))
    if configuration is not None and (configuration.choices, configuration.rule_revision_id) != (
        quote.snapshot["choices"],
        quote.rule_revision_id,
    ):
        raise Conflict(N_("The configuration was changed after this draft was made. Bring its lines up to date first."))
    check_not_withdrawn(session, quote.rule_revision_id)
    built = engine(session, quote.rule_revision_id)
    check_prices(session, actor, quote, lines_of(session, quote), terms, today=today)
    check_configuration(quote, lines_of(session, quote), built)
    predecessor = session.get(Quote, quote.predecessor_id) if quote.predecessor_id else None
    if predecessor is not None:
        predecessor.state = after(predecessor.state, QuoteAction.SUPERSEDE)
        _touch(predecessor, now=now)
        quote.number, quote.revision = predecessor.number, predecessor.revision + 1
    else:
        quote.number = next_number(session, "Q", today.year)
    customer = _customer(session, quote.customer_id)
    if customer is not None:
        quote.snapshot = {**quote.snapshot, "customer": names_kept(customer)}
    quote.state, quote.issued_at, quote.issued_by_id = state, now, actor.person_id
    quote.issued_on, quote.valid_until = today, today + timedelta(days=quote.validity_days)
    _touch(quote, now=now)
    session.flush()
    request_documents(session, quote, now=now)
    record(session, quote, "issue", now=now, after={"number": quote.number, "revision": quote.revision})
    quote_issued(session, **subject_of(quote), now=now, today=today)


def discard_quote(session: Session, actor: Actor, quote: Quote, *, version: int, now: datetime) -> None:
    """Throw a draft away, lines and all; nothing refers to a draft, and the history keeps that it was there."""
    _edit(actor, quote, version)
    record(session, quote, "discard", now=now, before={"title": quote.title, "net": quote.net_minor})
    forget(session, actor, quote, now=now)
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
    try:
        staying.keep(session, quote.customer_id)
    except NotFound:
        raise Conflict(N_("This customer was handed on; only who has it now makes offers to it.")) from None
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


def next_number(session: Session, series: str, year: int, *, of: int | None = None) -> str:
    """Return the next document number, for example Q-2026-000123; the counter row is locked until commit.

    `of` is an organisation that counts for itself.
    """
    key = f"{series}-{year}" if of is None else f"{series}-{year}-{of}"
    with as_actor(session, SYSTEM):
        new = insert_into(session, Counter).values(series=key, value=1)
        counted = new.on_conflict_do_update(index_elements=[Counter.series], set_={"value": Counter.value + 1})
        value = session.execute(counted.returning(Counter.value)).scalar_one()
    return f"{series}-{year}-{value:06d}"


def _usual_terms(session: Session, organisation_id: int) -> dict[str, str]:
    """Return what the organisation usually says about payment and delivery."""
    head = letterhead_of(session, organisation_id)
    return {"payment": head.payment_terms, "delivery": head.delivery_terms} if head else {}


def _customer(session: Session, customer_id: int | None) -> Called | None:
    return called(session, customer_id) if customer_id is not None else None


def _stays(session: Session, configuration: Configuration) -> None:
    """Let nobody hand the customer of a configuration on meanwhile; raises NotFound if somebody just did."""
    owner, customer_id = configuration.organisation_id, configuration.customer_id
    if customer_id is not None:
        staying.lock(session, {owner}, customer_id)
        still = (Configuration.id == configuration.id, Configuration.organisation_id == owner)
        if session.scalar(select(Configuration.id).where(*still)) is None:
            raise NotFound


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

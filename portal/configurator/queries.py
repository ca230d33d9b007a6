"""Reading configurations: lists as tuples, one row for a page, the panel of a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalog.pricing import LIST, UnitPrice, book_of, prices
from portal.configurator.engines import Engine, engine
from portal.configurator.models import Configuration, ConfigurationStep
from portal.configurator.panel import Panel, Refusal, bill_of, blocks_of, costs_of, figures_of, refusal_of
from portal.errors import NotFound
from portal.parties.models import Organisation, Party, Relation
from portal.policy import Actor, OrganisationKind, Permission

PAGE = 25
CUSTOMERS_OFFERED = 200


@dataclass(frozen=True, slots=True)
class ConfigurationRow:
    """One line of the list."""

    id: int
    public_id: str
    name: str
    customer: str | None
    organisation: str
    updated_at: datetime


def configurations(
    session: Session, *, before_id: int | None, archived: bool = False, limit: int = PAGE
) -> list[ConfigurationRow]:
    """Return configurations the actor may see, newest first, one more than `limit` when there are more."""
    owner, customer = Party.__table__.alias("owner"), Party.__table__.alias("customer")
    query = (
        select(
            Configuration.id,
            Configuration.public_id,
            Configuration.name,
            customer.c.name,
            owner.c.name,
            Configuration.updated_at,
        )
        .join(owner, owner.c.id == Configuration.organisation_id)
        .outerjoin(customer, customer.c.id == Configuration.customer_id)
        .where(Configuration.archived_at.is_not(None) if archived else Configuration.archived_at.is_(None))
        .order_by(Configuration.id.desc())
        .limit(limit + 1)
    )
    if before_id is not None:
        query = query.where(Configuration.id < before_id)
    return [ConfigurationRow(*row) for row in session.execute(query)]


def configuration(session: Session, public_id: str, *, for_update: bool = False) -> Configuration:
    """Return one configuration the actor may see; raises NotFound."""
    query = select(Configuration).where(Configuration.public_id == public_id)
    found = session.scalar(query.with_for_update() if for_update else query)
    if found is None:
        raise NotFound
    return found


def step_choices(session: Session, configuration_id: int, number: int) -> Mapping[str, str | int] | None:
    """Return the choices after a step, or None when it was undone or forgotten."""
    query = select(ConfigurationStep.choices).where(
        ConfigurationStep.configuration_id == configuration_id, ConfigurationStep.number == number
    )
    return session.scalar(query)


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms an organisation buys."""

    organisation_id: int
    name: str
    name_en: str
    address: str
    kind: str
    currency: str
    tier: str
    tax_bps: int


def terms_of(session: Session, organisation_id: int) -> Terms:
    """Return the terms of an organisation the actor may see."""
    row = session.execute(
        select(
            Organisation.id, Party.name, Party.name_en, Party.address, Organisation.kind, Organisation.currency,
            Organisation.tier, Organisation.tax_bps,
        )
        .join(Party, Party.id == Organisation.id)
        .where(Organisation.id == organisation_id)
    ).first()  # fmt: skip
    if row is None:
        raise NotFound
    return Terms(*row)


def customers(session: Session) -> list[tuple[int, str]]:
    """Return (id, name) of the customers the own organisation knows, by name."""
    query = (
        select(Party.id, Party.name)
        .join(Relation, Relation.party_id == Party.id)
        .where(Relation.kind == "customer", Party.kind == "organisation", Party.archived_at.is_(None))
        .order_by(Party.name_key, Party.id)
        .limit(CUSTOMERS_OFFERED)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def book_for(actor: Actor, terms: Terms) -> str:
    """Return the price book the actor reads for buyers on `terms`."""
    buys_as_partner = terms.kind == OrganisationKind.PARTNER and actor.can(Permission.PRICE_PARTNER)
    return book_of(terms.tier) if buys_as_partner else LIST


def skus_of(built: Engine) -> list[str]:
    """Return every product that a configuration of these rules can contain."""
    skus = {value.sku for attribute in built.ruleset.attributes for value in attribute.values if value.sku}
    return sorted(skus | {line.sku for line in built.ruleset.bill_lines if line.sku})


def prices_of(session: Session, actor: Actor, built: Engine, terms: Terms, *, today: date) -> Mapping[str, UnitPrice]:
    """Return what every product of the rules costs a buyer on `terms`."""
    return prices(session, skus_of(built), currency=terms.currency, book=book_for(actor, terms), on=today)


def panel_of(session: Session, actor: Actor, row: Configuration, terms: Terms, *, today: date) -> Panel:
    """Return the panel of a configuration as it stands; raises engine Impossible when its choices contradict."""
    built = engine(session, row.rule_revision_id)
    domains = built.compiled.domains(row.choices)
    priced = prices_of(session, actor, built, terms, today=today)
    proposal = built.compiled.complete(row.choices, costs_of(priced))
    bill = bill_of(built.ruleset, built.compiled.lines(proposal), priced, terms.currency)
    blocks = blocks_of(built.ruleset, row.choices, domains, proposal)
    return Panel(blocks, figures_of(built.ruleset, proposal), proposal, bill, len(row.choices))


def refusal(session: Session, actor: Actor, row: Configuration, key: str, value: str | int, *, today: date) -> Refusal:
    """Return why a value cannot be had in a configuration, and the ways to have it."""
    built, terms = engine(session, row.rule_revision_id), terms_of(session, row.organisation_id)
    priced = prices_of(session, actor, built, terms, today=today)
    return refusal_of(built, row.choices, key, value, priced, terms.currency)


def costs(session: Session, actor: Actor, row: Configuration, *, today: date) -> dict[str, int]:
    """Return what the products of a configuration's rules cost its owner, in minor money per sku."""
    built, terms = engine(session, row.rule_revision_id), terms_of(session, row.organisation_id)
    return costs_of(prices_of(session, actor, built, terms, today=today))

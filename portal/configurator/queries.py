"""Reading configurations: lists as tuples, one row for a page, the panel of a page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalog.pricing import LIST, UnitPrice, book_of, prices
from portal.configurator.engines import Engine, engine, proposal_of
from portal.configurator.models import Configuration, ConfigurationStep
from portal.configurator.page import Panel, Wanted, page_of
from portal.configurator.panel import bill_of, costs_of, figures_of
from portal.configurator.questions import Standing
from portal.configurator.refusing import Refusal, refusal_of
from portal.db import as_actor
from portal.errors import NotFound
from portal.parties.models import Organisation, Party, Relation
from portal.policy import SYSTEM, Actor, OrganisationKind, Permission, Reach

PAGE = 25
CUSTOMERS_OFFERED = 200
ANY_PAGE = Wanted()


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


def buying_terms(session: Session, actor: Actor, row: Configuration) -> Terms:
    """Return the terms on which the reader of a configuration sees prices.

    Its owners and internal people see the owner's. Whoever it is shared with sees what he himself may see: a partner
    the prices of his own tier, everybody else list prices in the owner's currency. Nothing else of the owner's terms is
    told to him: no tier, no tax, no address.
    """
    if row.organisation_id == actor.organisation_id or actor.reach(Permission.CONFIGURATION_VIEW) is Reach.ALL:
        return terms_of(session, row.organisation_id)
    assert actor.organisation_id is not None
    own = terms_of(session, actor.organisation_id)
    if own.kind == OrganisationKind.PARTNER:
        return own
    with as_actor(session, SYSTEM):
        owner = terms_of(session, row.organisation_id)
    return replace(own, currency=owner.currency)


def weights_of(
    session: Session, row: Configuration, built: Engine, terms: Terms, priced: Mapping[str, UnitPrice], *, today: date
) -> dict[str, int]:
    """Return what the proposal is weighed by: what products cost the owner, whoever looks at it.

    Thus all who look at one configuration see the same products, each with the prices (`priced`) that he may see.
    """
    is_owners = terms.organisation_id == row.organisation_id
    with as_actor(session, SYSTEM):
        owner = terms if is_owners else terms_of(session, row.organisation_id)
        book = book_for(SYSTEM, owner)
        if is_owners and all(price.book == book for price in priced.values()):
            return costs_of(priced)
        return costs_of(prices(session, skus_of(built), currency=owner.currency, book=book, on=today))


def customers(session: Session) -> list[tuple[int, str]]:
    """Return (id, name in both scripts) of the customers the own organisation knows, by name."""
    query = (
        select(Party.id, Relation.name, Relation.name_en)
        .join(Relation, Relation.party_id == Party.id)
        .where(Relation.kind == "customer", Relation.party_kind == "organisation", Party.archived_at.is_(None))
        .order_by(Relation.name_key, Relation.party_id)
        .limit(CUSTOMERS_OFFERED)
    )
    return [(key, f"{name} · {english}" if english else name) for key, name, english in session.execute(query)]


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


def panel_of(
    session: Session, actor: Actor, row: Configuration, terms: Terms, wanted: Wanted = ANY_PAGE, *, today: date
) -> Panel:
    """Return the page of a configuration as it stands; raises engine Impossible when its choices contradict."""
    built = engine(session, row.rule_revision_id)
    domains = built.compiled.domains(row.choices)
    priced = prices_of(session, actor, built, terms, today=today)
    weights = weights_of(session, row, built, terms, priced, today=today)
    proposal = proposal_of(built, row.choices, weights)
    bill = bill_of(built.ruleset, proposal.lines, priced, terms.currency)
    figures = figures_of(built.ruleset, proposal.assignment)
    return page_of(Standing(built.ruleset, row.choices, domains, proposal.assignment, priced), bill, figures, wanted)


def members_of(session: Session, actor: Actor, row: Configuration, group: str, *, today: date) -> int:
    """Return how many members of a repeated group the proposal has; 0 for a group that does not exist."""
    count = row.choices.get(group)
    if count is None:
        built = engine(session, row.rule_revision_id)
        count = proposal_of(built, row.choices, costs(session, actor, row, today=today)).assignment.get(group)
    return count if isinstance(count, int) else 0


def refusal(session: Session, actor: Actor, row: Configuration, key: str, value: str | int, *, today: date) -> Refusal:
    """Return why a value cannot be had in a configuration, and the ways to have it."""
    built, terms = engine(session, row.rule_revision_id), buying_terms(session, actor, row)
    priced = prices_of(session, actor, built, terms, today=today)
    weights = weights_of(session, row, built, terms, priced, today=today)
    return refusal_of(built, row.choices, key, value, priced, terms.currency, weights)


def costs(session: Session, actor: Actor, row: Configuration, *, today: date) -> dict[str, int]:
    """Return what its proposal is weighed by: what the products of its rules cost its owner, per sku."""
    built, terms = engine(session, row.rule_revision_id), buying_terms(session, actor, row)
    priced = prices_of(session, actor, built, terms, today=today)
    return weights_of(session, row, built, terms, priced, today=today)

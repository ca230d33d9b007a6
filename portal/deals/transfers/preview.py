"""What a transfer would move and what stands in its way, before anything is changed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from portal.accounts.models import Person, PersonRole
from portal.db import as_actor
from portal.deals.registrations import protection
from portal.deals.registrations.holdings import is_internal, open_customers
from portal.deals.registrations.lifecycle import OPEN
from portal.deals.registrations.models import CustomerHolding, HoldingActivity, Registration
from portal.deals.registrations.queries import CUSTOMER, NAME, known_as
from portal.deals.transfers import matters
from portal.deals.transfers.gathering import Gathered, gather, keys_of, requests_of
from portal.deals.transfers.models import TransferredCustomer
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.parameters.queries import values
from portal.parties.identity.models import HOUSE, PartyMark
from portal.parties.known import batches
from portal.parties.models import Organisation, Party, Relation
from portal.parties.references import BATCH
from portal.policy import SYSTEM, Actor, OrganisationKind, Permission, Reach, Role, grants_of
from portal.words import N_, Text, both_names

MOST: Final = 500  # customers of one transfer, which is one transaction
FEW: Final = 20  # customers that are named where several stand in the way
WITHIN: Final = ("registration", "configuration", "approval_request")  # what names a person, inside an organisation
TALK: Final = frozenset(name for name, *_rest in matters.PARTS)  # goes on while somebody looks at the preview
PAPERS: Final = ("registration", "quote", "sales_order")  # what only a partner can work on
NOT_TO_ONESELF: Final = N_("Nobody gives customers of others to himself; ask a colleague.")
AWAY: Final = N_("%(person)s does not sign in any more; choose somebody else.")
NO_SELLER: Final = N_("%(person)s does not work on customers; choose somebody else.")
GONE: Final = N_("Not all of these customers are with the giver any more. Choose again.")
TOO_MANY: Final = N_("At most %(most)s customers at a time; hand the book over in parts.")
SAME: Final = N_("The receiver has registered %(customer)s for the same product line and site: %(number)s. "
                 "One of the two must be withdrawn first.")  # fmt: skip
CAP: Final = N_("%(person)s would work on %(count)s open customers; the cap is %(cap)s.")
NOT_SUPPLIER: Final = N_("Open registrations, quotes and orders can only go to a partner, who works on them.")
CURRENCY: Final = N_(
    "Giver and receiver have different currencies; open registrations, quotes and orders cannot go along."
)
KNOWN: Final = N_("The receiver knows %(customer)s already: its own words stay, the giver's are kept beside them.")
TWIN: Final = N_("The receiver may know %(customer)s under another entry; a data steward can merge the two.")
LENT: Final = N_(
    "Configurations that the giver needs for other customers too stay; the receiver may look at them: %(count)s."
)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which customers of whom are to go to whom; `from_person_id` when it is one person's book."""

    giver_id: int
    customers: tuple[int, ...]
    receiver_id: int  # a person
    from_person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence about a transfer, as gettext id and parameters."""

    message: str
    params: Mapping[str, Any]


@dataclass(slots=True)
class Plan:
    """What would happen: the rows, and what is worth knowing before."""

    wish: Wish
    receiver: Person
    last: dict[int, TransferredCustomer]  # how each customer came to the giver, where somebody handed it over
    names: dict[int, tuple[str, str]]  # of the customers, as the giver calls them, in both scripts
    gathered: Gathered
    holdings: dict[int, CustomerHolding]  # of the giver, by customer
    taken: dict[int, CustomerHolding]  # the receiver's own, by customer
    internal: bool  # to the supplier's own people
    blocks: list[Remark] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    digest: str = ""

    @property
    def within(self) -> bool:
        """Whether it stays in one organisation."""
        return self.wish.giver_id == self.receiver.organisation_id


def plan(session: Session, actor: Actor, wish: Wish, *, today: date) -> Plan:
    """Return what a transfer would do; raises NotAllowed, NotFound, Invalid or Conflict when nobody may ask for it."""
    receiver = check_receiver(session, actor, wish)
    if not wish.customers:
        raise Invalid(N_("Choose at least one customer."))
    if len(wish.customers) > MOST:
        raise Conflict(TOO_MANY, most=MOST)
    with as_actor(session, SYSTEM):
        names = _names(session, wish)
        gathered = gather(session.connection(), wish.giver_id, wish.customers, today=today)
        made = Plan(
            wish, receiver, last_of(session, wish), names, gathered, _holdings(session, wish.giver_id, wish.customers),
            _holdings(session, receiver.organisation_id, wish.customers),
            is_internal(session, receiver.organisation_id),
        )  # fmt: skip
        if made.within:
            kept = {name: gathered.rows[name] for name in WITHIN}
            open_ = [(each,) for each in requests_of(session.connection(), gathered)]
            named = {**kept, "approval_request": open_, "ticket": gathered.asked}
            made.gathered = Gathered(gathered.parties, named, asked=gathered.asked)
        else:
            _look_across(session, made)
        _look_at_cap(session, made, today)
        made.counts = _counts(session, made)
        made.digest = _digest(made)
    return made


def check_receiver(session: Session, actor: Actor, wish: Wish) -> Person:
    """Return the receiver when the actor may give him customers of the giver."""
    reach = actor.reach(Permission.CUSTOMER_TRANSFER)
    if reach is Reach.NONE:
        raise NotAllowed
    receiver = session.scalar(select(Person).where(Person.id == wish.receiver_id))
    if receiver is None:
        raise NotFound
    if reach is Reach.OWN and {wish.giver_id, receiver.organisation_id} != {actor.organisation_id}:
        raise NotFound
    if reach is Reach.ALL and receiver.id == actor.person_id:
        raise NotAllowed(NOT_TO_ONESELF)
    with as_actor(session, SYSTEM):
        house = session.get_one(Organisation, receiver.organisation_id)
        roles = session.scalars(select(PersonRole.role).where(PersonRole.person_id == receiver.id)).all()
    if receiver.disabled_at is not None or house.archived_at is not None:
        raise Conflict(AWAY, person=receiver.name)
    grants = grants_of(OrganisationKind(house.kind), [Role(role) for role in roles])
    if house.kind == OrganisationKind.CUSTOMER or Permission.POOL_CLAIM not in grants:
        raise Conflict(NO_SELLER, person=receiver.name)
    return receiver


def _names(session: Session, wish: Wish) -> dict[int, tuple[str, str]]:
    """Return what the giver calls the customers; raises Conflict for one that it does not have (any more)."""
    known: dict[int, tuple[str, str]] = {}
    held = _holdings(session, wish.giver_id, wish.customers)
    for some in batches(wish.customers, BATCH):
        of = and_(Relation.party_id == Party.id, Relation.organisation_id == wish.giver_id, Relation.kind == "customer")
        live = (Party.id.in_(some), Party.kind == "organisation", Party.merged_into_id.is_(None))
        names = (Party.name, Party.name_en, Relation.name, Relation.name_en)
        query = select(Party.id, *names).outerjoin(Relation, of).where(*live)
        for party_id, house, house_en, own, own_en in session.execute(query):
            if own or party_id in held:
                known[party_id] = (own, own_en) if own else (house, house_en)
    if len(known) < len(set(wish.customers)):
        raise Conflict(GONE)
    return known


def _holdings(session: Session, organisation_id: int, customers: Sequence[int]) -> dict[int, CustomerHolding]:
    found: dict[int, CustomerHolding] = {}
    for some in batches(customers, BATCH):
        current = (CustomerHolding.organisation_id == organisation_id, CustomerHolding.ended_on.is_(None))
        query = select(CustomerHolding).where(*current, CustomerHolding.customer_id.in_(some))
        fresh = session.scalars(query.execution_options(populate_existing=True))
        found |= {row.customer_id: row for row in fresh}
    return found


def _look_across(session: Session, made: Plan) -> None:
    """Note what stands in the way between two organisations, and what the receiver should know."""
    giver, receiver = made.wish.giver_id, made.receiver.organisation_id
    if any(made.gathered.rows[name] for name in PAPERS):
        kinds = dict(session.execute(select(Organisation.id, Organisation.kind)).all())
        moneys = dict(session.execute(select(Organisation.id, Organisation.currency)).all())
        if kinds[receiver] != OrganisationKind.PARTNER:
            made.blocks.append(Remark(NOT_SUPPLIER, {}))
        elif moneys[giver] != moneys[receiver]:
            made.blocks.append(Remark(CURRENCY, {}))
    for customer, number in same_projects(session, made.gathered.ids("registration"), receiver):
        made.blocks.append(Remark(SAME, {"customer": customer, "number": number}))
    known = _known(session, made, receiver)
    made.remarks += [Remark(KNOWN, {"customer": both_names(*made.names[each])}) for each in known[:FEW]]
    twins = _twins(session, made, receiver)
    made.remarks += [Remark(TWIN, {"customer": both_names(*made.names[each])}) for each in twins[:FEW]]
    if made.gathered.lent:
        made.remarks.append(Remark(LENT, {"count": len(made.gathered.lent)}))


def same_projects(session: Session, ids: Sequence[int], organisation_id: int) -> list[tuple[Text, str]]:
    """Return customer and number of open registrations that an organisation has beside these; the house asks."""
    own, found = aliased(Registration), list[tuple[Text, str]]()
    same = and_(
        own.organisation_id == organisation_id, own.state.in_(OPEN), own.identity_id == Registration.identity_id,
        own.product_line == Registration.product_line, own.site_key == Registration.site_key,
        own.id != Registration.id,
    )  # fmt: skip
    for some in batches(ids, BATCH):
        query = select(NAME, CUSTOMER.c.name_en, own.number).join_from(Registration, own, same)
        query = query.outerjoin(CUSTOMER, known_as()).where(Registration.id.in_(some), Registration.state.in_(OPEN))
        rows = session.execute(query.order_by(Registration.id))
        found += [(both_names(name, name_en), number or "") for name, name_en, number in rows]
    return found


def last_of(session: Session, wish: Wish) -> dict[int, TransferredCustomer]:
    """Return how customers came to the giver, where somebody handed them over."""
    found: dict[int, TransferredCustomer] = {}
    for some in batches(wish.customers, BATCH):
        row = TransferredCustomer
        query = select(row).where(row.customer_id.in_(some), row.to_organisation_id == wish.giver_id)
        query = query.where(row.ended_on.is_(None)).order_by(row.id)
        fresh = session.scalars(query.execution_options(populate_existing=True))
        found |= {each.customer_id: each for each in fresh}
    return found


def _known(session: Session, made: Plan, receiver: int) -> list[int]:
    own = and_(Relation.organisation_id == receiver, Relation.kind == "customer")
    there = keys_of(session.connection(), Relation, Relation.party_id, made.wish.customers, own)
    query = select(Relation.party_id).where(Relation.id.in_([key[0] for key in there]))
    return sorted(session.scalars(query))


def _twins(session: Session, made: Plan, receiver: int) -> list[int]:
    """Return customers of which the receiver knows another entry with the same name, code, domain or phone."""
    other = aliased(PartyMark)
    alike = and_(other.kind == PartyMark.kind, other.value == PartyMark.value, other.party_id != PartyMark.party_id)
    known = and_(Relation.party_id == other.party_id, Relation.organisation_id == receiver)
    found: set[int] = set()
    for some in batches(made.wish.customers, BATCH):
        query = select(PartyMark.party_id).join(other, alike).join(Relation, known)
        own = (PartyMark.party_id.in_(some), PartyMark.organisation_id == HOUSE, other.organisation_id == HOUSE)
        found |= set(session.scalars(query.where(*own, Relation.kind == "customer").distinct()))
    return sorted(found)


def _look_at_cap(session: Session, made: Plan, today: date) -> None:
    """Note when the supplier's own person would work on more customers than he may."""
    if not made.internal:
        return
    set_ = values(session)
    since = protection.months_back(today, set_["registration.holding_months"])
    cap, mine = set_["registration.holding_cap"], made.receiver.id
    fresh = [
        each for each in made.wish.customers
        if each not in made.taken or (made.within and made.taken[each].person_id != mine)
    ]  # fmt: skip
    count = open_customers(session, mine, since=since) + len(fresh)
    if fresh and count > cap:
        made.blocks.append(Remark(CAP, {"person": made.receiver.name, "count": count, "cap": cap}))


def _counts(session: Session, made: Plan) -> dict[str, int]:
    rows = made.gathered.rows
    size = {name: len(keys) for name, keys in rows.items()}
    noted = sum(size.get(name, 0) for name in ("party_identifier", "party_alias", "party_address"))
    held = [row.id for row in made.holdings.values()]
    found = {
        "customers": len(made.wish.customers),
        "contacts": len(made.gathered.parties) - len(made.wish.customers) if not made.within else 0,
        "notes": noted,
        "registrations": size.get("registration", 0),
        "requests": len(requests_of(session.connection(), made.gathered)),
        "configurations": size.get("configuration", 0),
        "quotes": size.get("quote", 0),
        "orders": size.get("sales_order", 0),
        "offers": size.get("resale", 0),
        "sites": size.get("site", 0),
        "items": size.get("installed_item", 0),
        "tickets": len(made.gathered.tickets),
        "visits": matters.planned_visits(session.connection(), made.gathered.tickets),
        "files": size.get("upload", 0),
        "comments": size.get("comment", 0),
        "activities": len(keys_of(session.connection(), HoldingActivity, HoldingActivity.holding_id, held)),
    }
    return {key: count for key, count in found.items() if count}


def _digest(made: Plan) -> str:
    """Return a short name of all that would happen, so that nobody moves anything else than he saw."""
    held = [(row.customer_id, row.id, row.version) for row in (*made.holdings.values(), *made.taken.values())]
    said = {
        "wish": [made.wish.giver_id, sorted(made.wish.customers), made.receiver.id],
        "rows": {name: sorted(map(list, keys)) for name, keys in made.gathered.rows.items() if name not in TALK},
        "served": sorted(map(list, made.gathered.served)),
        "held": sorted(held),
        "last": sorted((each, row.id) for each, row in made.last.items()),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]

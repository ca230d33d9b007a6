"""Which customers somebody wants to give, and to whom he may: chosen ones, a person's book, all of an organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Row, and_, exists, or_, select, union
from sqlalchemy.orm import Session

from portal.accounts.models import Person, PersonRole
from portal.configurator.models import Configuration
from portal.db import as_actor
from portal.deals.registrations.lifecycle import OPEN, State
from portal.deals.registrations.models import CustomerHolding, Registration
from portal.deals.transfers.models import TransferredCustomer
from portal.deals.transfers.preview import MOST
from portal.errors import NotFound
from portal.parties.models import Organisation, Party, Relation
from portal.parties.queries import now_called
from portal.policy import ROLES_OF, SYSTEM, Actor, OrganisationKind, Permission, Reach, grants_of

OFFERED: Final = 200  # organisations and people in a form; anybody else is named by his mail address
LIVE: Final = (State.DRAFT.value, *(state.value for state in OPEN))


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address or a form says, as public ids."""

    customers: tuple[str, ...] = ()
    holder: str = ""  # a person whose book it is
    whole: str = ""  # an organisation, all of whose customers are meant
    giver: str = ""  # an organisation, where several know the chosen customers


@dataclass(slots=True)
class Choice:
    """What was asked for, found; without a giver somebody has to say which of `givers` it is."""

    customers: tuple[int, ...]
    giver: Organisation | None
    givers: Sequence[Row[str, str, str]]  # public id, name, name in the other script
    holder: Person | None = None


def choose(session: Session, actor: Actor, asked: Asked) -> Choice:
    """Return the customers and their giver; raises NotFound for what the actor does not see."""
    if asked.holder:
        holder = _person(session, asked.holder)
        return Choice(tuple(book_of(session, holder)), _organisation(session, holder.organisation_id), (), holder)
    if asked.whole:
        giver = _of_public_id(session, actor, asked.whole)
        return Choice(tuple(all_of(session, giver.id)), giver, ())
    customers = tuple(dict.fromkeys(_customer(session, public_id) for public_id in asked.customers[: MOST + 1]))
    if actor.reach(Permission.CUSTOMER_TRANSFER) is not Reach.ALL:
        return Choice(customers, _organisation(session, actor.organisation_id or 0), ())
    givers = _givers(session, customers)
    wanted = asked.giver or (givers[0][0] if len(givers) == 1 else "")
    return Choice(customers, _of_public_id(session, actor, wanted) if wanted else None, givers)


def book_of(session: Session, person: Person) -> list[int]:
    """Return the customers that a person works on: held, handed to him, or with open projects of his."""
    own = (person.organisation_id, person.id)
    with as_actor(session, SYSTEM):
        queries = [
            select(CustomerHolding.customer_id).where(
                CustomerHolding.organisation_id == own[0], CustomerHolding.person_id == own[1],
                CustomerHolding.ended_on.is_(None),
            ),
            select(TransferredCustomer.customer_id).where(
                TransferredCustomer.to_organisation_id == own[0], TransferredCustomer.to_person_id == own[1],
                TransferredCustomer.ended_on.is_(None),
            ),
            select(Registration.customer_id).where(
                Registration.organisation_id == own[0], Registration.person_id == own[1], Registration.state.in_(LIVE)
            ),
            select(Configuration.customer_id).where(
                Configuration.organisation_id == own[0], Configuration.person_id == own[1],
                Configuration.archived_at.is_(None), Configuration.customer_id.is_not(None),
            ),
        ]  # fmt: skip
        found = union(*queries).subquery()
        live = (Party.kind == "organisation", Party.merged_into_id.is_(None), Party.id != own[0])
        held = exists().where(
            CustomerHolding.customer_id == Party.id, CustomerHolding.organisation_id == own[0],
            CustomerHolding.ended_on.is_(None),
        )  # fmt: skip
        known = exists().where(
            Relation.party_id == Party.id, Relation.organisation_id == own[0], Relation.kind == "customer"
        )
        query = select(Party.id).where(Party.id.in_(select(found.c[0])), *live, or_(known, held))
        return list(session.scalars(query.order_by(Party.id).limit(MOST + 1)))


def all_of(session: Session, organisation_id: int) -> list[int]:
    """Return all customers of an organisation, one more than a transfer takes when there are more."""
    own = (Relation.organisation_id == organisation_id, Relation.kind == "customer")
    live = (Relation.party_kind == "organisation", Party.merged_into_id.is_(None), Party.archived_at.is_(None))
    with as_actor(session, SYSTEM):
        query = select(Party.id).join(Relation, and_(Relation.party_id == Party.id, *own)).where(*live)
        return list(session.scalars(query.order_by(Party.id).limit(MOST + 1)))


def houses(session: Session, actor: Actor) -> Sequence[Row[str, str, str]]:
    """Return public id and both names of organisations that may give and receive; for an owner his own."""
    query = select(Party.public_id, Party.name, Party.name_en).join(Organisation, Organisation.id == Party.id)
    kinds = (OrganisationKind.PARTNER.value, OrganisationKind.SUPPLIER.value)
    query = query.where(Organisation.kind.in_(kinds), Organisation.archived_at.is_(None))
    if actor.reach(Permission.CUSTOMER_TRANSFER) is not Reach.ALL:
        query = query.where(Organisation.id == actor.organisation_id)
    with as_actor(session, SYSTEM):
        return session.execute(query.order_by(Party.name_key, Party.id).limit(OFFERED)).all()


def people_of(session: Session, actor: Actor, house: str) -> Sequence[Row[str, str]]:
    """Return public id and name of the people of an organisation; also of those who left, for they have books too."""
    organisation = _of_public_id(session, actor, house)
    query = select(Person.public_id, Person.name).where(Person.organisation_id == organisation.id)
    return session.execute(query.order_by(Person.name, Person.id).limit(OFFERED)).all()


def receivers_of(session: Session, actor: Actor, house: str, *, but: int | None = None) -> Sequence[Row[str, str]]:
    """Return public id and name of the people of an organisation who can be given customers."""
    organisation = _of_public_id(session, actor, house)
    kind = OrganisationKind(organisation.kind)
    sellers = [role.value for role in ROLES_OF[kind] if Permission.POOL_CLAIM in grants_of(kind, [role])]
    sells = exists().where(PersonRole.person_id == Person.id, PersonRole.role.in_(sellers))
    query = select(Person.public_id, Person.name).where(Person.organisation_id == organisation.id, sells)
    query = query.where(Person.disabled_at.is_(None), Person.id != (but or 0))
    if actor.reach(Permission.CUSTOMER_TRANSFER) is Reach.ALL:
        query = query.where(Person.id != actor.person_id)
    with as_actor(session, SYSTEM):
        return session.execute(query.order_by(Person.name, Person.id).limit(OFFERED)).all()


def receiver_of(session: Session, *, public_id: str = "", email: str = "") -> Person:
    """Return the person meant; raises NotFound for one whom the actor does not see."""
    if public_id:
        return _person(session, public_id)
    found = session.scalar(select(Person).where(Person.email == email.strip().lower()))
    if found is None:
        raise NotFound
    return found


def _person(session: Session, public_id: str) -> Person:
    found = session.scalar(select(Person).where(Person.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def _customer(session: Session, public_id: str) -> int:
    """Return a customer that the actor sees; a merged one leads on to what it became."""
    query = select(Party.id).where(Party.kind == "organisation", Party.merged_into_id.is_(None))
    found = session.scalar(query.where(Party.public_id == public_id))
    if found is None:
        survivor = now_called(session, public_id)
        found = session.scalar(query.where(Party.public_id == survivor)) if survivor else None
    if found is None:
        raise NotFound
    return found


def _organisation(session: Session, organisation_id: int) -> Organisation:
    with as_actor(session, SYSTEM):
        return session.get_one(Organisation, organisation_id)


def _of_public_id(session: Session, actor: Actor, public_id: str) -> Organisation:
    """Return an organisation; whoever gives his own customers only sees his own."""
    with as_actor(session, SYSTEM):
        found = session.scalar(
            select(Organisation).join(Party, Party.id == Organisation.id).where(Party.public_id == public_id)
        )
    own = found is not None and found.id == actor.organisation_id
    if found is None or not (own or actor.reach(Permission.CUSTOMER_TRANSFER) is Reach.ALL):
        raise NotFound
    return found


def _givers(session: Session, customers: Sequence[int]) -> Sequence[Row[str, str, str]]:
    """Return the organisations that know one of these customers, or work on it."""
    with as_actor(session, SYSTEM):
        knows = select(Relation.organisation_id).where(Relation.party_id.in_(customers), Relation.kind == "customer")
        holds = select(CustomerHolding.organisation_id).where(
            CustomerHolding.customer_id.in_(customers), CustomerHolding.ended_on.is_(None)
        )
        named = (Party.public_id, Party.name, Party.name_en)
        query = select(*named).where(or_(Party.id.in_(knows), Party.id.in_(holds)))
        return session.execute(query.order_by(Party.name_key, Party.id).limit(OFFERED)).all()

"""A small desk: equipment of the hospital that the northern partner set up, queues, agents, and open tickets."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from inspect import signature
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Person
from portal.calendars.queries import USUAL_ZONE
from portal.catalog.models import InstalledItem, Product, Site
from portal.dates import business_date
from portal.db import ScopedSession
from portal.parties.models import Party, Relation
from portal.policy import SYSTEM, Actor, OrganisationKind, Role, grants_of
from portal.support.tickets import queries
from portal.support.tickets.clock_models import TicketClock
from portal.support.tickets.models import Ticket
from portal.support.tickets.opening import Opening, open_ticket
from tests.factories.seeds import Seed
from tests.factories.world import World

PEOPLE = (
    "hospital.customer", "hospital.owner", "north.sales", "south.sales", "supplier.support_agent",
    "supplier.support_agent2", "supplier.support_lead", "supplier.product_manager",
)  # fmt: skip


def actors_of(world: World) -> dict[str, Actor]:
    """Return the people of these tests as actors, without signing them in."""
    kinds = {"hospital": OrganisationKind.CUSTOMER, "supplier": OrganisationKind.SUPPLIER}
    found = {}
    for key in PEOPLE:
        organisation, _, role = key.partition(".")
        grants = grants_of(kinds.get(organisation, OrganisationKind.PARTNER), [Role(role.rstrip("2"))])
        found[key] = Actor(world.people[key], world.organisations[organisation], grants)
    return found


def desk(world: World) -> dict[str, Any]:
    """Write equipment, a second agent and one ticket of the hospital; return public ids."""
    with world.database.writing(SYSTEM) as session:
        world.add_person(session, "supplier", Role.SUPPORT_AGENT, "2")
        hospital, north = world.organisations["hospital"], world.organisations["north"]
        session.add(Relation(organisation_id=north, party_id=hospital, kind="customer", created_at=world.now))
        product = Product(
            sku="CAM-4", kind="cameras", maker="Lanqiao", name_en="Camera 4 MP", name_zh="摄像机", invented=True
        )
        session.add(product)
        session.flush()
        items = {}
        for key, owner, party, serial in (
            ("hospital", north, hospital, "SN-HOSPITAL-1"),
            ("foreign", world.organisations["south"], world.customers["south"], "SN-SOUTH-1"),
        ):
            site = Site(organisation_id=owner, party_id=party, name=f"Site of {key}", address="1 Long Road")
            session.add(site)
            session.flush()
            item = InstalledItem(
                organisation_id=owner, site_id=site.id, product_id=product.id, serial=serial, state="installed"
            )
            session.add(item)
            session.flush()
            items[key] = item.public_id
        customers = {key: session.get_one(Party, world.customers[key]).public_id for key in ("north", "south")}
        customers["hospital"] = session.get_one(Party, hospital).public_id
    actors = actors_of(world)
    said = Opening(form_key="first", body="Four cameras drop at night", item=items["hospital"], locale="en")
    with world.database.writing(actors["hospital.customer"]) as session:
        ticket = open_ticket(session, actors["hospital.customer"], said, now=world.now, today=world.now.date())
        public_id = ticket.public_id
    return {"items": items, "customers": customers, "ticket": public_id}


A_DESK = Seed("desk", desk)


@dataclass
class Desk:
    """What tests do with the desk: as somebody, at some moment."""

    world: World
    items: dict[str, str]
    customers: dict[str, str]
    ticket: str

    def __post_init__(self) -> None:
        self.now = self.world.now
        self.actors = actors_of(self.world)

    def later(self, **lengths: float) -> datetime:
        """Let time pass and return the new moment."""
        self.now += timedelta(**lengths)
        return self.now

    def do(self, who: str, work: Any, *args: Any, ticket: str = "", **more: Any) -> Any:
        """Run an operation of `work(session, actor, ticket, ...)` in a unit of work; return what it returns.

        One that takes a day of the house gets the one that `now` lies in.
        """
        actor = self.actors[who]
        if "today" in signature(work).parameters:
            more.setdefault("today", business_date(self.now, USUAL_ZONE))

        def unit(session: ScopedSession) -> Any:
            row = queries.ticket(session, ticket or self.ticket)
            return work(session, actor, row, *args, now=self.now, **more)

        return self.world.database.write(actor, unit)

    def open(self, who: str, form_key: str, **said: Any) -> Ticket:
        """Open a ticket."""
        actor, opening = self.actors[who], Opening(form_key=form_key, **{"body": "It does not work", **said})
        work = lambda session: open_ticket(session, actor, opening, now=self.now, today=self.now.date())  # noqa: E731
        return self.world.database.write(actor, work)  # type: ignore[no-any-return]

    def sweep(self, work: Any) -> int:
        """Run a sweep as the house."""
        return self.world.database.write(SYSTEM, lambda session: work(session, now=self.now))  # type: ignore[no-any-return]

    def now_is(self, public_id: str = "") -> Ticket:
        """Return a ticket as it stands."""
        with self.world.database.reading(SYSTEM) as session:
            return session.scalars(select(Ticket).where(Ticket.public_id == (public_id or self.ticket))).one()

    def clocks(self, public_id: str = "") -> dict[str, TicketClock]:
        """Return the clocks of a ticket as they stand."""
        with self.world.database.reading(SYSTEM) as session:
            query = select(TicketClock).join(Ticket, Ticket.id == TicketClock.ticket_id)
            rows = session.scalars(query.where(Ticket.public_id == (public_id or self.ticket))).all()
            return {row.kind: row for row in rows}

    def all(self, model: Any, *where: Any, as_: Actor = SYSTEM) -> list[Any]:
        """Return rows as somebody sees them."""
        with self.world.database.reading(as_) as session:
            return list(session.scalars(select(model).where(*where).order_by(model.id)))

    def public_id(self, who: str) -> str:
        """Return how somebody is called in addresses."""
        return str(self.all(Person, Person.id == self.world.people[who])[0].public_id)

    def client(self, app: Flask, who: str) -> FlaskClient:
        """Return a browser."""
        return self.world.client(app, who)

"""Tickets and visits of a customer go along with it: what is open, with everything in it, and back again."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.db import Base, ScopedSession
from portal.deals.transfers import matters
from portal.errors import Conflict, NotFound
from portal.history import HistoryEntry
from portal.parties.models import Party
from portal.policy import SYSTEM, Actor
from portal.search.queueing import SearchChange
from portal.support.service.lifecycle import VisitState
from portal.support.service.models import Visit
from portal.support.tickets import queries
from portal.support.tickets.lifecycle import State
from portal.support.tickets.models import Message, Ticket
from portal.support.tickets.opening import Opening, open_ticket
from portal.support.tickets.replying import Said, reply
from tests.factories.registrations import today_of
from tests.functional.deals.transfers.conftest import Hands

GIVER, RECEIVER, AGENT = "north.sales", "west.sales", "supplier.support_agent"


def mine(hands: Hands, who: str) -> set[str]:
    with hands.world.database.reading(hands.world.actor(who)) as session:
        return set(session.scalars(select(Ticket.public_id)))


def of_customer(hands: Hands) -> list[Ticket]:
    with hands.world.database.reading(SYSTEM) as session:
        its = Ticket.customer_id == hands.world.customers["north"]
        return list(session.scalars(select(Ticket).where(its).order_by(Ticket.id)))


def say(hands: Hands, who: str, ticket: Ticket, key: str) -> None:
    def work(session: ScopedSession, actor: Actor) -> None:
        row, today = queries.ticket(session, ticket.public_id), today_of(hands.world)
        reply(session, actor, row, Said("News", key), now=hands.now, today=today)

    hands.do(who, work)


def write(hands: Hands, *statements: Any) -> None:
    with hands.world.database.writing(SYSTEM) as session:
        for statement in statements:
            session.execute(statement)


def test_the_names_of_states_are_those_of_support() -> None:
    assert set(matters.LIVE) == {state.value for state in State} - {"closed", "merged"}
    assert set(matters.PLANNED) == {VisitState.PLANNED.value, VisitState.UNDER_WAY.value}
    assert {name for name, *_rest in matters.PARTS} <= set(Base.metadata.tables)


def test_open_tickets_with_words_files_and_visits_go_and_closed_ones_stay(hands: Hands) -> None:
    one, other = of_customer(hands)
    write(hands, update(Ticket).where(Ticket.id == other.id).values(state="closed", closed_at=hands.now))
    plan = hands.plan(hands.wish("north", RECEIVER))
    with hands.world.database.reading(SYSTEM) as session:
        planned = session.scalars(
            select(Visit).where(Visit.ticket_id == one.id, Visit.state.in_(matters.PLANNED))
        ).all()
    assert (plan.counts["tickets"], plan.counts.get("visits", 0)) == (1, len(planned))
    hands.give(hands.wish("north", RECEIVER))
    assert one.public_id not in mine(hands, GIVER)
    assert other.public_id in mine(hands, GIVER)
    assert one.public_id in mine(hands, RECEIVER)
    with hands.world.database.reading(hands.world.actor(RECEIVER)) as session:
        ticket = queries.ticket(session, one.public_id)
        assert ticket.requester_id == hands.world.people[RECEIVER]
        assert session.scalars(select(Message).where(Message.ticket_id == one.id)).all()
    with hands.world.database.reading(SYSTEM) as session:
        said = session.scalars(
            select(HistoryEntry).where(HistoryEntry.thing_kind == "ticket", HistoryEntry.action == "transfer")
        ).all()
        assert [row.thing_id for row in said] == [one.id]
        told = session.scalars(select(SearchChange.row_id).where(SearchChange.kind == "ticket")).all()
        assert one.id in told
    say(hands, RECEIVER, one, "from-west")
    with pytest.raises(NotFound):
        say(hands, GIVER, one, "from-north")


def test_the_customers_own_ticket_stays_his_and_the_receiver_stands_beside_it(hands: Hands) -> None:
    world = hands.world
    one = of_customer(hands)[0]
    hospital = world.organisations["hospital"]
    write(
        hands,
        update(Ticket)
        .where(Ticket.id == one.id)
        .values(organisation_id=hospital, partner_organisation_id=world.organisations["north"], requester_id=None),
    )
    made = hands.give(hands.wish("north", RECEIVER))
    after = of_customer(hands)[0]
    assert (after.organisation_id, after.partner_organisation_id) == (hospital, world.organisations["west"])
    assert one.public_id not in mine(hands, GIVER)
    hands.undo(made)
    assert of_customer(hands)[0].partner_organisation_id == world.organisations["north"]


def test_what_the_house_says_meanwhile_goes_home_too_but_not_what_the_receiver_said(hands: Hands) -> None:
    one = of_customer(hands)[0]
    made = hands.give(hands.wish("north", RECEIVER))
    say(hands, AGENT, one, "from-house")
    hands.undo(made)
    with hands.world.database.reading(hands.world.actor(GIVER)) as session:
        assert "from-house" in session.scalars(select(Message.form_key).where(Message.ticket_id == one.id)).all()
    with hands.world.database.reading(SYSTEM) as session:
        owners = session.scalars(select(Message.organisation_id).where(Message.ticket_id == one.id).distinct()).all()
    assert owners == [hands.world.organisations["north"]]
    made = hands.give(hands.wish("north", RECEIVER), form_key="again")
    say(hands, RECEIVER, one, "from-west")
    with pytest.raises(Conflict, match="The receiver wrote in ticket"):
        hands.undo(made)


def test_a_ticket_that_the_receiver_opens_keeps_the_transfer(hands: Hands) -> None:
    made = hands.give(hands.wish("north", RECEIVER))

    def work(session: ScopedSession, actor: Actor) -> None:
        public_id = session.get_one(Party, hands.world.customers["north"]).public_id
        said = Opening(form_key="west-1", body="Another matter", customer=public_id)
        open_ticket(session, actor, said, now=hands.now + timedelta(minutes=1), today=today_of(hands.world))

    hands.do(RECEIVER, work)
    with pytest.raises(Conflict, match="or opened since"):
        hands.undo(made)

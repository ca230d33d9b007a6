"""What stays with others when a customer goes, what keeps a transfer from being taken back, and who may do that."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.accounts.models import Person
from portal.approvals.models import ApprovalRequest
from portal.configurator.models import Configuration
from portal.db import ScopedSession
from portal.deals import operations as quoting
from portal.deals.models import Quote, QuoteDocument
from portal.deals.registrations.lifecycle import STANDINGS, State
from portal.deals.registrations.models import PoolEntry, Registration
from portal.deals.transfers import choosing, queries
from portal.deals.transfers.models import CustomerTransfer
from portal.errors import Conflict, NotAllowed, NotFound
from portal.parties.models import Party, Relation
from portal.policy import SYSTEM, Actor
from portal.search.models import SearchChange
from portal.sharing.comments import say
from portal.support.tickets.models import Ticket
from tests.factories.registrations import today_of
from tests.factories.transfers import bare_customer
from tests.functional.deals.transfers.conftest import Hands

GIVER, RECEIVER = "north.sales", "west.sales"


def write(hands: Hands, work: Callable[[ScopedSession], Any]) -> Any:
    return hands.world.database.write(SYSTEM, work)


def test_another_partner_beside_the_customer_stays_there(hands: Hands) -> None:
    world = hands.world
    its = Ticket.customer_id == world.customers["north"]
    beside = {"organisation_id": world.organisations["hospital"], "requester_id": None}

    def serve(session: ScopedSession) -> list[int]:
        ids = list(session.scalars(select(Ticket.id).where(its).order_by(Ticket.id)))
        for row_id, partner in zip(ids, ("north", "south"), strict=True):
            place = {"partner_organisation_id": world.organisations[partner]}
            session.execute(update(Ticket).where(Ticket.id == row_id).values(**beside, **place))
        return ids

    ids = write(hands, serve)
    hands.give(hands.wish("north", RECEIVER))
    with world.database.reading(SYSTEM) as session:
        partners = session.scalars(select(Ticket.partner_organisation_id).where(Ticket.id.in_(ids)).order_by(Ticket.id))
        assert partners.all() == [world.organisations["west"], world.organisations["south"]]


def test_a_revision_for_another_customer_goes_without_its_predecessor_and_borrows_the_configuration(
    hands: Hands,
) -> None:
    world, today = hands.world, today_of(hands.world)
    other = bare_customer(world, "north", "Bare")
    north, west = world.organisations["north"], world.organisations["west"]

    def revised(session: ScopedSession, actor: Actor) -> tuple[int, int, int]:
        issued = (Quote.organisation_id == north, Quote.state == "issued", Quote.valid_until >= today)
        quote = session.scalars(select(Quote).where(*issued).order_by(Quote.id)).first()
        assert quote is not None
        made = quoting.revise_quote(session, actor, quote, now=hands.now)
        said = {"title": made.title, "note": "", "validity_days": 30, "version": made.version, "now": hands.now}
        quoting.edit_quote(session, actor, made, customer_id=other, **said)
        return quote.id, made.id, made.configuration_id

    before, after, configuration = hands.do("north.sales", revised)
    wish = hands.wish("north", RECEIVER, other)
    assert hands.plan(wish).gathered.lent == [configuration]
    made = hands.give(wish)
    with world.database.reading(SYSTEM) as session:
        owners = [session.get_one(Quote, key).organisation_id for key in (before, after)]
        assert owners == [north, west]
        assert session.get_one(Configuration, configuration).organisation_id == north
    with world.database.reading(world.actor(RECEIVER)) as session:
        assert session.get(Configuration, configuration) is not None  # he sees what his draft is made of
    hands.undo(made)
    with world.database.reading(world.actor(RECEIVER)) as session:
        assert session.get(Configuration, configuration) is None


def _pooled(hands: Hands, session: ScopedSession) -> None:
    day = today_of(hands.world)
    session.add(PoolEntry(customer_id=hands.world.customers["north"], reason="released", entered_on=day))


def _known_again(hands: Hands, session: ScopedSession) -> None:
    its = {"organisation_id": hands.world.organisations["north"], "party_id": hands.world.customers["north"]}
    session.add(Relation(**its, kind="customer", created_at=hands.now))


def _registered_again(hands: Hands, session: ScopedSession) -> None:
    its = (Registration.customer_id == hands.world.customers["north"], Registration.state != "draft")
    moved = session.scalars(select(Registration).where(*its, Registration.identity_id.is_not(None))).first()
    assert moved is not None
    left_out = ("id", "public_id", "approval_request_id")
    same = {c.key: getattr(moved, c.key) for c in Registration.__table__.columns if c.key not in left_out}
    mine = {"organisation_id": hands.world.organisations["north"], "number": "R-AGAIN", "form_key": "again"}
    session.add(Registration(**{**same, **mine, "state": "submitted", "standing": STANDINGS[State.SUBMITTED].value}))


def _commented(hands: Hands, session: ScopedSession) -> None:
    actor = hands.world.actor(RECEIVER)
    mine = (Configuration.organisation_id == actor.organisation_id,
            Configuration.customer_id == hands.world.customers["north"])  # fmt: skip
    row = session.scalars(select(Configuration).where(*mine)).first()
    session.actor = actor
    say(session, actor, row, line_key="", body="My word on it", now=hands.now)


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (_pooled, "fell into the public pool"),
        (_known_again, "got to know"),
        (_registered_again, "R-AGAIN"),
        (_commented, "wrote a comment"),
    ],
)
def test_what_happened_since_keeps_it(hands: Hands, work: Callable[[Hands, ScopedSession], None], said: str) -> None:
    made = hands.give(hands.wish("north", RECEIVER))
    write(hands, lambda session: work(hands, session))
    with pytest.raises(Conflict) as refused:
        hands.undo(made)
    assert said in str(refused.value)


@pytest.mark.parametrize("who", ["north.owner", "west.owner"])
def test_an_owner_takes_back_only_what_stayed_in_his_house(hands: Hands, who: str) -> None:
    made = hands.give(hands.wish("north", RECEIVER))
    with pytest.raises(NotAllowed):
        hands.undo(made, who)
    with hands.world.database.reading(SYSTEM) as session:
        assert session.get_one(CustomerTransfer, made).undone_at is None


def test_the_giver_does_not_read_what_the_receiver_issues(app: Flask, hands: Hands) -> None:
    made = hands.give(hands.wish("north", RECEIVER))
    later = hands.now + timedelta(days=1)

    def issue(session: ScopedSession) -> str:
        mine = (Quote.organisation_id == hands.world.organisations["west"], Quote.state == "draft",
                Quote.customer_id == hands.world.customers["north"])  # fmt: skip
        quote = session.scalars(select(Quote).where(*mine).order_by(Quote.id)).first()
        assert quote is not None
        quote.state, quote.number, quote.issued_at, quote.issued_on = "issued", "Q-LATER", later, later.date()
        ready = {"state": "ready", "content": b"%PDF", "size": 4, "requested_at": later, "ready_at": later}
        row = QuoteDocument(quote_id=quote.id, organisation_id=quote.organisation_id, locale="en", **ready)
        session.add(row)
        session.flush()
        return row.public_id

    document = write(hands, issue)
    with hands.world.database.reading(hands.world.actor("north.owner")) as session:
        transfer = session.get_one(CustomerTransfer, made)
        assert {row.number for row in queries.papers(session, transfer)}.isdisjoint({"Q-LATER"})
        path = f"/transfers/{transfer.public_id}/papers/{document}.pdf"
    assert hands.world.client(app, "north.owner").get(path).status_code == 404


def test_a_decision_on_what_it_was_before_comes_too_late(hands: Hands) -> None:
    """And what is taken back tells the receiver nothing any more; the search hears of both."""
    world = hands.world
    asked = select(ApprovalRequest.version).where(
        ApprovalRequest.id.in_(
            select(Registration.approval_request_id).where(Registration.customer_id == world.customers["north"])
        ),
        ApprovalRequest.state == "in_review",
    )

    def look(session: ScopedSession) -> tuple[int, int]:
        return session.scalars(asked).one(), session.scalar(select(func.max(SearchChange.id))) or 0

    def told(since: int) -> set[str]:
        with world.database.reading(SYSTEM) as session:
            return set(session.scalars(select(SearchChange.kind).where(SearchChange.id > since)))

    version, change = write(hands, look)
    made = hands.give(hands.wish("north", RECEIVER))
    found = {"registration", "quote", "order", "configuration", "customer", "contact", "ticket", "matter"}
    assert found <= told(change)
    later, change = write(hands, look)
    assert later == version + 1
    with world.database.reading(world.actor("west.owner")) as session:
        assert session.get(CustomerTransfer, made) is not None
    hands.undo(made)
    assert found <= told(change)
    for who, sees in (("west.owner", False), ("north.owner", True)):
        with world.database.reading(world.actor(who)) as session:
            assert (session.get(CustomerTransfer, made) is not None) is sees, who


def test_a_book_holds_ones_own_projects(hands: Hands) -> None:
    world = hands.world
    other = bare_customer(world, "north", "Bare")

    owner = {"person_id": world.people["north.owner"], "organisation_id": world.organisations["north"]}
    begun = {"customer_id": other, "customer_name": "Bare", "customer_key": "bare", "form_key": "owner"}
    made = {"currency": "CNY", "created_at": world.now, "updated_at": world.now}
    write(hands, lambda session: session.add(Registration(**owner, **begun, **made)))
    with world.database.reading(SYSTEM) as session:
        books = {
            who: choosing.book_of(session, session.get_one(Person, world.people[who])) for who in ("north.owner", GIVER)
        }
    assert other in books["north.owner"]
    assert other not in books[GIVER]


def test_an_owner_gives_of_his_own_house(hands: Hands) -> None:
    with hands.world.database.reading(SYSTEM) as session:
        west = session.get_one(Party, hands.world.organisations["west"]).public_id
    actor = hands.world.actor("north.owner")
    with hands.world.database.reading(actor) as session:
        for look in (
            lambda: choosing.choose(session, actor, choosing.Asked(whole=west)),
            lambda: choosing.people_of(session, actor, west),
            lambda: choosing.receivers_of(session, actor, west),
        ):
            with pytest.raises(NotFound):
                look()

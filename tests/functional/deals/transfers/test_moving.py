"""A customer goes to another partner with everything open, and comes back as it was."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import LargeBinary, select

from portal.accounts.models import Person
from portal.approvals.models import ApprovalRequest
from portal.configurator.models import Configuration
from portal.db import Base, Database, ScopedSession
from portal.deals import operations as quoting
from portal.deals.models import Quote
from portal.deals.order_models import SalesOrder
from portal.deals.registrations import operations as registering
from portal.deals.registrations.models import CustomerHolding, HoldingActivity, Registration
from portal.deals.resale_models import Resale
from portal.deals.transfers.gathering import ABOUT, CHILDREN, OF_REQUESTS
from portal.deals.transfers.models import TransferredCustomer
from portal.deals.transfers.moving import transfer
from portal.deals.transfers.preview import plan
from portal.errors import Conflict, NotAllowed, NotFound, PortalError
from portal.parties import queries
from portal.parties.merging import merge
from portal.parties.models import Organisation, Party, Relation
from portal.parties.noted_models import PartyAddress, PartyAlias, PartyIdentifier
from portal.policy import SYSTEM, Actor, Role
from tests.factories.registrations import Registrations, today_of
from tests.functional.deals.transfers.conftest import MANAGER, Hands

NOT_COMPARED = {
    "history", "outbox", "sign_in", "person", "notice", "customer_transfer", "transferred_customer", "transfer_ledger",
    "name_word", "search_change", "support_change", "worker_beat",
}  # fmt: skip
# What belongs to an organisation and does not follow a customer, and why.
STAYS = {
    "api_token": "the organisation's own", "invitation": "people", "letterhead": "his paper", "logo": "its own paper",
    "person": "people", "party_import": "a list that was uploaded", "party_import_row": "a list that was uploaded",
    "saved_template": "choices without a customer", "sending": "between a customer and his distributor",
    "resale_document": "offers under the giver's letterhead stay", "offer_link": "offers under his letterhead stay",
    "ticket_facts": "derived from the ticket",
    "ticket_draft": "what is being written; it follows its ticket",
    "inquiry": "who asked about whom", "history": "what happened", "customer_holding": "ended, and made anew",
}  # fmt: skip

GIVEN = ("id", "public_id")
THINGS = ("party", "registration", "configuration", "quote", "sales_order", "resale", "site", "ticket", "visit")


def rows(database: Database) -> dict[str, list[str]]:
    """Return all rows of all tables that a transfer and its undoing may touch."""
    with database.engine.connect() as connection:
        return {
            name: sorted(map(repr, connection.execute(select(table))))
            for name, table in Base.metadata.tables.items()
            if name not in NOT_COMPARED
        }


def changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, set[str]]:
    """Return the rows that are not in both, by table."""
    return {name: set(before[name]) ^ set(after[name]) for name in before if before[name] != after[name]}


def said_by(database: Database, organisation: int) -> dict[str, set[str]]:
    """Return what the rows of an organisation say, whoever they belong to, by table."""
    found: dict[str, set[str]] = {}
    with database.engine.connect() as connection:
        for name, table in Base.metadata.tables.items():
            if "organisation_id" in table.c and name not in NOT_COMPARED:
                kept = [c for c in table.columns if c.name != "organisation_id" and not isinstance(c.type, LargeBinary)]
                own = select(*kept).where(table.c.organisation_id == organisation)
                found[name] = set(map(repr, connection.execute(own)))
    return found


def test_everything_goes_and_undoing_gives_every_row_back(hands: Hands) -> None:
    database = hands.world.database
    before = rows(database)
    wish = hands.wish("north", "west.sales")
    assert hands.plan(wish).blocks == []
    made = hands.give(wish)
    after = changed(before, rows(database))
    moving = {name for name, *_rest in (*CHILDREN, *ABOUT, *OF_REQUESTS)} - {"resale_line", "taken_over"}
    roots = {"relation", "party_alias", "party_identifier", "party_address", "registration", "configuration", "quote",
             "sales_order", "site", "ticket", "ticket_draft", "customer_holding", "holding_activity"}  # fmt: skip
    assert moving | roots <= set(after)
    hands.undo(made)
    assert changed(before, rows(database)) == {}


def test_the_receiver_has_all_words_and_the_giver_none_of_what_is_open(hands: Hands) -> None:
    database, world = hands.world.database, hands.world
    before = said_by(database, world.organisations["north"])
    hands.give(hands.wish("north", "west.sales"))
    got = said_by(database, world.organisations["west"])
    left = said_by(database, world.organisations["north"])
    for name in ("comment", "quote", "quote_line", "sales_order", "sales_order_line", "quote_document"):
        assert before[name] - left[name] <= got[name]  # frozen papers and words say what they said
    for name in ("comment", "registration", "configuration_step", "sales_order"):
        assert left[name] == set()
    word, customer = hands.secrets["words"]["north"], world.customers["north"]
    with database.reading(world.actor("west.sales")) as session:
        card = queries.card(session, session.get_one(Party, customer))
        assert (card.name, card.phone) == (f"Customer {word}", word)
        assert [row.name for row in queries.contacts(session, customer)] == [f"Contact {word}"]
        mine = select(Registration).where(Registration.customer_id == customer)
        assert {row.person_id for row in session.scalars(mine)} == {world.people["west.sales"]}
        mine = select(Registration.approval_request_id).where(Registration.customer_id == customer)
        asked = select(ApprovalRequest.asked_by_id).where(ApprovalRequest.id.in_(mine))
        still = asked.where(ApprovalRequest.state == "in_review")
        assert session.scalars(still).all() == [world.people["west.sales"]]  # who hears of the decision
        assert set(session.scalars(asked)) == {world.people["west.sales"], world.people["north.sales"]}
        drafts = session.scalars(select(Resale).where(Resale.customer_id == customer)).all()
        assert [(row.state, row.number) for row in drafts] == [("draft", None)]  # of the offer that counts
        activity = session.scalars(select(HoldingActivity).where(HoldingActivity.note == word)).all()
        assert len(activity) == 1
    with database.reading(world.actor("north.sales")) as session:
        assert session.get(Party, customer) is None
        assert session.scalars(select(Registration).where(Registration.customer_id == customer)).all() == []
        issued = session.scalars(select(Resale).where(Resale.customer_id == customer)).all()
        assert [row.state for row in issued] == ["issued"]  # under his own letterhead: his history


def test_an_expired_quote_stays_with_the_giver_as_paper_and_is_not_revised(hands: Hands) -> None:
    north, wish = hands.world.organisations["north"], hands.wish("north", "west.sales")
    its = (Quote.organisation_id == north, Quote.customer_id == hands.world.customers["north"], Quote.state == "issued")
    with hands.world.database.reading(SYSTEM) as session:
        ordered = select(SalesOrder.quote_id)
        quote = session.scalars(select(Quote).where(*its, Quote.id.not_in(ordered))).first()
        assert quote is not None
        assert quote.valid_until is not None
        key, day = quote.id, {"today": quote.valid_until + timedelta(days=1)}

    def given(session: ScopedSession, actor: Actor) -> int:
        said = {"digest": plan(session, actor, wish, **day).digest, "form_key": "form", "note": "", "now": hands.now}
        return transfer(session, actor, wish, **said, **day).id

    def revised(session: ScopedSession, actor: Actor) -> str:
        return quoting.revise_quote(session, actor, session.get_one(Quote, key), now=hands.now).state

    made = hands.do(MANAGER, given)
    with pytest.raises(Conflict, match="handed on"):
        hands.do("north.sales", revised)
    hands.undo(made)
    assert hands.do("north.sales", revised) == "draft"


def test_a_receiver_who_knows_the_customer_keeps_his_words_and_gets_the_givers_beside_them(hands: Hands) -> None:
    world, database = hands.world, hands.world.database
    with database.reading(SYSTEM) as session:
        both = session.scalars(select(Party.id).where(Party.name == "Known to all")).one()
    before = rows(database)
    wish = hands.wish("north", "west.sales", both)
    assert any("knows" in remark.message for remark in hands.plan(wish).remarks)
    made = hands.give(wish)
    words = hands.secrets["words"]
    with database.reading(world.actor("west.sales")) as session:
        assert queries.card(session, session.get_one(Party, both)).name == f"Customer {words['west']}"
        noted = session.scalars(select(PartyAlias.name).where(PartyAlias.party_id == both)).all()
        assert f"Customer {words['north']}" in noted
        assert f"Alias {words['north']}" in noted
        known = session.scalars(select(PartyIdentifier.value).where(PartyIdentifier.party_id == both)).all()
        assert f"{words['north']}.example" in known
        where = session.scalars(select(PartyAddress.address).where(PartyAddress.party_id == both)).all()
        assert f"{words['north']} road 1" in where
    hands.undo(made)
    assert changed(before, rows(database)) == {}


def test_within_an_organisation_it_goes_from_one_to_another(hands: Hands) -> None:
    world, database = hands.world, hands.world.database
    before = rows(database)
    wish = hands.wish("north", "north.owner")
    made = hands.give(wish, "north.owner")
    with database.reading(world.actor("north.sales")) as session:
        owner, customer = world.people["north.owner"], world.customers["north"]
        mine = select(Registration.person_id).where(Registration.customer_id == customer)
        assert set(session.scalars(mine)) == {owner}
        assert set(session.scalars(select(Configuration.person_id).where(Configuration.customer_id == customer))) == {
            owner
        }
        held = select(CustomerHolding.person_id).where(CustomerHolding.ended_on.is_(None))
        assert session.scalars(held.where(CustomerHolding.customer_id == customer)).all() == [owner]
    hands.undo(made, "north.owner")
    assert changed(before, rows(database)) == {}


def _touch(table: Any, **values: Any) -> Callable[[Hands, ScopedSession], None]:
    def work(hands: Hands, session: ScopedSession) -> None:
        mine = session.scalars(
            select(table).where(table.organisation_id == hands.world.organisations["west"]).order_by(table.id.desc())
        )
        row = next(row for row in mine if getattr(row, "customer_id", hands.world.customers["north"]) == (
            hands.world.customers["north"]
        ) and getattr(row, "state", "") not in ("issued", "superseded"))  # fmt: skip
        for name, value in values.items():
            setattr(row, name, value)

    return work


def _begin(hands: Hands, session: ScopedSession) -> None:
    config = session.scalars(
        select(Configuration).where(Configuration.customer_id == hands.world.customers["north"])
    ).first()
    assert config is not None
    columns = {
        c.key: getattr(config, c.key) for c in Configuration.__table__.columns if c.key not in ("id", "public_id")
    }
    session.add(Configuration(**{**columns, "name": "Begun since"}))


@pytest.mark.parametrize(
    ("touch", "said"),
    [
        (_touch(Registration, note="changed"), "Registration R-"),
        (_touch(Quote, note="changed"), "Quote"),
        (_touch(Resale, note="changed"), "offer"),
        (_touch(CustomerHolding, version=7), "worked on a customer"),
        (_begin, "“Begun since” was changed or begun"),
    ],
)
def test_what_somebody_changed_meanwhile_stays(
    hands: Hands, touch: Callable[[Hands, ScopedSession], None], said: str
) -> None:
    made = hands.give(hands.wish("north", "west.sales"))
    with hands.world.database.writing(SYSTEM) as session:
        touch(hands, session)
    before = rows(hands.world.database)
    with pytest.raises(Conflict) as refused:
        hands.undo(made)
    assert said in str(refused.value)
    assert changed(before, rows(hands.world.database)) == {}


def test_the_time_to_take_it_back_ends(hands: Hands) -> None:
    made = hands.give(hands.wish("north", "west.sales"))
    with pytest.raises(Conflict, match="time"):
        hands.undo(made, later=timedelta(hours=73))
    hands.undo(made, later=timedelta(hours=71))
    with pytest.raises(Conflict, match="already"):
        hands.undo(made)


def test_handed_on_it_is_taken_back_in_the_other_order(hands: Hands) -> None:
    before = rows(hands.world.database)
    first = hands.give(hands.wish("north", "west.sales"))
    back = hands.give(hands.wish("west", "south.sales", hands.world.customers["north"]), form_key="second")
    with pytest.raises(Conflict, match="handed a customer"):
        hands.undo(first)
    with hands.world.database.reading(SYSTEM) as session:
        held = (
            session.execute(
                select(TransferredCustomer.ended_on)
                .where(TransferredCustomer.customer_id == hands.world.customers["north"])
                .order_by(TransferredCustomer.id)
            )
            .scalars()
            .all()
        )
    assert held == [today_of(hands.world), None]
    hands.undo(back)
    hands.undo(first)
    assert changed(before, rows(hands.world.database)) == {}


def _disable(session: ScopedSession, hands: Hands) -> None:
    session.get_one(Person, hands.world.people["west.sales"]).disabled_at = hands.now


def _archive(session: ScopedSession, hands: Hands) -> None:
    session.get_one(Organisation, hands.world.organisations["west"]).archived_at = hands.now


def _dollars(session: ScopedSession, hands: Hands) -> None:
    session.get_one(Organisation, hands.world.organisations["west"]).currency = "USD"


@pytest.mark.parametrize(
    ("who", "receiver", "before", "error"),
    [
        ("north.sales", "north.owner", None, NotAllowed),  # no right to give
        ("north.owner", "west.sales", None, NotFound),  # an owner does not see people of others
        ("west.owner", "west.sales", None, NotFound),  # nor gives away what others hold
        (MANAGER, "west.engineer", None, Conflict),  # does not sell
        (MANAGER, "hospital.owner", None, Conflict),  # a customer
        (MANAGER, MANAGER, None, NotAllowed),  # to himself
        (MANAGER, "west.sales", _disable, Conflict),
        (MANAGER, "west.sales", _archive, Conflict),
        (MANAGER, "west.sales", _dollars, Conflict),
    ],
)
def test_who_may_give_to_whom(hands: Hands, who: str, receiver: str, before: Any, error: type[PortalError]) -> None:
    wish = hands.wish("north", receiver)
    if before is not None:
        with hands.world.database.writing(SYSTEM) as session:
            before(session, hands)
    with pytest.raises(error):
        hands.give(wish, who)


def test_the_cap_counts_for_the_suppliers_own_people(hands: Hands) -> None:
    world = hands.world
    with world.database.writing(SYSTEM) as session:
        bare = Party(kind="organisation", name="Bare", name_key="bare", created_at=world.now)
        session.add(bare)
        session.flush()
        session.add(Relation(organisation_id=world.organisations["north"], party_id=bare.id, kind="customer",
                             created_at=world.now))  # fmt: skip
        bare_id = bare.id
        second = world.add_person(session, "supplier", Role.CHANNEL_MANAGER, "2")
        day = today_of(world)
        for number in range(20):
            party = Party(kind="organisation", name=f"Held {number}", name_key=f"held {number}", created_at=world.now)
            session.add(party)
            session.flush()
            session.add(CustomerHolding(organisation_id=second.organisation_id, person_id=second.id, source="assigned",
                                        customer_id=party.id, since=day, worked_on=day))  # fmt: skip
    wish = hands.wish("north", "supplier.channel_manager2", bare_id)
    assert [remark.params["cap"] for remark in hands.plan(wish).blocks] == [20]
    with pytest.raises(Conflict, match="the cap is 20"):
        hands.give(wish)


def test_a_registration_of_the_receiver_for_the_same_project_stands_in_the_way(hands: Hands) -> None:
    world, desk = hands.world, Registrations(hands.world, today_of(hands.world))
    customer, site = world.customers["north"], hands.secrets["words"]["north"]
    with world.database.writing(SYSTEM) as session:
        session.add(Relation(organisation_id=world.organisations["west"], party_id=customer, kind="customer",
                             created_at=world.now))  # fmt: skip
    waiting = desk.register("west.sales", customer, site=f"B {site}")
    assert desk.state(waiting) == "submitted"
    wish = hands.wish("north", "west.sales")
    [block] = hands.plan(wish).blocks
    assert "for the same product line and site" in block.message
    with pytest.raises(Conflict, match="must be withdrawn first"):
        hands.give(wish)
    desk.step("west.sales", waiting, registering.withdraw)
    hands.give(wish)


def test_a_merged_customer_is_followed_and_its_transfer_waits_for_the_merge(hands: Hands) -> None:
    world = hands.world
    made = hands.give(hands.wish("north", "west.sales"))

    def join(session: ScopedSession, actor: Actor) -> None:
        one, other = (session.get_one(Party, world.customers[key]) for key in ("south", "north"))
        merge(session, actor, one, other, now=hands.now)

    hands.do("supplier.data_steward", join)
    with pytest.raises(Conflict, match="was merged"):
        hands.undo(made)
    with pytest.raises(Conflict, match="Not all of these customers"):
        hands.plan(hands.wish("west", "north.sales", world.customers["north"]))
    again = hands.give(hands.wish("west", "north.sales", world.customers["south"]), form_key="merged")
    hands.undo(again)


def test_what_belongs_to_an_organisation_goes_along_or_says_why_not() -> None:
    moving = {name for name, *_rest in (*CHILDREN, *ABOUT, *OF_REQUESTS)}
    moving |= {"relation", "party_identifier", "party_alias", "party_address", "registration", "site", "sales_order",
               "quote", "resale", "ticket", "configuration", "holding_activity", *STAYS}  # fmt: skip
    owned = {
        name for name, table in Base.metadata.tables.items()
        if "organisation_id" in table.c and not name.startswith(("party_name", "party_word", "party_mark"))
        and table.c.organisation_id.foreign_keys and any(
            key.column.table.name in THINGS
            for column in table.columns for key in column.foreign_keys
        )
    }  # fmt: skip
    assert owned <= moving, "say in gathering that it goes along, or here why it stays"

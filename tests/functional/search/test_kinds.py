"""What of each kind is found, by number as well, and by whom."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal import wiring
from portal.deals.models import Quote
from portal.deals.resale_models import Resale
from portal.parties.models import Party, Relation, name_key
from portal.parties.noted_models import PartyAlias, PartyIdentifier
from portal.policy import SYSTEM
from portal.search import queueing
from portal.search.audience import EVERYTHING
from portal.search.models import SearchChange
from portal.search.rebuilding import rebuild
from portal.search.searching import find
from portal.support.tickets.models import Ticket
from tests.factories.seeds import Seed, Sown
from tests.factories.support import A_DESK, Desk
from tests.factories.world import World
from tests.functional.home.conftest import Matters

Look = Callable[[str, str], str]


@pytest.fixture
def seed() -> Seed:
    return A_DESK


@pytest.fixture
def desk(world: World, sown: Sown) -> Iterator[Desk]:
    wiring.install()
    return Desk(world, **sown.known())


@pytest.fixture
def look(app: Flask, world: World) -> Look:
    """What somebody finds, after the index was built of what there is."""
    built = False

    def page(who: str, words: str) -> str:
        nonlocal built
        if not built:
            rebuild(world.database, world.settings.search_folder, now=world.now)
            built = True
        return world.client(app, who).get("/search", query_string={"q": words}).text

    return page


def test_an_open_ticket_is_found_by_those_who_see_it(desk: Desk, world: World, look: Look) -> None:
    with world.database.reading(SYSTEM) as session:
        number = session.scalars(select(Ticket.number)).one()
    for who in ("hospital.customer", "north.sales", "supplier.support_agent"):
        for words in (number, number.lower(), "SN-HOSPITAL-1", "cameras drop"):
            page = look(who, words)
            assert f"<strong>{number} ·" in page, (who, words)
    assert f"{number} ·" not in look("south.sales", number)
    assert f"{number} ·" not in look("south.sales", "cameras drop")


def test_an_open_ticket_is_no_case_for_others(desk: Desk, world: World, look: Look) -> None:
    look("hospital.customer", "x")
    hits = find(world.settings.search_folder, EVERYTHING, "cameras drop at night")
    assert [hit.kind for hit in hits if hit.kind in {"ticket", "matter"}] == ["matter"]


def test_a_customer_is_found_by_what_oneself_noted(desk: Desk, world: World, look: Look) -> None:
    north, customer = world.organisations["north"], world.customers["north"]
    with world.database.writing(SYSTEM) as session:
        whose = {"organisation_id": north, "party_id": customer, "created_at": world.now}
        code, domain = "91350100M000100Y43", "zinnober-labs.example"
        session.add(PartyAlias(name="Old Harbour", name_key="old harbour", **whose))
        session.add(PartyIdentifier(kind="credit_code", value=code, value_key=code, **whose))
        session.add(PartyIdentifier(kind="domain", value=domain, value_key=domain, **whose))
        contact = Party(
            kind="contact", name="Wu Qianqian", name_key=name_key("Wu Qianqian"), employer_id=customer,
            created_at=world.now,
        )  # fmt: skip
        session.add(contact)
        session.flush()
        session.add(Relation(organisation_id=north, party_id=contact.id, kind="customer", created_at=world.now))
    for words in (code, code.lower(), domain, "old harbour"):
        assert "Customer of Northern Partner" in look("north.sales", words), words
        assert "Customer of Northern Partner" not in look("south.sales", words), words
        assert "Customer of Northern Partner" not in look("supplier.channel_manager", words), words
    assert "<strong>Wu Qianqian" in look("north.sales", "qianqian")
    assert "Wu Qianqian" not in look("south.sales", "qianqian")
    assert "Wu Qianqian" not in look("hospital.customer", "qianqian")


def test_an_offer_is_found_by_its_partner_alone(desk: Desk, world: World, look: Look) -> None:
    quote_id = Matters(world, world.database).quote("Qingxi", number="Q-2026-000031")
    money = {"basis": "list", "currency": "CNY", "tax_bps": 1300, "markup_bps": 0}
    with world.database.writing(SYSTEM) as session:
        quote = session.get_one(Quote, quote_id)
        whose = {"organisation_id": quote.organisation_id, "quote_id": quote_id, "title": "Zinnober campus"}
        session.add(Resale(**whose, **money, snapshot={}, created_at=world.now, updated_at=world.now))
    assert "<strong>Zinnober campus" in look("north.sales", "zinnober")
    for who in ("south.sales", "hospital.owner", "supplier.channel_manager", "supplier.product_manager"):
        assert "Zinnober campus" not in look(who, "zinnober"), who


def test_a_number_is_found_before_everything_else(desk: Desk, world: World, look: Look) -> None:
    matters = Matters(world, world.database)
    for number in range(25):
        matters.quote(f"Q 2026 000031 of {number}", number=f"Q-2026-0001{number:02}")
    meant = matters.quote("Qingxi", number="Q-2026-000031")
    look("north.sales", "x")
    for words in ("Q-2026-000031", "q-2026-000031", "q2026000031", "Q-2026-000031 Qingxi"):
        assert find(world.settings.search_folder, EVERYTHING, words, kinds=("quote",))[0].id == meant, words


def test_statements_tell_every_kind_of_the_same_rows(desk: Desk, world: World) -> None:
    with world.database.writing(SYSTEM) as session:
        before = set(session.scalars(select(SearchChange.id)))
        session.execute(update(Ticket).values(region="north"))
        queueing.changed(session, "ticket", session.scalars(select(Ticket.id)))
        queueing.changed(session, "customer", [world.customers["north"]])
        told = session.scalars(select(SearchChange.kind).where(SearchChange.id.not_in(before)))
        assert sorted(told) == ["contact", "customer", "matter", "ticket"]

"""Transfers call a customer in the reader's script, on pages, in notices and mails: by the words of the giver."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from portal import migrate
from portal.accounts.models import Person
from portal.deals.transfers.models import CustomerTransfer, TransferredCustomer
from portal.home import telling
from portal.notify.mail import KIND as MAIL
from portal.notify.mail import compose
from portal.notify.models import Notice
from portal.outbox import Handler, Job
from portal.parties.models import Party, Relation, name_key
from portal.policy import SYSTEM
from portal.worker import Worker
from tests.functional.deals.transfers.conftest import MANAGER, Hands
from tests.functional.deals.transfers.test_pages import addressed, fields, public

ENGLISH, CHINESE = "Qingxi Hospital", "青溪医院"
HOUSE = ("青溪总院", "Qingxi Head Clinic")  # what the house calls it, and nobody else
WEST = ("西区医院", "West Side Hospital")  # what the receiver called it before
READERS = (("en", ENGLISH, CHINESE), ("zh", CHINESE, ENGLISH))
ELSEWHERE = (*HOUSE, *WEST)


def call(hands: Hands, organisation: str, name: str, other: str) -> None:
    """Let an organisation call the customer so."""
    with hands.world.database.writing(SYSTEM) as session:
        of = (Relation.party_id == hands.world.customers["north"], Relation.kind == "customer")
        own = Relation.organisation_id == hands.world.organisations[organisation]
        names = {"name": name, "name_en": other, "name_key": name_key(name)}
        session.execute(update(Relation).where(*of, own).values(**names))


@pytest.fixture
def named(hands: Hands) -> Hands:
    """The giver calls its customer by two names, the house by two others."""
    call(hands, "north", CHINESE, ENGLISH)
    with hands.world.database.writing(SYSTEM) as session:
        party = session.get_one(Party, hands.world.customers["north"])
        party.name, party.name_en, party.name_key = *HOUSE, name_key(HOUSE[0])
    return hands


def reader(app: Flask, hands: Hands, locale: str, who: str = MANAGER) -> FlaskClient:
    with hands.world.database.writing(SYSTEM) as session:
        session.get_one(Person, hands.world.people[who]).locale = locale
    return hands.world.client(app, who)


def reads(page: str, own: str, other: str) -> None:
    assert own in page
    assert not [name for name in (other, *ELSEWHERE) if name in page]


def test_preview_list_and_transfer_in_both_languages(app: Flask, named: Hands) -> None:
    said = addressed(named)
    for locale, own, other in READERS:
        preview = reader(app, named, locale).get("/transfers/new", query_string=said).text
        reads(preview[preview.index('id="preview"') :], own, other)
    made = reader(app, named, "en").post("/transfers/new", data=fields(preview)).location
    with named.world.database.reading(SYSTEM) as session:
        row = session.scalars(select(CustomerTransfer).order_by(CustomerTransfer.id.desc()).limit(1)).one()
        assert (row.title, row.title_en) == (CHINESE, ENGLISH)
    call(named, "west", *WEST)  # the receiver calls it otherwise afterwards: what was handed over keeps its name
    for locale, own, other in READERS:
        for who in (MANAGER, "north.sales", "west.sales"):
            reads(reader(app, named, locale, who).get(made).text, own, other)
        reads(reader(app, named, locale).get("/transfers").text, own, other)
        page = reader(app, named, locale, "west.sales").get(f"/customers/{said['customer']}").text
        assert "West" in page[page.index("/transfers/") :]  # who held it


def test_the_name_may_have_been_noted_in_english_first(app: Flask, named: Hands) -> None:
    call(named, "north", ENGLISH, CHINESE)
    named.give(named.wish("north", "west.sales"))
    for locale, own, other in READERS:
        reads(reader(app, named, locale).get("/transfers").text, own, other)


def test_a_customer_that_is_only_held_is_called_as_the_house_calls_it(app: Flask, named: Hands) -> None:
    with named.world.database.writing(SYSTEM) as session:
        its = (Relation.party_id == named.world.customers["north"], Relation.kind == "customer")
        session.execute(delete(Relation).where(*its))
    for locale, own in zip(("zh", "en"), HOUSE, strict=True):
        preview = reader(app, named, locale).get("/transfers/new", query_string=addressed(named)).text
        assert own in preview[preview.index('id="preview"') :]


@contextmanager
def known_to_the_receiver(hands: Hands) -> Iterator[None]:
    with hands.world.database.writing(SYSTEM) as session:
        of = {"party_id": hands.world.customers["north"], "kind": "customer", "created_at": hands.world.now}
        session.add(Relation(organisation_id=hands.world.organisations["west"], **of))
    call(hands, "west", *WEST)
    yield
    call(hands, "west", CHINESE, ENGLISH)


def test_remarks_and_refusals_name_it_in_the_readers_script(app: Flask, named: Hands) -> None:
    said = addressed(named) | {"giver": public(named, Party, named.world.organisations["north"])}
    with known_to_the_receiver(named):
        for locale, own, other in READERS:
            preview = reader(app, named, locale).get("/transfers/new", query_string=said).text
            reads(preview[preview.index('class="alert alert-info"') :], own, other)
        made = reader(app, named, "en").post("/transfers/new", data=fields(preview)).location
    with named.world.database.writing(SYSTEM) as session:  # the giver gets to know it again
        of = {"party_id": named.world.customers["north"], "kind": "customer", "created_at": named.world.now}
        session.add(Relation(organisation_id=named.world.organisations["north"], **of))
    call(named, "north", CHINESE, ENGLISH)
    for locale, own, other in READERS:
        refused = reader(app, named, locale).post(f"{made}/undo")
        assert refused.status_code == 409
        problem = refused.text[refused.text.index('id="problem"') :].partition("</div>")[0]
        reads(problem, own, other)


def test_notices_follow_the_reader_who_changes_his_language(app: Flask, named: Hands) -> None:
    made = named.give(named.wish("north", "west.sales"))
    for locale, own, other in READERS:
        for who in ("west.sales", "north.sales"):
            reads(reader(app, named, locale, who).get("/inbox").text, own, other)
    named.undo(made)
    for locale, own, _other in READERS:  # it is the giver's again: no word of it is left at the receiver
        inbox = reader(app, named, locale, "west.sales").get("/inbox").text
        assert own not in inbox


def test_mails_of_notices_are_in_the_receivers_script(app: Flask, named: Hands) -> None:
    settings, sent = named.world.settings, list[Job]()
    for who, locale in (("north.sales", "zh"), ("west.sales", "en")):
        reader(app, named, locale, who)
    named.give(named.wish("north", "west.sales"))
    with named.world.database.writing(SYSTEM) as session:
        session.execute(update(Notice).where(Notice.kind.not_like("transfer%")).values(read_at=named.world.now))
    work = {MAIL: Handler(run=sent.append), **telling.handlers(settings)}
    Worker(named.world.database, work, clock=lambda: named.now).run(until_idle=True)
    texts = {job.payload["to"]: str(compose(settings, job, readable=True)) for job in sent}
    for who, own, other in (("north.sales", CHINESE, ENGLISH), ("west.sales", ENGLISH, CHINESE)):
        reads(next(text for to, text in texts.items() if to.endswith(who + "@example.com")), own, other)


def test_a_transfer_of_before_keeps_its_one_name_up_down_and_up(app: Flask, named: Hands) -> None:
    made = named.give(named.wish("north", "west.sales"))
    migrate.downgrade(named.world.database, "0030")
    migrate.upgrade(named.world.database)
    with named.world.database.reading(SYSTEM) as session:
        row = session.get_one(CustomerTransfer, made)
        public_id = row.public_id
        assert (row.title, row.title_en) == (CHINESE, None)
        its = TransferredCustomer.transfer_id == made
        assert session.scalars(select(TransferredCustomer.name_en).where(its)).all() == [None]
    for locale in ("en", "zh"):
        assert CHINESE in reader(app, named, locale).get(f"/transfers/{public_id}").text

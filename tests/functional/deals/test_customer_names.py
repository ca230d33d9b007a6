"""A customer is called in the reader's language, on lists and pages; an issued document keeps both names it had."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Person
from portal.deals.customers import names_kept
from portal.deals.models import Quote
from portal.parties.models import Party, Relation, name_key
from portal.policy import SYSTEM
from tests.factories.deals import Deals
from tests.factories.world import World

ENGLISH, CHINESE = "Qingxi Hospital", "青溪医院"


@pytest.fixture
def named(world: World, deals: Deals) -> Deals:
    """The customer of the northern partner has a name in each script."""
    rename(world, CHINESE, ENGLISH)
    return deals


def rename(world: World, name: str, other: str) -> None:
    with world.database.writing(SYSTEM) as session:
        party = session.get_one(Party, world.customers["north"])
        known = session.scalars(select(Relation).where(Relation.party_id == party.id)).one()
        for row in (party, known):
            row.name, row.name_en, row.name_key = name, other, name_key(name)


def reader(app: Flask, world: World, locale: str, who: str = "north.sales") -> FlaskClient:
    with world.database.writing(SYSTEM) as session:
        session.get_one(Person, world.people[who]).locale = locale
    return world.client(app, who)


def test_lists_and_pages_call_him_in_the_readers_language(app: Flask, world: World, named: Deals) -> None:
    order, offer = named.order("north.sales"), named.resell("north.sales")["public_id"]
    draft = named.draft("north.sales")
    with world.database.reading(SYSTEM) as session:
        quote = session.scalars(select(Quote.public_id).where(Quote.state == "issued").limit(1)).one()
    paths = (
        "/quotes", "/orders", "/resale", "/configurations", f"/quotes/{quote}", f"/quotes/{draft}", f"/orders/{order}",
    )  # fmt: skip
    for locale, own, other in (("en", ENGLISH, CHINESE), ("zh", CHINESE, ENGLISH)):
        client = reader(app, world, locale)
        for path in paths:
            text = client.get(path).text.replace(f"{CHINESE} · {ENGLISH}", "")  # a draft's choice of customers
            assert own in text, (locale, path)
            assert other not in text, (locale, path)
        assert client.get(f"/resale/{offer}").status_code == 200
    manager = reader(app, world, "en", "supplier.channel_manager")
    assert ENGLISH in manager.get("/quotes").text


def test_what_was_issued_keeps_its_names(app: Flask, world: World, named: Deals) -> None:
    quote, order = named.issue("north.sales"), named.order("north.sales")
    rename(world, "青溪人民医院", "Qingxi Civic Clinic")
    english = reader(app, world, "en")
    for path in (f"/quotes/{quote}", f"/orders/{order}"):
        text = english.get(path).text
        assert ENGLISH in text
        assert "Civic" not in text
    for path in ("/quotes", "/orders"):  # a list knows no other name than the one that was kept
        assert CHINESE in english.get(path).text
        assert "Civic" not in english.get(path).text
    chinese = reader(app, world, "zh")
    assert CHINESE in chinese.get(f"/quotes/{quote}").text
    assert "人民" not in chinese.get("/quotes").text


@pytest.mark.parametrize(
    ("name", "other", "english", "chinese"),
    [
        (CHINESE, ENGLISH, ENGLISH, CHINESE),
        (ENGLISH, CHINESE, ENGLISH, CHINESE),
        (CHINESE, "", CHINESE, CHINESE),
        (ENGLISH, "", ENGLISH, ENGLISH),
        (ENGLISH, "QH", ENGLISH, ENGLISH),
        (CHINESE, "青溪", CHINESE, CHINESE),
        ("𠮷野家 9", "Yoshinoya", "Yoshinoya", "𠮷野家 9"),
    ],
)
def test_the_script_says_which_name_is_whose(name: str, other: str, english: str, chinese: str) -> None:
    assert names_kept(Party(name=name, name_en=other)) == {"name_en": english, "name_zh": chinese}

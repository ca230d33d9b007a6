"""Prices that changed or ended between draft and issue: a conflict with old and new beside each other."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.catalog.models import Price, PriceBook
from portal.dates import business_date
from portal.db import Database
from portal.deals.models import QuoteLine
from portal.policy import SYSTEM
from tests.factories.deals import Deals
from tests.factories.world import World
from tests.functional.deals.offers import quote_of


def first_line(database: Database, quote_id: int) -> QuoteLine:
    with database.reading(SYSTEM) as session:
        return session.scalars(
            select(QuoteLine).where(QuoteLine.quote_id == quote_id).order_by(QuoteLine.position)
        ).first()


def test_the_new_price_stands_beside_the_old_one(deals: Deals, seller: FlaskClient, database: Database) -> None:
    key = deals.draft("north.sales")
    line = first_line(database, quote_of(database, key).id)
    with database.writing(SYSTEM) as session:
        session.execute(
            update(Price).where(Price.product_id == line.product_id).values(amount_minor=Price.amount_minor + 12_345)
        )
    answer = seller.post(f"/quotes/{key}/issue", data={"version": "1"})
    assert answer.status_code == 409
    problem = answer.text.split('id="problem"')[1].split('id="refresh"')[0]
    assert f"<del>{line.unit_minor / 100:,.2f}</del>" in problem
    assert f"<ins>{(line.unit_minor + 12_345) / 100:,.2f}</ins>" in problem
    assert problem.count("<del>") == 1  # the others did not change
    assert 'id="refresh"' in answer.text
    assert seller.post(f"/quotes/{key}/refresh", data={"version": "1"}).status_code == 303
    assert seller.post(f"/quotes/{key}/issue", data={"version": "2"}).status_code == 303


def test_a_price_book_that_ended_without_successor_stops_the_issue_and_names_the_products(
    deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    key = deals.draft("north.sales")
    before = quote_of(database, key)
    yesterday = business_date(world.now, "Asia/Shanghai") - timedelta(days=1)
    with database.writing(SYSTEM) as session:
        session.execute(update(PriceBook).where(PriceBook.book == "gold").values(valid_to=yesterday))
    answer = seller.post(f"/quotes/{key}/issue", data={"version": "1"})
    assert answer.status_code == 409
    assert "no valid price any more" in answer.text
    assert first_line(database, before.id).sku in answer.text.split('id="problem"')[1]
    assert 'id="refresh"' not in answer.text  # it could not work
    after = quote_of(database, key)
    assert (after.state, after.number, after.version) == ("draft", None, before.version)
    assert seller.post(f"/quotes/{key}/refresh", data={"version": "1"}).status_code == 409


def test_one_product_without_price_is_found_among_many(deals: Deals, seller: FlaskClient, database: Database) -> None:
    key = deals.draft("north.sales")
    line = first_line(database, quote_of(database, key).id)
    with database.writing(SYSTEM) as session:
        for price in session.scalars(select(Price).where(Price.product_id == line.product_id)):
            session.delete(price)
    answer = seller.post(f"/quotes/{key}/issue", data={"version": "1"})
    assert answer.status_code == 409
    problem = answer.text.split('id="problem"')[1].split("</table>")[0]
    assert problem.count("no valid price") == 2  # the sentence, and the one product
    assert line.sku in problem


def test_a_product_on_two_lines_is_one_difference(deals: Deals, seller: FlaskClient, database: Database) -> None:
    key = deals.issue("north.sales")
    begun = seller.post(f"/quotes/{key}/revise").headers["Location"].rsplit("/", 1)[1]
    page = seller.get(f"/quotes/{begun}").text
    assert 'id="changes"' not in page
    with database.writing(SYSTEM) as session:
        line = session.scalars(select(QuoteLine).where(QuoteLine.quote_id == quote_of(database, begun).id)).first()
        columns = {c.key: getattr(line, c.key) for c in QuoteLine.__table__.columns if c.key != "id"}
        session.add(QuoteLine(**columns | {"position": 99, "group_en": "Spare", "group_zh": "备件"}))
    page = seller.get(f"/quotes/{begun}").text
    assert f"{line.quantity} → {2 * line.quantity}" in page


def test_exports_follow_the_language_and_name_the_quote(
    deals: Deals, seller: FlaskClient, world: World, database: Database
) -> None:
    key = deals.issue("north.sales")
    number = quote_of(database, key).number
    book, table = seller.get(f"/quotes/{key}/lines.xlsx"), seller.get(f"/quotes/{key}/lines.csv")
    assert f'filename="{number}-R1-en.xlsx"' in book.headers["Content-Disposition"]
    assert book.data.startswith(b"PK")
    assert f'filename="{number}-R1-en.csv"' in table.headers["Content-Disposition"]
    line = first_line(database, quote_of(database, key).id)
    assert line.sku in table.text
    assert f"{line.unit_minor / 100:.2f}" in table.text
    draft = deals.draft("north.sales")
    assert "draft-R1" in seller.get(f"/quotes/{draft}/lines.csv").headers["Content-Disposition"]

"""Home greets by name with what waits for the role, in few queries."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from portal.outbox import beat, enqueue
from portal.policy import SYSTEM


def test_home_sends_strangers_to_sign_in(app, world):
    answer = world.client(app, None).get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=/")


def test_sales_find_drafts_ending_quotes_and_configurations_of_their_own(app, world, matters):
    matters.quote("Qingxi Hospital")
    matters.quote("Songhe Logistics", number="Q-2026-000011", valid_until=matters.today + timedelta(days=14))
    matters.quote("Far Away", number="Q-2026-000012", valid_until=matters.today + timedelta(days=15))
    matters.quote("Long Over", number="Q-2026-000013", valid_until=matters.today - timedelta(days=1))
    matters.quote("Of the South", owner="south")
    page = world.client(app, "north.sales").get("/").text
    assert "Hello, sales of north" in page
    for expected in ("Qingxi Hospital", "Songhe Logistics", "Q-2026-000011", "New configuration", "Site of Far Away"):
        assert expected in page
    for foreign in ("Q-2026-000012", "Q-2026-000013", "Of the South"):
        assert foreign not in page


def test_an_empty_home_says_what_to_do_first(app, world):
    page = world.client(app, "north.sales").get("/").text
    assert "No configuration yet" in page
    assert 'href="/configurations/new"' in page


def test_the_channel_manager_sees_issued_quotes_of_all_partners_and_no_drafts(app, world, matters):
    matters.quote("Northern Customer", number="Q-2026-000021")
    matters.quote("Southern Customer", number="Q-2026-000022", owner="south")
    matters.quote("Secret Draft", owner="south")
    page = world.client(app, "supplier.channel_manager").get("/").text
    assert "Northern Customer" in page
    assert "Southern Customer" in page
    assert "Offer to Secret Draft" not in page
    assert "New configuration" not in page


def test_a_customer_sees_configurations_only(app, world, matters):
    matters.quote("Northern Customer", number="Q-2026-000021")
    matters.configuration("Our own entrance", owner="hospital")
    page = world.client(app, "hospital.customer").get("/").text
    assert "Our own entrance" in page
    assert "Q-2026-000021" not in page
    assert "Draft quotes" not in page


@pytest.mark.parametrize(("alive", "words"), [(True, "at work"), (False, "silent")])
def test_the_administrator_sees_the_worker_and_dead_jobs(app, world, database, alive, words):
    with database.writing(SYSTEM) as session:
        enqueue(session, "mail", {}, now=world.now).state = "dead"
        beat(session, "one", now=world.now if alive else world.now - timedelta(minutes=1))
    page = world.client(app, "supplier.administrator").get("/").text
    assert words in page
    assert "/administration/outbox?state=dead" in page


def test_the_product_manager_sees_published_rules(app, world, matters):
    page = world.client(app, "supplier.product_manager").get("/").text
    assert "surveillance" in page
    assert "Revision 7" in page


def test_who_has_nothing_waiting_is_shown_a_way(app, world):
    assert "Nothing waits for you" in world.client(app, "supplier.data_steward").get("/").text


def test_home_takes_four_queries_at_most_for_every_role(app, world, matters):
    matters.quote("Qingxi Hospital", number="Q-2026-000011", valid_until=matters.today)
    clients = {key: world.client(app, key) for key in world.people}
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            statements.append(statement)

    event.listen(world.database.engine, "before_cursor_execute", note)
    for key, client in clients.items():
        statements.clear()
        assert client.get("/").status_code == 200
        assert len(statements) <= 4, key

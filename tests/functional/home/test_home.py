"""Home greets by name with what waits for the role, in few queries."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from portal import wiring
from portal.approvals.subjects import Verdict
from portal.outbox import beat, enqueue
from portal.policy import SYSTEM
from tests.factories.registrations import Registrations, today_of


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


def test_who_decides_has_cards_with_two_taps_and_who_sells_his_turn_and_what_runs_out(app, world):
    registering = Registrations(world, today_of(world))
    wiring.install()
    asked = registering.register("north.sales", world.customers["north"], site="Block A")
    back = registering.register("north.sales", world.customers["north"], site="Block B")
    registering.decide(back, Verdict.RETURNED, note="Who pays?")
    early = today_of(world) - timedelta(days=80)
    ending = Registrations(world, early).approved("north.sales", world.customers["north"], site="Block C")
    for who in ("supplier.approver", "supplier.channel_manager"):
        page = world.client(app, who).get("/").text
        assert "Waits for your decision" in page
        assert registering.get(asked).number in page
        assert registering.get(back).number not in page.partition('id="deciding"')[2].partition("</section>")[0]
        assert page.count('value="approved"') == 1
        assert 'name="next" value="/"' in page
    page = world.client(app, "north.sales").get("/").text
    assert 'aria-describedby="q-hint"' in page
    for row in (back, ending):
        assert f"/registrations/{registering.get(row).public_id}" in page
    assert "10 days left" in page
    south = world.client(app, "south.sales").get("/").text
    assert "/registrations/" not in re.sub(r"/registrations/(suggest|look|new|pool)", "", south)


DECIDE, SELL = ("channel_manager", "approver"), ("owner", "sales")
SERVE = ("support_agent", "support_lead", "field_engineer")


def test_home_takes_few_queries_for_every_role_however_much_there_is(app, world, matters):
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
        role = key.partition(".")[2]
        most = 11 if role in DECIDE else 8 if role in SELL else 7 if role in SERVE else 5
        assert len(statements) <= most, (key, len(statements))

"""The page of the numbers: every number is a link to as many rows; files hold no formulas; nonsense is no error."""

import csv
import io
import random
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import delete, select, update

from portal.administration.numbers_commands import numbers
from portal.config import Settings
from portal.policy import SYSTEM
from portal.support.numbers.labels import STATES
from portal.support.numbers.models import SupportDay, TicketFacts
from portal.support.tickets.rating import rate
from portal.support.tickets.replying import Said, reply
from tests.factories.seeds import Seed
from tests.factories.support import Desk
from tests.factories.support import desk as desk_of
from tests.factories.world import World
from tests.functional.support.numbers.happening import AGENT, CUSTOMER, LEAD, Happening

LINK = re.compile(r'<a href="(/support/numbers/[^"]+)">\s*([\d,]+)\s*</a>')
COUNT = re.compile(r'id="count"><strong class="num">([\d,]+)</strong>')
EVIL = '=HYPERLINK("http://evil.example","x")'


def busy(world: World) -> dict[str, Any]:
    """Write some weeks of support that end today, counted."""
    known = desk_of(world)
    desk = Desk(world, **known)
    desk.now = world.now - timedelta(days=20)
    happening = Happening(desk, random.Random(26), world.settings.supplier_zone)
    desk.open(CUSTOMER, "evil", subject=EVIL)
    while desk.now < world.now - timedelta(days=2):
        happening.go_on(1)
    sure = desk.open(CUSTOMER, "sure").public_id  # of each kind there is one
    desk.do(AGENT, reply, Said("Done", "done", then="solve"), ticket=sure)
    desk.do(CUSTOMER, rate, 5, "", ticket=sure)
    desk.now = world.now
    happening.counted()
    return known


@pytest.fixture
def seed() -> Seed:
    return Seed("busy desk", busy)


@pytest.fixture
def lead(world: World, app: Flask) -> FlaskClient:
    return world.client(app, LEAD)


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.text


def test_every_number_opens_as_many_rows(lead: FlaskClient) -> None:
    text = page(lead, "/support/numbers?period=30")
    links = {(unescape(path), int(number.replace(",", ""))) for path, number in LINK.findall(text)}
    whats = {re.search(r"numbers/(\w+)\?(?:.*show=(\w+))?", path).groups() for path, _number in links}  # type: ignore[union-attr]
    shows = {"answered", "contacts", "open", "rated", "solved"}
    assert whats == {("calls", None), ("deflections", None), *(("tickets", show) for show in shows)}
    for path, number in sorted(links)[:: max(len(links) // 40, 1)]:
        shown = page(lead, path)
        counted = COUNT.search(shown)
        assert counted is not None
        assert int(counted[1]) == number, path
        rows = shown.count("<tr>") - 1
        assert rows == min(number, 25), path


def test_a_file_holds_the_rows_of_its_list_and_no_others(lead: FlaskClient) -> None:
    text = page(lead, "/support/numbers?period=30&name=hospital")
    links = {(unescape(path), int(number.replace(",", ""))) for path, number in LINK.findall(text)}
    paths = sorted(path for path, _number in links)[:: max(len(links) // 12, 1)]
    whole = [path.split("&organisation=")[0] for path in paths]
    states = [f"/support/numbers/deflections?period=30&state={each}" for each in STATES]
    for path in (*paths, *whole, *states):
        counted = COUNT.search(page(lead, path))
        assert counted is not None, path
        rows = list(csv.reader(io.StringIO(lead.get(f"{path}&as=csv").text)))
        assert len(rows) - 1 == int(counted[1].replace(",", "")), path


def test_one_organisation_is_found_by_its_name(lead: FlaskClient) -> None:
    text = page(lead, "/support/numbers?period=30&name=hospital")
    assert 'name="organisation"' in text
    own = next(unescape(path) for path, _number in LINK.findall(text))
    assert "organisation=" in own
    assert "No partner or customer with an account is called so." in page(lead, "/support/numbers?name=%25nobody")


def test_files_hold_texts_never_formulas(lead: FlaskClient) -> None:
    listed = lead.get("/support/numbers/tickets?show=tickets&period=30&as=csv")
    assert listed.mimetype == "text/csv"
    assert f"'{EVIL[:9]}" in listed.text
    whole = load_workbook(io.BytesIO(lead.get("/support/numbers/tickets?show=tickets&period=30&as=xlsx").data))
    cells = [cell for row in whole.active.iter_rows() for cell in row if cell.value is not None]  # type: ignore[union-attr]
    assert any(cell.value == EVIL and cell.data_type == "s" for cell in cells)
    assert all(cell.data_type != "f" for cell in cells)
    for path in ("", "/calls", "/deflections"):
        for ending in ("csv", "xlsx"):
            answer = lead.get(f"/support/numbers{path}?as={ending}")
            assert answer.status_code == 200
            assert f".{ending}" in answer.headers["Content-Disposition"]


def test_nonsense_is_no_error(lead: FlaskClient) -> None:
    for query in (
        "period=x&line=x&queue=x&organisation=x", "period=2026-13", "period=2999-01", "from=9999-12-31&to=9999-12-31",
        "from=0001-01-01&to=2026-01-01", "show=x&age=x&points=9&kept=2&priority=x&channel=x", "after=x",
        "show=open&age=31&after=WyJ4IiwxXQ", "state=x&article=99999999999999999999&after=W10", "name=%00%25_", "as=exe",
        "organisation=%00", "article=²", "period=1&from=2026-02-30&to=2026-03-01",
    ):  # fmt: skip
        for path in ("", "/tickets", "/calls", "/deflections"):
            page(lead, f"/support/numbers{path}?{query}")


def test_weeks_and_the_menu(lead: FlaskClient) -> None:
    assert "As a table" in page(lead, "/support/numbers?period=90")
    assert "As a table" in page(lead, "/support/numbers?period=7")
    assert 'href="/support/numbers"' in page(lead, "/")


def test_the_command_counts_everything_anew(world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("PORTAL_INSTANCE", str(settings.instance))
    before = _kept(world)
    with world.database.writing(SYSTEM) as session:
        session.execute(delete(TicketFacts))
        session.execute(update(SupportDay).values(counts={"ticket": 7}))
    assert _kept(world) != before
    result = CliRunner().invoke(numbers, ["rebuild"])
    assert result.exit_code == 0, result.output
    assert _kept(world) == before


def _kept(world: World) -> dict[tuple[object, ...], object]:
    with world.database.reading(SYSTEM) as session:
        rows = session.scalars(select(SupportDay)).all()
        return {(row.product_line, row.queue_id, row.day): row.counts for row in rows}

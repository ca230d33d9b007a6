"""Lists of customers: looked at row by row first, then taken over as a whole, by whom they belong to."""

import io
import os
import re
import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from portal.db import Database, utc_now
from portal.outbox import Job
from portal.parties import comparing, import_saving, importing
from portal.parties.import_models import PartyImport, PartyImportRow
from portal.parties.models import Party, Relation
from portal.parties.noted_models import PartyAlias, PartyIdentifier
from portal.policy import SYSTEM, Reach
from portal.worker import Worker
from tests.factories.world import World

CODE = "91350100M000100Y43"
ROWS = int(os.environ.get("PORTAL_IMPORT_ROWS", "300"))
LIST = f"""名称,英文名称,统一社会信用代码,电话,地址,行业,简称,联系人,联系人电话,颜色
青溪医院,Qingxi Hospital,{CODE},0571-5550 1000,示范路 1 号,医疗卫生,青医,袁工,yuan@qingxi.example,红
松禾物流,,,,,,,,,
"=HYPERLINK(""http://x"")",,,,,,,,,
枫岭学校,,91350100M000100Y44,call,,,,,,
青溪医院 ,,,,,,,,,
Customer of Northern Partner,Its English name,,0571-5550 9999,,,,,,
"""


def send(client: FlaskClient, content: bytes, name: str = "list.csv") -> TestResponse:
    return client.post("/customers/import", data={"file": (io.BytesIO(content), name)})


def take_over(client: FlaskClient, path: str, version: str = "1") -> TestResponse:
    return client.post(f"{path}/take-over", data={"version": version})


def work(database: Database) -> None:
    """Let the worker do what an import leaves to it."""
    Worker(database, {comparing.KIND: comparing.handler(database), importing.KIND: importing.handler()}).run(
        until_idle=True
    )


def parties(database: Database) -> int:
    with database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(Party)) or 0


def test_a_list_is_shown_first_and_then_taken_over(world: World, app: Flask, database: Database) -> None:
    client, before = world.client(app, "north.sales"), parties(database)
    sent = send(client, LIST.encode())
    assert sent.status_code == 303
    page = client.get(sent.location).text
    assert parties(database) == before  # nothing yet
    said = ("put its text there", "Line 2 has the same name.", "does not fit", "Give a phone number", "颜色")
    for word in (*said, "Take over 3 rows"):
        assert word in page, word
    assert "Qingxi Hospital" in client.get(f"{sent.location}?state=new").text
    assert take_over(client, sent.location).status_code == 303
    assert take_over(client, sent.location).status_code == 409
    assert client.post(f"{sent.location}/discard", data={"version": "2"}).status_code == 409
    listed = client.get("/customers").text
    assert "青溪医院" in listed
    assert "松禾物流" in listed
    assert "枫岭学校" not in listed
    assert parties(database) == before + 3  # two customers and a contact
    with database.reading(SYSTEM) as session:
        made = session.scalars(select(Party).where(Party.name == "青溪医院")).one()
        assert (made.industry, made.phone) == ("health", "0571-5550 1000")
        assert session.scalars(select(PartyIdentifier.value_key)).all() == [CODE]
        assert session.scalars(select(PartyAlias.name)).all() == ["青医"]
        mine = (Relation.organisation_id == world.organisations["north"], Relation.party_id == world.customers["north"])
        known = session.scalars(select(Relation).where(*mine)).one()
        assert (known.name, known.name_en, known.phone) == (  # a gap is filled, nothing is overwritten
            "Customer of Northern Partner", "Its English name", "0571-5550 9999",
        )  # fmt: skip
    work(database)
    assert "青溪医院" in client.get("/customers/similar?name=青溪医院有限公司").text
    address = re.search(r'href="(/customers/[0-9a-z]{16})"><bdi>Qingxi Hospital', listed)
    assert address
    assert "袁工" in client.get(address[1]).text
    for page in ("/customers", sent.location, "/customers/import"):
        assert "青溪" not in world.client(app, "south.sales").get(page).text


def test_the_same_list_again_changes_nothing(world: World, app: Flask, database: Database) -> None:
    client = world.client(app, "north.sales")
    first = send(client, LIST.encode())
    take_over(client, first.location)
    work(database)
    before = parties(database)
    again = send(client, LIST.encode("gb18030"))
    page = client.get(again.location).text
    assert "Take over 3 rows" in page
    assert take_over(client, again.location).status_code == 303
    assert parties(database) == before


def test_others_write_while_a_list_is_checked(
    world: World, app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for somebody's list: it is read and compared outside of the transaction that keeps it."""
    real, client = importing.known_parties, world.client(app, "north.sales")

    def meanwhile(*given: Any) -> Any:
        with database.writing(SYSTEM) as session:
            session.execute(update(Relation).values(address="moved meanwhile"))
        return real(*given)

    monkeypatch.setattr(importing, "known_parties", meanwhile)
    assert send(client, LIST.encode()).status_code == 303
    with database.reading(SYSTEM) as session:
        assert set(session.scalars(select(Relation.address))) == {"moved meanwhile"}


def test_what_became_known_in_between_is_no_second_customer(world: World, app: Flask, database: Database) -> None:
    client = world.client(app, "north.sales")
    one, two = send(client, LIST.encode()), send(client, LIST.encode())
    take_over(client, one.location)
    take_over(client, two.location)
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Party).where(Party.name == "青溪医院")) == 1


def sites() -> bytes:
    """Return a long list."""
    book, out = Workbook(), io.BytesIO()
    book.active.append(["Name", "Address", "Phone"])
    for number in range(ROWS):
        book.active.append([f"Site {number:05}", f"Road {number}", 13800000000 + number])
    book.save(out)
    return out.getvalue()


def test_a_long_list_is_taken_over_in_portions_and_goes_on_where_it_stopped(
    world: World, app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, before, real = world.client(app, "north.owner"), parties(database), import_saving._note
    started = time.perf_counter()
    sent = send(client, sites(), "sites.xlsx")
    checked = time.perf_counter() - started
    assert take_over(client, sent.location).status_code == 303
    assert "Being taken over" in client.get(sent.location).text
    assert parties(database) == before
    portions: list[float] = []

    def second_breaks(session: Any, made: PartyImport, *rest: Any) -> None:
        if made.saved_count:
            raise RuntimeError("in the middle")
        real(session, made, *rest)

    monkeypatch.setattr(import_saving, "_note", second_breaks)
    work(database)
    assert parties(database) == before + importing.PORTION  # the first one whole, of the second nothing
    page = client.get(sent.location).text
    assert f"{importing.PORTION} of {ROWS:,} rows" in page
    assert "Being taken over" in page
    with database.writing(SYSTEM) as session:  # as after its last try
        row = session.scalars(select(PartyImport)).one()
        importing._failed(session, a_job(row.id), "", True, world.now)
        version = row.version
    assert f"Take over {ROWS - importing.PORTION} rows" in client.get(sent.location).text
    monkeypatch.setattr(import_saving, "_note", real)
    save = importing.save_portion

    def timed(*given: Any, **more: Any) -> None:
        started = time.perf_counter()
        save(*given, **more)
        portions.append(time.perf_counter() - started)

    monkeypatch.setattr(importing, "save_portion", timed)
    assert take_over(client, sent.location, "1").status_code == 409
    assert take_over(client, sent.location, str(version)).status_code == 303
    work(database)
    if "PORTAL_IMPORT_ROWS" in os.environ:
        print(f"{ROWS} rows: checked in {checked:.1f} s, {len(portions)} portions, longest {max(portions):.2f} s")  # noqa: T201
    assert parties(database) == before + ROWS
    assert "Taken over" in client.get(sent.location).text
    assert f"Site {ROWS - 1:05}" in client.get(f"/customers?q=Site {ROWS - 1:05}").text
    with database.writing(SYSTEM) as session:  # a job that comes once more finds nothing to do
        importing._finish(session, a_job(session.scalars(select(PartyImport.id)).one()), None, world.now)
    assert parties(database) == before + ROWS


def a_job(import_id: int) -> Job:
    payload = {"import": import_id, "person": None, "reach": [Reach.OWN.value, Reach.OWN.value]}
    return Job(0, "", importing.KIND, payload, 1, utc_now())


def test_a_steward_imports_for_the_house(world: World, app: Flask, database: Database) -> None:
    steward = world.client(app, "supplier.data_steward")
    sent = send(steward, LIST.encode())
    assert take_over(steward, sent.location).status_code == 303
    assert "青溪医院" in steward.get("/customers").text
    for who in ("north.sales", "south.sales"):
        assert "青溪" not in world.client(app, who).get("/customers").text
        assert world.client(app, who).get(sent.location).status_code == 404


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04broken", b"Address\nRoad\n", b"Name\n", b"Name\n" + b"A\n" * 5001, b"%PDF"]
)
def test_what_is_no_list_is_said_in_words(world: World, app: Flask, content: bytes) -> None:
    client = world.client(app, "north.sales")
    answer = send(client, content)
    assert answer.status_code == 422
    assert "field-error" in answer.text
    client.post("/language", data={"locale": "zh"})


def test_a_list_may_be_thrown_away(world: World, app: Flask, database: Database) -> None:
    client = world.client(app, "north.sales")
    sent = send(client, LIST.encode(), '../"><b>x.csv')
    assert "<b>" not in client.get(sent.location).text
    assert client.post(f"{sent.location}/discard", data={"version": "1"}).status_code == 303
    assert "Thrown away" in client.get(sent.location).text
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(PartyImportRow.id)).all() == []


def test_the_template_is_a_list(world: World, app: Flask) -> None:
    client = world.client(app, "north.sales")
    template = client.get("/customers/import/template.csv")
    assert template.headers["Content-Disposition"].startswith("attachment")
    sent = send(client, template.data)
    assert sent.status_code == 303
    assert "Take over 1 row" in client.get(sent.location).text


def test_a_row_without_a_name_is_shown_as_wrong(world: World, app: Flask) -> None:
    client = world.client(app, "north.sales")
    sent = send(client, "名称,英文名称\n落叶松会堂,\n,No name\n".encode())
    page = client.get(f"{sent.location}?state=wrong")
    assert page.status_code == 200
    assert "–" in page.text

"""What an adversary tries with tickets, returns, calls and mails: forms sent again, odd addresses, endless mails."""

import email
import time
from base64 import urlsafe_b64encode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.catalog.models import Product
from portal.config import Settings
from portal.db import Database
from portal.files.models import Upload
from portal.outbox import OutboxJob
from portal.parameters.models import ParameterValue
from portal.policy import SYSTEM
from portal.support.mailing.fetching import fetch
from portal.support.mailing.models import MailIn
from portal.support.mailing.parsing import read
from portal.support.mailing.sources import MOST_BOUNDARIES, MOST_BYTES, MOST_PARTS
from portal.support.service.models import Return
from portal.support.tickets import replying, working
from portal.support.tickets.models import Message, Ticket
from portal.worker import work
from tests.factories.mails import delivered
from tests.factories.seeds import Seed, Sown
from tests.factories.support import A_DESK, Desk
from tests.factories.world import World
from tests.unit.files.samples import PDF, picture

AGENT, CUSTOMER, SUPPORT = "supplier.support_agent", "hospital.customer", "support@lanqiao.example"
HEAD = b"From: hospital.customer@example.com\r\nTo: support@lanqiao.example\r\nSubject: Dark\r\n"


@pytest.fixture
def seed() -> Seed:
    return A_DESK


@pytest.fixture
def desk(world: World, sown: Sown) -> Desk:
    return Desk(world, **sown.known())


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return replace(settings, support_mail=SUPPORT, mail_inbox=f"maildir://{tmp_path / 'maildir'}")


def files(database: Database) -> list[str]:
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(Upload.name).where(Upload.thing_kind != "mail_in").order_by(Upload.id)))


def test_a_form_sent_again_adds_no_file_to_what_was_said(app: Flask, desk: Desk, database: Database) -> None:
    """Not to a message, not to the first one of a ticket, and not after the ticket was closed."""
    client = desk.world.client(app, CUSTOMER)
    form = {"kind": "fault", "impact": "part", "form_key": "0123456789abcdef", "body": "Dark"}
    opened = client.post("/tickets/new", data=form | {"files": (BytesIO(PDF), "first.pdf")}).headers["Location"]
    path, said = f"/tickets/{desk.ticket}/messages", {"body": "Look", "form_key": "k"}
    assert client.post(path, data=said | {"files": (BytesIO(PDF), "then.pdf")}).status_code == 303
    desk.do(AGENT, working.close)
    for at, again in ((path, said), ("/tickets/new", form)):
        assert client.post(at, data=again | {"files": (BytesIO(picture()), "later.png")}).status_code == 303
    assert client.post("/tickets/new", data=form).headers["Location"] == opened
    assert files(database) == ["first.pdf", "then.pdf"]


def test_the_same_words_with_a_sign_that_is_not_kept_are_one_message(
    app: Flask, desk: Desk, database: Database
) -> None:
    client, said = desk.world.client(app, CUSTOMER), {"body": "D\x00ark", "form_key": "k"}
    path = f"/tickets/{desk.ticket}/messages"
    assert [client.post(path, data=said).status_code for _ in range(2)] == [303, 303]
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count(Message.id)).where(Message.body == "Dark")) == 1


def position(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


def test_addresses_that_nobody_wrote_are_answered(app: Flask, desk: Desk) -> None:
    """J14: positions before the first year, brackets that are no address."""
    first = position('["0001-01-01T00:00:00+14:00", 1]')
    for who, path in (
        (AGENT, f"/tickets?after={first}"),
        (CUSTOMER, f"/knowledge?after={position('[-4611686018427387904, 1]')}"),
        (CUSTOMER, "/faults?serial=http://["),
        (CUSTOMER, "/faults?serial=https://[::1"),
    ):
        assert desk.world.client(app, who).get(path).status_code == 200, path


def test_a_number_with_a_stroke_has_a_page(app: Flask, desk: Desk) -> None:
    client = desk.world.client(app, AGENT)
    page = client.get("/phone?number=089/1234567").headers["Location"]
    assert client.get(page).status_code == 200
    assert client.post(page).status_code == 200


def test_nobody_asks_for_the_return_of_a_device_by_typing_its_number(
    app: Flask, desk: Desk, database: Database
) -> None:
    """Whose device it is would be told by the answer, and its owner could not return it any more."""
    client = desk.world.client(app, CUSTOMER)
    with database.reading(SYSTEM) as session:
        product = session.scalars(select(Product.public_id)).one()
    form = {"kind": "fault", "impact": "part", "body": "x", "product": product}
    for number, (serial, status) in enumerate({"SN-SOUTH-1": 409, "SN-NOBODY-1": 409, "SN-HOSPITAL-1": 303}.items()):
        sent = client.post("/tickets/new", data=form | {"serial": serial, "form_key": f"0123456789abcde{number}"})
        assert sent.status_code == 303
        ticket = sent.headers["Location"]
        assert ("returns/new" in client.get(ticket).text) is (status == 303)
        asked = client.post(f"{ticket}/returns/new", data={"reason": "Broken", "form_key": f"abcdef012345678{number}"})
        assert asked.status_code == status, serial
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(Return.serial)).all() == ["SN-HOSPITAL-1"]


def test_an_answer_to_a_mail_about_a_note_cannot_go_to_the_customer(
    app: Flask, desk: Desk, database: Database, settings: Settings
) -> None:
    """A11: a colleague's note is mailed to the assignee; what he answers by mail would be read by the customer."""
    with database.reading(SYSTEM) as session:
        agent = session.get_one(Person, desk.world.people[AGENT])
    desk.do(AGENT, working.assign, agent.public_id, seen=None)
    desk.do("supplier.support_lead", replying.note, "They never pay.", "note")
    said = {"body": "Still dark.", "form_key": "said"}
    assert desk.world.client(app, CUSTOMER).post(f"/tickets/{desk.ticket}/messages", data=said).status_code == 303
    work(settings, until_idle=True)
    mails = [email.message_from_bytes(each.read_bytes()) for each in settings.mail_folder.glob("*.eml")]
    mine = [mail for mail in mails if mail["To"] == agent.email]
    assert Counter(bool(mail["Reply-To"]) for mail in mine)[False] == 1
    assert any(mail["Reply-To"] for mail in mine)


def test_mails_are_read_in_a_time_that_grows_with_their_length() -> None:
    """The library reads some headers in the square of it: one mail of a stranger kept the worker for hours."""
    start = time.process_time()
    for header in (
        b"To: " + b"a " * 100_000,
        b"Content-Type: text/plain; " + b"; ".join(b"a*%d=b" % number for number in range(20_000)),
        b"X: y\r\n\r\n" + b"a\n" * 400_000,
    ):
        assert read(b"From: a@example.com\r\n" + header + b"\r\n\r\nhello").sender == "a@example.com"
    assert time.process_time() - start < 20


def test_a_mail_of_parts_in_parts_is_not_taken_apart(
    desk: Desk, database: Database, settings: Settings, tmp_path: Path
) -> None:
    part = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    parts = HEAD + b"Message-ID: <parts>\r\n" + part + b"--b\r\n\r\n" * (MOST_PARTS + 1)
    deep = HEAD + b"Message-ID: <deep>\r\n" + (part + b"--b\r\n") * (MOST_BOUNDARIES + 1)
    delivered(tmp_path / "maildir", parts, deep)
    assert fetch(settings, database) == Counter({"failed": 2})


def test_one_message_id_for_all_mails_of_a_device_loses_none(
    desk: Desk, database: Database, settings: Settings, tmp_path: Path
) -> None:
    """And a file name that no database keeps costs the name only."""
    mails = [
        HEAD + b"Message-ID: <scan@device>\r\nDate: Sun, 22 Nov 2026 10:0%d:00 +0800\r\n\r\n%d" % (n, n)
        for n in range(2)
    ]
    named = (
        HEAD
        + b"Message-ID: <named>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\n"
        + (b"Content-Disposition: attachment; filename*=utf-8''%ed%a0%80%00.exe\r\n\r\n\x00\x01\x02\r\n--b--\r\n")
    )
    delivered(tmp_path / "maildir", *mails, mails[0], named)
    assert fetch(settings, database) == Counter({"opened": 4})
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count(Ticket.id)).where(Ticket.channel == "mail")) == 3


def test_a_forged_sender_gets_no_answer_however_large_the_mail_is(
    desk: Desk, database: Database, settings: Settings, tmp_path: Path
) -> None:
    """Else everybody could be sent our mails by whoever writes his name."""
    delivered(tmp_path / "maildir", b"Authentication-Results: mx; dmarc=fail\r\n" + HEAD + b"Message-ID: <f>\r\n\r\nx")
    newest: Any = next((tmp_path / "maildir" / "new").iterdir())
    with newest.open("r+b") as file:
        file.truncate(MOST_BYTES + 1)
    assert fetch(settings, database) == Counter({"doubtful": 1})
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(MailIn.outcome)).all() == ["doubtful"]
        assert not session.scalars(select(OutboxJob).where(OutboxJob.dedupe_key.like("mail-too-large-%"))).all()


def test_mails_of_strangers_leave_the_house_its_room_for_files(
    app: Flask, desk: Desk, database: Database, settings: Settings, tmp_path: Path
) -> None:
    """F6: originals are kept by the house; a few thousand of them and no engineer could take a signature any more."""
    with database.writing(SYSTEM) as session:
        session.add(ParameterValue(key="files.most", value=2, changed_at=desk.now))
    mails = [b"From: %d@example.org\r\nMessage-ID: <%d>\r\n\r\nBuy." % (number, number) for number in range(3)]
    delivered(tmp_path / "maildir", *mails)
    assert fetch(settings, database) == Counter({"unknown": 3})
    agent, sent = desk.world.client(app, AGENT), {"body": "Look", "form_key": "k", "files": (BytesIO(PDF), "a.pdf")}
    assert agent.post(f"/tickets/{desk.ticket}/messages", data=sent).status_code == 303


def test_what_comes_at_the_same_moment_is_taken(app: Flask, desk: Desk, database: Database) -> None:
    """Three files of a first answer, and a double click on the return of a device."""
    browsers = [desk.world.client(app, CUSTOMER) for _ in range(3)]

    def bring(place: int) -> int:
        content = PDF.replace(b"%%EOF", b"%%%d\n%%%%EOF" % place)
        sent = {"file": (BytesIO(content), f"{place}.pdf")}
        return browsers[place].post(f"/tickets/{desk.ticket}/draft/files", data=sent).status_code

    def ask(place: int) -> str | None:
        form = {"reason": "Broken", "form_key": "0123456789abcdef"}
        return browsers[place].post(f"/tickets/{desk.ticket}/returns/new", data=form).headers.get("Location")

    with ThreadPoolExecutor(len(browsers)) as pool:
        assert list(pool.map(bring, range(3))) == [303, 303, 303]
        assert len(set(pool.map(ask, range(3)))) == 1
    assert len(files(database)) == 3
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count(Return.id))) == 1

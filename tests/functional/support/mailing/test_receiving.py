"""Mail in: answers land in their ticket once; what is forged, foreign, automatic or too large lands nowhere."""

import ssl
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Person
from portal.config import Settings
from portal.db import Database, utc_now
from portal.errors import NotFound
from portal.files.models import Upload
from portal.files.operations import tidy
from portal.files.storing import LocalStore
from portal.history import HistoryEntry
from portal.outbox import OutboxJob
from portal.parties.models import Organisation
from portal.policy import SYSTEM
from portal.support.mailing import keeping, sources
from portal.support.mailing.addresses import ReplyTo, read_reply_address, reply_address
from portal.support.mailing.fetching import ask, fetch
from portal.support.mailing.models import MailIn
from portal.support.mailing.sources import MOST_BYTES
from portal.support.tickets.models import Message, Ticket
from tests.factories.imap import certificate, imap_server
from tests.factories.mails import delivered, written
from tests.factories.talks import Talk, converse


@pytest.fixture
def reply(talk: Talk, settings: Settings, database: Database) -> str:
    """Where the answer of the customer goes."""
    return address(talk, settings, database, "hospital.customer")


def address(talk: Talk, settings: Settings, database: Database, who: str) -> str:
    with database.reading(SYSTEM) as session:
        person = session.get_one(Person, talk.world.people[who]).public_id
    return reply_address(settings, talk.own, person)


def messages(database: Database) -> list[Message]:
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def outcomes(database: Database) -> list[str]:
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(MailIn.outcome).order_by(MailIn.id)))


def test_an_answer_lands_in_its_ticket_once(
    talk: Talk, settings: Settings, database: Database, maildir: Path, reply: str
) -> None:
    """Chinese in GB 2312, headers quoted below, a photo, and a program that is not taken but named."""
    mail = written("answer_outlook_zh", reply=reply.upper())
    delivered(maildir, mail, mail)
    assert fetch(settings, database) == Counter({"reply": 2})
    delivered(maildir, mail)
    fetch(settings, database)
    _first, answer = messages(database)
    assert (answer.channel, answer.side) == ("mail", "customer")
    assert answer.author_id == talk.world.people["hospital.customer"]
    assert "图片" in answer.body
    assert "引用" not in answer.body
    assert "发件人" not in answer.body
    assert "tool.exe" in answer.body
    with database.reading(SYSTEM) as session:
        kept = {row.thing_kind: row for row in session.scalars(select(Upload))}
        (row,) = session.scalars(select(MailIn))
    assert (kept["ticket_message"].name, kept["ticket_message"].content_type) == ("夜间.png", "image/png")
    assert row.message_id == answer.id
    assert LocalStore(settings.files_folder).path_of(kept["mail_in"].stored_name).read_bytes() == mail
    assert not list((maildir / "new").iterdir())
    assert len(list((maildir / "cur").iterdir())) == 3


def test_what_is_quoted_is_cut_and_markup_is_text(
    app: Flask, talk: Talk, settings: Settings, database: Database, maildir: Path, reply: str
) -> None:
    delivered(maildir, written("answer_gmail", reply=reply))
    fetch(settings, database)
    assert messages(database)[-1].body == 'The PoE budget was it – thank you.\n<b hx-get="/x">not markup</b>'
    page = talk.client(app, "hospital.customer").get(f"/tickets/{talk.own}/messages?since=0").text
    assert "&lt;b hx-get=" in page
    assert "SECRET-QUOTED" not in page


def test_forged_and_foreign_answers_never_reach_a_ticket(
    app: Flask, talk: Talk, settings: Settings, database: Database, maildir: Path, reply: str
) -> None:
    other = address(talk, replace(settings, secret_key="another"), database, "hospital.customer")
    colleague = address(talk, settings, database, "hospital.owner")
    signed, at, domain = reply.partition("@")
    wrong = f"{signed[:-1]}{'1' if signed.endswith('0') else '0'}{at}{domain}"
    names = dict(zip("abcdefg", range(7), strict=True))
    mails = [
        written("answer_gmail", reply=to, **{"<CAF+": f"<{name}", "hospital.customer@": who})
        for name, to, who in zip(
            names,
            (
                other, wrong, colleague, reply, reply,
                "support@lanqiao.example", reply.replace("lanqiao", "elsewhere"),
            ),
            ("hospital.customer@", "hospital.customer@", "hospital.customer@", "stranger@", "north.sales@",
             "stranger@", "hospital.customer@"),
            strict=True,
        )
    ]  # fmt: skip
    doubtful = b"Authentication-Results: mx; dmarc=fail header.from=example.com\r\n"
    delivered(maildir, *mails, doubtful + written("answer_gmail", reply=reply, **{"<CAF+": "<h"}))
    found = fetch(settings, database)
    assert found == Counter({"forged": 2, "foreign": 3, "unknown": 2, "doubtful": 1})
    assert len(messages(database)) == 1
    lead = talk.world.client(app, "supplier.support_lead")
    assert lead.get("/support/mail").text.count('id="m-') == 8
    assert talk.world.client(app, "supplier.support_agent").get("/support/mail").status_code == 403


def test_a_signature_is_good_for_one_person_in_one_ticket(talk: Talk, settings: Settings) -> None:
    ticket, person, other = "0" * 16, "1" * 16, "2" * 16
    made = reply_address(settings, ticket, person)
    for kept in (made, made.upper(), f" {made} "):
        assert read_reply_address(settings, kept) == ReplyTo(ticket, person, True)
    for forged in (made.replace(person, other), made.replace(ticket, other)):
        found = read_reply_address(settings, forged)
        assert found is not None
        assert not found.genuine
    assert read_reply_address(settings, made.replace("@", "@mail.")) is None
    assert reply_address(replace(settings, support_mail=""), ticket, person) == ""


def test_the_original_of_a_message_is_found_under_its_own_ticket_alone(app: Flask, talk: Talk) -> None:
    """A2: with a message of another ticket, which the reader may see as well."""
    other = converse(talk.world, "hospital.customer")
    agent = talk.client(app, "supplier.support_agent")
    path = f"messages/{other['message_id']}/original"
    assert agent.get(f"/tickets/{other['public_id']}/{path}").status_code == 200
    assert agent.get(f"/tickets/{talk.own}/{path}").status_code == 404


def test_whoever_lost_his_access_writes_no_more(
    talk: Talk, settings: Settings, database: Database, maildir: Path
) -> None:
    """A12 by mail: the address of an answer is as good as the right to see the ticket, no better."""
    talk.serve("north")
    to = address(talk, settings, database, "north.sales")
    mail = written("answer_gmail", reply=to, **{"hospital.customer@": "north.sales@"})
    delivered(maildir, mail)
    assert fetch(settings, database) == Counter({"reply": 1})
    assert messages(database)[-1].side == "partner"
    talk.serve(None)
    delivered(maildir, mail.replace(b"CAF+", b"later"))
    assert fetch(settings, database) == Counter({"no_access": 1})
    with database.writing(SYSTEM) as session:
        session.get_one(Person, talk.world.people["hospital.customer"]).disabled_at = talk.world.now
    again = address(talk, settings, database, "hospital.customer")
    delivered(maildir, written("answer_gmail", reply=again, **{"CAF+": "disabled"}))
    assert fetch(settings, database) == Counter({"no_access": 1})
    with database.writing(SYSTEM) as session:
        session.get_one(Organisation, talk.world.organisations["hospital"]).archived_at = talk.world.now
    owner = address(talk, settings, database, "hospital.owner")
    from_owner = {"hospital.customer@": "hospital.owner@"}
    delivered(
        maildir,
        written("answer_gmail", reply=owner, **from_owner, **{"CAF+": "closed"}),
        written("new_html"),
    )
    assert fetch(settings, database) == Counter({"no_access": 1, "unknown": 1})
    assert len(messages(database)) == 2


def test_machines_are_never_answered(
    talk: Talk, settings: Settings, database: Database, maildir: Path, reply: str
) -> None:
    loop = b"X-Loop: support@lanqiao.example\r\n" + written("answer_gmail", reply=reply)
    listed = b"List-Id: <all.example.com>\r\n" + written("answer_gmail", reply=reply, **{"CAF+": "list"})
    bulk = b"Precedence: bulk\r\n" + written("answer_gmail", reply=reply, **{"CAF+": "bulk"})
    own = written(
        "answer_gmail", reply=reply, **{"CAF+": "own", "hospital.customer@example.com": "support@lanqiao.example"}
    )
    away = written("out_of_office", reply=reply)
    delivered(maildir, loop, listed, bulk, own, away, written("bounce", reply=reply))
    jobs = _mails(database)
    assert fetch(settings, database) == Counter({"automatic": 3, "loop": 2, "bounce": 1})
    assert len(messages(database)) == 1
    assert _mails(database) == jobs


def _mails(database: Database) -> int:
    with database.reading(SYSTEM) as session:
        return len(session.scalars(select(OutboxJob.id).where(OutboxJob.kind == "mail")).all())


def test_a_mail_of_somebody_known_opens_a_ticket(
    talk: Talk, settings: Settings, database: Database, maildir: Path
) -> None:
    mail = written("new_html")
    house = [
        written("new_html", **{"new.1": f"new.{who}", "hospital.owner@": f"supplier.{who}@"})
        for who in ("finance", "support-agent", "support-lead")  # who works on tickets opens none for the house
    ]
    delivered(maildir, mail, mail, *house)
    assert fetch(settings, database) == Counter({"opened": 2, "no_access": 3})
    with database.reading(SYSTEM) as session:
        (ticket,) = session.scalars(select(Ticket).where(Ticket.public_id != talk.own))
    assert (ticket.subject, ticket.channel) == ("Recorder does not start", "mail")
    assert ticket.organisation_id == talk.world.organisations["hospital"]
    body = messages(database)[-1].body
    assert body == "The recorder in block B\ndoes not start.\n\n- no light\n\n- no sound"


def test_too_large_a_mail_is_refused_politely_and_unread(
    talk: Talk, settings: Settings, database: Database, maildir: Path, reply: str
) -> None:
    """40 MB: only its head is read; whom we know is told, strangers are not."""
    for name, mail in (
        ("known", written("answer_gmail", reply=reply)),
        ("other", written("answer_gmail", reply=reply, **{"CAF+": "s", "hospital.customer@": "stranger@"})),
    ):
        delivered(maildir, mail)
        newest = max((maildir / "new").iterdir())
        with newest.open("r+b") as file:
            file.truncate(40_000_000)
        assert newest.stat().st_size > MOST_BYTES, name
    before = _mails(database)
    assert fetch(settings, database) == Counter({"too_large": 2})
    assert len(messages(database)) == 1
    assert _mails(database) == before + 1


def test_a_flood_of_one_sender_is_held_back(
    talk: Talk, settings: Settings, database: Database, maildir: Path, reply: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.support.mailing.receiving.MOST_AN_HOUR", 3)
    delivered(maildir, *(written("answer_gmail", reply=reply, **{"CAF+": str(n)}) for n in range(5)))
    assert fetch(settings, database) == Counter({"reply": 3, "flood": 2})


def test_broken_mails_are_noted_and_stop_nobody(
    talk: Talk, settings: Settings, database: Database, maildir: Path, reply: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes without sense, headers that libraries stumble over, encodings that lie."""
    nested = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
    strange = (
        b"", b"\x00\xff\xfe" * 100, b"From: \r\nTo: \r\n\r\n", b"Content-Type: multipart/mixed\r\n\r\nx",
        b"From: =?utf-8?B?////?= <a@b>\r\nMessage-ID: [broken]\r\nSubject: =?x?q?=FF?=\r\n\r\n",
        b"From: a@example.com, b@example.com\r\nTo: " + b"x," * 5000 + b"\r\n\r\n!",
        b"Content-Type: text/plain; charset=klingon\r\nMessage-ID: <k>\r\n\r\n\xc4\xe3",
        b"Message-ID: <nest>\r\n" + nested * 200,
    )  # fmt: skip
    delivered(maildir, *strange, written("answer_gmail", reply=reply))
    found = fetch(settings, database)
    assert found["reply"] == 1
    assert sum(found.values()) == len(strange) + 1
    assert set(found) <= {"reply", "unknown", "failed", "bounce"}
    assert not list((maildir / "new").iterdir())


def test_a_full_disk_keeps_the_mail_where_it_is(
    talk: Talk, settings: Settings, database: Database, maildir: Path, reply: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "full")

    delivered(maildir, written("answer_gmail", reply=reply))
    with monkeypatch.context() as broken:
        broken.setattr("portal.files.storing.os.fsync", full)
        with pytest.raises(Exception, match="full"):
            fetch(settings, database)
    assert (len(messages(database)), outcomes(database)) == (1, [])
    assert fetch(settings, database) == Counter({"reply": 1})


def test_the_worker_fetches_once_a_minute_where_an_inbox_is_set(
    talk: Talk, settings: Settings, database: Database
) -> None:
    with database.writing(SYSTEM) as session:
        for setting in (replace(settings, mail_inbox=""), settings, settings):
            ask(setting, session, talk.world.now)
        jobs = session.scalars(select(OutboxJob).where(OutboxJob.kind == "mail_fetch")).all()
    assert len(jobs) == 1


def test_a_wrong_setting_says_what_is_right() -> None:
    for address in ("", "maildir:relative", "maildir://host/x", "http://x/", "imap:///x"):
        with pytest.raises(Exception, match="PORTAL_MAIL_INBOX"), sources.opened(address):
            pass


def test_a_mail_off_the_list_stays_off(
    app: Flask, talk: Talk, settings: Settings, database: Database, maildir: Path, reply: str
) -> None:
    delivered(maildir, written("answer_gmail", reply="support@lanqiao.example", **{"hospital.customer@": "<b>@"}))
    fetch(settings, database)
    lead = talk.world.client(app, "supplier.support_lead")
    with database.reading(SYSTEM) as session:
        row = session.scalars(select(MailIn)).one().public_id
    original = lead.get(f"/support/mail/{row}/original")
    assert (original.status_code, original.headers["Content-Disposition"][:10]) == (200, "attachment")
    assert original.headers["Content-Security-Policy"].startswith("sandbox")
    assert lead.post(f"/support/mail/{row}/done").status_code == 303
    assert lead.post(f"/support/mail/{row}/done").status_code == 409
    assert 'id="m-' not in lead.get("/support/mail").text


def test_mail_is_read_from_an_imap_folder_and_marked_after_its_commit(
    talk: Talk, settings: Settings, database: Database, reply: str
) -> None:
    large = written("answer_gmail", reply=reply, **{"CAF+": "large"}) + b"x" * (MOST_BYTES + 1)
    with imap_server(written("answer_gmail", reply=reply), large) as box:
        there = replace(settings, mail_inbox=f"imap://help%40desk:p%2Fw@127.0.0.1:{box.port}/Support")
        assert fetch(there, database) == Counter({"reply": 1, "too_large": 1})
        assert box.seen == {1, 2}
        assert fetch(there, database) == Counter()
    assert messages(database)[-1].body.startswith("The PoE budget")
    asked = " ".join(box.asked)
    assert 'help@desk "p/w"' in asked
    assert "BODY.PEEK[]<0." in asked
    assert 'SELECT "Support"' in asked or "SELECT Support" in asked


def test_a_secured_folder_is_read_and_one_with_a_false_certificate_hears_no_password(
    talk: Talk,
    settings: Settings,
    database: Database,
    reply: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = certificate(tmp_path)
    with imap_server(written("answer_gmail", reply=reply), secured_by=ours) as box:
        there = replace(settings, mail_inbox=f"imaps://help:word@127.0.0.1:{box.port}/")
        with pytest.raises(ssl.SSLCertVerificationError):
            fetch(there, database)
        assert box.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(ours))
        assert fetch(there, database) == Counter({"reply": 1})
        assert any("LOGIN" in each for each in box.asked)


def test_originals_are_kept_for_their_time_and_no_longer(
    talk: Talk, settings: Settings, database: Database, maildir: Path, reply: str
) -> None:
    delivered(maildir, written("answer_gmail", reply=reply))
    fetch(settings, database)
    store, now = LocalStore(settings.files_folder), utc_now()
    with database.reading(SYSTEM) as session:
        mail = session.scalars(select(MailIn)).one()
        (kept,) = session.scalars(select(Upload).where(Upload.thing_kind == "mail_in")).all()
    for days, gone in ((179, 0), (181, 1), (181, 0)):
        with database.writing(SYSTEM) as session:
            assert keeping.forget(session, now=now + timedelta(days=days)) == gone
    with database.writing(SYSTEM) as session:
        with store.open(kept.stored_name) as content:
            assert content.read(5)
        assert tidy(session, store, now=now + timedelta(days=189)) == 1
    with pytest.raises(NotFound):
        store.open(kept.stored_name)
    with database.reading(SYSTEM) as session:
        said = select(HistoryEntry).where(HistoryEntry.thing_kind == "upload", HistoryEntry.thing_id == kept.id)
        assert session.scalars(said).all()[-1].after == {"kept_days": 180}
        assert session.get_one(MailIn, mail.id).subject == mail.subject
    assert messages(database)[-1].body.startswith("The PoE budget")

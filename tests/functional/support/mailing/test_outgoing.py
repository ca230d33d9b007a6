"""Mails about tickets carry an address to which an answer is simply sent, and nothing that stays in the house."""

import email
import re
from email import policy
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from portal.config import Settings
from portal.db import Database
from portal.outbox import OutboxJob
from portal.policy import SYSTEM
from portal.support.mailing.fetching import fetch
from portal.support.tickets.models import Message
from portal.worker import work
from tests.factories.mails import delivered, written
from tests.factories.talks import Talk


def test_an_answer_to_a_mail_of_ours_lands_in_the_ticket(
    app: Flask, talk: Talk, settings: Settings, database: Database, maildir: Path
) -> None:
    agent = talk.client(app, "supplier.support_agent")
    base = f"/tickets/{talk.own}/messages"
    agent.post(base, data={"body": "internal-words", "form_key": "n", "target": "note"})
    agent.post(base, data={"body": "Which switch is it?\n<b>Say</b>", "form_key": "a"})
    work(settings, until_idle=True)
    mails = [
        email.message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in settings.mail_folder.glob("*.eml")
    ]
    (mail,) = [each for each in mails if each["To"] == "hospital.customer@example.com"]
    text = mail.get_content()
    assert re.fullmatch(r"reply\+[0-9a-z.]{50}@lanqiao\.example", mail["Reply-To"])
    assert (mail["X-Loop"], mail["Auto-Submitted"]) == ("support@lanqiao.example", "auto-generated")
    assert "| Which switch is it?" in text
    assert "| <b>Say</b>" in text
    assert not [each for each in mails if "internal-words" in str(each)]
    quoted = "\r\n".join(f"> {line}" for line in text.splitlines())
    answer = written("answer_gmail", reply=mail["Reply-To"]).partition(b"On Mon, Mar 2")[0] + quoted.encode()
    delivered(maildir, answer.replace(b"quoted-printable", b"8bit").replace(b"=E2=80=93 ", b"").replace(b"=3D", b"="))
    assert fetch(settings, database) == {"reply": 1}
    with database.reading(SYSTEM) as session:
        newest = session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
        assert not session.scalars(select(OutboxJob).where(OutboxJob.state == "dead")).all()
    assert newest.body == 'The PoE budget was it thank you.\n<b hx-get="/x">not markup</b>'

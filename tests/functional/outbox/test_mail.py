"""Mail through the outbox: with its transaction or not at all, and by a real SMTP peer."""

import email
import email.policy
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from sqlalchemy import select

from portal.config import Settings
from portal.db import Database
from portal.errors import Invalid
from portal.notify import mail
from portal.outbox import OutboxJob
from portal.policy import NOBODY, SYSTEM
from portal.worker import Worker
from tests.functional.outbox.conftest import Clock, Look

PARAMS = {"name": "苏晓禾", "link": "https://portal.example/reset/s3cret", "expires": "2026-11-22T04:04:05+00:00"}


class Peer:
    """What the mail server does and has received."""

    def __init__(self) -> None:
        self.received: list[Any] = []
        self.refusal = ""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.received.append(envelope)
        return "250 OK"


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    return number


@pytest.fixture
def peer() -> Peer:
    return Peer()


@pytest.fixture
def server(peer: Peer, port: int) -> Iterator[Controller]:
    controller = Controller(peer, hostname="127.0.0.1", port=port)
    yield controller
    if controller._thread is not None:
        controller.stop()


def ask(database: Database, clock: Clock, **more: Any) -> None:
    with database.writing(SYSTEM) as session:
        wanted = {"to": "su@example.com", "template": "password_reset", "params": PARAMS, "locale": "zh", **more}
        mail.send_mail(session, now=clock.now, **wanted)


def work(database: Database, clock: Clock, settings: Settings) -> None:
    Worker(database, {"mail": mail.handler(settings)}, clock=clock).run(until_idle=True)


def test_a_mail_leaves_with_its_transaction_only(
    database: Database, clock: Clock, settings: Settings, look: Look
) -> None:
    ask(database, clock)
    with pytest.raises(RuntimeError), database.writing(SYSTEM) as session:
        mail.send_mail(
            session, to="b@example.com", template="password_changed", params={"name": "b"}, locale="en", now=clock.now
        )
        raise RuntimeError
    with database.writing(SYSTEM) as session, pytest.raises(Invalid):
        mail.send_mail(
            session, to="b@x\nc", template="password_changed", params={"name": "b"}, locale="en", now=clock.now
        )
    with database.writing(SYSTEM) as session, pytest.raises(ValueError, match="lacks link"):
        mail.send_mail(
            session, to="b@x", template="password_reset", params={"name": "", "expires": ""}, locale="en", now=clock.now
        )
    work(database, clock, settings)
    [job] = look()
    [path] = settings.mail_folder.iterdir()
    assert path.name == f"{job.public_id}.eml"
    assert "s3cret" in path.read_text(encoding="utf-8")
    assert job.state == "done"
    assert "s3cret" not in str(job.payload), "a link that lets somebody in does not stay in the outbox"


def test_mails_of_one_key_are_one_mail(database: Database, clock: Clock, look: Look) -> None:
    for _ in range(2):
        ask(database, clock, dedupe_key="reset 1")
    with database.writing(NOBODY) as session:  # a person without any right still may not double it
        first = {"to": "su@example.com", "template": "password_reset", "params": PARAMS, "locale": "zh"}
        again = mail.send_mail(session, **first, now=clock.now, dedupe_key="reset 1")  # type: ignore[arg-type]
        other = mail.send_mail(session, **first, now=clock.now, dedupe_key="reset 2")  # type: ignore[arg-type]
        assert again is not other
    assert [job.dedupe_key for job in look()] == ["reset 1", "reset 2"]


def test_while_the_server_is_down_mail_waits_and_then_arrives(
    database: Database, clock: Clock, settings: Settings, look: Look, peer: Peer, server: Controller, port: int
) -> None:
    smtp = replace(settings, smtp_url=f"smtp://127.0.0.1:{port}")
    ask(database, clock)
    work(database, clock, smtp)
    [job] = look()
    assert (job.state, job.attempts) == ("waiting", 1)
    assert "ConnectionRefusedError" in job.last_error
    server.start()
    work(database, clock, smtp)
    assert peer.received == [], "not before its pause is over"
    clock.now = job.available_at
    work(database, clock, smtp)
    [envelope] = peer.received
    assert envelope.rcpt_tos == ["su@example.com"]
    message: Any = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert message["Message-ID"] == f"<{job.public_id}@lanqiao.example>"
    assert "s3cret" in message.get_body(("plain",)).get_content()
    assert "苏晓禾" in message.get_body(("plain",)).get_content()
    assert [(job.state, job.last_error) for job in look()] == [("done", "")]
    assert not settings.mail_folder.exists()


@pytest.mark.parametrize(("refusal", "state"), [("550 no such user", "dead"), ("450 try later", "waiting")])
def test_a_refused_recipient(
    database: Database,
    clock: Clock,
    settings: Settings,
    look: Look,
    peer: Peer,
    server: Controller,
    port: int,
    refusal: str,
    state: str,
) -> None:
    server.start()
    peer.refusal = refusal
    ask(database, clock)
    work(database, clock, replace(settings, smtp_url=f"smtp://127.0.0.1:{port}"))
    [job] = look()
    assert (job.state, job.attempts) == (state, 1)
    assert job.last_error == f"the mail server refused the recipient ({refusal[:3]})"


@pytest.mark.parametrize(("password", "state"), [("p%40ss%3Aword", "done"), ("wr0ng", "waiting")])
def test_signs_in_with_the_password_of_the_address_and_never_writes_it_down(
    database: Database, clock: Clock, settings: Settings, look: Look, peer: Peer, port: int, password: str, state: str
) -> None:
    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"portal", b"p@ss:word")
        return AuthResult(success=good, handled=False)

    server = Controller(peer, hostname="127.0.0.1", port=port, authenticator=check, auth_require_tls=False)
    server.start()
    try:
        ask(database, clock)
        work(database, clock, replace(settings, smtp_url=f"smtp://portal:{password}@127.0.0.1:{port}"))
    finally:
        server.stop()
    [job] = look()
    assert job.state == state
    assert len(peer.received) == (state == "done")
    assert password not in job.last_error
    assert ("535" in job.last_error) == (state == "waiting")


def test_the_password_is_not_sent_where_encryption_was_asked_for_and_is_not_had(
    database: Database, clock: Clock, settings: Settings, look: Look, peer: Peer, server: Controller, port: int
) -> None:
    server.start()
    ask(database, clock)
    work(database, clock, replace(settings, smtp_url=f"smtp+starttls://portal:password@127.0.0.1:{port}"))
    assert peer.received == []
    assert "SMTPNotSupportedError" in look()[0].last_error


def test_the_outbox_of_a_dead_mail_can_be_tried_again(
    database: Database, clock: Clock, settings: Settings, look: Look
) -> None:
    ask(database, clock, template="password_changed", params={"name": "x"})
    with database.writing(SYSTEM) as session:
        job = session.scalars(select(OutboxJob)).one()
        job.payload = {**job.payload, "params": {}}
    work(database, clock, settings)
    assert look()[0].last_error.startswith("UndefinedError at ")
    assert not settings.mail_folder.exists()

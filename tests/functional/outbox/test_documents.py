"""Documents of quotes: asked for at issue, made by the worker, kept with their hash."""

import hashlib
import io

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from portal import fonts, outbox
from portal.config import Settings
from portal.db import Database
from portal.deals import documents, papers
from portal.deals.models import Quote, QuoteDocument
from portal.pdf import PdfFailed, Renderer
from portal.policy import GRANTS, SYSTEM, Actor, OrganisationKind, Role
from portal.worker import Worker
from tests.functional.outbox.conftest import Clock, Look
from tests.functional.outbox.world import issue_quotes


def work(database: Database, clock: Clock, settings: Settings, renderer: Renderer) -> None:
    handler = documents.handler(settings, database, renderer)
    Worker(database, {documents.KIND: handler}, clock=clock).run(until_idle=True)


def all_of(database: Database) -> list[QuoteDocument]:
    with database.reading(SYSTEM) as session:
        rows = list(session.scalars(select(QuoteDocument).order_by(QuoteDocument.id)))
        for row in rows:
            assert row.content is None or row.sha256  # loads what is deferred
        return rows


def test_both_languages_are_made_and_keep_their_hash(
    database: Database, clock: Clock, settings: Settings, renderer: Renderer
) -> None:
    issue_quotes(database, note="㛃䶮𬭎", title="B 栋监控")
    assert [(row.locale, row.state) for row in all_of(database)] == [("en", "waiting"), ("zh", "waiting")]
    work(database, clock, settings, renderer)
    for row in all_of(database):
        assert row.state == "ready"
        assert row.content is not None
        assert row.size == len(row.content)
        assert row.sha256 == hashlib.sha256(row.content).hexdigest()
        assert row.ready_at == clock.now
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(row.content)).pages)
        assert {"en": "Lanqiao Vision", "zh": "澜桥视讯"}[row.locale] in text
        for wanted in ("Q-2026-000001", "㛃䶮𬭎", "B 栋监控", row.public_id):
            assert wanted in text


def test_a_partner_may_ask_again_only_for_what_failed(database: Database, clock: Clock, look: Look) -> None:
    issue_quotes(database)
    with database.writing(SYSTEM) as session:
        ready, failed = session.scalars(select(QuoteDocument).order_by(QuoteDocument.id))
        ready.state, failed.state, failed.error = "ready", "failed", "x"
        organisation = ready.organisation_id
    owner = Actor(None, organisation, GRANTS[OrganisationKind.PARTNER][Role.OWNER])
    for _ in range(2):
        with database.writing(owner) as session:
            documents.request_documents(session, session.scalars(select(Quote)).one(), now=clock.now)
    assert [(row.state, row.error) for row in all_of(database)] == [("ready", ""), ("waiting", "")]
    assert len(look()) == 3, "one job more, for the one that failed"


def test_without_fonts_a_document_fails_with_a_clear_reason_instead_of_boxes(
    database: Database,
    clock: Clock,
    settings: Settings,
    renderer: Renderer,
    look: Look,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issue_quotes(database)
    monkeypatch.setattr(fonts, "missing", lambda: [fonts.Lack("Chinese font", ("fonts-noto-cjk",), "boxes")])
    work(database, clock, settings, renderer)
    assert [(row.state, row.error) for row in all_of(database)] == [("waiting", papers.NO_FONTS)] * 2
    for _ in range(outbox.MAX_ATTEMPTS):
        clock.move(hours=2)
        work(database, clock, settings, renderer)
    assert [(row.state, row.error, row.content) for row in all_of(database)] == [("failed", papers.NO_FONTS, None)] * 2
    assert {job.state for job in look()} == {"dead"}
    assert "fonts-noto-cjk" in look()[0].last_error
    monkeypatch.undo()
    with database.writing(SYSTEM) as session:
        for job in session.scalars(select(outbox.OutboxJob)):
            outbox.retry_job(session, SYSTEM, job, now=clock.now)
    work(database, clock, settings, renderer)
    assert [(row.state, row.error) for row in all_of(database)] == [("ready", "")] * 2


def test_pages_that_cannot_be_drawn_say_so(database: Database, clock: Clock, settings: Settings) -> None:
    class Broken(Renderer):
        def __call__(self, html: str) -> bytes:
            raise PdfFailed("no")

    issue_quotes(database)
    work(database, clock, settings, Broken(1))
    assert [(row.state, row.error) for row in all_of(database)] == [("waiting", papers.NOT_DRAWN)] * 2


def test_a_fault_of_the_program_shows_no_insides(database: Database, clock: Clock, settings: Settings) -> None:
    class Broken(Renderer):
        def __call__(self, html: str) -> bytes:
            raise RuntimeError("secret inside")

    issue_quotes(database)
    work(database, clock, settings, Broken(1))
    assert [(row.state, row.error) for row in all_of(database)] == [("waiting", papers.FAILED)] * 2


def test_a_document_made_meanwhile_is_left_alone(
    database: Database, clock: Clock, settings: Settings, renderer: Renderer, look: Look
) -> None:
    issue_quotes(database)
    with database.writing(SYSTEM) as session:
        for row in session.scalars(select(QuoteDocument)):
            row.state, row.content, row.sha256 = "ready", b"first", "first"
    work(database, clock, settings, renderer)
    assert [row.content for row in all_of(database)] == [b"first"] * 2
    assert {job.state for job in look()} == {"done"}

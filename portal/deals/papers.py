"""Documents of issued things: asked for at issue, drawn by the worker, kept with their hash. The same for each kind."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import fonts
from portal.accounts.models import Person
from portal.config import Settings
from portal.db import Database
from portal.outbox import Handler, Job, JobFailed, enqueue
from portal.pdf import PdfFailed, Renderer
from portal.policy import SYSTEM
from portal.words import LOCALES, N_

FAILED: Final = N_("The document could not be made. It can be asked for again; the administrator sees why it failed.")
NO_FONTS: Final = N_("The document was not made, for the server lacks a font or library that it needs.")
NOT_DRAWN: Final = N_("The document was not made, for its pages could not be drawn.")


@dataclass(frozen=True, slots=True)
class Paper:
    """One kind of document: its job, the rows it lives in, how its page is written and who is told when all are there.

    `document` has the columns of QuoteDocument; `owner` is its column that names the row of `thing`.
    """

    kind: str
    document: Any
    thing: Any
    owner: str
    html: Callable[[Session, Any], str]
    announce: Callable[[Session, Any, str, datetime], None]  # session, thing, base address, now

    def of(self, thing_id: int) -> Any:
        """Return the condition on the documents of one thing."""
        return getattr(self.document, self.owner) == thing_id


def request(session: Session, paper: Paper, thing: Any, *, now: datetime) -> list[Any]:
    """Ask for the PDF of an issued thing in each language; what is there or under way stays, what failed is redone."""
    session.flush()
    there = {
        document.locale: document for document in session.scalars(select(paper.document).where(paper.of(thing.id)))
    }
    documents = []
    for locale in LOCALES:
        document = there.get(locale)
        if document is None:
            columns = {paper.owner: thing.id, "organisation_id": thing.organisation_id}
            document = paper.document(**columns, locale=locale, requested_at=now)
            session.add(document)
        documents.append(document)
        if document.id is None or document.state == "failed":
            document.state, document.error, document.requested_at = "waiting", "", now
            session.flush()
            enqueue(session, paper.kind, {"document": document.id}, now=now)
    return documents


def handler(paper: Paper, settings: Settings, database: Database, renderer: Renderer) -> Handler:
    """Return how the worker makes a document of this kind."""

    def run(job: Job) -> bytes | None:
        if blocking := fonts.blocking(fonts.missing()):
            raise JobFailed(f"{NO_FONTS} {fonts.sentence(blocking)}")
        if not database.write(SYSTEM, lambda session: _begin(session, paper, job)):
            return None
        with database.reading(SYSTEM) as session:
            html = paper.html(session, session.get_one(paper.document, job.payload["document"]))
        try:
            return renderer(html)
        except PdfFailed as error:
            raise JobFailed(f"{NOT_DRAWN} {error}") from error

    def finish(session: Session, job: Job, pdf: bytes | None, now: datetime) -> None:
        thing = _finish(session, paper, job, pdf, now)
        if thing is not None:
            paper.announce(session, thing, settings.base_url, now)

    def failed(session: Session, job: Job, message: str, final: bool, _now: datetime) -> None:
        document = session.get(paper.document, job.payload["document"])
        if document is None or document.state == "ready":
            return
        known = (text for text in (NO_FONTS, NOT_DRAWN) if message.startswith(text))
        document.state, document.error = ("failed" if final else "waiting"), next(known, FAILED)

    return Handler(
        run=run, finish=finish, failed=failed, parallel=settings.pdf_processes, batch=2 * settings.pdf_processes
    )


def issuer(session: Session, thing: Any) -> Person | None:
    """Return whoever issued the thing, if he still signs in."""
    person = session.get(Person, thing.issued_by_id) if thing.issued_by_id else None
    return person if person is not None and person.disabled_at is None else None


def _begin(session: Session, paper: Paper, job: Job) -> bool:
    """Show that the document is being made; False when there is nothing to do any more."""
    document = session.get(paper.document, job.payload["document"])
    if document is None or document.state == "ready":
        return False
    document.state, document.error = "rendering", ""
    return True


def _finish(session: Session, paper: Paper, job: Job, pdf: bytes | None, now: datetime) -> Any:
    """Keep the PDF; return the thing when this was the last of its documents."""
    document = session.get(paper.document, job.payload["document"])
    if document is None or pdf is None:
        return None
    thing_id = getattr(document, paper.owner)
    thing = session.get_one(paper.thing, thing_id, with_for_update=True)  # two documents may end at once
    document.content, document.size, document.sha256 = pdf, len(pdf), hashlib.sha256(pdf).hexdigest()
    document.state, document.error, document.ready_at = "ready", "", now
    session.flush()
    others = select(paper.document.id).where(paper.of(thing_id), paper.document.state != "ready")
    return thing if session.scalar(others.limit(1)) is None else None

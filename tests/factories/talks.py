"""A ticket of the hospital that people talk in: of its own, and one that a partner serves."""

from dataclasses import dataclass
from io import BytesIO

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.files.operations import archive
from portal.files.queries import uploads
from portal.files.storing import LocalStore
from portal.policy import SYSTEM
from portal.support.mailing.models import MailIn
from portal.support.tickets.models import Ticket
from portal.support.tickets.opening import Opening, open_ticket
from portal.support.tickets.writing import Letter, Sent, attach, save_draft, send
from tests.factories.seeds import Seed
from tests.factories.world import World
from tests.unit.files.samples import PDF, picture

SECRET = "tk-secret-words"


def talks(world: World) -> dict[str, str]:
    """Open the ticket; return its address."""
    actor = world.actor("hospital.customer")
    said = Opening(form_key="first", subject=f"Four cameras drop at night {SECRET}", body=f"Since Monday. {SECRET}")
    with world.database.writing(actor) as session:
        own = open_ticket(session, actor, said, now=world.now, today=world.now.date()).public_id
    return {"own": own}


def converse(world: World, who: str, word: str = "") -> dict[str, str]:
    """Let somebody open a ticket, send a photo, begin another answer with a file, and a mail come in; its addresses."""
    actor, store = world.actor(who), LocalStore(world.settings.files_folder)
    said = Opening(form_key=f"talk-{who}", subject=f"Dark {word}", body=f"It is dark. {word}", kind="question")
    at, day = {"store": store, "now": world.now}, {"today": world.now.date()}
    with world.database.writing(actor) as session:
        ticket = open_ticket(session, actor, said, now=world.now, today=world.now.date())
        photo = Sent(BytesIO(picture()), f"{word}.png")
        message = send(session, actor, ticket, Letter(f"Look {word}", f"key-{who}", files=[photo]), **day, **at)
        (kept,) = uploads(session, message)
        draft = save_draft(session, actor, ticket, f"And then {word}", now=world.now)
        (waits,) = attach(session, actor, draft, [Sent(BytesIO(PDF), f"{word}.pdf")], **at)
        names = {"public_id": ticket.public_id, "file_id": kept.public_id, "message_id": message.public_id}
        row_id, waiting = message.id, waits.public_id
    agent = world.actor("supplier.support_agent")
    with world.database.writing(agent) as session:
        ticket = session.scalars(select(Ticket).where(Ticket.public_id == names["public_id"])).one()
        send(session, agent, ticket, Letter(f"Between us {word}", f"note-{who}", target="note"), **day, **at)
    with world.database.writing(SYSTEM) as session:
        mail = MailIn(key=f"mail-{who}", received_at=world.now, sender=f"{word}x@example.com", subject=word, size=1,
                      outcome="reply", ticket_id=ticket.id, message_id=row_id)  # fmt: skip
        session.add(mail)
        session.flush()
        house = world.organisations["supplier"]
        archive(session, mail, BytesIO(b"mail"), "mail.eml", "message/rfc822", owner=house, **at)
    return names | {"draft_file_id": waiting}


A_TALK = Seed("talk", talks)


@dataclass
class Talk:
    """A ticket and how people come to it."""

    world: World
    own: str

    def client(self, app: Flask, who: str) -> FlaskClient:
        """Return a browser whose requests come from our script."""
        client = self.world.client(app, who)
        client.environ_base["HTTP_HX_REQUEST"] = "true"
        return client

    def ticket_id(self) -> int:
        with self.world.database.reading(SYSTEM) as session:
            found = session.scalar(select(Ticket.id).where(Ticket.public_id == self.own))
        assert found is not None
        return found

    def serve(self, organisation: str | None) -> None:
        """Let a partner serve the ticket, or nobody any more."""
        with self.world.database.writing(SYSTEM) as session:
            ticket = session.scalars(select(Ticket).where(Ticket.public_id == self.own)).one()
            ticket.partner_organisation_id = self.world.organisations[organisation] if organisation else None
            ticket.version += 1

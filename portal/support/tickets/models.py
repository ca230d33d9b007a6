"""Tickets, what is said in them, how they belong together, who follows them, and how they were rated."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, and_, exists, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, House, Key, Owned, Visible, new_public_id
from portal.policy import Actor, Permission, Reach
from portal.support.tickets.lifecycle import OPEN, State
from portal.support.tickets.triage import CHANNELS, CONTRACTS, IMPACTS, KINDS, PRIORITIES

LONGEST_SUBJECT = 200
LONGEST_BODY = 10_000
LONGEST_NOTE = 4_000
SIDES = ("customer", "partner", "house")
LINK_KINDS = ("related", "follow_up", "split", "duplicate")
_OPEN = text(f"state IN {tuple(state.value for state in OPEN)}")
_LOOSE = text(f"state IN {tuple(state.value for state in OPEN)} AND assignee_id IS NULL")
_SOLVED = text("state = 'solved'")


def _partial(name: str, *columns: str, where: Any) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


def works(actor: Actor) -> bool:
    """Return whether somebody answers for the house: only he meets internal notes and assignments."""
    return actor.reach(Permission.TICKET_WORK) is Reach.ALL


class Ticket(Owned, Base):
    """A matter of an organisation: its own, or of a customer without an account, then of the partner who filed it.

    `partner_organisation_id` names a partner who filed it for his customer or serves the equipment, and sees it too.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(state.value for state in State)}", name="state"),
        CheckConstraint(f"kind IN {tuple(KINDS)}", name="kind"),
        CheckConstraint(f"impact IN {tuple(IMPACTS)}", name="impact"),
        CheckConstraint(f"priority IN {tuple(PRIORITIES)}", name="priority"),
        CheckConstraint(f"contract IN {tuple(CONTRACTS)}", name="contract"),
        CheckConstraint(f"channel IN {tuple(CHANNELS)}", name="channel"),
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged"),
        CheckConstraint("merged_into_id IS NULL OR merged_into_id <> id", name="itself"),
        CheckConstraint("(state = 'solved') = (closes_at IS NOT NULL)", name="closes"),
        CheckConstraint("rating IS NULL OR rating BETWEEN 1 AND 5", name="rating"),
        UniqueConstraint("number"),
        UniqueConstraint("organisation_id", "form_key"),
        Index("ix_ticket_own", "organisation_id", "id"),
        Index("ix_ticket_partner", "partner_organisation_id", "id"),
        Index("ix_ticket_customer", "customer_id", "id"),
        Index("ix_ticket_item", "installed_item_id", "id"),
        Index("ix_ticket_serial", "serial", "id"),
        Index("ix_ticket_merged_into", "merged_into_id"),
        Index("ix_ticket_state", "state", "id"),
        _partial("ix_ticket_sorted", "sort_at", "id", where=_OPEN),
        _partial("ix_ticket_assignee", "assignee_id", "sort_at", "id", where=_OPEN),
        _partial("ix_ticket_queue", "queue_id", "sort_at", "id", where=_OPEN),
        _partial("ix_ticket_unassigned", "sort_at", "id", where=_LOOSE),
        _partial("ix_ticket_closing", "closes_at", "id", where=_SOLVED),
    )
    view_permission = Permission.TICKET_VIEW
    edit_permission = Permission.TICKET_OPEN

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    number: Mapped[str] = mapped_column(Key)
    form_key: Mapped[str] = mapped_column(String(40))  # of the form it was opened with: a double click is one
    state: Mapped[str] = mapped_column(String(20), default="new")
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(LONGEST_SUBJECT))
    impact: Mapped[str] = mapped_column(String(20))
    contract: Mapped[str] = mapped_column(String(20), default="standard")
    priority: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(20), default="web")
    partner_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    requester_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # who is answered to
    contact: Mapped[str] = mapped_column(String(200), default="")  # of somebody without an account: name, phone
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    installed_item_id: Mapped[int | None] = mapped_column(ForeignKey("installed_item.id"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    product_line: Mapped[str] = mapped_column(String(40), default="")  # of the fault tree: a kind of product
    serial: Mapped[str] = mapped_column(Key, default="")
    firmware: Mapped[str] = mapped_column(String(60), default="")
    fault: Mapped[str] = mapped_column(String(60), default="")  # key of the fault tree
    error_code: Mapped[str] = mapped_column(String(60), default="")
    region: Mapped[str] = mapped_column(String(20), default="")
    locale: Mapped[str] = mapped_column(String(5), default="zh")  # the language it is written in
    queue_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_queue.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    solution: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")
    solved_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    last_message_at: Mapped[datetime]
    first_answered_at: Mapped[datetime | None]
    solved_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    reopened: Mapped[int] = mapped_column(default=0)  # how often
    nudged_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    sort_at: Mapped[datetime]  # when its next clock ends; far in the future while none runs
    rating: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's own form

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Of the own organisation, and those that it filed or serves as a partner."""
        seen = super().visible_to(actor)
        if isinstance(seen, bool):
            return seen
        return or_(seen, cls.partner_organisation_id == actor.organisation_id)

    @classmethod
    def changeable_by(cls, actor: Actor) -> Visible:
        """Statements change tickets for the house only; people change the one they hold."""
        return cls.visible_to(actor) if works(actor) else False

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Both sides of the matter; the operations say what each may do."""
        if works(actor):
            return True
        mine = actor.organisation_id in (row.organisation_id, row.partner_organisation_id)
        return mine and actor.can(Permission.TICKET_OPEN)


_TICKET = Ticket.__table__.c  # the table, not the class: nothing but what stands here narrows a condition


def of_seen_ticket(ticket_id: Any, actor: Actor) -> Visible:
    """Return the condition that the actor sees the ticket with this id: one look into its primary key."""
    reach = actor.reach(Permission.TICKET_VIEW)
    if reach is not Reach.OWN:
        return reach is Reach.ALL
    mine = or_(
        _TICKET.organisation_id == actor.organisation_id, _TICKET.partner_organisation_id == actor.organisation_id
    )
    return exists().where(_TICKET.id == ticket_id, mine).correlate_except(Ticket.__table__)


class _Of:
    """Mixin: rows that belong to a ticket and are seen by whoever sees it."""

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))  # the ticket's

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Whoever sees the ticket."""
        return of_seen_ticket(cls.ticket_id, actor)

    @classmethod
    def changeable_by(cls, actor: Actor) -> Visible:
        """Statements change them for the house only."""
        return works(actor)


class Message(_Of, Base):
    """Something that was said in a ticket, for everybody who sees it; it never changes."""

    __tablename__ = "ticket_message"
    __table_args__ = (
        CheckConstraint(f"side IN {SIDES}", name="side"),
        CheckConstraint(f"channel IN {tuple(CHANNELS)}", name="channel"),
        UniqueConstraint("ticket_id", "form_key"),
        Index("ix_ticket_message_ticket", "ticket_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    form_key: Mapped[str] = mapped_column(String(40))  # a repeated sending is one message
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: by mail or phone, see `author_name`
    author_name: Mapped[str] = mapped_column(String(120), default="")  # of somebody without an account
    side: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(20), default="web")
    body: Mapped[str] = mapped_column(String(LONGEST_BODY))
    created_at: Mapped[datetime]

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """One's own words; whoever works on tickets also writes down what others said."""
        return works(actor) or (row.author_id == actor.person_id and actor.can(Permission.TICKET_OPEN))


class Note(Base):
    """What the house says among itself; nobody who does not work on tickets ever reads one."""

    __tablename__ = "ticket_note"
    __table_args__ = (
        UniqueConstraint("ticket_id", "form_key"),
        Index("ix_ticket_note_ticket", "ticket_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    form_key: Mapped[str] = mapped_column(String(40))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    body: Mapped[str] = mapped_column(String(LONGEST_NOTE))
    created_at: Mapped[datetime]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Those who work on tickets."""
        return works(actor)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Those who work on tickets."""
        return works(actor)


class TicketEvent(_Of, Base):
    """One step of a ticket as its page tells it; `internal` ones are the house's own."""

    __tablename__ = "ticket_event"
    __table_args__ = (Index("ix_ticket_event_ticket", "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    action: Mapped[str] = mapped_column(String(40))
    internal: Mapped[bool] = mapped_column(default=False)
    details: Mapped[dict[str, Any]]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Whoever sees the ticket; internal ones those who work on tickets."""
        seen = super().visible_to(actor)
        if works(actor):
            return seen
        if seen is False:
            return False
        return cls.internal.is_(False) if seen is True else and_(seen, cls.internal.is_(False))


class TicketLink(_Of, Base):
    """That two tickets belong together; `ticket_id` is the later one."""

    __tablename__ = "ticket_link"
    __table_args__ = (
        CheckConstraint(f"kind IN {LINK_KINDS}", name="kind"),
        CheckConstraint("ticket_id <> other_id", name="itself"),
        UniqueConstraint("ticket_id", "other_id"),
        Index("ix_ticket_link_other", "other_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[str] = mapped_column(String(20))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Whoever sees both tickets."""
        one, other = of_seen_ticket(cls.ticket_id, actor), of_seen_ticket(cls.other_id, actor)
        return one if isinstance(one, bool) or isinstance(other, bool) else and_(one, other)


class TicketFollower(_Of, Base):
    """That a person hears of what happens in a ticket; it ends with his right to see it."""

    __tablename__ = "ticket_follower"
    __table_args__ = (UniqueConstraint("ticket_id", "person_id"), Index("ix_ticket_follower_person", "person_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Oneself; whoever works on tickets adds others."""
        return works(actor) or row.person_id == actor.person_id


class TicketRating(House, Base):
    """One question how satisfied somebody was: a link that is good once, for some days, and the answer."""

    __tablename__ = "ticket_rating"
    __table_args__ = (
        CheckConstraint("points IS NULL OR points BETWEEN 1 AND 5", name="points"),
        CheckConstraint("(points IS NULL) = (rated_at IS NULL)", name="rated"),
        UniqueConstraint("token_hash"),
        Index("ix_ticket_rating_ticket", "ticket_id", "id"),
    )
    view_permission = Permission.SUPPORT_NUMBERS

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    token_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    points: Mapped[int | None]
    comment: Mapped[str] = mapped_column(String(1000), default="")
    rated_at: Mapped[datetime | None]
    rated_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: by the link of the mail

"""The clocks of tickets and what they are set to: targets by contract and priority, terms of a customer."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Visible
from portal.policy import Actor, Permission, Reach
from portal.support.tickets.models import of_seen_ticket, works
from portal.support.tickets.triage import CONTRACTS, PRIORITIES

CLOCKS = ("first_response", "next_update", "solution")
_RUNS = text("running_since IS NOT NULL")
_TO_WARN = text("running_since IS NOT NULL AND warned_at IS NULL")
_TO_BREACH = text("running_since IS NOT NULL AND breached_at IS NULL")


def manages(actor: Actor) -> bool:
    """Return whether somebody keeps queues, targets and macros."""
    return actor.reach(Permission.TICKET_MANAGE) is Reach.ALL


class TicketClock(Base):
    """One clock of a ticket: how much business time it has, how much it used before it was last started.

    While it runs, `warn_at` and `due_at` say when the warning is due and when it is breached; `due_at` stays after a
    breach. It counts in the calendar `calendar`; when that changes, a sweep counts its ends anew (`retiming`).
    """

    __tablename__ = "ticket_clock"
    __table_args__ = (
        CheckConstraint(f"kind IN {CLOCKS}", name="kind"),
        CheckConstraint("target_seconds > 0", name="target"),
        CheckConstraint("used_seconds >= 0", name="used"),
        CheckConstraint("running_since IS NULL OR stopped_at IS NULL", name="stopped"),
        CheckConstraint("(paused_at IS NULL) OR (running_since IS NULL)", name="paused"),
        CheckConstraint("(running_since IS NULL) OR (due_at IS NOT NULL AND warn_at IS NOT NULL)", name="due"),
        UniqueConstraint("ticket_id", "kind"),
        Index("ix_ticket_clock_warn", "warn_at", "id", sqlite_where=_TO_WARN, postgresql_where=_TO_WARN),
        Index(
            "ix_ticket_clock_calendar",
            "calendar",
            "calendar_version",
            "ticket_id",
            sqlite_where=_RUNS,
            postgresql_where=_RUNS,
        ),
        Index("ix_ticket_clock_due", "due_at", "id", sqlite_where=_TO_BREACH, postgresql_where=_TO_BREACH),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[str] = mapped_column(String(20))
    calendar: Mapped[str] = mapped_column(String(40))
    calendar_version: Mapped[int] = mapped_column(default=0)  # by which its ends were counted
    target_seconds: Mapped[int]
    used_seconds: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    running_since: Mapped[datetime | None]
    warn_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    breaches: Mapped[int] = mapped_column(default=0)  # of all rounds

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Whoever sees the ticket: it is a promise to the customer."""
        return of_seen_ticket(cls.ticket_id, actor)

    @classmethod
    def changeable_by(cls, actor: Actor) -> Visible:
        """Nobody but the house moves clocks by statements."""
        return works(actor)


class Target(Base):
    """How soon the house answers, tells the next news and solves, for one contract and priority, in minutes."""

    __tablename__ = "ticket_target"
    __table_args__ = (
        CheckConstraint(f"contract IN {tuple(CONTRACTS)}", name="contract"),
        CheckConstraint(f"priority IN {tuple(PRIORITIES)}", name="priority"),
        CheckConstraint("first_response > 0 AND next_update > 0 AND solution > 0", name="minutes"),
        UniqueConstraint("contract", "priority"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract: Mapped[str] = mapped_column(String(20))
    priority: Mapped[str] = mapped_column(String(20))
    first_response: Mapped[int]
    next_update: Mapped[int]
    solution: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Everybody who meets tickets."""
        return actor.can(Permission.TICKET_VIEW)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Whoever keeps the targets."""
        return manages(actor)


class SupportTerms(Base):
    """What is agreed with one customer: the calendar that his clocks count in, and his contract."""

    __tablename__ = "support_terms"
    __table_args__ = (
        CheckConstraint(f"contract IN {tuple(CONTRACTS)}", name="contract"),
        UniqueConstraint("party_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    calendar: Mapped[str] = mapped_column(String(40))
    contract: Mapped[str] = mapped_column(String(20), default="standard")
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Those who work on tickets."""
        return works(actor)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Whoever keeps the targets."""
        return manages(actor)

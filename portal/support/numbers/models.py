"""What the numbers are made of: the facts of each ticket, the counts of each day, and what is still to be counted."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, House
from portal.policy import Permission

FOREVER: Final = date(9999, 12, 31)  # the day on which an open ticket ends
EVERY_LINE: Final = "*"
EVERY_QUEUE: Final = -1
NO_QUEUE: Final = 0
ORIGINS: Final = ("own", "call", "split")  # counts by itself; with the call it was written down in; made by the house


class TicketFacts(House, Base):
    """What is counted of one ticket, on days of the house; derived, and made anew whenever the ticket changes.

    It ends on the day on which it was solved, closed or merged. `lingering_from` is the day on which it was opened, if
    it is open or took longer than the oldest age has a name for: so old backlogs are found among few rows. `about` is
    the same number for the same organisation, customer, device and fault; None when neither device nor fault is known.
    """

    __tablename__ = "ticket_facts"
    __table_args__ = (
        Index("ix_ticket_facts_opened", "opened_on", "ticket_id", "ended_on", "product_line", "queue_id"),
        Index("ix_ticket_facts_lingering", "lingering_from", "ticket_id", "ended_on", "product_line", "queue_id"),
        Index("ix_ticket_facts_answered", "answered_on", "ticket_id"),
        Index("ix_ticket_facts_solved", "solved_on", "ticket_id"),
        Index("ix_ticket_facts_rated", "rated_on", "ticket_id"),
        Index("ix_ticket_facts_own", "organisation_id", "last_on"),
        Index("ix_ticket_facts_partner", "partner_organisation_id", "last_on"),
        Index("ix_ticket_facts_about", "about", "opened_at"),
    )
    view_permission = Permission.SUPPORT_NUMBERS

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True, autoincrement=False)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    partner_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    product_line: Mapped[str] = mapped_column(String(40))
    queue_id: Mapped[int]
    priority: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(20))
    origin: Mapped[str] = mapped_column(String(10))
    about: Mapped[int | None]
    is_repeat: Mapped[bool] = mapped_column(default=False)
    was_reopened: Mapped[bool]
    opened_at: Mapped[datetime]
    opened_on: Mapped[date]
    ended_on: Mapped[date]
    lingering_from: Mapped[date | None]
    answered_on: Mapped[date | None]
    answer_minutes: Mapped[int | None]
    answer_kept: Mapped[bool | None]
    solved_at: Mapped[datetime | None]
    solved_on: Mapped[date | None]
    solve_minutes: Mapped[int | None]
    solve_kept: Mapped[bool | None]
    rated_on: Mapped[date | None]
    points: Mapped[int | None]
    last_on: Mapped[date]  # the last day on which it is counted for anything


class SupportDay(House, Base):
    """What was counted on one day: of a product line or all of them (`*`), of a queue or all of them (-1)."""

    __tablename__ = "support_day"
    __table_args__ = (Index("ix_support_day_day", "day"),)
    view_permission = Permission.SUPPORT_NUMBERS

    product_line: Mapped[str] = mapped_column(String(40), primary_key=True)
    queue_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    counts: Mapped[dict[str, Any]]  # see `counting`


class SupportChange(House, Base):
    """A row that the numbers are made of was written; written with the change itself, read by the worker."""

    __tablename__ = "support_change"
    view_permission = Permission.OUTBOX_MANAGE

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    row_id: Mapped[int]


class UncountedDay(House, Base):
    """A day whose counts are to be made anew."""

    __tablename__ = "support_uncounted"
    view_permission = Permission.OUTBOX_MANAGE

    day: Mapped[date] = mapped_column(primary_key=True)


class Counting(House, Base):
    """How far the counting has come, one row: in which zone days are counted, up to which day, and when last."""

    __tablename__ = "support_counting"
    view_permission = Permission.SUPPORT_NUMBERS

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    zone: Mapped[str] = mapped_column(String(60))
    counted_to: Mapped[date]
    counted_at: Mapped[datetime]

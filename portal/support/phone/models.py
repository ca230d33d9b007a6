"""Calls, the leads that unknown callers become, and whom leads go to."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Key, Visible, new_public_id
from portal.policy import Actor, Permission, Reach
from portal.support.phone.lifecycle import WAITING, LeadState

LONGEST_NUMBER = 40
LONGEST_NAME = 200
LONGEST_NOTE = 1_000
SOURCES = ("page", "api")
_WAITING = text(f"state IN {tuple(state.value for state in WAITING)}")
_UNSEEN = text("state = 'new' AND escalated_at IS NULL")


def answers_calls(actor: Actor) -> bool:
    """Return whether somebody picks up the telephone of the house."""
    return actor.reach(Permission.PHONE_USE) is Reach.ALL


def sees_leads(actor: Actor) -> bool:
    """Return whether somebody meets all leads of the house."""
    return actor.reach(Permission.LEAD_VIEW) is Reach.ALL


class Call(Base):
    """That somebody called: the number as it came and in its one form, who answered, and what he noted."""

    __tablename__ = "phone_call"
    __table_args__ = (
        CheckConstraint(f"source IN {SOURCES}", name="source"),
        UniqueConstraint("call_key"),
        Index("ix_phone_call_number", "number_key", "id"),
        Index("ix_phone_call_party", "party_id", "id"),
        Index("ix_phone_call_lead", "lead_id", "id"),
        Index("ix_phone_call_at", "at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    call_key: Mapped[str] = mapped_column(Key)  # the telephone system's name of the call, or person and time
    source: Mapped[str] = mapped_column(String(10))
    number: Mapped[str] = mapped_column(String(LONGEST_NUMBER))
    number_key: Mapped[str] = mapped_column(Key)  # "" for a number that was withheld or is none
    party_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))  # the customer, when exactly one is known
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # who answered
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")
    at: Mapped[datetime]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Those who answer calls, and those who see all leads."""
        return answers_calls(actor) or sees_leads(actor)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Those who answer calls."""
        return answers_calls(actor)


class Lead(Base):
    """Somebody who may become a customer; it always has a next reader: a person, or all who see leads."""

    __tablename__ = "lead"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(state.value for state in LeadState)}", name="state"),
        CheckConstraint("(state = 'converted') = (party_id IS NOT NULL)", name="converted"),
        UniqueConstraint("number"),
        # One open lead for a telephone number: a second call of the same caller finds the first.
        Index(
            "uq_lead_waiting_phone", "phone_key", unique=True,
            sqlite_where=text(f"{_WAITING.text} AND phone_key <> ''"),
            postgresql_where=text(f"{_WAITING.text} AND phone_key <> ''"),
        ),
        Index("ix_lead_state", "state", "id"),
        Index("ix_lead_assignee", "assignee_id", "state", "id"),
        Index("ix_lead_unseen", "due_at", "id", sqlite_where=_UNSEEN, postgresql_where=_UNSEEN),
        Index("ix_lead_calendar", "state", "calendar_version", "id", sqlite_where=_UNSEEN, postgresql_where=_UNSEEN),
        Index("ix_lead_party", "party_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    number: Mapped[str] = mapped_column(Key)
    state: Mapped[str] = mapped_column(String(20), default="new")
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")  # of the organisation
    contact: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    phone: Mapped[str] = mapped_column(String(LONGEST_NUMBER), default="")
    phone_key: Mapped[str] = mapped_column(Key, default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    industry: Mapped[str] = mapped_column(String(20), default="")
    region: Mapped[str] = mapped_column(String(20), default="")
    wish: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")
    reason: Mapped[str] = mapped_column(String(400), default="")  # why it was dropped
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    party_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))  # the customer that it became
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    due_at: Mapped[datetime]  # by when somebody should have called back
    calendar_version: Mapped[int] = mapped_column(default=0)  # by which `due_at` was counted (`retiming`)
    waits_from: Mapped[datetime | None]  # from when its business hours count, and how many; None: not noted
    answer_hours: Mapped[int | None]
    escalated_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Those who see leads; whoever answers calls sees those too, for the caller may call again."""
        return answers_calls(actor) or sees_leads(actor)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Those who answer calls and those who work on leads."""
        return answers_calls(actor) or actor.reach(Permission.LEAD_WORK) is Reach.ALL


class LeadRoute(Base):
    """To whom leads of an industry and a region go; an empty column takes all of them."""

    __tablename__ = "lead_route"
    __table_args__ = (UniqueConstraint("industry", "region"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    industry: Mapped[str] = mapped_column(String(20), default="")
    region: Mapped[str] = mapped_column(String(20), default="")
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Those who see leads, and those who make them."""
        return answers_calls(actor) or sees_leads(actor)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Those who work on leads."""
        return actor.reach(Permission.LEAD_WORK) is Reach.ALL

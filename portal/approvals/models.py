"""Requests for approval, who is asked, what happened to them; published definitions; absences."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, and_, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.approvals.lifecycle import Action, State
from portal.db import Base, House, Owned, Visible, new_public_id
from portal.policy import Actor, Permission, Reach

LONGEST_NOTE = 1000
_STATES = tuple(state.value for state in State)
_EVENTS = ("ask", "automatic", "fall back", "retime", *(action.value for action in Action))
_OPEN = text("state IN ('in_review', 'returned')")
_LIVE = text("ended_at IS NULL")
_RUNS = text("state = 'in_review' AND escalated_at IS NULL")


class _Requested(Owned):
    """Mixin: rows of a request; the asking organisation and whoever decides may write them, the operations say when."""

    view_permission = Permission.APPROVAL_VIEW
    edit_permission = Permission.APPROVAL_VIEW

    @classmethod
    def changeable_by(cls, actor: Actor) -> Visible:
        """What `writable_by` says of one row, for statements."""
        if Reach.ALL in (actor.reach(Permission.APPROVAL_DECIDE), actor.reach(Permission.APPROVAL_MANAGE)):
            return True
        return cls.organisation_id == actor.organisation_id if actor.can(Permission.APPROVAL_VIEW) else False

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """The people who ask and the people who decide."""
        if Reach.ALL in (actor.reach(Permission.APPROVAL_DECIDE), actor.reach(Permission.APPROVAL_MANAGE)):
            return True
        return bool(actor.can(Permission.APPROVAL_VIEW) and row.organisation_id == actor.organisation_id)


class ApprovalDefinition(House, Base):
    """One immutable published state of how a kind of request is decided; the newest number is in force."""

    __tablename__ = "approval_definition"
    __table_args__ = (UniqueConstraint("kind", "number"),)
    view_permission = Permission.APPROVAL_VIEW

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    content_hash: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: from a file


class ApprovalRequest(_Requested, Base):
    """Something an organisation asks for; `route` are the steps that the definition in force demanded of its facts."""

    __tablename__ = "approval_request"
    __table_args__ = (
        CheckConstraint(f"state IN {_STATES}", name="state"),
        CheckConstraint("(state IN ('in_review', 'returned')) = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(state = 'in_review') = (due_at IS NOT NULL)", name="due"),
        CheckConstraint("step >= 0", name="step"),
        Index(
            "uq_approval_request_open", "kind", "thing_kind", "thing_id",
            unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN,
        ),
        Index("ix_approval_request_thing", "thing_kind", "thing_id", "id"),
        Index("ix_approval_request_own", "organisation_id", "id"),
        Index("ix_approval_request_due", "state", "due_at", "id"),
        Index("ix_approval_request_decided", "kind", "decided_at", "id"),
        Index(
            "ix_approval_request_calendar", "state", "calendar_version", "id",
            sqlite_where=_RUNS, postgresql_where=_RUNS,
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    kind: Mapped[str] = mapped_column(String(40))
    thing_kind: Mapped[str] = mapped_column(String(40))
    thing_id: Mapped[int]
    thing_public_id: Mapped[str] = mapped_column(String(20))
    definition_id: Mapped[int] = mapped_column(ForeignKey("approval_definition.id"))
    title: Mapped[dict[str, Any]]  # {"en": …, "zh": …}
    facts: Mapped[dict[str, Any]]
    route: Mapped[list[Any]]  # the steps to take, as the definition said when it was asked
    state: Mapped[str] = mapped_column(String(20), default="in_review")
    step: Mapped[int] = mapped_column(default=0)
    round: Mapped[int] = mapped_column(default=1)  # counts up when it is judged anew
    opened_at: Mapped[datetime]  # when the present step began to wait
    due_at: Mapped[datetime | None]
    calendar_version: Mapped[int] = mapped_column(default=0)  # by which `due_at` was counted (`retiming`)
    escalated_at: Mapped[datetime | None]
    researched_at: Mapped[datetime | None]
    research_from: Mapped[datetime | None]  # from when the added days count: the end of the step, or the asking
    research_days: Mapped[int | None]
    nudged_at: Mapped[datetime | None]
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    automatic: Mapped[bool] = mapped_column(default=False)
    took_seconds: Mapped[int | None]  # business time from asking to deciding
    reason: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's own form


class ApprovalSeat(_Requested, Base):
    """Who is asked in one step of one round: a role or a person; `escalated` seats decide for the whole step."""

    __tablename__ = "approval_seat"
    __table_args__ = (
        CheckConstraint("(role IS NULL) <> (person_id IS NULL)", name="who"),
        CheckConstraint("(approved_at IS NULL) = (approved_by_id IS NULL)", name="approved"),
        Index("ix_approval_seat_request_id", "request_id", "step", "id"),
        Index("ix_approval_seat_person_id", "person_id", "request_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("approval_request.id"))
    step: Mapped[int]
    round: Mapped[int]
    role: Mapped[str | None] = mapped_column(String(40))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    escalated: Mapped[bool] = mapped_column(default=False)
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]


class ApprovalEvent(_Requested, Base):
    """One act upon a request; `internal` ones are the supplier's own notes and never reach the asking side."""

    __tablename__ = "approval_event"
    __table_args__ = (
        CheckConstraint(f"action IN {_EVENTS}", name="action"),
        Index("ix_approval_event_request_id", "request_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("approval_request.id"))
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    for_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # for whom a delegate acted
    action: Mapped[str] = mapped_column(String(20))
    step: Mapped[int]
    reason: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")
    internal: Mapped[bool] = mapped_column(default=False)

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Own and not internal; everything for those who see all requests."""
        seen = super().visible_to(actor)
        return seen if isinstance(seen, bool) else and_(seen, cls.internal.is_(False))


class ApprovalSeen(_Requested, Base):
    """That somebody who is asked looked at a request, and when first."""

    __tablename__ = "approval_seen"

    request_id: Mapped[int] = mapped_column(ForeignKey("approval_request.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    seen_at: Mapped[datetime]


class Absence(Base):
    """That somebody who decides is away on some days, and who decides for him meanwhile, if anybody."""

    __tablename__ = "approval_absence"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="days"),
        CheckConstraint("delegate_id IS NULL OR delegate_id <> person_id", name="delegate"),
        Index("ix_approval_absence_person_id", "person_id", "ends_on"),
        Index("ix_approval_absence_delegate_id", "delegate_id", "ends_on"),
        Index("ix_approval_absence_live", "ends_on", sqlite_where=_LIVE, postgresql_where=_LIVE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    delegate_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    starts_on: Mapped[date]  # business days of the supplier's zone, the last one included
    ends_on: Mapped[date]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # taken back

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """Those who decide see who is away."""
        return actor.reach(Permission.APPROVAL_DECIDE) is Reach.ALL or actor.reach(Permission.APPROVAL_MANAGE) is (
            Reach.ALL
        )

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """One's own."""
        return bool(row.person_id == actor.person_id)

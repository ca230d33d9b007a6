"""Replays of registrations under other rules: what was asked, how far it is, its figures, and every change it found."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, House, Json, new_public_id
from portal.policy import Permission

SOURCES = ("registrations", "list")
STATES = ("checked", "waiting", "running", "done", "failed")
LINE_STATES = ("sound", "wrong")


class SimulationRun(House, Base):
    """One replay: the period, the numbers and rules that are tried out, and what came of it in sums."""

    __tablename__ = "simulation_run"
    __table_args__ = (
        CheckConstraint(f"source IN {SOURCES}", name="source"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("ends >= begins", name="period"),
    )
    view_permission = Permission.POLICY_SIMULATE

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    source: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200), default="")  # of an uploaded list
    begins: Mapped[date]
    ends: Mapped[date]
    numbers: Mapped[dict[str, Any]]  # parameters that are tried out, by their key
    in_force: Mapped[dict[str, Any]]  # what the same parameters were when it was asked
    definition: Mapped[dict[str, Any] | None] = mapped_column(Json)  # other rules of approval, as plain content
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    totals: Mapped[dict[str, Any]]
    row_count: Mapped[int] = mapped_column(default=0)
    wrong_count: Mapped[int] = mapped_column(default=0)  # rows of a list that were left out
    change_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    finished_at: Mapped[datetime | None]


class SimulationChange(House, Base):
    """One thing that would have gone otherwise: of a registration, a row of a list, or of who works on a customer."""

    __tablename__ = "simulation_change"
    __table_args__ = (
        Index("ix_simulation_change_of", "run_id", "id"),
        Index("ix_simulation_change_kind", "run_id", "kind", "id"),
        Index("ix_simulation_change_registration", "registration_id"),
    )
    view_permission = Permission.POLICY_SIMULATE

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("simulation_run.id"))
    kind: Mapped[str] = mapped_column(String(20))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id"))
    number: Mapped[str] = mapped_column(String(60), default="")  # of the registration, or the line of a list
    customer: Mapped[str] = mapped_column(String(200), default="")
    customer_en: Mapped[str | None] = mapped_column(String(200))  # the same in the other script
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]


class SimulationLine(House, Base):
    """One row of an uploaded list, and what is wrong with it."""

    __tablename__ = "simulation_line"
    __table_args__ = (
        CheckConstraint(f"state IN {LINE_STATES}", name="state"),
        Index("ix_simulation_line_of", "run_id", "state", "line"),
    )
    view_permission = Permission.POLICY_SIMULATE

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("simulation_run.id"))
    line: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    cells: Mapped[dict[str, Any]]
    problems: Mapped[list[Any]]

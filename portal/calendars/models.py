"""Business calendars: working hours of a week in a time zone, and the days that are different."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Everyones, new_public_id
from portal.policy import Actor, Permission, Reach

SOURCES = ("hand", "ics")


class Calendar(Everyones, Base):
    """Working hours of a place; others name it by its `key`. Slots are pairs of minutes since midnight."""

    __tablename__ = "calendar"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name_en: Mapped[str] = mapped_column(String(80))
    name_zh: Mapped[str] = mapped_column(String(80))
    zone: Mapped[str] = mapped_column(String(60))
    week: Mapped[list[Any]]  # seven lists of slots, Monday first
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Whoever keeps the calendars."""
        return actor.reach(Permission.CALENDAR_MANAGE) is Reach.ALL


class CalendarDay(Everyones, Base):
    """One day with hours of its own: none on a holiday, some on a make-up working day."""

    __tablename__ = "calendar_day"
    __table_args__ = (
        UniqueConstraint("calendar_id", "day"),
        CheckConstraint(f"source IN {SOURCES}", name="source"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"))
    day: Mapped[date]
    slots: Mapped[list[Any]]
    name: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(String(10), default="hand")

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Whoever keeps the calendars."""
        return actor.reach(Permission.CALENDAR_MANAGE) is Reach.ALL

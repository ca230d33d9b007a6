"""Questions that a partner asks an engineer about a configuration, and what came of them."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Owned, new_public_id
from portal.policy import Permission

STATES: Final = ("open", "checking", "answered", "withdrawn")
OPEN: Final = ("open", "checking")
_WAITS: Final = text("state = 'open'")
LONGEST_TEXT: Final = 2000
LONGEST_ANSWER: Final = 4000


class EngineerQuestion(Owned, Base):
    """One question with its clock; the database refuses to change it once it is answered or withdrawn.

    `attribute_key` and `value` name what it is about, both may be empty; `columns` are the facts that the catalogue
    lacked when it was asked. `filled` holds what an engineer found: column, value, unit, source. While the rules with
    these facts are examined, the state is `checking`; `problem_en` and `problem_zh` say why they were not published.
    """

    __tablename__ = "engineer_question"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        Index("ix_engineer_question_due", "state", "due_at", "id"),
        Index(
            "ix_engineer_question_calendar",
            "state",
            "calendar_version",
            "id",
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
        ),
        Index("ix_engineer_question_configuration_id", "configuration_id", "id"),
        Index(
            "uq_engineer_question_open",
            "configuration_id",
            "attribute_key",
            "value",
            unique=True,
            sqlite_where=text("state IN ('open', 'checking')"),
            postgresql_where=text("state IN ('open', 'checking')"),
        ),
    )
    view_permission = Permission.CONFIGURATION_VIEW
    edit_permission = Permission.ENGINEERING_ANSWER

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    configuration_id: Mapped[int] = mapped_column(ForeignKey("configuration.id"))
    rule_revision_id: Mapped[int] = mapped_column(ForeignKey("rule_revision.id"))
    attribute_key: Mapped[str] = mapped_column(String(200), default="")
    value: Mapped[str] = mapped_column(String(200), default="")
    sku: Mapped[str] = mapped_column(String(60), default="")
    columns: Mapped[list[Any]]
    text: Mapped[str] = mapped_column(String(LONGEST_TEXT))
    state: Mapped[str] = mapped_column(String(20), default="open")
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    calendar_version: Mapped[int] = mapped_column(default=0)  # by which `due_at` was counted
    answer: Mapped[str] = mapped_column(String(LONGEST_ANSWER), default="")
    filled: Mapped[list[Any]]
    problem_en: Mapped[str] = mapped_column(String(1000), default="")
    problem_zh: Mapped[str] = mapped_column(String(1000), default="")
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]
    answered_revision_id: Mapped[int | None] = mapped_column(ForeignKey("rule_revision.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's own form

    @property
    def is_open(self) -> bool:
        """Whether an engineer still has to do something, or the check still runs."""
        return self.state in OPEN

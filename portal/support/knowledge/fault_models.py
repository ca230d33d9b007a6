"""The tree of fault types by product line, and the error codes and firmware versions that are known."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Everyones, Key, Visible
from portal.policy import Actor, Permission, Reach

LONGEST_NAME: Final = 80
LONGEST_WORDS: Final = 1000
LONGEST_VALUE: Final = 40
LONGEST_MEANING: Final = 200
KNOWN_KINDS: Final = ("error_code", "firmware")


class _Tree(Everyones):
    """Mixin: read by everybody, written by those who look after the fault tree."""

    @classmethod
    def changeable_by(cls, actor: Actor) -> Visible:
        """Those who look after the fault tree."""
        return actor.reach(Permission.FAULT_MANAGE) is Reach.ALL

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Those who look after the fault tree."""
        return actor.reach(Permission.FAULT_MANAGE) is Reach.ALL


class FaultType(_Tree, Base):
    """One fault type; a root (without parent) is a product line, called as the catalogue calls its kind of product."""

    __tablename__ = "fault_type"
    __table_args__ = (
        CheckConstraint("(parent_id IS NULL) = (key = line)", name="root"),
        Index("ix_fault_type_line", "line", "position", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    line: Mapped[str] = mapped_column(String(40))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("fault_type.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    name_en: Mapped[str] = mapped_column(String(LONGEST_NAME))
    name_zh: Mapped[str] = mapped_column(String(LONGEST_NAME))
    words: Mapped[str] = mapped_column(String(LONGEST_WORDS), default="")  # how people say it, one wording a line
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form


class KnownValue(_Tree, Base):
    """An error code or a firmware version of a product line; chosen from lists and found in what people type."""

    __tablename__ = "fault_value"
    __table_args__ = (
        CheckConstraint(f"kind IN {KNOWN_KINDS}", name="kind"),
        UniqueConstraint("line", "kind", "value_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(LONGEST_VALUE))
    value_key: Mapped[str] = mapped_column(Key)  # as values are compared
    meaning_en: Mapped[str] = mapped_column(String(LONGEST_MEANING), default="")
    meaning_zh: Mapped[str] = mapped_column(String(LONGEST_MEANING), default="")
    fault_id: Mapped[int | None] = mapped_column(ForeignKey("fault_type.id"), index=True)  # what the code tells of
    archived_at: Mapped[datetime | None]

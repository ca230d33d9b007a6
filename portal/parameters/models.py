"""Numbers of the business rules that an administrator changed; what has no row, or an empty one, is at its default."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Everyones
from portal.policy import Actor, Permission, Reach


class ParameterValue(Everyones, Base):
    """What one parameter is set to; `value` is None when it was put back to its default."""

    __tablename__ = "parameter_value"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    value: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Whoever keeps the parameters."""
        return actor.reach(Permission.PARAMETER_MANAGE) is Reach.ALL

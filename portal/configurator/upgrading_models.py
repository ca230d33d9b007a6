"""Rule revisions that were withdrawn: what exists stays valid, nothing new begins on them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, String, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.db import Base, Everyones
from portal.errors import Conflict
from portal.words import N_


class RuleWithdrawal(Everyones, Base):
    """That a published revision is not to be used any more, and why; neither of the two rows ever changes."""

    __tablename__ = "rule_withdrawal"

    rule_revision_id: Mapped[int] = mapped_column(ForeignKey("rule_revision.id"), primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(String(400))
    withdrawn_at: Mapped[datetime]


def not_withdrawn(revision_id: Any) -> ColumnElement[bool]:
    """Return the condition that the revision named by a column was not withdrawn."""
    return ~exists().where(RuleWithdrawal.rule_revision_id == revision_id)


def check_not_withdrawn(session: Session, revision_id: int) -> None:
    """Raise Conflict when nothing new may begin on these rules: no draft, no quote; what was issued stays valid."""
    if session.scalar(select(RuleWithdrawal).where(RuleWithdrawal.rule_revision_id == revision_id)) is not None:
        raise Conflict(
            N_("The rules of this configuration were withdrawn. Upgrade the configuration to newer rules first.")
        )

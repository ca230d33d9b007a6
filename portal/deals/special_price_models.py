"""Special prices asked for on draft quotes: what was asked, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Owned, new_public_id
from portal.policy import Permission

STATES = ("pending", "returned", "granted", "refused", "withdrawn", "reset")
LIVE = ("pending", "returned")
LONGEST_REASON = 500
_LIVE = text("state IN ('pending', 'returned')")


class SpecialPrice(Owned, Base):
    """One wish for special prices on a quote; `prices` are the lines it means, as they stood when it was asked."""

    __tablename__ = "special_price"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("discount_bps BETWEEN 0 AND 10000", name="discount_bps"),
        CheckConstraint("net_after_minor <= net_before_minor", name="net"),
        Index("ix_special_price_quote_id", "quote_id", "id"),
        Index("uq_special_price_live", "quote_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    )
    view_permission = Permission.QUOTE_VIEW
    edit_permission = Permission.QUOTE_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    quote_id: Mapped[int] = mapped_column(ForeignKey("quote.id"))
    state: Mapped[str] = mapped_column(String(20))
    discount_bps: Mapped[int]  # the largest of its lines
    prices: Mapped[list[Any]]  # [{position, sku, quantity, unit_minor, special_minor}]
    currency: Mapped[str] = mapped_column(String(3))
    net_before_minor: Mapped[int]
    net_after_minor: Mapped[int]
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]

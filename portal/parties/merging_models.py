"""What the data steward works with: pairs that may be the same party, and merges that can be undone."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, House, new_public_id
from portal.policy import Permission

PAIR_STATES = ("open", "different", "merged")
REASONS = ("name", "credit_code", "tax_number", "domain", "phone")
STAYS = {"on_merge": "stays"}  # rows that speak of both parties of a merge and follow neither


class PartyPair(House, Base):
    """Two parties that may be the same, and what was decided about them."""

    __tablename__ = "party_pair"
    __table_args__ = (
        UniqueConstraint("left_id", "right_id"),
        CheckConstraint(f"state IN {PAIR_STATES}", name="state"),
        CheckConstraint("left_id < right_id", name="order"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
        Index("ix_party_pair_queue", "state", "score", "id"),
        Index("ix_party_pair_right_id", "right_id"),
        {"info": STAYS},
    )
    view_permission = Permission.PARTY_STEWARD

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    left_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    right_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    score: Mapped[int]  # 100 is certain
    reason: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default="open")
    found_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class PartyMerge(House, Base):
    """One party became part of another; what is needed to take it back stands here.

    `moved` holds the keys of rows that now point to the survivor, by table and column; `set_aside` whole rows that
    could not stand beside the survivor's own; `made` what was made of those, what was filled in, and the newest keys of
    all tables; `knew` the organisations that knew the merged party, whom its old address still leads on.
    """

    __tablename__ = "party_merge"
    __table_args__ = (
        Index("ix_party_merge_merged_id", "merged_id", "survivor_id"),
        Index("ix_party_merge_survivor_id", "survivor_id", "id"),
        CheckConstraint("survivor_id <> merged_id", name="two"),
        {"info": STAYS},
    )
    view_permission = Permission.PARTY_STEWARD

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    survivor_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    merged_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    survivor_name: Mapped[str] = mapped_column(String(200))
    merged_name: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(400), default="")
    moved: Mapped[dict[str, Any]]
    set_aside: Mapped[dict[str, Any]]
    made: Mapped[dict[str, Any]]
    knew: Mapped[list[Any]]
    merged_at: Mapped[datetime]
    merged_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

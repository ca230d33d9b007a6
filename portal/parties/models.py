"""Parties: organisations and contacts as the business knows them, and what an organisation knows of whom."""

import unicodedata
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Everyones, Key, Owned, Visible, new_public_id
from portal.policy import Actor, Permission, Reach

PARTY_KINDS = ("organisation", "contact")
RELATION_KINDS = ("customer", "supplier", "agent", "competitor")


def name_key(name: str) -> str:
    """Return the form in which names are compared and searched: NFKC, case folded, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())[:200]


class Party(Base):
    """An organisation or a contact person; it belongs to nobody, relations say who knows it."""

    __tablename__ = "party"
    __table_args__ = (
        CheckConstraint(f"kind IN {PARTY_KINDS}", name="kind"),
        CheckConstraint("(kind = 'contact') = (employer_id IS NOT NULL)", name="employer"),
        Index("ix_party_name_key", "name_key", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")  # the name in the other script, where there is one
    name_key: Mapped[str] = mapped_column(Key)
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    address: Mapped[str] = mapped_column(String(400), default="")
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """The own organisation and whom it knows: customers, and those of their contacts that it noted itself."""
        reach = actor.reach(Permission.PARTY_VIEW)
        if reach is not Reach.OWN:
            return reach is Reach.ALL
        known = select(Relation.party_id).where(Relation.organisation_id == actor.organisation_id)
        return or_(cls.id == actor.organisation_id, cls.id.in_(known))


class Organisation(Everyones, Base):
    """A party that signs in: partner, customer or the supplier, with its commercial terms."""

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint("kind IN ('supplier', 'partner', 'customer')", name="kind"),
        CheckConstraint("tier IN ('', 'silver', 'gold')", name="tier"),
        CheckConstraint("tax_bps BETWEEN 0 AND 10000", name="tax_bps"),
    )

    id: Mapped[int] = mapped_column(ForeignKey("party.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    tier: Mapped[str] = mapped_column(String(20), default="")
    currency: Mapped[str] = mapped_column(String(3))
    tax_bps: Mapped[int]
    locale: Mapped[str] = mapped_column(String(5))
    time_zone: Mapped[str] = mapped_column(String(60))
    archived_at: Mapped[datetime | None]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """The own organisation, or all for those who see all parties; terms are nobody else's business."""
        if actor.reach(Permission.PARTY_VIEW) is Reach.ALL or actor.reach(Permission.PEOPLE_VIEW) is Reach.ALL:
            return True
        return cls.id == actor.organisation_id


class Relation(Owned, Base):
    """What one organisation knows of a party."""

    __tablename__ = "relation"
    __table_args__ = (
        UniqueConstraint("organisation_id", "party_id", "kind"),
        CheckConstraint(f"kind IN {RELATION_KINDS}", name="kind"),
        Index("ix_relation_party_id", "party_id"),
    )
    view_permission = Permission.PARTY_VIEW
    edit_permission = Permission.PARTY_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    kind: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]

"""Parties: organisations and contacts as the business knows them, and what an organisation knows of whom."""

import unicodedata
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Connection, ForeignKey, Index, String, UniqueConstraint, event, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Everyones, Key, Owned, Visible, new_public_id
from portal.policy import Actor, Permission, Reach

PARTY_KINDS = ("organisation", "contact")
RELATION_KINDS = ("customer", "supplier", "agent", "competitor")
REVIEW_STATES = ("new", "reviewed", "needs_work")


def name_key(name: str) -> str:
    """Return the form in which names are compared and searched: NFKC, case folded, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())[:200]


def says_something(name: str) -> bool:
    """Return whether a name holds a letter or a digit of any script; by punctuation alone nobody is found again."""
    return any(sign.isalnum() for sign in name)


class Party(Base):
    """An organisation or a contact person; it belongs to nobody, relations say who knows it.

    `name` is what the house calls it. What an organisation calls it and knows of it stands on its own relation, alias,
    identifier and address rows: a party may be known to several, and none reads what another typed.
    """

    __tablename__ = "party"
    __table_args__ = (
        CheckConstraint(f"kind IN {PARTY_KINDS}", name="kind"),
        CheckConstraint("(kind = 'contact') = (employer_id IS NOT NULL)", name="employer"),
        CheckConstraint(f"review_state IN {REVIEW_STATES}", name="review_state"),
        Index("ix_party_name_key", "name_key", "id"),
        Index("ix_party_review_state", "review_state", "id"),
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
    industry: Mapped[str] = mapped_column(String(20), default="", server_default="")  # codes of `words`
    region: Mapped[str] = mapped_column(String(20), default="", server_default="")
    size: Mapped[str] = mapped_column(String(20), default="", server_default="")
    review_state: Mapped[str] = mapped_column(String(20), default="new", server_default="new")
    review_note: Mapped[str] = mapped_column(String(400), default="", server_default="")
    reviewed_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"), index=True)
    version: Mapped[int] = mapped_column(default=1, server_default="1")

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
    """What one organisation knows of a party: what it calls it, where it reaches it, how it sees it."""

    __tablename__ = "relation"
    __table_args__ = (
        UniqueConstraint("organisation_id", "party_id", "kind"),
        CheckConstraint(f"kind IN {RELATION_KINDS}", name="kind"),
        Index("ix_relation_party_id", "party_id"),
        Index("ix_relation_own_name", "organisation_id", "kind", "party_kind", "name_key", "party_id"),
    )
    view_permission = Permission.PARTY_VIEW
    edit_permission = Permission.PARTY_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    kind: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    # The party's own kind and its name as this organisation writes it, so that a list needs nothing but this table.
    party_kind: Mapped[str] = mapped_column(String(20), default="", server_default="")
    name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    name_en: Mapped[str] = mapped_column(String(200), default="", server_default="")
    name_key: Mapped[str] = mapped_column(Key, default="", server_default="")
    phone: Mapped[str] = mapped_column(String(40), default="", server_default="")
    email: Mapped[str] = mapped_column(String(254), default="", server_default="")
    address: Mapped[str] = mapped_column(String(400), default="", server_default="")  # the main one
    industry: Mapped[str] = mapped_column(String(20), default="", server_default="")
    region: Mapped[str] = mapped_column(String(20), default="", server_default="")
    size: Mapped[str] = mapped_column(String(20), default="", server_default="")
    version: Mapped[int] = mapped_column(default=1, server_default="1")


@event.listens_for(Relation, "before_insert")
def _name_it(_mapper: Any, connection: Connection, relation: Relation) -> None:
    """Let a new relation call the party what the house calls it, unless it says otherwise; a contact comes as it is."""
    if relation.party_kind and relation.name:
        return
    party = Party.__table__.c
    columns = (party.kind, party.name, party.name_en, party.name_key, party.phone, party.email)
    row = connection.execute(select(*columns).where(party.id == relation.party_id)).first()
    if row is None:
        return  # the foreign key says so
    relation.party_kind = row.kind
    if not relation.name:
        relation.name, relation.name_en, relation.name_key = row.name, row.name_en, row.name_key
    if row.kind == "contact" and not relation.phone and not relation.email:
        relation.phone, relation.email = row.phone, row.email

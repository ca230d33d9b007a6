"""What organisations note of a party beside its name: identifiers, further names, further addresses."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Key, Owned, new_public_id
from portal.policy import Permission

IDENTIFIER_KINDS = ("credit_code", "tax_number", "domain", "phone")


class Noted(Owned):
    """Mixin: a row of the organisation that noted it; nobody else's page shows it, whoever else knows the party."""

    view_permission: ClassVar[Permission] = Permission.PARTY_VIEW
    edit_permission: ClassVar[Permission] = Permission.PARTY_EDIT


class PartyIdentifier(Noted, Base):
    """Something by which a party is known for certain; all of them together say whether two parties are the same."""

    __tablename__ = "party_identifier"
    __table_args__ = (
        UniqueConstraint("organisation_id", "party_id", "kind", "value_key"),
        CheckConstraint(f"kind IN {IDENTIFIER_KINDS}", name="kind"),
        Index("ix_party_identifier_value", "kind", "value_key"),
        Index("ix_party_identifier_party_id", "party_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(200))  # as it was typed
    value_key: Mapped[str] = mapped_column(Key)  # as it is compared
    created_at: Mapped[datetime]


class PartyAlias(Noted, Base):
    """A further name of a party: an abbreviation, a former name, what people call it."""

    __tablename__ = "party_alias"
    __table_args__ = (
        UniqueConstraint("organisation_id", "party_id", "name_key"),
        Index("ix_party_alias_name_key", "name_key"),
        Index("ix_party_alias_party_id", "party_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(Key)
    created_at: Mapped[datetime]


class PartyAddress(Noted, Base):
    """A further address of a party; the main one stands on the relation."""

    __tablename__ = "party_address"
    __table_args__ = (Index("ix_party_address_party_id", "party_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    address: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime]

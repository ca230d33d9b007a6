"""Transfers of customers: who gave how many to whom, each customer of one, and what is needed to take one back."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, and_, or_
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, House, Visible, new_public_id
from portal.policy import Actor, Permission, Reach

LONGEST_NOTE = 400


class _Handed:
    """Mixin: what both sides of a transfer see of it, and those who may give all customers."""

    from_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    to_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """What came to or left the own organisation, for those who see its registrations; all of it for the house."""
        reach = max(actor.reach(Permission.CUSTOMER_TRANSFER), actor.reach(Permission.REGISTRATION_VIEW))
        if reach is not Reach.OWN:
            return reach is Reach.ALL
        own = actor.organisation_id
        return or_(cls.from_organisation_id == own, cls.to_organisation_id == own)

    @classmethod
    def writable_by(cls, actor: Actor, row: Any) -> bool:
        """Nobody but the house; the operations ask the policy."""
        return False


class CustomerTransfer(_Handed, Base):
    """That customers were given to somebody; `counts` says how many rows of each kind went along."""

    __tablename__ = "customer_transfer"
    __table_args__ = (
        UniqueConstraint("made_by_id", "form_key"),
        CheckConstraint("customers > 0", name="customers"),
        CheckConstraint("(undone_at IS NULL) = (undone_by_id IS NULL)", name="undone"),
        Index("ix_customer_transfer_from", "from_organisation_id", "id"),
        Index("ix_customer_transfer_to", "to_organisation_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    form_key: Mapped[str] = mapped_column(String(40))  # of the form it was made with: a double click is one
    from_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # whose book it was, if one person's
    to_person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    customers: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))  # the first customer, as the giver called it
    title_en: Mapped[str | None] = mapped_column(String(200))  # the same in the other script
    counts: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    undo_until: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """As both sides see it; once it is taken back, what the giver calls his customers is not the receiver's."""
        seen = super().visible_to(actor)
        if isinstance(seen, bool):
            return seen
        return and_(seen, or_(cls.from_organisation_id == actor.organisation_id, cls.undone_at.is_(None)))


class TransferredCustomer(_Handed, Base):
    """One customer of a transfer: who held it from when, and until when the receiver did."""

    __tablename__ = "transferred_customer"
    __table_args__ = (
        UniqueConstraint("transfer_id", "customer_id"),
        Index("ix_transferred_customer_customer_id", "customer_id", "id"),
        Index("ix_transferred_customer_to_person_id", "to_person_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transfer_id: Mapped[int] = mapped_column(ForeignKey("customer_transfer.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    name: Mapped[str] = mapped_column(String(200))  # as the giver called it
    name_en: Mapped[str | None] = mapped_column(String(200))  # the same in the other script
    from_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    since: Mapped[date]  # from when the giver held it
    to_person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    handed_on: Mapped[date]
    ended_on: Mapped[date | None]  # when the receiver handed it on in turn, or it was taken back


class TransferLedger(House, Base):
    """What a transfer did, for its undoing; nobody but the house reads it.

    `moved` holds by table the key of each row, what its changed columns said before, and the fingerprint of the row
    afterwards; `set_aside` whole rows of the giver that could not stand beside the receiver's; `made` keys of rows that
    were made, what was filled in, and the newest keys of all tables.
    """

    __tablename__ = "transfer_ledger"

    transfer_id: Mapped[int] = mapped_column(ForeignKey("customer_transfer.id"), primary_key=True, autoincrement=False)
    parties: Mapped[list[Any]]
    moved: Mapped[dict[str, Any]]
    set_aside: Mapped[dict[str, Any]]
    made: Mapped[dict[str, Any]]

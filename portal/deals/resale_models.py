"""What a partner sells on: letterhead and logo, resale quotations with lines and documents, links for customers.

All of it belongs to the partner alone; whoever only looks at quotes, the supplier's people among them, sees none of it.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Key, Owned, new_public_id
from portal.deals.models import DOCUMENT_STATES, QUOTE_STATES
from portal.policy import Permission

BASES = ("list", "partner")


class Private(Owned):
    """Mixin: a row that only those who sell for its organisation see."""

    view_permission = Permission.QUOTE_EDIT
    edit_permission = Permission.QUOTE_EDIT


class Logo(Private, Base):
    """A picture drawn anew by us; it never changes, so that issued offers keep theirs."""

    __tablename__ = "logo"
    __table_args__ = (UniqueConstraint("organisation_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)  # PNG
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime]


class Letterhead(Private, Base):
    """How an organisation presents itself on its own paper, and the markup it used last."""

    __tablename__ = "letterhead"
    __table_args__ = (
        UniqueConstraint("organisation_id"),
        CheckConstraint(f"basis IN {BASES}", name="basis"),
        CheckConstraint("markup_bps BETWEEN -9000 AND 90000", name="markup_bps"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")  # the name in the other script, where there is one
    address: Mapped[str] = mapped_column(String(400), default="")
    contact: Mapped[str] = mapped_column(String(200), default="")
    tax_number: Mapped[str] = mapped_column(String(60), default="")
    bank: Mapped[str] = mapped_column(String(600), default="")
    footer: Mapped[str] = mapped_column(String(400), default="")
    payment_terms: Mapped[str] = mapped_column(String(1000), default="")
    delivery_terms: Mapped[str] = mapped_column(String(1000), default="")
    logo_id: Mapped[int | None] = mapped_column(ForeignKey("logo.id"))
    basis: Mapped[str] = mapped_column(String(20), default="list")
    markup_bps: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's own form


class Resale(Private, Base):
    """A partner's offer to its customer, made from an issued quote; from issue on it never changes."""

    __tablename__ = "resale"
    __table_args__ = (
        CheckConstraint(f"state IN {QUOTE_STATES}", name="state"),
        CheckConstraint(f"basis IN {BASES}", name="basis"),
        CheckConstraint("markup_bps BETWEEN -9000 AND 90000", name="markup_bps"),
        CheckConstraint("tax_bps BETWEEN 0 AND 10000", name="tax_bps"),
        CheckConstraint("validity_days BETWEEN 1 AND 365", name="validity_days"),
        CheckConstraint("(state = 'draft') = (issued_at IS NULL)", name="issued"),
        UniqueConstraint("organisation_id", "number", "revision"),
        UniqueConstraint("predecessor_id"),
        Index("ix_resale_own", "organisation_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    quote_id: Mapped[int] = mapped_column(ForeignKey("quote.id"), index=True)
    number: Mapped[str | None] = mapped_column(Key)  # of the partner's own series, given at issue; revisions share it
    revision: Mapped[int] = mapped_column(default=1)
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("resale.id"))
    state: Mapped[str] = mapped_column(String(20), default="draft")
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    customer_name: Mapped[str] = mapped_column(String(200), default="")
    title: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(String(2000), default="")
    payment_terms: Mapped[str] = mapped_column(String(1000), default="")
    delivery_terms: Mapped[str] = mapped_column(String(1000), default="")
    currency: Mapped[str] = mapped_column(String(3))
    tax_bps: Mapped[int]
    validity_days: Mapped[int] = mapped_column(default=30)
    issued_on: Mapped[date | None]  # business date in the supplier's zone
    valid_until: Mapped[date | None]
    basis: Mapped[str] = mapped_column(String(20))
    markup_bps: Mapped[int]
    fixed_net_minor: Mapped[int | None]  # the agreed total before tax, where there is one
    net_minor: Mapped[int] = mapped_column(default=0)
    tax_minor: Mapped[int] = mapped_column(default=0)
    gross_minor: Mapped[int] = mapped_column(default=0)
    logo_id: Mapped[int | None] = mapped_column(ForeignKey("logo.id"))
    snapshot: Mapped[dict[str, Any]]  # letterhead, names, site and assumptions; nothing about purchase
    version: Mapped[int] = mapped_column(default=1)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    issued_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's own form


class ResaleLine(Private, Base):
    """One line as the customer sees it; what it was bought for stands in the quote only."""

    __tablename__ = "resale_line"
    __table_args__ = (
        UniqueConstraint("resale_id", "position"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("unit_minor >= 0 AND net_minor >= 0", name="prices"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    resale_id: Mapped[int] = mapped_column(ForeignKey("resale.id"))
    quote_line_id: Mapped[int] = mapped_column(ForeignKey("quote_line.id"), index=True)
    position: Mapped[int]
    group_en: Mapped[str] = mapped_column(String(80))
    group_zh: Mapped[str] = mapped_column(String(80))
    sku: Mapped[str] = mapped_column(String(60))
    maker: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(200))
    name_zh: Mapped[str] = mapped_column(String(200))
    invented: Mapped[bool]
    quantity: Mapped[int]
    own_price: Mapped[bool]  # typed by a person, not by the markup
    unit_minor: Mapped[int]
    tax_bps: Mapped[int]
    net_minor: Mapped[int]
    tax_minor: Mapped[int]


class ResaleDocument(Private, Base):
    """The PDF of an issued offer in one language, rendered by the worker."""

    __tablename__ = "resale_document"
    __table_args__ = (
        UniqueConstraint("resale_id", "locale"),
        CheckConstraint(f"state IN {DOCUMENT_STATES}", name="state"),
        CheckConstraint("locale IN ('en', 'zh')", name="locale"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    resale_id: Mapped[int] = mapped_column(ForeignKey("resale.id"))
    locale: Mapped[str] = mapped_column(String(5))
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    size: Mapped[int] = mapped_column(default=0)  # bytes
    sha256: Mapped[str] = mapped_column(String(64), default="")
    requested_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")


class OfferLink(Private, Base):
    """A way for a customer to look at an issued offer without an account; the database knows the token's hash only."""

    __tablename__ = "offer_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    resale_id: Mapped[int] = mapped_column(ForeignKey("resale.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_on: Mapped[date]  # last day, to its end in the supplier's zone
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    views: Mapped[int] = mapped_column(default=0)
    viewed_at: Mapped[datetime | None]

"""Quotes, their lines and documents, and the counters that number documents."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, House, Key, Owned, new_public_id
from portal.policy import Permission

QUOTE_STATES = ("draft", "issued", "superseded")
DOCUMENT_STATES = ("waiting", "rendering", "ready", "failed")


class Counter(House, Base):
    """The last number given in a series, for example `Q-2026`."""

    __tablename__ = "counter"

    series: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int]


class Quote(Owned, Base):
    """An offer; from issue on it never changes, a revision is a new row that names its predecessor."""

    __tablename__ = "quote"
    __table_args__ = (
        CheckConstraint(f"state IN {QUOTE_STATES}", name="state"),
        CheckConstraint("tax_mode IN ('net', 'gross')", name="tax_mode"),
        CheckConstraint("validity_days BETWEEN 1 AND 365", name="validity_days"),
        CheckConstraint("(state = 'draft') = (issued_at IS NULL)", name="issued"),
        UniqueConstraint("number", "revision"),
        UniqueConstraint("predecessor_id"),
        Index("ix_quote_own", "organisation_id", "id"),
        Index("ix_quote_customer_id", "customer_id", "id"),
        Index("ix_quote_own_gross", "organisation_id", "gross_minor", "id"),
        Index("ix_quote_own_customer", "organisation_id", "customer_key", "id"),
        Index("ix_quote_own_state", "organisation_id", "state", "id"),
        Index("ix_quote_own_state_gross", "organisation_id", "state", "gross_minor", "id"),
        Index("ix_quote_own_state_customer", "organisation_id", "state", "customer_key", "id"),
        Index("ix_quote_all_gross", "gross_minor", "id"),
        Index("ix_quote_all_customer", "customer_key", "id"),
        Index("ix_quote_all_state", "state", "id"),
    )
    view_permission = Permission.QUOTE_VIEW
    edit_permission = Permission.QUOTE_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    number: Mapped[str | None] = mapped_column(Key)  # given at issue; revisions share it
    revision: Mapped[int] = mapped_column(default=1)
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("quote.id"))
    state: Mapped[str] = mapped_column(String(20), default="draft")
    configuration_id: Mapped[int] = mapped_column(ForeignKey("configuration.id"), index=True)
    rule_revision_id: Mapped[int] = mapped_column(ForeignKey("rule_revision.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    customer_name: Mapped[str] = mapped_column(String(200), default="")
    customer_key: Mapped[str] = mapped_column(Key, default="")
    title: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(String(2000), default="")
    currency: Mapped[str] = mapped_column(String(3))
    tax_mode: Mapped[str] = mapped_column(String(5), default="net")
    tax_bps: Mapped[int]
    validity_days: Mapped[int] = mapped_column(default=30)
    issued_on: Mapped[date | None]  # business date in the supplier's zone
    valid_until: Mapped[date | None]  # last day, to its end in the supplier's zone
    list_minor: Mapped[int]
    net_minor: Mapped[int]
    tax_minor: Mapped[int]
    gross_minor: Mapped[int]
    snapshot: Mapped[dict[str, Any]]  # choices, assignment, rule and price hashes, assumptions
    version: Mapped[int] = mapped_column(default=1)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    issued_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012 - SQLAlchemy's own form


class QuoteLine(Owned, Base):
    """One line; names and prices are copies, so that the catalogue may change afterwards."""

    __tablename__ = "quote_line"
    __table_args__ = (
        UniqueConstraint("quote_id", "position"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("list_unit_minor >= 0 AND unit_minor >= 0", name="prices"),
    )
    view_permission = Permission.QUOTE_VIEW
    edit_permission = Permission.QUOTE_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    quote_id: Mapped[int] = mapped_column(ForeignKey("quote.id"))
    position: Mapped[int]
    group_en: Mapped[str] = mapped_column(String(80))
    group_zh: Mapped[str] = mapped_column(String(80))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    sku: Mapped[str] = mapped_column(String(60))
    maker: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(200))
    name_zh: Mapped[str] = mapped_column(String(200))
    invented: Mapped[bool]
    quantity: Mapped[int]
    list_unit_minor: Mapped[int]
    unit_minor: Mapped[int]
    special_unit_minor: Mapped[int | None]  # granted for this deal; requests for it follow
    tax_bps: Mapped[int]
    list_minor: Mapped[int]
    net_minor: Mapped[int]
    tax_minor: Mapped[int]


class QuoteDocument(Owned, Base):
    """The PDF of an issued quote in one language, rendered by the worker."""

    __tablename__ = "quote_document"
    __table_args__ = (
        UniqueConstraint("quote_id", "locale"),
        CheckConstraint(f"state IN {DOCUMENT_STATES}", name="state"),
        CheckConstraint("locale IN ('en', 'zh')", name="locale"),
    )
    view_permission = Permission.QUOTE_VIEW
    edit_permission = Permission.QUOTE_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    quote_id: Mapped[int] = mapped_column(ForeignKey("quote.id"))
    locale: Mapped[str] = mapped_column(String(5))
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    size: Mapped[int] = mapped_column(default=0)  # bytes
    sha256: Mapped[str] = mapped_column(String(64), default="")
    requested_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")

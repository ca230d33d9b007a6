"""Orders, their lines and documents: frozen copies of what was quoted."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Key, Owned, new_public_id
from portal.deals.models import DOCUMENT_STATES
from portal.policy import Permission


class SalesOrder(Owned, Base):
    """An order placed from an issued quote, one for each quote; it never changes."""

    __tablename__ = "sales_order"
    __table_args__ = (
        CheckConstraint("state IN ('placed')", name="state"),  # shipping and cancelling come with their own feature
        CheckConstraint("tax_mode IN ('net', 'gross')", name="tax_mode"),
        CheckConstraint("line_count > 0", name="line_count"),
        UniqueConstraint("quote_id"),
        UniqueConstraint("number"),
        Index("ix_sales_order_own", "organisation_id", "id"),
        Index("ix_sales_order_own_customer", "organisation_id", "customer_key", "id"),
        Index("ix_sales_order_own_purchase", "organisation_id", "purchase_key", "id"),
        Index("ix_sales_order_all_customer", "customer_key", "id"),
        Index("ix_sales_order_all_purchase", "purchase_key", "id"),
    )
    view_permission = Permission.ORDER_VIEW
    edit_permission = Permission.ORDER_PLACE

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    number: Mapped[str] = mapped_column(Key)
    state: Mapped[str] = mapped_column(String(20), default="placed")
    form_key: Mapped[str] = mapped_column(String(40))  # of the form it was placed with: a double click is one order
    quote_id: Mapped[int] = mapped_column(ForeignKey("quote.id"))
    quote_number: Mapped[str] = mapped_column(String(20))
    quote_revision: Mapped[int]
    configuration_id: Mapped[int] = mapped_column(ForeignKey("configuration.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    customer_name: Mapped[str] = mapped_column(String(200))
    customer_key: Mapped[str] = mapped_column(Key)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    title: Mapped[str] = mapped_column(String(120))
    purchase_number: Mapped[str] = mapped_column(String(60))  # the buyer's own
    purchase_key: Mapped[str] = mapped_column(Key)
    wanted_on: Mapped[date]  # business date
    delivery_address: Mapped[str] = mapped_column(String(400))
    contact: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(2000), default="")
    currency: Mapped[str] = mapped_column(String(3))
    tax_mode: Mapped[str] = mapped_column(String(5))
    tax_bps: Mapped[int]
    list_minor: Mapped[int]
    net_minor: Mapped[int]
    tax_minor: Mapped[int]
    gross_minor: Mapped[int]
    line_count: Mapped[int]  # the database takes no further lines
    snapshot: Mapped[dict[str, Any]]  # supplier, partner, customer, rules, prices: what the confirmation prints
    placed_on: Mapped[date]  # business date in the supplier's zone
    placed_at: Mapped[datetime]
    placed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class SalesOrderLine(Owned, Base):
    """One line of an order, copied from the quote."""

    __tablename__ = "sales_order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("position > 0", name="position"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("list_unit_minor >= 0 AND unit_minor >= 0", name="prices"),
    )
    view_permission = Permission.ORDER_VIEW
    edit_permission = Permission.ORDER_PLACE

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"))
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
    special_unit_minor: Mapped[int | None]  # granted for this deal
    tax_bps: Mapped[int]
    list_minor: Mapped[int]
    net_minor: Mapped[int]
    tax_minor: Mapped[int]


class OrderDocument(Owned, Base):
    """The PDF of an order's confirmation in one language, drawn by the worker."""

    __tablename__ = "order_document"
    __table_args__ = (
        UniqueConstraint("order_id", "locale"),
        CheckConstraint(f"state IN {DOCUMENT_STATES}", name="state"),
        CheckConstraint("locale IN ('en', 'zh')", name="locale"),
    )
    view_permission = Permission.ORDER_VIEW
    edit_permission = Permission.ORDER_PLACE

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"))
    locale: Mapped[str] = mapped_column(String(5))
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    size: Mapped[int] = mapped_column(default=0)  # bytes
    sha256: Mapped[str] = mapped_column(String(64), default="")
    requested_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(400), default="")

"""Products and their capabilities, price books, and the installed base that support reads later."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Everyones, Owned, Visible, new_public_id
from portal.policy import Actor, Permission


class Product(Everyones, Base):
    """Something that can be sold; `invented` products exist for demonstration only and say so everywhere."""

    __tablename__ = "product"
    __table_args__ = (Index("ix_product_kind", "kind", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    sku: Mapped[str] = mapped_column(String(60), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    maker: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(200))
    name_zh: Mapped[str] = mapped_column(String(200))
    invented: Mapped[bool]
    archived_at: Mapped[datetime | None]


class Capability(Everyones, Base):
    """One value that rules may use, with where it comes from and whether somebody confirmed it."""

    __tablename__ = "capability"
    __table_args__ = (UniqueConstraint("product_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    key: Mapped[str] = mapped_column(String(60))
    value: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(20), default="")
    source: Mapped[str] = mapped_column(String(300))
    confirmed: Mapped[bool]


class PriceBook(Base):
    """Prices of one currency for one circle of buyers: `list` for everybody, a tier for partners of it."""

    __tablename__ = "price_book"
    __table_args__ = (UniqueConstraint("book", "currency", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    book: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    invented: Mapped[bool]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """List prices for everybody, partner prices by permission."""
        return True if actor.can(Permission.PRICE_PARTNER) else cls.book == "list"


class Price(Everyones, Base):
    """The price of one product in one book, in minor units; read only together with its book."""

    __tablename__ = "price"

    price_book_id: Mapped[int] = mapped_column(ForeignKey("price_book.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    amount_minor: Mapped[int]


class Site(Owned, Base):
    """A place where equipment of an organisation stands."""

    __tablename__ = "site"
    view_permission = Permission.CONFIGURATION_VIEW
    edit_permission = Permission.CONFIGURATION_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(400), default="")
    archived_at: Mapped[datetime | None]


class InstalledItem(Owned, Base):
    """One piece of equipment at a site, waiting for or bearing a serial number."""

    __tablename__ = "installed_item"
    __table_args__ = (
        CheckConstraint("state IN ('expected', 'installed', 'removed')", name="state"),
        UniqueConstraint("product_id", "serial"),
        Index("ix_installed_item_organisation_id", "organisation_id", "id"),
    )
    view_permission = Permission.CONFIGURATION_VIEW
    edit_permission = Permission.CONFIGURATION_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    serial: Mapped[str | None] = mapped_column(String(80))
    configuration_id: Mapped[int | None] = mapped_column(ForeignKey("configuration.id"))
    configuration_line: Mapped[str] = mapped_column(String(60), default="")
    state: Mapped[str] = mapped_column(String(20))

"""Three layers that never mix: imported facts, our own products with capabilities, prices; and the installed base."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, exists, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Everyones, Owned, Visible, new_public_id
from portal.policy import Actor, Permission, Reach


class Product(Everyones, Base):
    """A maker's model. `listed`: our own catalogue names it; otherwise it is known from an import and not for sale.

    `invented` products exist for demonstration only and say so everywhere.
    """

    __tablename__ = "product"
    __table_args__ = (Index("ix_product_kind", "kind", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    sku: Mapped[str] = mapped_column(String(60), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    maker: Mapped[str] = mapped_column(String(80))
    model: Mapped[str] = mapped_column(String(100), default=lambda context: context.get_current_parameters()["sku"])
    name_en: Mapped[str] = mapped_column(String(200))
    name_zh: Mapped[str] = mapped_column(String(200))
    invented: Mapped[bool]
    listed: Mapped[bool] = mapped_column(default=True)
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


class SourceRevision(Everyones, Base):
    """One state of a source of facts as it was imported; the database refuses to change it."""

    __tablename__ = "source_revision"
    __table_args__ = (Index("ix_source_revision_name", "name", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    revision: Mapped[str] = mapped_column(String(80))  # the source's own commit; empty when it does not say
    licence: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256 of all that was read
    imported_at: Mapped[datetime]
    files: Mapped[int]
    report: Mapped[dict[str, Any]]


class DeviceType(Everyones, Base):
    """One imported file as it was read; a changed file is a new row, of the old one only `superseded_at` changes."""

    __tablename__ = "device_type"
    __table_args__ = (
        CheckConstraint("form IN ('device', 'module', 'rack')", name="form"),
        Index("ix_device_type_product_id", "product_id", "superseded_at"),
        Index(
            "uq_device_type_current",
            "source",
            "product_id",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_revision_id: Mapped[int] = mapped_column(ForeignKey("source_revision.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    source: Mapped[str] = mapped_column(String(80))
    form: Mapped[str] = mapped_column(String(20))
    path: Mapped[str] = mapped_column(String(300))
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256 of the file
    reader: Mapped[int]  # which version of our reading made the facts
    maker: Mapped[str] = mapped_column(String(80))
    model: Mapped[str] = mapped_column(String(100))
    part_number: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(String(4000))  # plain text
    notices: Mapped[list[Any]]  # codes of what one should know, see portal.catalog.devicetypes.traps
    superseded_at: Mapped[datetime | None]


class DeviceFact(Everyones, Base):
    """One fact of an imported file in base units; the database refuses to change it."""

    __tablename__ = "device_fact"
    __table_args__ = (
        CheckConstraint("origin IN ('stated', 'default', 'hint')", name="origin"),
        CheckConstraint("origin <> 'hint' OR (value = '' AND number IS NULL)", name="hint_is_no_value"),
        UniqueConstraint("device_type_id", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    device_type_id: Mapped[int] = mapped_column(ForeignKey("device_type.id"))
    key: Mapped[str] = mapped_column(String(80))
    value: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(20))
    number: Mapped[int | None]  # in base units
    origin: Mapped[str] = mapped_column(String(20))  # default: the schema's, not the file's; hint: only quoted text
    place: Mapped[str] = mapped_column(String(200))  # JSON pointer into the file
    quote: Mapped[str] = mapped_column(String(300), default="")


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
    __table_args__ = (Index("ix_price_amount", "price_book_id", "amount_minor", "product_id"),)

    price_book_id: Mapped[int] = mapped_column(ForeignKey("price_book.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    amount_minor: Mapped[int]


class Site(Owned, Base):
    """A place where equipment of an organisation stands."""

    __tablename__ = "site"
    __table_args__ = (Index("ix_site_own_party", "organisation_id", "party_id", "id"),)
    view_permission = Permission.CONFIGURATION_VIEW
    edit_permission = Permission.CONFIGURATION_EDIT

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), unique=True, default=new_public_id)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(400), default="")
    archived_at: Mapped[datetime | None]

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """What one's own organisation set up, and what stands at oneself: a customer's organisation is its party."""
        seen = super().visible_to(actor)
        reach = actor.reach(Permission.EQUIPMENT_VIEW)
        if seen is True or reach is not Reach.OWN:
            return seen is True or reach is Reach.ALL or seen
        return or_(seen, cls.party_id == actor.organisation_id)


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
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order_line.id"), index=True)
    state: Mapped[str] = mapped_column(String(20))

    @classmethod
    def visible_to(cls, actor: Actor) -> Visible:
        """What one's own organisation set up, and what stands at a site of oneself."""
        seen = super().visible_to(actor)
        reach = actor.reach(Permission.EQUIPMENT_VIEW)
        if seen is True or reach is not Reach.OWN:
            return seen is True or reach is Reach.ALL or seen
        site = Site.__table__.c  # the table, not the class: nothing but what stands here narrows a condition
        mine = exists().where(site.id == cls.site_id, site.party_id == actor.organisation_id)
        return or_(seen, mine.correlate_except(Site.__table__))

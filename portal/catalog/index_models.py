"""What lists, search and comparisons of products read: derived from the catalogue, never a second truth."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Everyones, Key

STANDINGS = ("sold", "known", "archived")


class ProductEntry(Everyones, Base):
    """One product as the list shows, filters and sorts it; every sort stands in an index."""

    __tablename__ = "product_entry"
    __table_args__ = (
        CheckConstraint(f"standing IN {STANDINGS}", name="standing"),
        Index("ix_product_entry_shelf", "standing", "shelf_key", "product_id"),
        Index("ix_product_entry_kind", "standing", "kind", "shelf_key", "product_id"),
        Index("ix_product_entry_maker", "standing", "maker", "shelf_key", "product_id"),
        Index("ix_product_entry_number", "standing", "number_key", "product_id"),
        Index("ix_product_entry_name_en", "standing", "name_en_key", "product_id"),
        Index("ix_product_entry_name_zh", "standing", "name_zh_key", "product_id"),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True, autoincrement=False)
    standing: Mapped[str] = mapped_column(String(20))  # sold: in our catalogue; known: from an import only; archived
    kind: Mapped[str] = mapped_column(String(40))
    maker: Mapped[str] = mapped_column(String(80))
    invented: Mapped[bool]
    confirmed: Mapped[bool]  # every one of its capabilities
    shelf_key: Mapped[str] = mapped_column(Key)  # the order of the catalogue: by kind, then by number
    number_key: Mapped[str] = mapped_column(Key)
    name_en_key: Mapped[str] = mapped_column(Key)
    name_zh_key: Mapped[str] = mapped_column(Key)
    digest: Mapped[str] = mapped_column(String(64))  # of all that this row, its words and its traits were made from
    brief: Mapped[list[Any]]  # the few facts its kind is chosen by: [key, value, unit]


class ProductWord(Everyones, Base):
    """A beginning that finds a product: what somebody types is a prefix of it."""

    __tablename__ = "product_word"
    __table_args__ = (Index("ix_product_word_product_id", "product_id"),)

    word: Mapped[str] = mapped_column(Key, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)


class ProductTrait(Everyones, Base):
    """A capability as filters and compatibility compare it: a number in base units, or one word of its value."""

    __tablename__ = "product_trait"
    __table_args__ = (
        Index("ix_product_trait_number", "key", "number", "product_id"),
        Index("ix_product_trait_word", "key", "word", "product_id"),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    word: Mapped[str] = mapped_column(Key, primary_key=True)
    number: Mapped[int | None]


class ProductShelf(Everyones, Base):
    """How many products of a maker stand in a kind: what the filters of the list offer, without counting products."""

    __tablename__ = "product_shelf"

    standing: Mapped[str] = mapped_column(String(20), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    maker: Mapped[str] = mapped_column(String(80), primary_key=True)
    products: Mapped[int]

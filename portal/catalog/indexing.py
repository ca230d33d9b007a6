"""Keeping what lists and search read in step with the catalogue: only rows of products that changed are written."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Row, delete, insert, select, text
from sqlalchemy.orm import Session

from portal.catalog.facets import BRIEF, place_of
from portal.catalog.index_models import ProductEntry, ProductShelf, ProductTrait, ProductWord
from portal.catalog.models import Capability, DeviceType, Product
from portal.catalog.quantities import number_of
from portal.catalog.search_words import folded, words_of
from portal.db import Base

VERSION: Final = 1  # to be counted up when this module makes other rows of the same product
BATCH: Final = 500
KEY_LENGTH: Final = 200
MANY: Final = 200  # changed products from which on PostgreSQL counts its tables anew, or it plans for empty ones
TABLES: Final = (ProductEntry, ProductWord, ProductTrait)
Facts = dict[str, tuple[str, str, bool]]  # key: value, unit, whether confirmed


def refresh_index(session: Session) -> int:
    """Bring entries, words and traits to what the catalogue says; return how many products' rows were written."""
    session.flush()
    products = session.execute(
        select(Product.id, Product.sku, Product.kind, Product.maker, Product.model, Product.name_en, Product.name_zh,
               Product.invented, Product.listed, Product.archived_at)
    ).all()  # fmt: skip
    facts, numbers = _capabilities(session), _part_numbers(session)
    wanted = {row.id: _digest(row, facts.get(row.id, {}), numbers.get(row.id, ())) for row in products}
    entries = session.execute(select(ProductEntry.product_id, ProductEntry.digest))
    held = {product_id: digest for product_id, digest in entries}  # noqa: C416 - typed as rows, not as pairs
    changed = {key for key in wanted.keys() | held.keys() if wanted.get(key) != held.get(key)}
    _take_out(session, changed & held.keys())
    rows: dict[type[Base], list[dict[str, Any]]] = {table: [] for table in TABLES}
    for row in products:
        if row.id in changed:
            own = facts.get(row.id, {})
            texts = (row.sku, row.model, row.maker, row.name_en, row.name_zh, *numbers.get(row.id, ()))
            rows[ProductEntry].append(_entry(row, own) | {"digest": wanted[row.id]})
            rows[ProductWord] += ({"product_id": row.id, "word": word} for word in sorted(words_of(*texts)))
            rows[ProductTrait] += _traits(row.id, row.sku, own)
    for table, made in rows.items():
        _put_in(session, table, made)
    _count(session)
    if len(changed) >= MANY and session.get_bind().dialect.name == "postgresql":
        session.execute(text("ANALYZE product_entry, product_word, product_trait, price"))
    return len(changed)


def _capabilities(session: Session) -> Mapping[int, Facts]:
    found: dict[int, Facts] = defaultdict(dict)
    columns = (Capability.product_id, Capability.key, Capability.value, Capability.unit, Capability.confirmed)
    for product_id, key, value, unit, confirmed in session.execute(select(*columns).order_by(Capability.id)):
        found[product_id][key] = (value, unit, confirmed)
    return found


def _part_numbers(session: Session) -> Mapping[int, list[str]]:
    """Return the part numbers that the current imported files name."""
    found: dict[int, list[str]] = defaultdict(list)
    current = select(DeviceType.product_id, DeviceType.part_number).where(DeviceType.superseded_at.is_(None))
    for product_id, part_number in session.execute(current.order_by(DeviceType.id)):
        found[product_id].append(part_number)
    return found


def _digest(row: Row[*tuple[Any, ...]], own: Facts, numbers: Iterable[str]) -> str:
    said = (VERSION, *row[:9], row.archived_at is not None, sorted(own.items()), list(numbers))
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()


def _entry(row: Row[*tuple[Any, ...]], own: Facts) -> dict[str, Any]:
    return {
        "product_id": row.id,
        "standing": "archived" if row.archived_at is not None else "sold" if row.listed else "known",
        "kind": row.kind,
        "maker": row.maker,
        "invented": row.invented,
        "confirmed": bool(own) and all(confirmed for _, _, confirmed in own.values()),
        "shelf_key": folded(f"{place_of(row.kind)} {row.sku}")[:KEY_LENGTH],
        "number_key": folded(row.sku)[:KEY_LENGTH],
        "name_en_key": folded(row.name_en)[:KEY_LENGTH],
        "name_zh_key": folded(row.name_zh)[:KEY_LENGTH],
        "brief": [[key, *own[key][:2]] for key in BRIEF.get(row.kind, ()) if key in own],
    }


def _traits(product_id: int, sku: str, own: Facts) -> list[dict[str, Any]]:
    """Return one row for a number, one for each word of anything else, and the product's own number as a word."""
    rows: dict[tuple[str, str], int | None] = {("sku", folded(sku)): None}
    for key, (value, unit, _) in own.items():
        number = number_of(value, unit) if unit else None
        if number is not None:
            rows[key, ""] = number
        else:
            rows |= {(key, word[:KEY_LENGTH]): None for word in folded(value).split()[:20]}
    return [
        {"product_id": product_id, "key": key, "word": word, "number": number} for (key, word), number in rows.items()
    ]


def _take_out(session: Session, products: set[int]) -> None:
    keys = sorted(products)
    for start in range(0, len(keys), BATCH):
        for table in TABLES:
            session.execute(delete(table).where(table.product_id.in_(keys[start : start + BATCH])))


def _put_in(session: Session, table: type[Base], rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), BATCH):
        session.execute(insert(table), rows[start : start + BATCH])


def _count(session: Session) -> None:
    """Write how many products of each standing, kind and maker there are, when that changed."""
    columns = (ProductEntry.standing, ProductEntry.kind, ProductEntry.maker)
    counted = Counter((at, kind, maker) for at, kind, maker in session.execute(select(*columns)))
    held = select(ProductShelf.standing, ProductShelf.kind, ProductShelf.maker, ProductShelf.products)
    if {(at, kind, maker): count for at, kind, maker, count in session.execute(held)} == dict(counted):
        return
    session.execute(delete(ProductShelf))
    _put_in(
        session,
        ProductShelf,
        [
            {"standing": at, "kind": kind, "maker": maker, "products": count}
            for (at, kind, maker), count in sorted(counted.items())
        ],
    )

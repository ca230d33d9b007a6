"""Loading the catalogue: what the files say becomes products, capabilities and price books, all or nothing."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.catalog.files import BookFact, CatalogueFacts, ProductFact, read_catalogue
from portal.catalog.models import Capability, Price, PriceBook, Product
from portal.history import record

PRODUCT_FIELDS = ("kind", "maker", "name_en", "name_zh", "invented")


@dataclass(frozen=True, slots=True)
class LoadReport:
    """How many rows of the catalogue were added, changed, taken out and left as they were."""

    added: int
    changed: int
    archived: int
    unchanged: int
    prices_added: int
    prices_changed: int
    prices_removed: int
    prices_unchanged: int

    @property
    def is_unchanged(self) -> bool:
        """Whether the database said the same already."""
        products = self.added + self.changed + self.archived
        return products + self.prices_added + self.prices_changed + self.prices_removed == 0

    def __str__(self) -> str:
        """Return one sentence for the person at the console."""
        products = f"{self.added} added, {self.changed} changed, {self.archived} archived, {self.unchanged} unchanged"
        prices = (
            f"{self.prices_added} added, {self.prices_changed} changed, {self.prices_removed} removed, "
            f"{self.prices_unchanged} unchanged"
        )
        start = "Nothing to change. " if self.is_unchanged else ""
        return f"{start}Products: {products}. Prices: {prices}."


def load_catalog(session: Session, folder: Path, *, now: datetime) -> LoadReport:
    """Bring the catalogue to what the CSV files of `folder` say; raises CatalogueErrors before anything is written.

    The session must act for the house. Products that the files no longer name are archived, books stay as history.
    """
    facts = read_catalogue(folder)
    counts: Counter[str] = Counter()
    products = _load_products(session, facts, counts, now)
    _load_books(session, facts.books, products, counts, now)
    session.flush()
    return LoadReport(**{name: counts[name] for name in LoadReport.__dataclass_fields__})


def _load_products(session: Session, facts: CatalogueFacts, counts: Counter[str], now: datetime) -> dict[str, Product]:
    there = {product.sku: product for product in session.scalars(select(Product))}
    held: dict[int, dict[str, Capability]] = {}
    for capability in session.scalars(select(Capability)):
        held.setdefault(capability.product_id, {})[capability.key] = capability
    fresh = [fact for sku, fact in facts.products.items() if sku not in there]
    for fact in fresh:
        there[fact.sku] = Product(sku=fact.sku, **{name: getattr(fact, name) for name in PRODUCT_FIELDS})
        session.add(there[fact.sku])
    session.flush()
    for fact in fresh:
        _change_capabilities(session, there[fact.sku].id, fact, {})
        record(session, there[fact.sku], "add", now=now, after={"sku": fact.sku})
    known = {fact.sku for fact in fresh}
    counts["added"] += len(fresh)
    for fact in facts.products.values():
        if fact.sku in known:
            continue
        product = there[fact.sku]
        changes = _change_product(product, fact)
        changes |= _change_capabilities(session, product.id, fact, held.get(product.id, {}))
        counts["changed" if changes else "unchanged"] += 1
        if changes:
            before, after = ({key: pair[side] for key, pair in changes.items()} for side in (0, 1))
            record(session, product, "change", now=now, before=before, after=after)
    for sku, product in there.items():
        if facts.products and sku not in facts.products and product.archived_at is None:
            product.archived_at = now
            counts["archived"] += 1
            record(session, product, "archive", now=now, after={"sku": sku})
    return there


Changes = dict[str, tuple[str | bool | None, str | bool | None]]


def _change_product(product: Product, fact: ProductFact) -> Changes:
    changes: Changes = {}
    for name in PRODUCT_FIELDS:
        before, after = getattr(product, name), getattr(fact, name)
        if before != after:
            changes[name] = (before, after)
            setattr(product, name, after)
    if product.archived_at is not None:
        changes["archived"] = (True, False)
        product.archived_at = None
    return changes


def _change_capabilities(session: Session, product_id: int, fact: ProductFact, held: dict[str, Capability]) -> Changes:
    changes: Changes = {}
    for key, (value, unit) in fact.capabilities.items():
        row = held.get(key)
        wanted = (value, unit, fact.source, fact.confirmed)
        present = (row.value, row.unit, row.source, row.confirmed) if row else None
        if wanted == present:
            continue
        changes[key] = (f"{row.value} {row.unit}".strip() if row else None, f"{value} {unit}".strip())
        if row is None:
            row = Capability(product_id=product_id, key=key)
            session.add(row)
        row.value, row.unit, row.source, row.confirmed = wanted
    for key, row in held.items():
        if key not in fact.capabilities:
            changes[key] = (f"{row.value} {row.unit}".strip(), None)
            session.delete(row)
    return changes


def _load_books(
    session: Session, facts: tuple[BookFact, ...], products: dict[str, Product], counts: Counter[str], now: datetime
) -> None:
    books = {(book.book, book.currency, book.valid_from): book for book in session.scalars(select(PriceBook))}
    amounts: dict[int, dict[int, int]] = {}
    all_prices = select(Price.price_book_id, Price.product_id, Price.amount_minor)
    for book_id, product_id, minor in session.execute(all_prices):
        amounts.setdefault(book_id, {})[product_id] = minor
    for fact in facts:
        key: tuple[str, str, date] = (fact.book, fact.currency, fact.valid_from)
        book = books.get(key)
        if book is None:
            book = PriceBook(book=fact.book, currency=fact.currency, valid_from=fact.valid_from)
            session.add(book)
        terms = (book.valid_to, book.invented) == (fact.valid_to, fact.invented)
        book.valid_to, book.invented = fact.valid_to, fact.invented
        session.flush()
        wanted = {products[sku].id: minor for sku, minor in fact.amounts.items()}
        moved = _change_prices(session, book, wanted, amounts.get(book.id, {}), counts)
        if moved or not terms:
            record(session, book, "load prices", now=now, after={"prices": len(wanted), "moved": moved})


def _change_prices(
    session: Session, book: PriceBook, wanted: dict[int, int], present: dict[int, int], counts: Counter[str]
) -> int:
    """Bring the prices of one book to `wanted` (product to minor units); return how many moved."""
    added = {product_id: minor for product_id, minor in wanted.items() if product_id not in present}
    changed = {key: minor for key, minor in wanted.items() if key in present and present[key] != minor}
    gone = present.keys() - wanted.keys()
    for product_id, minor in added.items():
        session.add(Price(price_book_id=book.id, product_id=product_id, amount_minor=minor))
    for product_id, minor in changed.items():
        session.get_one(Price, (book.id, product_id)).amount_minor = minor
    if gone:
        session.execute(delete(Price).where(Price.price_book_id == book.id, Price.product_id.in_(gone)))
    counts["prices_added"] += len(added)
    counts["prices_changed"] += len(changed)
    counts["prices_removed"] += len(gone)
    counts["prices_unchanged"] += len(wanted) - len(added) - len(changed)
    return len(added) + len(changed) + len(gone)

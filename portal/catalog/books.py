"""Loading price books: a book of another period is a new book, the old one stays as history."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from portal.catalog.csvrows import CatalogueErrors, Problem
from portal.catalog.files import PRICES, BookFact
from portal.catalog.models import Price, PriceBook, Product
from portal.history import record


def check_sold(facts: Iterable[BookFact], sold: Mapping[str, bool]) -> None:
    """Raise CatalogueErrors for prices of products that nobody sells; `sold` says of each sku whether it is listed."""
    problems = []
    for sku in sorted({sku for fact in facts for sku in fact.amounts}):
        if sku not in sold:
            problems.append(Problem(PRICES, 0, f"the product {sku} is in none of the files and not in the catalogue"))
        elif not sold[sku]:
            problems.append(
                Problem(PRICES, 0, f"the product {sku} is not for sale: our own catalogue does not list it")
            )
    if problems:
        raise CatalogueErrors(tuple(problems))


def load_books(
    session: Session, facts: tuple[BookFact, ...], products: Mapping[str, Product], counts: Counter[str], now: datetime
) -> None:
    """Bring the books that `facts` name to what they say, and count the prices that moved."""
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
    for statement, prices in ((insert(Price), added), (update(Price), changed)):
        if prices:
            rows = [
                {"price_book_id": book.id, "product_id": key, "amount_minor": minor} for key, minor in prices.items()
            ]
            session.execute(statement, rows)
    if gone:
        session.execute(delete(Price).where(Price.price_book_id == book.id, Price.product_id.in_(gone)))
    counts["prices_added"] += len(added)
    counts["prices_changed"] += len(changed)
    counts["prices_removed"] += len(gone)
    counts["prices_unchanged"] += len(wanted) - len(added) - len(changed)
    return len(added) + len(changed) + len(gone)

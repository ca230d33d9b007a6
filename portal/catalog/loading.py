"""Loading the catalogue: what the files say becomes products, capabilities and price books, all or nothing."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.catalog.books import check_sold, load_books
from portal.catalog.csvrows import CatalogueErrors, Problem
from portal.catalog.devicetypes.identity import identity
from portal.catalog.files import CatalogueFacts, ProductFact, read_catalogue
from portal.catalog.indexing import refresh_index
from portal.catalog.models import Capability, DeviceType, Product
from portal.catalog.overlay import OVERLAY, CapabilityFact
from portal.history import record

PRODUCT_FIELDS = ("kind", "maker", "model", "name_en", "name_zh", "invented")
Changes = dict[str, tuple[str | bool | None, str | bool | None]]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """How many rows of the catalogue were added, changed, taken out and left as they were."""

    added: int
    changed: int
    archived: int  # taken out of our catalogue; those known from an import stay, not for sale
    unchanged: int
    waiting: int  # values of models that no import has brought yet
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
        end = f" {self.waiting} values wait for the import of their models." if self.waiting else ""
        return f"{start}Products: {products}. Prices: {prices}.{end}"


def load_catalog(session: Session, folder: Path, *, now: datetime) -> LoadReport:
    """Bring the catalogue to what the CSV files of `folder` say; raises CatalogueErrors before anything is written.

    The session must act for the house. Products that the files no longer name are archived, or not for sale any more
    when an import knows them; books stay as history. A folder without product files leaves products as they are.
    """
    facts = read_catalogue(folder)
    shelf = _Shelf(session)
    overlay, waiting = shelf.overlay(facts)
    check_sold(facts.books, shelf.sold(facts))
    counts: Counter[str] = Counter({"waiting": waiting})
    _load_products(session, shelf, facts, counts, now)
    _load_overlay(session, shelf, facts, overlay, counts, now)
    load_books(session, facts.books, shelf.by_sku, counts, now)
    refresh_index(session)
    return LoadReport(**{name: counts[name] for name in LoadReport.__dataclass_fields__})


class _Shelf:
    """What the database holds: products by number and by maker and model, capabilities, and who is known by import."""

    def __init__(self, session: Session) -> None:
        self.by_sku = {product.sku: product for product in session.scalars(select(Product).order_by(Product.id))}
        self.capabilities: dict[int, dict[str, Capability]] = {}
        for capability in session.scalars(select(Capability)):
            self.capabilities.setdefault(capability.product_id, {})[capability.key] = capability
        current = select(DeviceType.product_id, DeviceType.form).where(DeviceType.superseded_at.is_(None))
        self.forms: dict[int, str] = {row.product_id: row.form for row in session.execute(current)}
        self._imported: dict[tuple[str, str], Product] = {}
        for product in sorted(self.by_sku.values(), key=lambda one: (one.kind == "module", one.id)):
            if not product.listed and product.id in self.forms:  # a device before a module that is called the same
                self._imported.setdefault(identity(product.maker, product.model), product)

    def find(self, fact: ProductFact) -> Product | None:
        """Return the row of a product: by our number, or as the import knew it before we listed it."""
        return self.by_sku.get(fact.sku) or self._imported.get(identity(fact.maker, fact.model))

    def sold(self, facts: CatalogueFacts) -> dict[str, bool]:
        """Return of each number whether it will be for sale once `facts` are loaded."""
        if facts.products:
            return dict.fromkeys(facts.products, True)
        return {sku: product.listed for sku, product in self.by_sku.items()}

    def overlay(self, facts: CatalogueFacts) -> tuple[dict[Product, dict[str, CapabilityFact]], int]:
        """Return the values of products outside the files, and how many wait for an import; raises CatalogueErrors."""
        found: dict[Product, dict[str, CapabilityFact]] = {}
        problems, waiting = [], 0
        models: dict[tuple[str, str], Product] = {}
        for row in sorted(self.by_sku.values(), key=lambda one: (not one.listed, one.kind == "module", one.id)):
            if row.archived_at is None:
                models.setdefault(identity(row.maker, row.model), row)
        for fact in facts.overlay:
            product = self.by_sku.get(fact.sku) if fact.sku else models.get(identity(fact.maker, fact.model))
            if product is not None and product.archived_at is None:
                found.setdefault(product, {})[fact.key] = fact.capability
            elif fact.sku:
                problems.append(Problem(OVERLAY, fact.line, f"the product {fact.sku} is not in the catalogue"))
            else:
                waiting += 1
        if problems:
            raise CatalogueErrors(tuple(problems))
        return found, waiting


def _load_products(session: Session, shelf: _Shelf, facts: CatalogueFacts, counts: Counter[str], now: datetime) -> None:
    if not facts.products:
        return
    found: dict[str, Product] = {}
    fresh: dict[str, Product] = {}
    for sku, fact in facts.products.items():
        if product := shelf.find(fact):
            found[sku] = product
        else:
            fresh[sku] = Product(sku=sku, listed=True, **{name: getattr(fact, name) for name in PRODUCT_FIELDS})
    session.add_all(fresh.values())
    session.flush()
    counts["added"] += len(fresh)
    moved: list[int] = []
    for sku, fact in facts.products.items():
        if product := fresh.get(sku):
            _change_capabilities(session, product.id, fact.capabilities, {})
            record(session, product, "add", now=now, after={"sku": sku})
        else:
            product = found[sku]
            if identity(product.maker, product.model) != identity(fact.maker, fact.model):
                moved.append(product.id)
            changes = _change_product(product, fact)
            changes |= _change_capabilities(
                session, product.id, fact.capabilities, shelf.capabilities.get(product.id, {})
            )
            _note(session, product, changes, counts, now)
    for product in shelf.by_sku.values():
        if product.listed and product.sku not in facts.products:
            _take_out(session, product, shelf.forms.get(product.id), counts, now)
    if moved:  # facts of another model do not stay with it; the next import brings the right ones
        session.execute(
            update(DeviceType)
            .where(DeviceType.product_id.in_(moved), DeviceType.superseded_at.is_(None))
            .values(superseded_at=now)
        )
    shelf.by_sku = {product.sku: product for product in (*shelf.by_sku.values(), *fresh.values())}


def _load_overlay(
    session: Session,
    shelf: _Shelf,
    facts: CatalogueFacts,
    overlay: dict[Product, dict[str, CapabilityFact]],
    counts: Counter[str],
    now: datetime,
) -> None:
    """Bring the capabilities of products that the files do not list to what the overlay says."""
    for product, wanted in overlay.items():
        held = shelf.capabilities.get(product.id, {})
        kept = {} if facts.products else {key: row for key, row in held.items() if key not in wanted}
        changes = _change_capabilities(
            session, product.id, wanted, {key: row for key, row in held.items() if key not in kept}
        )
        _note(session, product, changes, counts, now)
    if not facts.products:
        return
    for product in shelf.by_sku.values():
        held = shelf.capabilities.get(product.id, {})
        if held and not product.listed and product.archived_at is None and product not in overlay:
            _note(session, product, _change_capabilities(session, product.id, {}, held), counts, now)


def _note(session: Session, product: Product, changes: Changes, counts: Counter[str], now: datetime) -> None:
    counts["changed" if changes else "unchanged"] += 1
    if changes:
        before, after = ({key: pair[side] for key, pair in changes.items()} for side in (0, 1))
        record(session, product, "change", now=now, before=before, after=after)


def _take_out(session: Session, product: Product, form: str | None, counts: Counter[str], now: datetime) -> None:
    """Stop selling a product; as long as an import knows it, it stays as that."""
    product.listed = False
    counts["archived"] += 1
    if form is not None:
        product.kind = form
        record(session, product, "unlist", now=now, after={"sku": product.sku})
    else:
        product.archived_at = now
        record(session, product, "archive", now=now, after={"sku": product.sku})


def _change_product(product: Product, fact: ProductFact) -> Changes:
    changes: Changes = {}
    for name in ("sku", *PRODUCT_FIELDS):
        before, after = getattr(product, name), getattr(fact, name)
        if before != after:
            changes[name] = (before, after)
            setattr(product, name, after)
    if not product.listed:
        changes["listed"] = (False, True)
        product.listed = True
    if product.archived_at is not None:
        changes["archived"] = (True, False)
        product.archived_at = None
    return changes


def _change_capabilities(
    session: Session, product_id: int, wanted: Mapping[str, CapabilityFact], held: Mapping[str, Capability]
) -> Changes:
    changes: Changes = {}
    for key, fact in wanted.items():
        row = held.get(key)
        present = CapabilityFact(row.value, row.unit, row.source, row.confirmed) if row else None
        if fact == present:
            continue
        changes[key] = (_said(present), _said(fact))
        if row is None:
            row = Capability(product_id=product_id, key=key)
            session.add(row)
        row.value, row.unit, row.source, row.confirmed = fact.value, fact.unit, fact.source, fact.confirmed
    for key, row in held.items():
        if key not in wanted:
            changes[key] = (f"{row.value} {row.unit}".strip(), None)
            session.delete(row)
    return changes


def _said(fact: CapabilityFact | None) -> str | None:
    return f"{fact.value} {fact.unit}".strip() if fact else None

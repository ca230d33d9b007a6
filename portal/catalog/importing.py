"""Importing a device-type library: its facts hang on products by maker and model; one transaction, all or nothing."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal.catalog.csvrows import CatalogueErrors, Problem
from portal.catalog.devicetypes.facts import READER, Fact
from portal.catalog.devicetypes.library import LibraryRead, TypeRead, read_library
from portal.catalog.devicetypes.origin import Origin
from portal.catalog.devicetypes.report import ImportReport, report_of
from portal.catalog.devicetypes.traps import TRAPS
from portal.catalog.devicetypes.walking import TooMuch
from portal.catalog.indexing import refresh_index
from portal.catalog.models import DeviceFact, DeviceType, Product, SourceRevision
from portal.catalog.planning import Held, Plan, plan_import
from portal.errors import Conflict
from portal.history import record
from portal.words import N_

CHUNK: Final = 5_000  # rows of one statement


def import_types(
    session: Session,
    path: Path,
    origin: Origin,
    *,
    now: datetime,
    skip_damaged: bool = False,
    let_vanish: bool = False,
) -> ImportReport:
    """Bring the imported facts of the source `origin.name` to what the library at `path` says.

    Raises, before anything is written, CatalogueErrors for every damaged file (unless `skip_damaged`) and for a folder
    without device types, Conflict when most of the source vanished (unless `let_vanish`). Models that vanished are
    archived unless our own catalogue lists them. The session must act for the house.
    """
    library = _read(path, skip_damaged=skip_damaged)
    products = list(session.scalars(select(Product).order_by(Product.id)))
    held = _held(session, origin.name)
    ever = select(DeviceType.product_id, DeviceType.form).where(DeviceType.source == origin.name).distinct()
    forms = {row.product_id: row.form for row in session.execute(ever)}
    plan = plan_import(library, products, held, forms)
    if plan.is_empty:
        return report_of(library, origin, _counts(plan, 0))
    if plan.is_landslide and not let_vanish:
        raise Conflict(
            N_("%(gone)s of %(held)s models of the source %(source)s are not here any more. Another folder?"),
            gone=len(plan.gone),
            held=plan.held,
            source=origin.name,
        )
    session.add_all(plan.added)
    session.flush()
    archived = _take_out(session, plan, origin, now)
    for product in plan.revived:
        product.archived_at = None
    for product, model in plan.renamed:
        product.model = model
    session.flush()
    report = report_of(library, origin, _counts(plan, len(archived)))
    source = _write(session, plan, origin, library, report, now)
    _remember(session, plan, archived, source, now)
    refresh_index(session)
    return report


def _read(path: Path, *, skip_damaged: bool) -> LibraryRead:
    try:
        library = read_library(path)
    except TooMuch as error:
        raise CatalogueErrors((Problem(path.name, 0, str(error)),)) from error
    if not library.files:
        message = "no device types here: device-types/, module-types/ or rack-types/ with .yaml files is expected"
        raise CatalogueErrors((Problem(path.name, 0, message),))
    if library.damaged and not (skip_damaged and library.types):
        raise CatalogueErrors(library.damaged)
    return library


def _held(session: Session, source: str) -> dict[int, Held]:
    """Return the current rows of a source by their product."""
    columns = (
        DeviceType.id, DeviceType.product_id, DeviceType.path, DeviceType.digest, DeviceType.reader, DeviceType.form,
    )  # fmt: skip
    rows = session.execute(select(*columns).where(DeviceType.source == source, DeviceType.superseded_at.is_(None)))
    return {row.product_id: Held(*row) for row in rows}


def _counts(plan: Plan, archived: int) -> dict[str, int]:
    changed = len(plan.fresh) + len(plan.changed) - len(plan.added)
    return {
        "added": len(plan.added), "changed": changed, "archived": archived, "gone": len(plan.gone),
        "unchanged": plan.unchanged, "kept": plan.kept,
    }  # fmt: skip


def _take_out(session: Session, plan: Plan, origin: Origin, now: datetime) -> list[Product]:
    """Supersede the rows that changed or vanished; archive the products that nobody names any more."""
    old = [row.id for _entry, _product, row in plan.changed] + [row.id for row in plan.gone]
    for start in range(0, len(old), CHUNK):
        session.execute(
            update(DeviceType)
            .where(DeviceType.id.in_(old[start : start + CHUNK]))
            .values(superseded_at=now)
            .execution_options(synchronize_session=False)
        )
    gone = {row.product_id for row in plan.gone}
    if not gone:
        return []
    others = select(DeviceType.product_id).where(DeviceType.superseded_at.is_(None), DeviceType.source != origin.name)
    named = set(session.scalars(others))
    return_to = {product.id: product for _entry, product in plan.fresh}
    archived = []
    for product in session.scalars(select(Product).where(Product.listed.is_(False), Product.archived_at.is_(None))):
        if product.id in gone and product.id not in named and product.id not in return_to:
            product.archived_at = now
            archived.append(product)
    return archived


def _write(
    session: Session, plan: Plan, origin: Origin, library: LibraryRead, report: ImportReport, now: datetime
) -> SourceRevision:
    source = SourceRevision(
        name=origin.name, revision=origin.revision, licence=origin.licence, digest=library.digest, imported_at=now,
        files=library.files, report=report.summary(),
    )  # fmt: skip
    session.add(source)
    session.flush()
    pairs = [*plan.fresh, *((entry, product) for entry, product, _row in plan.changed)]
    rows = [_type_row(entry, product, source) for entry, product in pairs]
    returned = insert(DeviceType).returning(DeviceType.id, sort_by_parameter_order=True)
    ids = [type_id for part in _chunks(rows) for type_id in session.scalars(returned, part)]
    facts = (
        _fact_row(fact, type_id) for type_id, (entry, _product) in zip(ids, pairs, strict=True) for fact in entry.facts
    )
    for part in _chunks(list(facts)):
        session.execute(insert(DeviceFact), part)
    return source


def _chunks(rows: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))


def _type_row(entry: TypeRead, product: Product, source: SourceRevision) -> dict[str, Any]:
    document = entry.document
    return {
        "source_revision_id": source.id, "product_id": product.id, "source": source.name, "form": document.form,
        "path": document.path, "digest": document.digest, "reader": READER, "maker": document.maker,
        "model": document.model, "part_number": document.texts.get("part_number", ""),
        "slug": document.texts.get("slug", ""), "description": entry.description,
        "notices": sorted(code for code in entry.traps if TRAPS[code].kept), "superseded_at": None,
    }  # fmt: skip


def _fact_row(fact: Fact, type_id: int) -> dict[str, Any]:
    return {
        "device_type_id": type_id, "key": fact.key, "value": fact.value, "unit": fact.unit, "number": fact.number,
        "origin": fact.origin, "place": fact.place, "quote": fact.quote,
    }  # fmt: skip


def _remember(session: Session, plan: Plan, archived: list[Product], source: SourceRevision, now: datetime) -> None:
    """Write into the history what happened to each product and to the source."""
    before = _facts_before(session, [row.id for _entry, _product, row in plan.changed])
    for entry, product in plan.fresh:
        record(session, product, "import facts", now=now, after=_trace(entry, source))
    for entry, product, row in plan.changed:
        old, new = before.get(row.id, {}), {fact.key: _said(fact.value, fact.unit) for fact in entry.facts}
        moved = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        record(
            session, product, "import facts", now=now,
            before={key: old.get(key) for key in moved},
            after={**_trace(entry, source), **{key: new.get(key) for key in moved}},
        )  # fmt: skip
    for product in archived:
        record(session, product, "archive", now=now, after={"sku": product.sku, "source": source.name})
    counts = Counter({"types": len(plan.fresh) + len(plan.changed), "gone": len(plan.gone)})
    record(session, source, "import", now=now, after={"name": source.name, "revision": source.revision, **counts})


def _facts_before(session: Session, type_ids: list[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    columns = (DeviceFact.device_type_id, DeviceFact.key, DeviceFact.value, DeviceFact.unit)
    for start in range(0, len(type_ids), CHUNK):
        part = type_ids[start : start + CHUNK]
        for type_id, key, value, unit in session.execute(select(*columns).where(DeviceFact.device_type_id.in_(part))):
            found.setdefault(type_id, {})[key] = _said(value, unit)
    return found


def _said(value: str, unit: str) -> str:
    return f"{value} {unit}".strip()


def _trace(entry: TypeRead, source: SourceRevision) -> dict[str, str]:
    return {"source": source.name, "revision": source.revision, "file": entry.document.path}

"""Reading the installed base, as far as the actor sees it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from portal.catalog.models import InstalledItem, Product, Site
from portal.errors import NotFound
from portal.parties.models import Party, Relation
from portal.parties.queries import sees_all

PAGE = 25
CUSTOMER = Party.__table__.alias("customer")


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One piece as a list shows it."""

    id: int
    public_id: str
    serial: str | None
    state: str
    product_id: int
    product_en: str
    product_zh: str
    product_public_id: str
    kind: str
    site_id: int
    site: str
    address: str
    customer: str
    customer_en: str
    customer_public_id: str


def _rows(*, own: bool) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            InstalledItem.id, InstalledItem.public_id, InstalledItem.serial, InstalledItem.state, Product.id,
            Product.name_en, Product.name_zh, Product.public_id, Product.kind, Site.id, Site.name, Site.address,
            *called(own), CUSTOMER.c.public_id,
        )
        .join(Product, Product.id == InstalledItem.product_id)
        .join(Site, Site.id == InstalledItem.site_id)
        .join(CUSTOMER, CUSTOMER.c.id == Site.party_id)
    )  # fmt: skip
    return with_relation(query, Site.party_id) if own else query


def called(own: bool) -> tuple[Any, Any]:
    """Return the columns with what a customer is called: by the own organisation, where it knows him, or the house."""
    if not own:
        return CUSTOMER.c.name, CUSTOMER.c.name_en
    return func.coalesce(Relation.name, CUSTOMER.c.name), func.coalesce(Relation.name_en, CUSTOMER.c.name_en)


def with_relation(query: Select[*tuple[Any, ...]], party_id: Any) -> Select[*tuple[Any, ...]]:
    """Join what the own organisation knows of a customer; the session narrows it to one row."""
    return query.outerjoin(Relation, and_(Relation.party_id == party_id, Relation.kind == "customer"))


def items(session: Session, *, serial: str, before: int | None, limit: int = PAGE) -> tuple[list[ItemRow], int | None]:
    """Return one page, newest first, and the id before which the next one begins, if there is one."""
    query = _rows(own=not sees_all(session))
    if serial:
        query = query.where(InstalledItem.serial == serial)
    if before is not None:
        query = query.where(InstalledItem.id < before)
    found = [ItemRow(*row) for row in session.execute(query.order_by(InstalledItem.id.desc()).limit(limit + 1))]
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def item(session: Session, public_id: str) -> ItemRow:
    """Return one piece; raises NotFound."""
    row = session.execute(_rows(own=not sees_all(session)).where(InstalledItem.public_id == public_id)).first()
    if row is None:
        raise NotFound
    return ItemRow(*row)

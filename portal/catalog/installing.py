"""What will stand at a customer: its site, found or made by address, and the pieces that wait for their serials."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.catalog.models import InstalledItem, Product, Site
from portal.catalog.serials import WITH_SERIAL_NUMBER
from portal.db import as_actor
from portal.parties.models import Party, name_key
from portal.policy import SYSTEM


@dataclass(frozen=True, slots=True)
class Piece:
    """So many pieces of one product that an order line brings."""

    product_id: int
    quantity: int
    order_line_id: int
    configuration_line: str


def site_at(session: Session, organisation_id: int, customer_id: int, *, name: str, address: str) -> Site:
    """Return the site of a customer at an address, made when the organisation does not know it yet.

    Addresses are compared without regard to spaces, case and width; the customer's row is locked, so that two orders at
    one moment do not make the place twice.
    """
    with as_actor(session, SYSTEM):
        session.execute(select(Party.id).where(Party.id == customer_id).with_for_update())
    own = (Site.organisation_id == organisation_id, Site.party_id == customer_id, Site.archived_at.is_(None))
    known = session.scalars(select(Site).where(*own).order_by(Site.id)).all()
    found = next((site for site in known if name_key(site.address) == name_key(address)), None)
    if found is None:
        found = Site(organisation_id=organisation_id, party_id=customer_id, name=name, address=address)
        session.add(found)
        session.flush()
    return found


def expect_items(session: Session, site: Site, pieces: Iterable[Piece], *, configuration_id: int) -> int:
    """Write one item for each piece that carries a serial number, waiting for it; return how many there are."""
    wanted = list(pieces)
    serial = select(Product.id).where(
        Product.id.in_({piece.product_id for piece in wanted}), Product.kind.in_(sorted(WITH_SERIAL_NUMBER))
    )
    numbered = set(session.scalars(serial))
    rows = [
        {
            "organisation_id": site.organisation_id,
            "site_id": site.id,
            "product_id": piece.product_id,
            "configuration_id": configuration_id,
            "configuration_line": piece.configuration_line,
            "order_line_id": piece.order_line_id,
            "state": "expected",
        }
        for piece in wanted
        if piece.product_id in numbered
        for _ in range(piece.quantity)
    ]
    if rows:
        session.execute(insert(InstalledItem), rows)
    return len(rows)

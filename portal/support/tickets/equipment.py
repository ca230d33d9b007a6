"""The equipment a ticket is about, found through the scoped session: foreign equipment looks like a missing one."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalog.models import InstalledItem, Product, Site
from portal.db import as_actor
from portal.errors import NotFound
from portal.parties.models import Organisation
from portal.policy import SYSTEM, OrganisationKind
from portal.words import name_in


@dataclass(frozen=True, slots=True)
class Equipment:
    """What is known of it; all may be missing. `partner_id` is the partner who put it there."""

    item_id: int | None = None
    site_id: int | None = None
    party_id: int | None = None
    product_id: int | None = None
    product_line: str = ""
    name_en: str = ""
    name_zh: str = ""
    serial: str = ""
    partner_id: int | None = None

    def product_name(self, locale: str) -> str:
        """Return what the product is called."""
        return name_in(locale, self.name_zh, self.name_en) if self.product_id is not None else ""


def equipment(session: Session, *, item: str = "", site: str = "", product: str = "", serial: str = "") -> Equipment:
    """Return what these public ids name; raises NotFound for what the actor does not see.

    A serial number of the installed base is found when its equipment is in sight; any other is just a text.
    """
    row = _item(session, item, serial.strip())
    place = _site(session, row, site)
    wanted = _product(session, row, product)
    return Equipment(
        item_id=row.id if row else None,
        site_id=place.id if place else None,
        party_id=place.party_id if place else None,
        product_id=wanted.id if wanted else None,
        product_line=wanted.kind if wanted else "",
        name_en=wanted.name_en if wanted else "",
        name_zh=wanted.name_zh if wanted else "",
        serial=(row.serial or "") if row else "",
        partner_id=_partner(session, place.organisation_id) if place else None,
    )


def _item(session: Session, public_id: str, serial: str) -> InstalledItem | None:
    if public_id:
        found = session.scalar(select(InstalledItem).where(InstalledItem.public_id == public_id))
        if found is None:
            raise NotFound
        return found
    if not serial:
        return None
    found_all = session.scalars(select(InstalledItem).where(InstalledItem.serial == serial).limit(2)).all()
    return found_all[0] if len(found_all) == 1 else None


def _site(session: Session, item: InstalledItem | None, public_id: str) -> Site | None:
    if item is not None:
        return session.scalar(select(Site).where(Site.id == item.site_id))
    if not public_id:
        return None
    found = session.scalar(select(Site).where(Site.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def _product(session: Session, item: InstalledItem | None, public_id: str) -> Product | None:
    if item is not None:
        return session.get(Product, item.product_id)
    if not public_id:
        return None
    found = session.scalar(select(Product).where(Product.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def _partner(session: Session, organisation_id: int) -> int | None:
    with as_actor(session, SYSTEM):
        its = (Organisation.id == organisation_id, Organisation.kind == OrganisationKind.PARTNER.value)
        return session.scalar(select(Organisation.id).where(*its))

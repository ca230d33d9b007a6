"""What somebody says of his fault, step by step: all of it stands in the address, nothing is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalog.models import InstalledItem, Product, Site
from portal.support.knowledge.faults import Known, Tree, known_values, types
from portal.support.matching.detecting import detect
from portal.support.matching.scanning import serial_in

LONGEST_TEXT: Final = 2_000
MOST_PARTS: Final = 60  # kinds of products at one site
NAMES: Final = ("line", "product", "item", "serial", "fault", "error_code", "firmware", "text")
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """A product at the site of the scanned equipment."""

    public_id: str
    line: str
    sku: str
    name_en: str
    name_zh: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A fault as far as it is said; ids and keys are checked, what is unknown or not for the actor is dropped."""

    tree: Tree
    known: tuple[Known, ...] = ()
    line: str = ""
    fault: str = ""
    error_code: str = ""
    firmware: str = ""
    serial: str = ""  # as scanned or typed; only with `item` it says what it is
    text: str = ""
    product: Product | None = None
    item: InstalledItem | None = None
    site: Site | None = None
    parts: tuple[Part, ...] = ()

    @property
    def serial_unknown(self) -> bool:
        """Whether a serial number was given that leads to nothing the actor may see."""
        return bool(self.serial) and self.item is None

    def params(self, **changed: str | None) -> dict[str, str]:
        """Return what an address carries, with changes; this is also what a ticket begins with."""
        said: dict[str, str | None] = {
            "line": self.line,
            "product": self.product.public_id if self.product else "",
            "item": self.item.public_id if self.item else "",
            "serial": self.serial,
            "fault": self.fault,
            "error_code": self.error_code,
            "firmware": self.firmware,
            "text": self.text,
            **changed,
        }
        return {key: value for key, value in said.items() if value}


def read(session: Session, given: Words) -> Asked:
    """Return what an address says, looked up through the scoped session.

    A serial number of somebody else and one that does not exist give the very same answer.
    """
    tree = types(session)
    said = {name: " ".join(given.get(name, "").replace("\x00", "").split()) for name in NAMES}
    asked = Asked(tree=tree, serial=serial_in(said["serial"]) or said["serial"][:80], text=said["text"][:LONGEST_TEXT])
    asked = _with_equipment(session, asked, said)
    line = tree.line_of(said["fault"]) or asked.line or said["line"]
    if tree.get(line) is None or not tree.all[line].is_line:
        return asked
    known = tuple(value for value in known_values(session, line) if not value.archived)
    fault = said["fault"] if tree.line_of(said["fault"]) == line and said["fault"] != line else ""
    found = detect(asked.text, known)
    codes = {value.value for value in known}
    code = said["error_code"] if said["error_code"] in codes else found.error_code
    version = said["firmware"] if said["firmware"] in codes else found.firmware
    told = next((value.fault_id for value in known if value.value == code and value.fault_id), None)
    if not fault and told is not None:  # an error code alone says what is wrong
        fault = next(each.key for each in tree.all.values() if each.id == told)
    product = asked.product if asked.product is None or asked.product.kind == line else None
    return replace(asked, line=line, known=known, fault=fault, error_code=code, firmware=version, product=product)


def _with_equipment(session: Session, asked: Asked, said: Words) -> Asked:
    """Add the installed item, its site and what else stands there, or the product that was chosen."""
    item = _item(session, said["item"], asked.serial)
    product = session.scalar(select(Product).where(Product.public_id == said["product"])) if said["product"] else None
    if item is None:
        return replace(asked, product=product, line=product.kind if product else "")
    of_item = session.get_one(Product, item.product_id)
    site = session.scalar(select(Site).where(Site.id == item.site_id))
    chosen = product or of_item
    parts = _parts(session, item.site_id)
    return replace(
        asked,
        item=item,
        serial=item.serial or asked.serial,
        site=site,
        parts=parts,
        product=chosen,
        line=chosen.kind if chosen.kind in {part.line for part in parts} else of_item.kind,
    )


def _item(session: Session, public_id: str, serial: str) -> InstalledItem | None:
    if public_id:
        return session.scalar(select(InstalledItem).where(InstalledItem.public_id == public_id))
    if not serial:
        return None
    found = session.scalars(select(InstalledItem).where(InstalledItem.serial == serial).limit(2)).all()
    return found[0] if len(found) == 1 else None


def _parts(session: Session, site_id: int) -> tuple[Part, ...]:
    """Return the products that stand at a site, each once."""
    here = select(InstalledItem.product_id).where(InstalledItem.site_id == site_id, InstalledItem.state != "removed")
    query = select(Product.public_id, Product.kind, Product.sku, Product.name_en, Product.name_zh)
    rows = session.execute(query.where(Product.id.in_(here)).order_by(Product.kind, Product.sku).limit(MOST_PARTS))
    return tuple(Part(*row) for row in rows)


def products_of_line(session: Session, line: str, *, limit: int = 200) -> list[Product]:
    """Return the products of a line that our catalogue lists."""
    listed = (Product.kind == line, Product.listed, Product.archived_at.is_(None))
    return list(session.scalars(select(Product).where(*listed).order_by(Product.sku).limit(limit)))

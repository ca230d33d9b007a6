"""What an import is going to change: files find their products by maker and model, in memory, before any write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from portal.catalog.devicetypes.facts import READER
from portal.catalog.devicetypes.identity import free_sku, identity, slug_of
from portal.catalog.devicetypes.library import LibraryRead, TypeRead
from portal.catalog.models import Product

FEW: Final = 20  # as many models may vanish without a question
FORM_ORDER: Final = {"device": 0, "rack": 1, "module": 2}  # who comes first where two forms meet in one product


@dataclass(frozen=True, slots=True)
class Held:
    """What the database holds of one file: the current row of this source."""

    id: int
    product_id: int
    path: str
    digest: str
    reader: int
    form: str


@dataclass(slots=True)
class Plan:
    """What an import is going to change, found before anything is written."""

    fresh: list[tuple[TypeRead, Product]] = field(default_factory=list)
    changed: list[tuple[TypeRead, Product, Held]] = field(default_factory=list)
    gone: list[Held] = field(default_factory=list)
    held: int = 0
    unchanged: int = 0
    kept: int = 0  # current rows of files that are damaged now
    added: list[Product] = field(default_factory=list)
    revived: list[Product] = field(default_factory=list)
    renamed: list[tuple[Product, str]] = field(default_factory=list)  # with the model that the file says

    @property
    def is_empty(self) -> bool:
        """Whether the database says all this already."""
        return not (self.fresh or self.changed or self.gone or self.revived)

    @property
    def is_landslide(self) -> bool:
        """Whether so much vanished that this is hardly the same source."""
        return len(self.gone) > FEW and len(self.gone) * 2 > self.held


def plan_import(
    library: LibraryRead, products: Sequence[Product], held: dict[int, Held], forms: Mapping[int, str]
) -> Plan:
    """Compare a library with the products; nothing is written.

    `held` are the current rows of its source by product, `forms` what each product ever was in that source.
    """
    plan = Plan(held=len(held))
    homes = Homes(products, forms)
    met: set[int] = set()
    for entry in sorted(library.types, key=lambda entry: FORM_ORDER[entry.document.form]):
        product = homes.of(entry)
        if product is None:
            product = homes.new(entry)
            plan.added.append(product)
            plan.fresh.append((entry, product))
            continue
        if product.archived_at is not None:
            plan.revived.append(product)
        if not product.listed and product.model != entry.document.model:
            plan.renamed.append((product, entry.document.model))
        row = held.get(product.id)
        if row is None:
            plan.fresh.append((entry, product))
            continue
        met.add(product.id)
        if (row.path, row.digest, row.reader) == (entry.document.path, entry.document.digest, READER):
            plan.unchanged += 1
        else:
            plan.changed.append((entry, product, row))
    damaged = {problem.file for problem in library.damaged}
    for product_id, row in held.items():
        if product_id in met or row.form not in library.forms:
            continue
        if row.path in damaged:
            plan.kept += 1
        else:
            plan.gone.append(row)
    return plan


class Homes:
    """Finds the product that a file speaks of; no two files of a source share one."""

    def __init__(self, products: Sequence[Product], forms: Mapping[int, str]) -> None:
        self._forms = forms
        self._taken: set[int] = set()
        self._skus = {product.sku for product in products}
        self._known: dict[tuple[str, str], list[Product]] = {}
        # Our own products first, then those that this source spoke of already, then the oldest.
        for product in sorted(products, key=lambda one: (not one.listed, one.id not in forms, one.id)):
            self._known.setdefault(identity(product.maker, product.model), []).append(product)
        # After a way down and up through the migrations an imported product has its number for a model.
        self._nameless = {one.sku: one for one in products if not one.listed and one.model == one.sku}

    def of(self, entry: TypeRead) -> Product | None:
        """Return the product of one file if there is one."""
        document = entry.document
        for product in self._known.get(identity(document.maker, document.model), ()):
            # A module that is called like a device never takes the place of the device.
            form = self._forms.get(product.id) or (document.form if product.listed else product.kind)
            if product.id not in self._taken and form == document.form:
                self._taken.add(product.id)
                return product
        slug = slug_of(document.maker, document.model)
        for sku in (slug, free_sku(document.maker, document.model, {slug})):
            nameless = self._nameless.get(sku)
            if nameless is not None and nameless.kind == document.form and nameless.id not in self._taken:
                self._taken.add(nameless.id)
                return nameless
        return None

    def new(self, entry: TypeRead) -> Product:
        """Make the product of one file; it is not for sale."""
        document = entry.document
        name = f"{document.maker} {document.model}"
        sku = free_sku(document.maker, document.model, self._skus)
        self._skus.add(sku)
        return Product(
            sku=sku, kind=document.form, maker=document.maker, model=document.model, name_en=name, name_zh=name,
            invented=False, listed=False,
        )  # fmt: skip

"""Every kind and capability of the catalogue that comes along has a name on screen."""

from portal.catalog.files import read_catalogue
from portal.catalog.labels import CAPABILITIES, KINDS
from portal.config import shipped


def test_the_catalogue_is_named() -> None:
    products = read_catalogue(shipped("rules") / "catalog").products.values()
    assert {product.kind for product in products} <= KINDS.keys()
    assert {key for product in products for key in product.capabilities} <= CAPABILITIES.keys()

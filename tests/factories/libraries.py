"""Device-type libraries: the made one that comes along, copies of it to damage, and the real ones where they lie."""

import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.catalog.devicetypes.origin import origin_of
from portal.catalog.devicetypes.report import ImportReport
from portal.catalog.importing import import_types
from portal.catalog.loading import LoadReport, load_catalog
from portal.catalog.models import Product
from portal.db import Database, utc_now
from portal.policy import SYSTEM

SMALL = Path(__file__).parents[1] / "libraries" / "small"
REAL = "PORTAL_TEST_DEVICETYPES"
SWITCH = """---
manufacturer: Nordwerk
model: NW-NEW
slug: nordwerk-nw-new
u_height: 1
is_full_depth: false
"""


def copy_of_small(folder: Path) -> Path:
    """Copy the made library to where a test may change it."""
    return Path(shutil.copytree(SMALL, folder))


def library_of(folder: Path, *, device: str | bytes = SWITCH, name: str = "NW-NEW.yaml") -> Path:
    """Make a library of one file."""
    place = folder / "device-types" / "Nordwerk"
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(device.encode() if isinstance(device, str) else device)
    return folder


def real_library() -> Path:
    """Return a real library of several hundred files, or skip the test."""
    named = os.environ.get(REAL)
    if not named or not Path(named).is_dir():
        pytest.skip(f"needs a checkout of the device-type library: name its folder in {REAL}")
    return Path(named)


def take(database: Database, folder: Path, **options: bool) -> ImportReport:
    """Import a library in a unit of work of its own."""
    with database.writing(SYSTEM) as session:
        return import_types(session, folder, origin_of(folder), now=utc_now(), **options)


def load(database: Database, folder: Path) -> LoadReport:
    """Load our own files in a unit of work of their own."""
    with database.writing(SYSTEM) as session:
        return load_catalog(session, folder, now=utc_now())


def product(database: Database, sku: str) -> Product:
    """Return the product with that number."""
    with database.reading(SYSTEM) as session:
        return session.scalars(select(Product).where(Product.sku == sku)).one()

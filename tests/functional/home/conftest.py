"""A few matters to find: configurations and quotes of the partner in the north, one of the south, products."""

from datetime import date, timedelta
from typing import Any

import pytest

from portal.catalog.indexing import refresh_index
from portal.catalog.models import Product
from portal.configurator.models import Configuration, RuleRevision
from portal.dates import business_date
from portal.db import Database
from portal.deals.models import Quote
from portal.parties.models import name_key
from portal.policy import SYSTEM
from tests.factories.world import World


class Matters:
    """Writes rows for a world; `today` is the business date."""

    def __init__(self, world: World, database: Database) -> None:
        self.world, self.database = world, database
        self.today = business_date(world.now, world.settings.supplier_zone)
        self.rules = self._add(
            RuleRevision(
                key="surveillance",
                number=7,
                content_hash="0" * 64,
                content={},
                effective_on=self.today,
                published_at=world.now,
            )
        )

    def _add(self, row: Any) -> int:
        with self.database.writing(SYSTEM) as session:
            session.add(row)
            session.flush()
            return int(row.id)

    def configuration(self, name: str, owner: str = "north") -> int:
        now = self.world.now
        return self._add(
            Configuration(
                organisation_id=self.world.organisations[owner],
                name=name,
                rule_revision_id=self.rules,
                choices={},
                created_at=now,
                updated_at=now,
            )
        )

    def quote(
        self, customer: str, *, number: str | None = None, owner: str = "north", valid_until: date | None = None
    ) -> int:
        now, issued = self.world.now, number is not None
        return self._add(
            Quote(
                organisation_id=self.world.organisations[owner],
                number=number,
                state="issued" if issued else "draft",
                configuration_id=self.configuration(f"Site of {customer}", owner),
                rule_revision_id=self.rules,
                customer_name=customer,
                customer_key=name_key(customer),
                title=f"Offer to {customer}",
                currency="CNY",
                tax_bps=1300,
                issued_on=self.today if issued else None,
                valid_until=valid_until or (self.today + timedelta(days=90) if issued else None),
                issued_at=now if issued else None,
                list_minor=200_00,
                net_minor=100_00,
                tax_minor=13_00,
                gross_minor=113_00,
                snapshot={},
                created_at=now,
                updated_at=now,
            )
        )

    def product(self, sku: str, name: str) -> int:
        made = self._add(Product(sku=sku, kind="camera", maker="Lanqiao", name_en=name, name_zh=name, invented=True))
        with self.database.writing(SYSTEM) as session:
            refresh_index(session)
        return made


@pytest.fixture
def matters(world: World, database: Database) -> Matters:
    return Matters(world, database)

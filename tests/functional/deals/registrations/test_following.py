"""A quote converts the registration behind it and extends another; an order wins it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from portal.approvals.subjects import Verdict
from portal.deals.models import Quote
from portal.deals.registrations import operations
from portal.deals.registrations.operations import Evidence
from portal.errors import Conflict, NotFound
from tests.factories.deals import Deals
from tests.factories.registrations import Registrations, today_of
from tests.factories.world import World

SALES = "north.sales"


@pytest.fixture
def registrations(world: World) -> Registrations:
    """Registrations in a world of today, where the factory of quotes lives."""
    made = Registrations.open(world)
    made.day = today_of(world)
    return made


def approved(registrations: Registrations, **said: Any) -> int:
    made = registrations.register(SALES, registrations.world.customers["north"], **said)
    registrations.decide(made, Verdict.APPROVED)
    return made


def test_a_quote_converts_and_an_order_wins(registrations: Registrations, world: World) -> None:
    deals, made = Deals.open(world), approved(registrations)
    other_line = approved(registrations, product_line="network")
    deals.issue(SALES)
    assert registrations.state(made) == "converted"
    deals.order(SALES)
    assert registrations.state(made) == "won"
    assert registrations.state(other_line) == "approved"


def test_a_quote_is_evidence_once(registrations: Registrations, world: World) -> None:
    deals, made = Deals.open(world), approved(registrations)
    until = registrations.get(made).protected_until
    key = deals.issue(SALES)
    quote_id = registrations.do(SALES, lambda session, _a: _id_of(session, key))
    extend: Callable[..., Any] = operations.extend
    shown = registrations.step(SALES, made, extend, Evidence("quote", quote_id=quote_id))
    assert shown.until > until
    with pytest.raises(Conflict):
        registrations.step(SALES, made, extend, Evidence("quote", quote_id=quote_id))
    with pytest.raises(NotFound):
        registrations.step(SALES, made, extend, Evidence("quote", quote_id=10**9))


def _id_of(session: Any, key: str) -> int:
    return session.scalars(select(Quote.id).where(Quote.public_id == key)).one()

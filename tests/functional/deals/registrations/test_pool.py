"""The public pool: who falls in, who looks, who claims, for how long; the cap of the supplier's own people."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.deals.registrations import holdings, operations, pool
from portal.deals.registrations.models import CustomerHolding, PoolEntry
from portal.deals.registrations.pool import PoolCustomer
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from portal.parties.models import Party, Relation
from tests.factories.registrations import Registrations

SALES, OTHER, MANAGER = "north.sales", "south.sales", "supplier.channel_manager"


def entry_of(registrations: Registrations, customer: int) -> str:
    """Return the public id of a waiting customer, empty when it is not in the pool."""
    query = select(PoolEntry.public_id).where(PoolEntry.customer_id == customer, PoolEntry.left_on.is_(None))
    return registrations.do("house", lambda session, _a: session.scalar(query)) or ""


def fallen(registrations: Registrations, name: str = "Fallen Clinic") -> int:
    """Return a customer that north registered, never sold to, and that lies in the pool."""
    customer = registrations.customer("north", name=name)
    registrations.approved(SALES, customer)
    registrations.pass_days(91)
    registrations.sweep()
    registrations.pass_days(60)
    registrations.sweep()
    assert entry_of(registrations, customer)
    return customer


def claim(registrations: Registrations, who: str, customer: int) -> CustomerHolding:
    entry = entry_of(registrations, customer)
    return registrations.do(who, lambda session, actor: pool.claim(session, actor, entry, **registrations.at))


def act(registrations: Registrations, who: str, holding: CustomerHolding, **said: Any) -> CustomerHolding:
    facts = {"happened_on": registrations.day, **registrations.at, **said}
    registrations.do(
        who, lambda session, actor: pool.note_activity(session, actor, _merged(session, holding), "rang", **facts)
    )
    return held(registrations, holding)


def _merged(session: Any, holding: CustomerHolding) -> CustomerHolding:
    return session.get_one(CustomerHolding, holding.id)


def held(registrations: Registrations, holding: CustomerHolding) -> CustomerHolding:
    return registrations.do("house", lambda session, _a: session.get_one(CustomerHolding, holding.id))


def test_an_expired_customer_falls_in_after_days_without_work(registrations: Registrations) -> None:
    customer = registrations.customer("north", name="Idle Clinic")
    registrations.approved(SALES, customer)
    registrations.pass_days(91)
    registrations.sweep()
    registrations.pass_days(58)
    registrations.sweep()
    assert not entry_of(registrations, customer)
    registrations.pass_days(1)
    registrations.sweep()
    assert entry_of(registrations, customer)
    registrations.sweep()


def test_a_customer_that_is_worked_on_again_stays_out(registrations: Registrations) -> None:
    customer = registrations.customer("north", name="Busy Clinic")
    made = registrations.approved(SALES, customer)
    registrations.pass_days(91)
    registrations.sweep()
    registrations.step(SALES, made, operations.resubmit)
    registrations.pass_days(60)
    registrations.sweep()
    assert not entry_of(registrations, customer)


def test_the_list_names_nobody_and_opening_is_counted(registrations: Registrations) -> None:
    customer = fallen(registrations, "Nameless Clinic")
    entry = entry_of(registrations, customer)
    offers = registrations.do(OTHER, pool.offers)
    assert entry in {offer.public_id for offer in offers}
    assert "Nameless" not in repr(offers)
    registrations.set("pool.views_a_day", 1)
    try:
        look = lambda session, actor: pool.look(session, actor, entry, **registrations.at)  # noqa: E731
        seen = registrations.do("south.owner", look)
        assert isinstance(seen, PoolCustomer)
        assert seen.name == "Nameless Clinic"
        registrations.do("south.owner", look)  # the same one again
        entry = entry_of(registrations, fallen(registrations, "Second Clinic"))
        registrations.do("south.owner", look)  # another day
        entry = entry_of(registrations, customer)
        with pytest.raises(TooMany):
            registrations.do("south.owner", look)
    finally:
        registrations.set("pool.views_a_day", 20)
    for who in ("north.engineer", "supplier.finance"):
        with pytest.raises(NotAllowed):
            registrations.do(who, pool.offers)


def test_a_claim_follows_the_vector_and_blocks_others(registrations: Registrations) -> None:
    customer = fallen(registrations, "Vector Clinic")
    start, holding = registrations.day, claim(registrations, OTHER, customer)
    assert holding.ends_on == start + timedelta(days=10)
    assert registrations.do(OTHER, lambda session, _a: _knows(session, registrations, "south", customer))
    assert not entry_of(registrations, customer)
    again = registrations.begin(SALES, customer)
    place = registrations.submit(SALES, again)
    assert (place.kind, place.until) == ("claimed", holding.ends_on)
    for on, ends in ((3, 10), (8, 11), (11, 14), (14, 17), (17, 20), (19, 20)):
        registrations.day = start + timedelta(days=on)
        registrations.sweep()
        assert act(registrations, OTHER, holding).ends_on == start + timedelta(days=ends)
    registrations.day = start + timedelta(days=20)
    registrations.sweep()
    assert held(registrations, holding).ended_on is None  # its last day counts
    registrations.pass_days(1)
    registrations.sweep()
    assert held(registrations, holding).ended_on == registrations.day
    assert entry_of(registrations, customer)
    with pytest.raises(Conflict):
        act(registrations, OTHER, holding)


def _knows(session: Any, registrations: Registrations, key: str, customer: int) -> bool:
    of = (Relation.organisation_id == registrations.world.organisations[key], Relation.party_id == customer)
    return session.scalar(select(Party.id).join(Relation, Relation.party_id == Party.id).where(*of)) == customer


def test_a_claim_that_led_to_a_registration_is_kept(registrations: Registrations) -> None:
    customer = fallen(registrations, "Kept Clinic")
    holding = claim(registrations, OTHER, customer)
    registrations.register(OTHER, customer)
    registrations.pass_days(11)
    registrations.sweep()
    kept = held(registrations, holding)
    assert (kept.ended_on, kept.ends_on) == (None, None)
    assert not entry_of(registrations, customer)


def test_claims_are_limited_and_given_back(registrations: Registrations) -> None:
    customers = [fallen(registrations, f"Limited {number}") for number in range(2)]
    registrations.set("pool.claims_a_day", 1)
    try:
        holding = claim(registrations, OTHER, customers[0])
        with pytest.raises(NotFound):
            claim(registrations, SALES, customers[0])  # it is not in the pool any more
        with pytest.raises(TooMany):
            claim(registrations, OTHER, customers[1])
    finally:
        registrations.set("pool.claims_a_day", 3)
    with pytest.raises(NotAllowed):
        registrations.do(SALES, lambda session, actor: pool.release(session, actor, holding, **registrations.at))
    with pytest.raises(Invalid):
        act(registrations, OTHER, holding, happened_on=registrations.day + timedelta(days=1))
    give = lambda session, actor: pool.release(session, actor, _merged(session, holding), **registrations.at)  # noqa: E731
    registrations.do(OTHER, give)
    assert entry_of(registrations, customers[0])


def assign(registrations: Registrations, customer: int, who: str = MANAGER) -> CustomerHolding:
    person = registrations.world.people[who]
    give = {"person_id": person, "customer_id": customer, **registrations.at}
    return registrations.do(MANAGER, lambda session, actor: holdings.assign(session, actor, **give))


def test_the_cap_of_account_managers_in_rolling_months(registrations: Registrations) -> None:
    registrations.set("registration.holding_cap", 2)
    try:
        first, second, third, fourth = (registrations.customer("supplier", name=f"Capped {n}") for n in range(4))
        one = assign(registrations, first)
        registrations.pass_days(40)
        assign(registrations, second)
        with pytest.raises(Conflict):
            assign(registrations, third)
        registrations.do("house", lambda session, _a: _sign(session, one, registrations.day))
        assign(registrations, third)  # signed customers do not count
        with pytest.raises(Conflict):
            assign(registrations, fourth)
        registrations.pass_days(51)
        with pytest.raises(Conflict):
            assign(registrations, fourth)
        registrations.pass_days(50)  # three months after the others were taken on
        assign(registrations, fourth)
        for number in range(3):  # partners have no cap
            assign(registrations, registrations.customer("north", name=f"Free {number}"), SALES)
    finally:
        registrations.set("registration.holding_cap", 20)


def _sign(session: Any, holding: CustomerHolding, day: Any) -> None:
    session.get_one(CustomerHolding, holding.id).signed_on = day


def test_what_nobody_works_on_falls_into_the_pool(registrations: Registrations) -> None:
    customer = registrations.customer("supplier", name="Forgotten Works")
    holding = assign(registrations, customer, "supplier.channel_manager")
    registrations.pass_days(50)
    registrations.sweep()
    act(registrations, MANAGER, holding)
    registrations.pass_days(60)
    registrations.sweep()
    assert held(registrations, holding).ended_on is None
    registrations.pass_days(1)
    registrations.sweep()
    assert held(registrations, holding).ended_on == registrations.day
    assert entry_of(registrations, customer)

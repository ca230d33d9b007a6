"""Searching without seeing: three answers of one shape, for whole identities only, counted, in the same time.

`PORTAL_PROBES=1000` says how many pairs are timed.
"""

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import pytest
from sqlalchemy import event

from portal.approvals.subjects import Verdict
from portal.deals.registrations import inquiries, operations, probing, queries
from portal.deals.registrations.models import Registration
from portal.deals.registrations.probing import Answer
from portal.errors import Invalid, NotAllowed, NotFound, TooMany
from portal.parties.identity import matching
from portal.parties.models import Party
from portal.policy import SYSTEM
from tests.factories.registrations import Registrations

PAIRS = int(os.environ.get("PORTAL_PROBES", "25"))
APART = 1.05 if PAIRS >= 1000 else 1.5
SALES, OTHER = "north.sales", "south.sales"
CODE = "91350100M000100Y43"


def look(registrations: Registrations, who: str, **asked: Any) -> Answer:
    return registrations.do(who, lambda session, actor: probing.look(session, actor, **asked, **registrations.at))


def known(registrations: Registrations, *organisations: str, **said: Any) -> int:
    """Return a customer that the house recognises."""
    customer = registrations.customer(*organisations, **said)

    def index(session: Any, _actor: Any) -> None:
        matching.index(session, session.get_one(Party, customer))

    registrations.do("house", index)
    return customer


def test_the_answers_and_what_they_keep_to_themselves(registrations: Registrations) -> None:
    customer = known(registrations, "north", name="Zhuque Robotics Hospital")
    text = "Zhuque Robotics Hospital"
    assert look(registrations, OTHER, text=text) == Answer("free")
    made = registrations.register(SALES, customer)
    row = registrations.get(made)
    assert look(registrations, OTHER, text=text) == Answer("deciding", row.due_on)
    registrations.decide(made, Verdict.APPROVED)
    until = registrations.get(made).protected_until
    assert look(registrations, OTHER, text=text) == Answer("claimed", until)
    assert look(registrations, OTHER, text=text, product_line="video") == Answer("claimed", until)
    assert look(registrations, OTHER, text=text, product_line="network") == Answer("free")
    assert look(registrations, OTHER, text=text, product_line="video", site="1 harbour road") == Answer(
        "claimed", until
    )
    assert look(registrations, OTHER, text=text, product_line="video", site="Elsewhere") == Answer("free")
    assert look(registrations, SALES, customer_id=customer) == Answer("own", until)
    assert set(asdict(look(registrations, OTHER, text=text))) == {"kind", "until"}


def test_only_a_whole_identity_is_answered(registrations: Registrations) -> None:
    customer = known(registrations, "north", name="Baize Precision Instruments")
    registrations.approved(SALES, customer)
    for text in ("Baize", "Baize Precision", "Precision Instruments", "Baize Precision Instrument%", "B_ize"):
        assert look(registrations, OTHER, text=text).kind == "free", text
    for text in (
        "Baize Precision Instruments",
        "baize  precision INSTRUMENTS",
        "Ｂaize Precision Instruments Co., Ltd.",
    ):
        assert look(registrations, OTHER, text=text).kind == "claimed", text


def test_two_organisations_that_noted_one_customer_each_collide(registrations: Registrations) -> None:
    """The key of the place is the customer as the house knows it, not the row somebody typed."""
    ours = known(registrations, "north", name="Qiongqi Bearings Ltd")
    theirs = known(registrations, "south", name="QIONGQI BEARINGS Limited")
    registrations.approved(SALES, ours)
    assert look(registrations, OTHER, customer_id=theirs).kind == "claimed"
    assert registrations.submit(OTHER, registrations.begin(OTHER, theirs)).kind == "claimed"


def test_foreign_customers_and_people_without_the_right_get_nothing(registrations: Registrations) -> None:
    customer = known(registrations, "north", name="Taotie Foods")
    with pytest.raises(NotFound):
        look(registrations, OTHER, customer_id=customer)
    with pytest.raises(NotFound):
        look(registrations, OTHER, customer_id=10**9)
    for who in ("north.engineer", "hospital.owner", "supplier.finance"):
        with pytest.raises(NotAllowed):
            look(registrations, who, text="Taotie Foods")
    for bad in ({"text": " "}, {"text": "x" * 201}, {"text": "Taotie Foods", "product_line": "rockets"}):
        with pytest.raises(Invalid):
            look(registrations, OTHER, **bad)


def test_chosen_identities_are_counted_and_the_holder_sees_how_many(registrations: Registrations) -> None:
    customer = known(registrations, "north", name="Pixiu Logistics")
    made = registrations.approved(SALES, customer)
    who, limit = "south.owner", 30
    for _ in range(3):
        assert look(registrations, who, text="Pixiu Logistics").kind == "claimed"  # the same one again costs nothing
    for number in range(limit - 1):
        assert look(registrations, who, text=f"Nobody {number}").kind == "free"
    with pytest.raises(TooMany) as refused:
        look(registrations, who, text="One more")
    assert 0 < refused.value.retry_after <= 24 * 3600
    assert look(registrations, who, text="pixiu  logistics").kind == "claimed"  # asked today already
    assert look(registrations, OTHER, text="Pixiu Logistics").kind == "claimed"  # everybody counts for himself
    row = registrations.get(made)
    assert registrations.do(SALES, lambda session, _a: queries.looks(session, row)) == 2
    registrations.pass_days(1)
    assert look(registrations, who, text="One more").kind == "free"


def test_handing_in_is_a_question_too(registrations: Registrations) -> None:
    customer = known(registrations, "north", "south", name="Kirin Paper Mill")
    made = registrations.approved(SALES, customer)
    registrations.set("registration.probes_a_day", 1)
    try:
        draft = registrations.begin("south.owner", customer)
        assert registrations.submit("south.owner", draft).kind == "claimed"
        assert registrations.submit("south.owner", draft).kind == "claimed"
        with pytest.raises(TooMany):
            look(registrations, "south.owner", text="Somebody else")
    finally:
        registrations.set("registration.probes_a_day", 1000)
    assert registrations.do(SALES, lambda unit, _a: inquiries.looks(unit, unit.get_one(Registration, made))) == 1


def test_an_edit_towards_a_claimed_place_says_no_more(registrations: Registrations) -> None:
    customer = known(registrations, "north", "south", name="Bifang Power")
    other = known(registrations, "south", name="Bifang Power Two")
    registrations.approved(SALES, customer)
    made = registrations.register(OTHER, other)
    draft = operations.Draft(customer, "video", registrations.day, "m")
    assert registrations.step(OTHER, made, operations.edit, draft).kind == "claimed"  # type: ignore[union-attr]
    assert registrations.get(made).customer_id == other


@contextmanager
def statements(registrations: Registrations) -> Iterator[list[str]]:
    """Collect what is sent to the database."""
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    engine = registrations.world.database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_all_answers_take_the_same_statements_in_about_the_same_time(registrations: Registrations) -> None:
    customer = known(registrations, "north", name="Zhulong Turbines")
    free = known(registrations, "north", name="Zhulong Boilers")
    registrations.approved(SALES, customer)
    registrations.set("registration.probes_a_day", 1000)
    actor = registrations.actor(OTHER)
    texts = {"claimed": "Zhulong Turbines", "free": "Zhulong Boilers", "unknown": "Zhulong Nothing"}
    sent = {}
    for name, text in texts.items():
        with statements(registrations) as sent[name]:
            look(registrations, OTHER, text=text)
    assert sent["claimed"] == sent["free"]
    assert sent["claimed"] == sent["unknown"]
    assert free != customer

    walls: dict[str, list[float]] = {name: [] for name in texts}
    cpus: dict[str, list[float]] = {name: [] for name in texts}
    with registrations.world.database.writing(SYSTEM) as session:
        session.actor = actor
        for number in range(PAIRS + 5):
            names = list(texts) if number % 2 else list(reversed(texts))
            for name in names:
                wall, cpu = time.perf_counter(), time.thread_time()
                probing.look(session, actor, text=texts[name], **registrations.at)
                walls[name].append(time.perf_counter() - wall)
                cpus[name].append(time.thread_time() - cpu)
    for what, times in (("time", walls), ("CPU", cpus)):
        claimed, free, unknown = (statistics.median(times[name][5:]) for name in texts)
        print(  # noqa: T201 - figures for the bench
            f"\n{what}: claimed {claimed * 1000:.3f} ms, free {free * 1000:.3f} ms ({claimed / free - 1:+.1%}), "
            f"unknown {unknown * 1000:.3f} ms ({claimed / unknown - 1:+.1%})"
        )
    assert 1 / APART < statistics.median(walls["claimed"][5:]) / statistics.median(walls["free"][5:]) < APART

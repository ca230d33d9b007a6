"""Simulations on real databases: the pasts that the history tells come out of a replay as they really are."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from random import Random
from time import process_time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, insert, select, update

from portal.accounts.models import Person
from portal.app import create_app
from portal.approvals.models import ApprovalRequest
from portal.approvals.publishing import in_force
from portal.dates import business_date
from portal.db import ScopedSession
from portal.deals.registrations import simulating_reading as reading
from portal.deals.registrations.models import Registration
from portal.deals.registrations.replaying import Frame, replay
from portal.deals.registrations.replaying_time import midnight
from portal.deals.registrations.simulating import KIND, handler
from portal.deals.registrations.simulating_models import SimulationChange, SimulationLine, SimulationRun
from portal.errors import PortalError
from portal.history import HistoryEntry
from portal.parties.models import Party, Relation
from portal.policy import SYSTEM, OrganisationKind
from portal.wiring import SWEEPS, Moment
from portal.worker import Worker
from tests.factories.registration_model import Model, Refused, Step, apply, history
from tests.factories.registrations import FIRST_DAY, Registrations, today_of
from tests.factories.world import World
from tests.functional.deals.registrations.test_histories import Real

ROWS = int(os.environ.get("PORTAL_SIMULATED_ROWS", "250"))
HISTORIES = int(os.environ.get("PORTAL_SIMULATED_HISTORIES", "4"))
LENGTH = 20
ZONE = "Asia/Shanghai"
TRANSFERS = ("transfer", "take_back")  # a replay lets whoever has a customer now have had it always
LATE = timedelta(seconds=20)  # the sweep comes by a little after midnight


class Nights(Real):
    """Does the steps of one history, night after night, as time does."""

    model: Model

    def pass_days(self, days: int) -> None:
        for _ in range(days):
            self.tools.pass_days(1)
            due = any(row.step_on is not None and row.step_on <= self.tools.day for row in self.model.rows)
            idle = any(held.ends is None or held.ends < self.tools.day for held in self.model.holdings)
            apply(self.model, ("pass", 1))
            if due or idle:
                moment = Moment(midnight(self.tools.day, ZONE) + LATE, self.tools.day)
                while sum(sweep(self.session, moment) for sweep in SWEEPS):
                    pass


def live(model: Model, real: Nights, seed: int, length: int) -> None:
    """Let a random history happen on the model and on the database."""
    real.model = model
    for choose in history(Random(seed), length):
        step = choose(model)
        if step[0] in TRANSFERS:
            continue
        if step[0] == "pass":
            real.apply(step)
            continue
        assert _is_done(apply, model, step) == _is_done(Real.apply, real, step), step


def _is_done(do: Any, what: object, step: Step) -> bool:
    try:
        do(what, step)
    except (Refused, PortalError):
        return False
    return True


def test_replayed_under_the_rules_in_force_nothing_differs(registrations: Registrations) -> None:
    with registrations.world.database.writing(SYSTEM) as session:
        registrations.world.add_organisation(session, "east", "East", OrganisationKind.PARTNER, "")
    customer = registrations.customer("north", "south", "east")
    registrations.day = FIRST_DAY
    registrations.set("registration.withdraw_hours", 36)  # the model counts days: until noon of the next one
    for who in ("north.sales", "south.sales", "east.sales", "supplier.approver", "supplier.channel_manager"):
        registrations.actor(who)
    for seed in range(HISTORIES):
        registrations.day = FIRST_DAY
        with ScopedSession(registrations.world.database.engine, expire_on_commit=False) as session:
            session.actor = SYSTEM
            model, real = Model(FIRST_DAY), Nights(registrations, session, customer)
            live(model, real, seed, LENGTH)
            compare(session, real, customer, seed)
            session.rollback()


def compare(session: ScopedSession, real: Nights, customer: int, seed: int) -> None:
    """Assert that a replay says of every registration what its row says, and of the customer what the pool says."""
    begins, known = datetime(2026, 1, 1, tzinfo=UTC), reading.truth(session)
    frame = Frame(known, known, reading.clock(session), ZONE, begins, real.tools.now + timedelta(hours=1))
    for piece in reading.pieces(session, begins, ZONE):
        result = replay(piece.pasts, piece.holdings, piece.pooled, frame)
        for row in piece.rows:
            out = result.registrations[row.id]
            said = (row.state, row.protected_until, row.extensions, row.resubmissions)
            found = (out.state, out.protected_until, out.extensions, out.resubmissions)
            assert said == found, f"history {seed}, registration {real.ids.index(row.id)}"
        pooled, held = real.customer_is()
        assert (customer in result.pooled) == pooled, f"history {seed}"
        kept = [each for each in result.holdings.values() if each.state == "held"]
        assert sorted((each.ends_on, each.worked_on) for each in kept) == sorted(each[1:] for each in held)


# Runs: what is asked for, done by the worker, and shown.


@pytest.fixture(scope="module")
def app(shared_world: World) -> Flask:
    """The web application on the shared world."""
    made = create_app(shared_world.settings, shared_world.database)
    made.testing = True
    made.config["PROPAGATE_EXCEPTIONS"] = False
    return made


@pytest.fixture
def manager(app: Flask, shared_world: World) -> Iterator[FlaskClient]:
    """A channel manager at his browser; the runs of a test are gone after it."""
    yield shared_world.client(app, "supplier.channel_manager")
    with shared_world.database.writing(SYSTEM) as session:
        for table in (SimulationChange, SimulationLine, SimulationRun):
            session.execute(delete(table))
        session.execute(delete(Registration).where(Registration.number.like("P-%")))
        session.execute(delete(ApprovalRequest).where(ApprovalRequest.thing_public_id.like("past-%")))


@pytest.fixture
def last_week(shared_world: World) -> Registrations:
    """Registrations that were made a week ago."""
    return Registrations(shared_world, today_of(shared_world) - timedelta(days=7))


def write_past(tools: Registrations, rows: int) -> None:
    """Write registrations of the last months, each handed in and approved by somebody, with their history."""
    begun, north = datetime.now(UTC) - timedelta(days=300), tools.world.organisations["north"]
    with tools.world.database.writing(SYSTEM) as session:
        top = parties = last = 10_000_000  # keys that no sequence reaches
        definition = in_force(session, "registration", now=begun)
        for start in range(0, rows, 2000):
            numbers = range(start, min(start + 2000, rows))
            session.execute(insert(Party), [_party(parties + 1 + n, begun) for n in numbers])
            session.execute(
                insert(Registration), [_row(top + 1 + n, parties + 1 + n, north, _at(n, begun)) for n in numbers]
            )
            asked = [_request(last + 1 + n, top + 1 + n, north, definition.id, _at(n, begun)) for n in numbers]
            session.execute(insert(ApprovalRequest), asked)
            lines = [
                line for n in numbers for line in _lines(top + 1 + n, parties + 1 + n, last + 1 + n, _at(n, begun))
            ]
            session.execute(insert(HistoryEntry), lines)


def _at(number: int, begun: datetime) -> datetime:
    return begun + timedelta(minutes=3 * number % 300_000)


def _party(key: int, at: datetime) -> dict[str, Any]:
    return {"id": key, "kind": "organisation", "name": f"=Past {key}", "name_key": f"past {key}", "created_at": at}


def _row(key: int, party: int, organisation: int, at: datetime) -> dict[str, Any]:
    day = business_date(at + timedelta(days=1), ZONE)
    until = day + timedelta(days=90)
    over = until < business_date(datetime.now(UTC), ZONE)
    return {
        "id": key, "number": f"P-{key}", "form_key": f"past {key}", "organisation_id": organisation,
        "state": "expired" if over else "approved", "standing": "closed" if over else "protected",
        "customer_id": party, "identity_id": party, "customer_name": f"=Past {party}", "customer_key": f"past {party}",
        "product_line": "video", "value_band": "s", "value_minor": 20_000_000, "asked_minor": 20_000_000,
        "currency": "CNY", "submitted_at": at, "decided_at": at + timedelta(days=1), "protected_from": day,
        "protected_until": until, "created_at": at, "updated_at": at + timedelta(days=1),
    }  # fmt: skip


def _request(key: int, thing: int, organisation: int, definition: int, at: datetime) -> dict[str, Any]:
    decided = at + timedelta(days=1)
    return {
        "id": key, "organisation_id": organisation, "kind": "registration", "thing_kind": "registration",
        "thing_id": thing, "thing_public_id": f"past-{thing}", "definition_id": definition, "title": {}, "facts": {},
        "route": [], "state": "approved", "opened_at": at, "asked_at": at, "decided_at": decided,
        "took_seconds": 34_200,
    }  # fmt: skip


def _lines(key: int, party: int, request: int, at: datetime) -> list[dict[str, Any]]:
    facts, decided = [party, party, "video", "", 20_000_000], at + timedelta(days=1)
    asked = {"value_minor": 20_000_000, "currency": "CNY", "product_line": "video", "region": ""}
    said = (
        ("registration", key, "submit", at, {"state": "submitted", "facts": facts}),
        ("registration", key, "take up", at, {"state": "in_review"}),
        ("approval_request", request, "ask", at, {"facts": asked}),
        ("approval_request", request, "approve", decided, {"step": 0, "state": "approved"}),
        ("registration", key, "approve", decided, {"state": "approved"}),
    )
    return [
        {"thing_kind": kind, "thing_id": thing, "action": action, "at": when, "before": {}, "after": after}
        for kind, thing, action, when, after in said
    ]


def test_differences_name_the_customer_in_the_readers_script(
    app: Flask, shared_world: World, manager: FlaskClient, last_week: Registrations
) -> None:
    customer, left = last_week.customer("north", name="柳溪纺织厂"), last_week.customer("north", name="Elder Works")
    for each in (customer, left):
        last_week.approved("north.sales", each)
    with shared_world.database.writing(SYSTEM) as session:
        its = Relation.party_id == customer
        session.execute(update(Relation).where(its).values(name_en="Willow Creek Mill"))
        session.execute(delete(Relation).where(Relation.party_id == left))  # as after a transfer: the house knows it
        session.get_one(Party, left).name_en = "长者工厂"
    said = {"months": "3", "rules": "in_force", "protection_days": "30"}
    page = manager.post("/simulations/new", data=said).headers["Location"]
    Worker(shared_world.database, {KIND: handler(shared_world.database)}).run(until_idle=True)
    names = {"zh": ("柳溪纺织厂", "长者工厂"), "en": ("Willow Creek Mill", "Elder Works")}
    for locale, other in (("zh", "en"), ("en", "zh")):
        with shared_world.database.writing(SYSTEM) as session:
            session.get_one(Person, shared_world.people["supplier.channel_manager"]).locale = locale
        client = shared_world.client(app, "supplier.channel_manager")
        for text in (client.get(page).text, client.get(f"{page}/changes.csv").data.decode("utf-8-sig")):
            assert all(name in text for name in names[locale])
            assert not any(name in text for name in names[other])
    with shared_world.database.writing(SYSTEM) as session:  # what an earlier run wrote has one name
        session.execute(update(SimulationChange).values(customer_en=None))
    assert "柳溪纺织厂" in manager.get(page).text


def test_many_are_the_workers_and_their_cost_is_known(manager: FlaskClient, last_week: Registrations) -> None:
    write_past(last_week, ROWS)
    answer = manager.post("/simulations/new", data={"months": "12", "rules": "in_force", "protection_days": "60"})
    assert answer.status_code == 303
    page = answer.headers["Location"]
    assert "delay:2s" in manager.get(page).text
    began = process_time()
    Worker(last_week.world.database, {KIND: handler(last_week.world.database)}).run(until_idle=True)
    spent = process_time() - began
    with last_week.world.database.reading(SYSTEM) as session:
        run = session.scalars(select(SimulationRun)).one()
        found = session.scalar(select(func.count(SimulationChange.id)))
    print(f"\n{run.row_count} registrations replayed in {spent:.1f} s of CPU, {found} differences")  # noqa: T201 - a figure
    assert run.state == "done"
    assert run.row_count >= ROWS
    assert run.totals["faithful"] == run.totals["registrations"], "under the rules as they were something differs"
    assert found == run.change_count == sum(run.totals["kinds"].values())
    assert spent < 2 + ROWS / 500  # slow machines; the figure above is what counts
    shown = manager.get(page).text
    assert "every registration comes out as it really stands" in shown
    sheet = manager.get(f"{page}/changes.csv").data.decode("utf-8-sig")
    assert "'=Past" in sheet
    assert ",=Past" not in sheet
    assert len(sheet.splitlines()) == run.change_count + 1


def test_few_are_replayed_at_once_and_open_down_to_the_registration(
    manager: FlaskClient, last_week: Registrations
) -> None:
    customer = last_week.customer("north", name="Elm Works")
    made = last_week.get(last_week.approved("north.sales", customer))
    with last_week.world.database.writing(SYSTEM) as session:  # whatever other tests left behind is long ago
        old = datetime.now(UTC) - timedelta(days=3000)
        session.execute(update(Registration).where(Registration.id != made.id).values(updated_at=old))
    said = {"months": "3", "rules": "edited", "auto_approve_below": "9000000", "protection_days": "30"}
    page = manager.post("/simulations/new", data={**said, "rules": "in_force"}).headers["Location"]
    shown = manager.get(f"{page}?kind=automatic").text
    assert f"/registrations/{made.public_id}" in shown
    assert "Elm Works" in shown
    assert "every registration comes out as it really stands" in shown
    assert "Protection ends earlier" in shown
    listed = manager.get("/simulations").text
    assert "Protection period: 30 days" in listed
    answer = manager.post("/simulations/new", data={**said, "then": "step"})
    assert answer.status_code == 200
    assert 'value="9000000"' in answer.text  # what was typed stays


@pytest.mark.parametrize("field", ["protection_days", "holding_cap"])
def test_a_wrong_number_is_refused_and_kept(manager: FlaskClient, field: str) -> None:
    answer = manager.post("/simulations/new", data={"months": "12", "rules": "in_force", field: "many"})
    assert answer.status_code == 422
    assert 'value="many"' in answer.text
    assert "Enter a whole number" in answer.text


def test_edited_rules_are_checked_and_tried_but_never_in_force(manager: FlaskClient, last_week: Registrations) -> None:
    step = {
        "steps-0-key": "only", "steps-0-title_en": "Only", "steps-0-title_zh": "仅此", "steps-0-mode": "any",
        "steps-0-ask_roles": "approver", "steps-0-hours": "8", "steps-0-because_en": "So", "steps-0-because_zh": "如此",
        "title_en": "Project registrations", "title_zh": "项目报备",
    }  # fmt: skip
    form = {"months": "3", "rules": "edited", **step}
    wrong = manager.post("/simulations/new", data={**form, "steps-0-hours": "soon"})
    assert wrong.status_code == 422
    assert 'value="soon"' in wrong.text
    last_week.approved("north.sales", last_week.customer("north", name="Oak Works"))
    page = manager.post("/simulations/new", data=form).headers["Location"]
    Worker(last_week.world.database, {KIND: handler(last_week.world.database)}).run(until_idle=True)
    assert "Other approvers" in manager.get(page).text
    with last_week.world.database.reading(SYSTEM) as session:
        now_in_force = in_force(session, "registration", now=last_week.now)
        assert [step["key"] for step in now_in_force.content["steps"]] == ["channel", "large"]


def test_a_list_is_checked_row_by_row_and_then_replayed(manager: FlaskClient) -> None:
    sheet = (
        "Customer,Partner,Product line,Value,Submitted,Decided,Decision,Ended,Outcome\r\n"
        "Ash Mill,North,video,100000,2026-01-05,2026-01-06,approved,2026-03-20,won\r\n"
        "Ash Mill,South,视频监控,100000,2026-03-10,,,,\r\n"
        "Birch Mill,North,boats,1,2026-01-05,,,,\r\n"
        ",North,video,1,2026-13-05,,,,\r\n"
        "Cedar Mill,North,video,=1+1,2026-01-05,,,,\r\n"
    )
    data = {"months": "12", "rules": "in_force", "protection_days": "30"}
    file = {"file": (BytesIO(sheet.encode()), "last year.csv")}
    page = manager.post("/simulations/new", data={**data, **file}).headers["Location"]
    shown = manager.get(page).text
    for sentence in (
        "“boats” is not in the list",
        "“2026-13-05” is no date",
        "computed by a spreadsheet",
        "Please fill",
    ):
        assert sentence in shown
    assert "Replay 2 rows" in shown
    assert manager.post(f"{page}/start").status_code == 303
    shown = manager.get(page).text
    assert "Protection would have lapsed" in shown
    assert "Would have found the customer free" in shown
    assert "Line 2" in shown
    assert manager.post(f"{page}/start").status_code == 409


def test_something_that_is_no_list_is_refused(manager: FlaskClient) -> None:
    file = {"file": (BytesIO(b"Colour\r\nred\r\n"), "colours.csv")}
    answer = manager.post("/simulations/new", data={"months": "12", "rules": "in_force", **file})
    assert answer.status_code == 422
    assert "The list needs a column “Customer”" in answer.text


def test_the_house_alone_may_simulate_and_not_without_end(
    app: Flask, manager: FlaskClient, last_week: Registrations
) -> None:
    for who, status in (("north.owner", 403), ("supplier.approver", 403), ("supplier.executive", 200)):
        assert last_week.world.client(app, who).get("/simulations/new").status_code == status
    with last_week.world.database.writing(SYSTEM) as session:
        day = last_week.day
        facts = {"source": "registrations", "begins": day, "ends": day, "numbers": {}, "in_force": {}, "totals": {}}
        session.add_all(SimulationRun(**facts, state="waiting", created_at=last_week.now) for _ in range(3))
    answer = manager.post("/simulations/new", data={"months": "12", "rules": "in_force"})
    assert answer.status_code == 409

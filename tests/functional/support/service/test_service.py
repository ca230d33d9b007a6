"""Returns, swaps and visits as people do them, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Person
from portal.catalog.models import InstalledItem, Product
from portal.db import ScopedSession
from portal.errors import Conflict, Invalid, NotAllowed
from portal.files.storing import LocalStore
from portal.notify.models import Notice
from portal.policy import SYSTEM, Actor, OrganisationKind, Role, grants_of
from portal.support.service import report, returns, visits
from portal.support.service.lifecycle import ReturnAction
from portal.support.service.models import Return, SparePart, Visit, VisitDocument, Warranty
from portal.support.service.places import Place
from portal.support.service.returns import Said
from portal.support.service.visits import Plan
from portal.support.service.warranty import contract_of, set_warranty
from tests.factories.support import Desk
from tests.unit.files.samples import picture

CUSTOMER, AGENT, ENGINEER = "hospital.customer", "supplier.support_agent", "supplier.field_engineer"
HERE = Place(25_040_000, 102_710_000)


def ask(desk: Desk, who: str = CUSTOMER, key: str = "k") -> Return:
    today = desk.now.date()
    row: Return = desk.do(who, lambda s, a, t, now: returns.ask(s, a, t, "Dark", form_key=key, now=now, today=today))
    return row


def advance(desk: Desk, row: Return, action: str, who: str = AGENT, **said: str) -> Return:
    def unit(session: ScopedSession) -> Return:
        found = session.scalars(select(Return).where(Return.id == row.id)).one()
        at: dict[str, Any] = {"version": found.version, "now": desk.now, "today": desk.now.date()}
        returns.advance(session, desk.actors[who], found, ReturnAction(action), Said(**said), **at)
        return found

    return desk.world.database.write(desk.actors[who], unit)


def person(desk: Desk, key: str) -> str:
    with desk.world.database.reading(SYSTEM) as session:
        return session.get_one(Person, desk.world.people[key]).public_id


def slot(desk: Desk, hour: int = 10, length: int = 2, days: int = 1) -> tuple[datetime, datetime]:
    """A slot of a coming working day, on the clock of Shanghai."""
    day = desk.now.date() + timedelta(days=days)
    while day.weekday() > 4:
        day += timedelta(days=1)
    begins = datetime.combine(day, time(hour), UTC) - timedelta(hours=8)
    return begins, begins + timedelta(hours=length)


def plan(desk: Desk, key: str = "v", *, engineer: str = ENGINEER, at: Any = None, place: Place | None = HERE) -> Visit:
    wanted = Plan(person(desk, engineer), at or slot(desk), "Swap the fan", place)
    row: Visit = desk.do(
        AGENT, lambda s, a, t, **at: visits.plan(s, a, t, wanted, form_key=key, **at), today=desk.now.date()
    )
    return row


def on_site(desk: Desk, row: Visit, work: Any, *args: Any, who: str = ENGINEER, **more: Any) -> Visit:
    def unit(session: ScopedSession) -> Visit:
        found = session.scalars(select(Visit).where(Visit.id == row.id)).one()
        work(session, desk.actors[who], found, *args, now=desk.now, version=found.version, **more)
        return found

    return desk.world.database.write(desk.actors[who], unit)


def told(desk: Desk, who: str) -> list[str]:
    """What somebody was told of service, in order."""
    rows = desk.all(Notice, Notice.person_id == desk.world.people[who])
    return [row.kind for row in rows if row.kind.startswith(("return", "visit"))]


def test_a_return_from_asking_to_the_end(service: Desk) -> None:
    row = ask(service)
    assert (row.number[:7], row.state, row.dead_on_arrival) == ("RMA-202", "requested", True)
    assert ask(service).id == row.id
    with pytest.raises(Conflict):
        ask(service, AGENT, key="another")  # one device is on one way
    with pytest.raises(NotAllowed):
        advance(service, row, "authorise", CUSTOMER)
    assert advance(service, row, "authorise").valid_until == service.now.date() + timedelta(days=14)
    service.later(days=14)
    assert advance(service, row, "receive").state == "received"
    with pytest.raises(Invalid):
        advance(service, row, "repair")  # without a word of what was done
    advance(service, row, "repair", answer="New lens")
    assert advance(service, row, "send back", tracking="SF 1").tracking == "SF 1"
    assert advance(service, row, "close").closed_at == service.now
    with pytest.raises(Conflict):
        advance(service, row, "authorise")
    expected = ["authorised", "received", "repaired", "sent_back", "closed"]
    assert told(service, CUSTOMER) == [f"return_{each}" for each in expected]
    assert "return_asked" in told(service, AGENT)


def test_a_number_is_good_for_fourteen_days(service: Desk) -> None:
    row = ask(service)
    advance(service, row, "authorise")
    sweep = lambda session, now: returns.expire(session, now=now, today=now.date())  # noqa: E731
    service.later(days=14)
    assert service.sweep(sweep) == 0
    service.later(days=1)
    with pytest.raises(Conflict, match="expired"):
        advance(service, row, "receive")
    assert (service.sweep(sweep), service.sweep(sweep)) == (1, 0)
    assert advance(service, row, "authorise").valid_until == service.now.date() + timedelta(days=14)


def test_a_swap_moves_warranty_and_equipment(service: Desk) -> None:
    row = ask(service)
    (before,) = service.all(InstalledItem, InstalledItem.serial == "SN-HOSPITAL-1")
    with pytest.raises(Invalid):
        advance(service, row, "swap at once")  # which one?
    with service.world.database.writing(SYSTEM) as session:  # one that is on the shelf, with its warranty
        shelf = {"product_id": before.product_id, "serial": "SN-SHELF", "starts_on": service.now.date()}
        session.add(Warranty(**shelf, ends_on=service.now.date() + timedelta(days=9), changed_at=service.now))
    for taken in ("SN-HOSPITAL-1", "SN-SOUTH-1", "SN-SHELF"):
        with pytest.raises(Invalid):
            advance(service, row, "swap at once", new_serial=taken)
    swapped = advance(service, row, "swap at once", new_serial=" SN-NEW ")
    old, new = (service.all(InstalledItem, InstalledItem.serial == each)[0] for each in ("SN-HOSPITAL-1", "SN-NEW"))
    assert (old.state, new.state, new.site_id, new.product_id) == (
        "removed",
        "installed",
        before.site_id,
        before.product_id,
    )
    assert (swapped.new_item_id, swapped.new_serial) == (new.id, "SN-NEW")
    (covered,) = service.all(Warranty, Warranty.serial != "SN-SHELF")
    assert (covered.serial, covered.installed_item_id, covered.contract) == ("SN-NEW", new.id, "premium")
    with service.world.database.reading(SYSTEM) as session:
        days = (service.now.date(), covered.ends_on, covered.ends_on + timedelta(days=1))
        assert [contract_of(session, new.id, day) for day in days] == ["premium", "premium", ""]
        assert contract_of(session, old.id, service.now.date()) == ""
    assert [each.serial for each in service.all(Warranty, as_=service.actors[CUSTOMER])] == ["SN-NEW"]
    assert service.all(Warranty, as_=service.actors["south.sales"]) == []


def test_a_number_that_somebody_only_typed_is_sent_back_by_the_house_alone(service: Desk) -> None:
    (item,) = service.all(InstalledItem, InstalledItem.serial == "SN-SOUTH-1")
    (product,) = service.all(Product, Product.id == item.product_id)
    ticket = service.open(CUSTOMER, "typed", product=product.public_id, serial="SN-SOUTH-1")
    assert (ticket.serial, ticket.installed_item_id) == ("SN-SOUTH-1", None)
    at = {"ticket": ticket.public_id, "form_key": "typed", "today": service.now.date()}
    for who in (CUSTOMER, "hospital.owner"):
        with pytest.raises(Conflict, match="which device"):
            service.do(who, returns.ask, "Dark", **at)
    assert service.all(Return) == []
    row = service.do(AGENT, returns.ask, "Dark", **at)
    assert (row.serial, row.installed_item_id) == ("SN-SOUTH-1", None)
    with pytest.raises(Conflict):
        advance(service, row, "swap at once", new_serial="SN-NEW")


def test_only_what_failed_within_thirty_days_is_swapped_at_once(service: Desk) -> None:
    service.later(days=20)
    assert ask(service).dead_on_arrival
    service.later(days=1)
    (row,) = service.all(Return)
    with service.world.database.writing(SYSTEM) as session:
        found = session.get_one(Return, row.id)
        found.state, found.version = "refused", 2
    later = ask(service, key="later")
    assert not later.dead_on_arrival
    with pytest.raises(Conflict, match="30 days"):
        advance(service, later, "swap at once", new_serial="SN-NEW")


def test_a_warranty_is_set_on_the_page_it_was_seen_on(service: Desk) -> None:
    item, day = service.items["hospital"], service.now.date()
    said: dict[str, Any] = {"starts_on": day, "ends_on": day, "contract": "plus", "now": service.now}
    agent = service.actors[AGENT]
    keep = lambda **more: service.world.database.write(agent, lambda s: set_warranty(s, agent, item, **said | more))  # noqa: E731
    assert keep(version=1).version == 2
    with pytest.raises(Conflict):
        keep(version=1)
    with pytest.raises(Invalid):
        keep(version=2, ends_on=day - timedelta(days=1))
    with pytest.raises(NotAllowed):
        service.world.database.write(
            service.actors[CUSTOMER], lambda s: set_warranty(s, service.actors[CUSTOMER], item, **said, version=2)
        )


def test_an_engineer_is_in_one_place_at_a_time(service: Desk) -> None:
    first = plan(service)
    assert plan(service).id == first.id
    begins, ends = slot(service)
    hour = timedelta(hours=1)
    with pytest.raises(Conflict):
        plan(service, "b", at=(begins + hour, ends + hour))
    plan(service, "c", at=(ends, ends + hour))
    plan(service, "d", engineer=f"{ENGINEER}2")
    service.world.database.write(
        service.actors[AGENT],
        lambda s: visits.cancel(s, service.actors[AGENT], s.get_one(Visit, first.id), version=1, now=service.now),
    )
    plan(service, "e", at=(begins, begins + hour))
    for wrong in (slot(service, 20), slot(service, 17, 4), (begins, begins + hour / 2), slot(service, 10, 1, days=-7)):
        with pytest.raises(Invalid):
            plan(service, f"f{wrong[0]}", at=wrong)
    with pytest.raises(Invalid):
        plan(service, "g", engineer=AGENT)
    assert service.now_is().state == "waiting_us"
    assert told(service, CUSTOMER).count("visit_planned") == 4
    assert told(service, ENGINEER) == ["visit_given", "visit_given", "visit_cancelled", "visit_given"]


def test_two_who_send_the_same_engineer_at_one_moment(service: Desk) -> None:
    """Each looks before the other has written, if nothing holds him back: only the lock keeps the second one out."""
    together = Barrier(2)

    def send(key: str) -> bool:
        together.wait()
        try:
            plan(service, key)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, ("one", "other"))) == [False, True]
    assert len(service.all(Visit)) == 1


def test_a_visit_from_arrival_to_report(service: Desk, tmp_path: Path) -> None:
    row, store = plan(service), LocalStore(tmp_path / "files")
    with pytest.raises(NotAllowed):
        on_site(service, row, visits.arrive, None, who=f"{ENGINEER}2")
    second, both = service.actors[f"{ENGINEER}2"], [Role.FIELD_ENGINEER, Role.SUPPORT_LEAD]
    grants = grants_of(OrganisationKind.SUPPLIER, both)  # he may plan it, and still was not there
    service.actors["both"] = Actor(second.person_id, second.organisation_id, grants)
    with pytest.raises(NotAllowed):
        on_site(service, row, visits.arrive, None, who="both")
    far = Place(HERE.latitude + 2_000, HERE.longitude)
    assert on_site(service, row, visits.arrive, far).arrived_metres == 223  # a warning, and he goes on
    with pytest.raises(Conflict):
        on_site(service, row, visits.sign, "袁工", None, store=store)
    with pytest.raises(Conflict):
        on_site(service, row, visits.leave, None)
    on_site(service, row, visits.note_work, "Fan swapped")
    drawing = picture()
    signed = on_site(service, row, visits.sign, "袁工", BytesIO(drawing), store=store)
    assert (signed.signer, signed.signature_id is not None) == ("袁工", True)

    def part(
        session: ScopedSession, actor: Any, visit: Visit, name: str = "Fan 80 mm", *, now: datetime, version: int
    ) -> None:
        visits.add_part(session, actor, visit, name, "F-1", 2, form_key=name, now=now)

    def take_out(session: ScopedSession, actor: Any, visit: Visit, *, now: datetime, version: int) -> None:
        (there,) = session.scalars(select(SparePart).where(SparePart.visit_id == visit.id, SparePart.name == "Belt"))
        visits.remove_part(session, actor, visit, there.public_id, now=now)

    assert on_site(service, row, part).signed_at is None  # what was signed said nothing of this part
    on_site(service, row, part)
    on_site(service, row, part, "Belt")
    for change in (
        partial(on_site, service, row, take_out),
        partial(on_site, service, row, visits.note_work, "Fan swapped"),
    ):
        on_site(service, row, visits.sign, "袁工", BytesIO(drawing), store=store)
        assert change().signed_at is None
    on_site(service, row, visits.sign, "袁工", BytesIO(drawing), store=store)
    left = on_site(service, row, visits.leave, None)
    assert (left.state, left.left_at) == ("done", service.now)
    with pytest.raises(Conflict):
        on_site(service, row, visits.note_work, "Later")
    assert service.now_is().state == "open"
    papers = service.all(VisitDocument)
    assert sorted(each.locale for each in papers) == ["en", "zh"]
    with service.world.database.reading(SYSTEM) as session:
        html = {each.locale: report.report_html(session, each, store=store) for each in papers}
    for text in html.values():
        assert all(word in text for word in ("袁工", "Fan 80 mm", "Fan swapped", row.number, "data:image/png;base64,"))
    assert "Service report" in html["en"]


def test_each_side_sees_its_visits_and_returns(app: Flask, service: Desk) -> None:
    visit, back = plan(service), ask(service)
    for who in (CUSTOMER, AGENT):
        client = service.client(app, who)
        ticket = client.get(f"/tickets/{service.ticket}")
        assert (ticket.status_code, visit.number in ticket.text, back.number in ticket.text) == (200, True, True)
        assert "Swap the fan" in client.get(f"/visits/{visit.public_id}").text
        assert "Dark" in client.get(f"/returns/{back.public_id}").text
    stranger = service.client(app, "south.sales")
    for path in (f"/visits/{visit.public_id}", f"/returns/{back.public_id}", f"/visits/{visit.public_id}/en.pdf"):
        assert stranger.get(path).status_code == 404, path
    assert service.all(Visit, as_=service.actors["south.sales"]) == []


def test_the_pages_do_it_without_script(app: Flask, service: Desk) -> None:
    agent, engineer = service.client(app, AGENT), service.client(app, ENGINEER)
    address = f"/tickets/{service.ticket}/visits/new"
    page = agent.get(address).text
    option = page.partition('name="slot"')[2].partition('value="')[2].partition('"')[0]
    who = {"engineer": person(service, ENGINEER), "day": page.partition('name="day" value="')[2][:10], "length": "120"}
    assert agent.post(address, data=who | {"task": "", "slot": option}).status_code == 422
    assert agent.post(address, data=who | {"task": "Look", "slot": "x/y"}).status_code == 422
    assert agent.post(address, data=who | {"task": "Look", "slot": option, "latitude": "x"}).status_code == 422
    made = agent.post(address, data=who | {"task": "Look", "slot": option, "form_key": "a"})
    assert made.status_code == 303
    path = made.location
    refused = agent.post(address, data=who | {"task": "Kept text", "slot": option, "form_key": "b"})
    assert (refused.status_code, "Kept text" in refused.text) == (409, True)
    stale = {"latitude": "25", "longitude": "102", "taken_at": "1000", "version": "1"}
    assert engineer.post(f"{path}/arrive", data=stale).status_code == 422
    steps: list[tuple[str, dict[str, Any]]] = [
        ("arrive", {"version": "1"}), ("work", {"version": "2", "work_done": "Done <b>"}),
        ("parts", {"name": "Fan", "quantity": "2", "form_key": "p"}),
        ("sign", {"version": "3", "signer": "Yuan", "drawn": (BytesIO(picture()), "s.png")}),
        ("leave", {"version": "4"}),
    ]  # fmt: skip
    for step, data in steps:
        answer = engineer.post(f"{path}/{step}", data=data, content_type="multipart/form-data")
        assert answer.status_code == 303, (step, answer.text)
    text = engineer.get(path).text
    assert all(words in text for words in ("Done &lt;b&gt;", "Fan", "Yuan"))
    drawn = service.client(app, CUSTOMER).get(f"{path}/signature")
    assert (drawn.status_code, drawn.headers["Content-Type"]) == (200, "image/png")
    assert engineer.post(f"{path}/sign", data={"version": "5", "signer": "Other"}).status_code == 409


def test_a_drawing_that_is_none_is_refused(app: Flask, service: Desk) -> None:
    row = plan(service)
    on_site(service, row, visits.arrive, None)
    on_site(service, row, visits.note_work, "Done")
    engineer = service.client(app, ENGINEER)
    for content in (b"<svg onload=x>", b"", b"%PNG not one"):
        sent = {"version": "3", "signer": "Yuan", "drawn": (BytesIO(content), "s.png")}
        answer = engineer.post(f"/visits/{row.public_id}/sign", data=sent, content_type="multipart/form-data")
        assert answer.status_code == 422, content
    assert service.all(Visit)[0].signed_at is None


def test_pages_of_returns_and_warranties(app: Flask, service: Desk) -> None:
    customer, agent = service.client(app, CUSTOMER), service.client(app, AGENT)
    form = f"/tickets/{service.ticket}/returns/new"
    assert customer.get(form).status_code == 200
    assert customer.post(form, data={"reason": " "}).status_code == 422
    path = customer.post(form, data={"reason": "Dark", "form_key": "x"}).location
    assert customer.post(form, data={"reason": "Kept", "form_key": "y"}).status_code == 409
    assert agent.post(f"{path}/step", data={"action": "close", "version": "1"}).status_code == 409
    assert agent.post(f"{path}/step", data={"action": "nonsense", "version": "1"}).status_code == 404
    assert agent.post(f"{path}/step", data={"action": "swap at once", "version": "1"}).status_code == 422
    assert agent.post(f"{path}/step", data={"action": "authorise", "version": "1"}).status_code == 303
    assert customer.post(f"{path}/step", data={"action": "close", "version": "2"}).status_code == 403
    assert "RMA-2" in agent.get("/returns?state=authorised").text
    assert "RMA-2" not in agent.get("/returns?state=closed&before=zz").text.partition("<main")[2]
    piece = f"/equipment/{service.items['hospital']}"
    assert "2030" in customer.get(piece).text
    assert agent.get(f"{piece}/warranty").status_code == 200
    data = {"starts_on": "2026-01-01", "ends_on": "2025-01-01", "contract": "plus", "version": "1"}
    assert agent.post(f"{piece}/warranty", data=data).status_code == 422
    assert agent.post(f"{piece}/warranty", data=data | {"ends_on": "2029-01-01"}).status_code == 303

"""The telephone rings: who it is stands on the screen, whoever nobody knows is a lead, and nothing is noted twice."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.api.tokens import make_token
from portal.db import Database
from portal.errors import Conflict, NotAllowed
from portal.notify.models import Notice
from portal.parties.identity.matching import index
from portal.parties.models import Party, name_key
from portal.parties.operations import Details, new_party, new_relation
from portal.policy import SYSTEM, Actor, Permission, Reach
from portal.support.phone import calling, leads, routing, sweeps
from portal.support.phone.leads import Known
from portal.support.phone.models import Call, Lead, LeadRoute
from portal.support.phone.people import best_route, workers
from tests.factories.registrations import today_of
from tests.factories.world import World

AGENT, MANAGER, LEAD = "supplier.support_agent", "supplier.channel_manager", "supplier.support_lead"
UNKNOWN, KNOWN = "0871-6555 0199", "+86 532 5550 0105"
RINGS = 'hx-trigger="load, submit"'  # the page that notes the call by itself


@pytest.fixture
def known(world: World) -> str:
    """Return the public id of a customer whose storekeeper has a number."""
    with world.database.writing(SYSTEM) as session:
        details = Details("Songhe Logistics", "", "", "", "Qingdao")
        customer = new_party(details, now=world.now)
        session.add(customer)
        session.flush()
        contact = Party(
            kind="contact", name="Mr Bai", name_key=name_key("Mr Bai"), employer_id=customer.id, phone=KNOWN,
            created_at=world.now,
        )  # fmt: skip
        session.add(contact)
        session.add(new_relation(world.organisations["north"], customer, details, now=world.now))
        session.flush()
        session.add(
            new_relation(world.organisations["north"], contact, Details("Mr Bai", "", KNOWN, "", ""), now=world.now)
        )
        session.flush()
        index(session, customer)
        index(session, contact)
        return customer.public_id


def count(world: World, table: type) -> int:
    with world.database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def call(world: World, number: str, **more: object) -> int:
    actor = world.actor(AGENT)
    return world.database.write(
        actor, lambda session: calling.arrive(session, actor, number, now=world.now, today=today_of(world), **more).id
    )


def the_lead(session) -> Lead:  # type: ignore[no-untyped-def]
    return session.scalars(select(Lead)).one()


def test_a_known_caller_stands_on_the_screen_and_looking_changes_nothing(app: Flask, world: World, known: str) -> None:
    agent = world.client(app, AGENT)
    page = agent.get(f"/phone/{quote('0532 5550 0105')}")
    assert page.status_code == 200
    assert "Songhe Logistics" in page.text
    assert "Mr Bai" in page.text
    assert count(world, Call) == count(world, Lead) == 0
    assert RINGS in page.text
    taken = agent.post(f"/phone/{quote(KNOWN)}", headers={"HX-Request": "true"})
    assert "This call" in taken.text
    assert "<html" not in taken.text
    with world.database.reading(SYSTEM) as session:
        row = session.scalars(select(Call)).one()
        assert session.get_one(Party, row.party_id).public_id == known
        assert row.lead_id is None


def test_whoever_looks_at_an_earlier_call_notes_no_other_one(app: Flask, world: World, known: str) -> None:
    call(world, KNOWN)
    agent = world.client(app, AGENT)
    (link,) = re.findall(r'<a class="num"\s+href="([^"]+)"', agent.get("/phone").text)
    page = agent.get(link).text
    assert "Songhe Logistics" in page
    assert "Take this call" in page
    assert RINGS not in page


def test_an_unknown_caller_becomes_one_lead_that_goes_where_its_region_says(app: Flask, world: World) -> None:
    actor = world.actor(LEAD)

    def route(session):  # type: ignore[no-untyped-def]
        person = workers(session)[world.people[MANAGER]][0]
        routing.set_route(session, actor, industry="", region="CN-YN", person=person, now=world.now)

    world.database.write(actor, route)
    agent = world.client(app, AGENT)
    for _again in range(3):
        assert agent.post(f"/phone/{quote(UNKNOWN)}").status_code == 200
    call(world, "+86 871 6555 0199", call_key="another line")
    with world.database.reading(SYSTEM) as session:
        lead = the_lead(session)
        assert (lead.region, lead.assignee_id, lead.state) == ("CN-YN", world.people[MANAGER], "new")
        told = session.scalars(select(Notice).where(Notice.kind == "lead_new")).all()
        assert [each.person_id for each in told] == [world.people[MANAGER]]
        assert session.scalar(select(func.count(Call.id))) == 2
    page = agent.get(f"/phone/{quote(UNKNOWN)}").text
    assert lead.number in page


def test_without_a_route_everybody_who_works_on_leads_is_told(world: World) -> None:
    call(world, UNKNOWN)
    with world.database.reading(SYSTEM) as session:
        told = set(session.scalars(select(Notice.person_id).where(Notice.kind == "lead_new")))
        assert the_lead(session).assignee_id is None
    assert told == {world.people[MANAGER], world.people[LEAD]}


def test_twenty_calls_of_one_number_at_once_are_one_lead(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: call(world, UNKNOWN, call_key=f"line {number}"), range(20)))
    assert (count(world, Call), count(world, Lead)) == (20, 1)


def test_a_lead_nobody_called_back_is_everybodys_matter_once(world: World) -> None:
    call(world, UNKNOWN)
    late = world.now + timedelta(days=14)
    for expected in (1, 0):
        moved = world.database.write(SYSTEM, lambda session: sweeps.escalate(session, now=late))
        assert moved == expected
    with world.database.reading(SYSTEM) as session:
        kinds = session.scalars(select(Notice.person_id).where(Notice.kind == "lead_late")).all()
    assert sorted(kinds) == sorted([world.people[MANAGER], world.people[LEAD]])


def test_a_lead_that_was_contacted_in_time_is_left_alone(world: World) -> None:
    call(world, UNKNOWN)
    actor = world.actor(LEAD)
    work(
        world,
        lambda session, lead: leads.contacted(session, actor, lead, "Asked back", version=lead.version, now=world.now),
    )
    late = world.now + timedelta(days=14)
    assert world.database.write(SYSTEM, lambda session: sweeps.escalate(session, now=late)) == 0


def work(world: World, do, who: str = LEAD) -> None:  # type: ignore[no-untyped-def]
    world.database.write(world.actor(who), lambda session: do(session, the_lead(session)))


def test_a_lead_becomes_a_new_customer_or_the_one_that_is_known(world: World, known: str) -> None:
    call(world, UNKNOWN)
    learned = Known(name="Songhe Logistics", contact="Ms Wei")
    actor = world.actor(LEAD)
    work(world, lambda session, lead: leads.learn(session, actor, lead, learned, version=lead.version, now=world.now))
    work(world, lambda session, lead: leads.convert(session, actor, lead, version=lead.version, now=world.now))
    with world.database.reading(SYSTEM) as session:
        lead = the_lead(session)
        assert lead.state == "converted"
        assert session.get_one(Party, lead.party_id).public_id == known
    with pytest.raises(Conflict):
        work(world, lambda session, lead: leads.drop(session, actor, lead, "no", version=lead.version, now=world.now))


def test_a_contact_is_no_customer(world: World, known: str) -> None:
    """Nor is whoever is called as he is, or calls from his telephone."""
    actor = world.actor(LEAD)
    said = Known(name="Mr Bai", phone=KNOWN)
    world.database.write(
        actor, lambda session: leads.add_lead(session, actor, said, now=world.now, today=today_of(world))
    )
    work(world, lambda session, lead: leads.convert(session, actor, lead, version=lead.version, now=world.now))
    with world.database.reading(SYSTEM) as session:
        made = session.get_one(Party, the_lead(session).party_id)
        assert (made.kind, made.name) == ("organisation", "Mr Bai")


def test_a_dropped_lead_stays_dropped_when_the_number_calls_again(world: World) -> None:
    call(world, UNKNOWN)
    actor = world.actor(LEAD)
    work(world, lambda session, lead: leads.drop(session, actor, lead, "spam", version=lead.version, now=world.now))
    call(world, UNKNOWN, call_key="again")
    with world.database.reading(SYSTEM) as session:
        old, new = session.scalars(select(Lead).order_by(Lead.id)).all()
    assert (old.state, new.state, new.phone_key) == ("dropped", "new", old.phone_key)

    def reopen(session) -> None:  # type: ignore[no-untyped-def]
        row = session.get_one(Lead, old.id)
        leads.reopen(session, actor, row, version=row.version, now=world.now)

    with pytest.raises(Conflict, match="open lead of the same number"):
        world.database.write(actor, reopen)


def test_a_number_of_several_customers_names_none_and_one_put_away_answers_to_none(world: World, known: str) -> None:
    with world.database.writing(SYSTEM) as session:
        details = Details("Songhe Storage", "", KNOWN, "", "Qingdao")
        other = new_party(details, now=world.now)
        session.add(other)
        session.flush()
        session.add(new_relation(world.organisations["north"], other, details, now=world.now))
        session.flush()
        index(session, other)
        other_id = other.id
    several = call(world, KNOWN)
    with world.database.writing(SYSTEM) as session:
        session.get_one(Party, other_id).archived_at = world.now
    one = call(world, KNOWN, call_key="later")
    with world.database.reading(SYSTEM) as session:
        assert (session.get_one(Call, several).party_id, session.get_one(Call, several).lead_id) == (None, None)
        assert session.get_one(Party, session.get_one(Call, one).party_id).public_id == known


def test_a_route_to_somebody_who_left_is_none(world: World) -> None:
    actor = world.actor(LEAD)
    with world.database.writing(SYSTEM) as session:
        session.add(LeadRoute(region="CN-YN", person_id=world.people[MANAGER], changed_at=world.now))
        session.get_one(Person, world.people[MANAGER]).disabled_at = world.now
    call(world, UNKNOWN)
    with world.database.reading(SYSTEM) as session:
        assert the_lead(session).assignee_id is None
        told = session.scalars(select(Notice.person_id).where(Notice.kind == "lead_new")).all()
    assert told == [actor.person_id]


def test_the_closest_route_takes_a_lead() -> None:
    routes = [("", "", 1), ("health", "", 2), ("", "CN-YN", 3), ("health", "CN-YN", 4), ("school", "CN-YN", 5)]
    everybody = range(9)
    assert best_route(routes, "health", "CN-YN", everybody) == 4
    assert best_route(routes, "health", "CN-YN", [1, 2, 3]) == 3  # whoever is near can go there
    assert best_route(routes, "health", "CN-BJ", everybody) == 2
    assert best_route(routes, "hotel", "CN-BJ", everybody) == 1
    assert best_route(routes[1:], "hotel", "CN-BJ", everybody) is None


def test_whom_somebody_talks_to_stays_with_him(world: World) -> None:
    with world.database.writing(SYSTEM) as session:
        session.add(LeadRoute(industry="health", person_id=world.people[MANAGER], changed_at=world.now))
    call(world, UNKNOWN)
    actor, health = world.actor(LEAD), Known(industry="health")
    work(world, lambda session, lead: leads.contacted(session, actor, lead, "Hi", version=lead.version, now=world.now))
    work(world, lambda session, lead: leads.learn(session, actor, lead, health, version=lead.version, now=world.now))
    with world.database.reading(SYSTEM) as session:
        assert (the_lead(session).industry, the_lead(session).assignee_id) == ("health", actor.person_id)


def test_who_answers_calls_writes_down_and_decides_nothing(world: World) -> None:
    call(world, UNKNOWN)
    agent, at = world.actor(AGENT), {"now": world.now}
    named = Known(name="Egret Bookshop")
    work(world, lambda session, lead: leads.learn(session, agent, lead, named, version=lead.version, **at), AGENT)
    for step in (
        lambda session, lead: leads.convert(session, agent, lead, version=lead.version, **at),
        lambda session, lead: leads.drop(session, agent, lead, "no", version=lead.version, **at),
        lambda session, lead: leads.contacted(session, agent, lead, "Hi", version=lead.version, **at),
        lambda session, lead: leads.assign(session, agent, lead, "x", version=lead.version, **at),
    ):
        with pytest.raises(NotAllowed):
            work(world, step, AGENT)
    with world.database.reading(SYSTEM) as session:
        assert (the_lead(session).state, the_lead(session).name) == ("new", "Egret Bookshop")


def test_a_new_name_makes_a_customer_that_the_next_call_finds(app: Flask, world: World) -> None:
    call(world, UNKNOWN)
    actor = world.actor(LEAD)
    named = Known(name="Egret Bookshop of Kunming")
    work(world, lambda session, lead: leads.learn(session, actor, lead, named, version=lead.version, now=world.now))
    work(world, lambda session, lead: leads.convert(session, actor, lead, version=lead.version, now=world.now))
    assert "Egret Bookshop of Kunming" in world.client(app, AGENT).get(f"/phone/{quote(UNKNOWN)}").text


def test_what_the_agent_typed_stays_where_it_is_wrong(app: Flask, world: World) -> None:
    form = {
        "name": "Clinic",
        "contact": "",
        "phone": "12",
        "email": "",
        "wish": "Sixteen cameras",
        "industry": "health",
    }
    answer = world.client(app, AGENT).post(f"/phone/{quote(UNKNOWN)}/lead", data={**form, "region": "CN-YN"})
    assert answer.status_code == 422
    assert "Sixteen cameras" in answer.text
    assert RINGS not in answer.text  # the answer to that request would take the place of what was typed
    assert count(world, Lead) == 0
    answer = world.client(app, AGENT).post(
        f"/phone/{quote(UNKNOWN)}/lead", data={**form, "phone": UNKNOWN, "region": ""}
    )
    assert answer.status_code == 303
    with world.database.reading(SYSTEM) as session:
        assert (the_lead(session).wish, the_lead(session).industry) == ("Sixteen cameras", "health")


def test_two_who_change_a_lead_at_once_do_not_overwrite_each_other(app: Flask, world: World) -> None:
    call(world, UNKNOWN)
    with world.database.reading(SYSTEM) as session:
        lead = the_lead(session)
    manager, head = world.client(app, MANAGER), world.client(app, LEAD)
    path, form = f"/leads/{lead.public_id}", {"version": str(lead.version)}
    assert manager.post(f"{path}/contact", data={**form, "note": "Called"}).status_code == 303
    late = head.post(f"{path}/drop", data={**form, "reason": "wrong number"})
    assert late.status_code == 409
    assert "Somebody else changed this lead" in late.text


def test_leads_are_nobody_elses_business(world: World) -> None:
    call(world, UNKNOWN)
    for who in ("north.owner", "hospital.customer", "supplier.finance"):
        actor = world.actor(who)
        with world.database.reading(actor) as session:
            assert session.scalars(select(Lead)).all() == session.scalars(select(Call)).all() == []
        with pytest.raises(NotAllowed):
            world.database.write(
                actor,
                lambda session, actor=actor: calling.arrive(session, actor, "1", now=world.now, today=today_of(world)),
            )


def test_a_telephone_system_learns_who_calls_and_the_same_call_is_one(app: Flask, world: World, known: str) -> None:
    house = world.organisations["supplier"]
    owner = Actor(None, house, {Permission.TOKEN_MANAGE: Reach.OWN})
    with world.database.writing(SYSTEM) as session:
        session.actor = owner
        _row, secret = make_token(session, owner, name="PBX", scopes=["calls:write"], days=30, now=world.now)
    client = app.test_client(use_cookies=False)

    def ring(number: str, name: str, key: str):  # type: ignore[no-untyped-def]
        head = {"Authorization": f"Bearer {secret}", "Idempotency-Key": key}
        return client.post("/api/v1/calls", json={"number": number, "call": name}, headers=head)

    answer = ring(KNOWN, "7f3a", "one")
    assert answer.status_code == 201, answer.text
    said = answer.get_json()
    assert [each["name"] for each in said["callers"]] == ["Songhe Logistics"]
    assert said["callers"][0]["contacts"] == ["Mr Bai"]
    assert said["lead"] is None
    assert ring(KNOWN, "7f3a", "two").get_json()["id"] == said["id"]
    assert ring(UNKNOWN, "7f3b", "three").get_json()["lead"].startswith("L-")
    assert count(world, Call) == 2
    assert client.get("/api/v1/quotes", headers={"Authorization": f"Bearer {secret}"}).status_code == 403


def test_a_partner_cannot_make_a_token_that_answers_calls(app: Flask, world: World, database: Database) -> None:
    form = {"name": "PBX", "scopes": ["calls:write"], "days": "30"}
    assert world.client(app, "north.owner").post("/tokens", data=form).status_code == 422
    administrator = world.client(app, "supplier.administrator")
    assert "calls:write" in administrator.get("/tokens").text
    assert "quotes:write" not in administrator.get("/tokens").text

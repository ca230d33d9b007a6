"""Pages of approvals: cards, decisions and their refusals as answers, the asker's view, absences, rules on screen."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.approvals import publishing
from portal.approvals.models import ApprovalDefinition, ApprovalRequest, ApprovalSeen
from portal.approvals.subjects import Verdict
from portal.db import Database
from portal.policy import SYSTEM
from tests.factories.approvals import Desk, step
from tests.factories.deals import Deals
from tests.factories.world import World

APPROVER, MANAGER = "supplier.approver", "supplier.channel_manager"


@pytest.fixture
def desk(app: Flask, world: World) -> Desk:
    """One step for approvers and channel managers; the pages look at the clock on the wall."""
    desk = Desk.open(world, step(ask=["approver", "channel_manager"]))
    desk.now = world.now
    return desk


def post(client: FlaskClient, key: str, act: str, **form: str) -> int:
    return client.post(f"/approvals/{key}/{act}", data=form).status_code


def test_cards_and_decisions(app: Flask, world: World, desk: Desk) -> None:
    """A card has all that is needed; one tap approves, a chip refuses; who is late hears who was quicker."""
    first, second, third = (desk.ask(paper) for paper in (1, 2, 3))
    approver, manager = world.client(app, APPROVER), world.client(app, MANAGER)
    page = approver.get("/approvals").text
    assert page.count('class="panel approval-card"') == 3
    assert "Northern Partner" in page
    assert page.index(first) < page.index(second) < page.index(third)
    assert post(approver, first, "decide", decision="approved", version="1") == 303
    late = manager.post(
        f"/approvals/{first}/decide", data={"decision": "refused", "reason": "duplicate", "version": "1"}
    )
    assert late.status_code == 409
    assert "approver of supplier was quicker: approved." in late.text
    assert post(manager, second, "decide", decision="refused", version="1") == 422
    assert post(manager, second, "decide", decision="refused", reason="because", version="1") == 422
    kept = manager.post(
        f"/approvals/{second}/decide", data={"decision": "refused", "note": "Typed & kept", "version": "1"}
    )
    assert "Typed &amp; kept" in kept.text
    assert post(manager, second, "decide", decision="refused", reason="duplicate", version="1") == 303
    assert post(manager, third, "decide", decision="nonsense", version="1") == 422
    assert post(manager, third, "decide", decision="returned", version="1") == 422
    assert post(manager, third, "decide", decision="returned", note="Which?", version="7") == 409
    away = manager.post(f"/approvals/{third}/decide", data={
        "decision": "returned", "note": "Which?", "version": "1", "next": "//evil.example",
    })  # fmt: skip
    assert (away.status_code, away.headers["Location"]) == (303, "/")
    assert [desk.row(key).state for key in (first, second, third)] == ["approved", "refused", "returned"]
    assert "Nothing waits for you" in approver.get("/approvals").text


def test_partners_cannot_decide(app: Flask, world: World, desk: Desk, database: Database) -> None:
    """A10, A9, J13: the buttons are not there, and posting all the same, with whatever else, changes nothing."""
    key = desk.ask()
    owner, foreign = world.client(app, "north.owner"), world.client(app, "south.owner")
    page = owner.get(f"/approvals/{key}").text
    assert "/decide" not in page
    assert "Nudge" in page
    forged = {
        "decision": "approved", "version": "1", "role": "approver", "organisation_id": "1", "state": "approved",
        "decided_by": "1", "approved_by": "1", "id": "1", "step": "9", "automatic": "1",
    }  # fmt: skip
    for act in ("decide", "research", "seen"):
        assert post(owner, key, act, **forged) == 403
        assert post(foreign, key, act, **forged) == 403
    assert post(owner, key, "reassign", **forged, person="x") == 403
    assert post(foreign, key, "reassign", **forged) == 404
    assert post(foreign, key, "nudge") == 404
    assert foreign.get(f"/approvals/{key}").status_code == 404
    assert owner.get("/approvals/rules").status_code == 403
    assert (desk.row(key).state, desk.row(key).version, desk.papers.told) == ("in_review", 1, [])


def test_looking_changes_nothing_and_seeing_is_told(app: Flask, world: World, desk: Desk, database: Database) -> None:
    """I10: the link of a mail leads through the sign-in to the card; only the open page tells that it was seen."""
    key = desk.ask()
    nobody = world.client(app, None)
    answer = nobody.get(f"/approvals/{key}?decision=approved")
    assert answer.headers["Location"] == f"/sign-in?next=/approvals/{key}?decision%3Dapproved"
    approver = world.client(app, APPROVER)
    for path in ("", "?decision=approved", "/decide", "/decide?decision=approved", "/seen"):
        approver.get(f"/approvals/{key}{path}")
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(ApprovalSeen)) == 0
    asker = world.client(app, "north.sales")
    assert "not seen yet" in asker.get(f"/approvals/{key}").text
    assert post(approver, key, "seen") == 204
    assert post(approver, key, "seen") == 204
    page = asker.get(f"/approvals/{key}").text
    assert re.search(r"approver of supplier\s*</span>\s*<small class=\"quiet\">\s*seen", page)
    fragment = asker.post(f"/approvals/{key}/nudge", headers={"HX-Request": "true"})
    assert "Nudged; again possible" in fragment.text
    assert "<html" not in fragment.text
    assert post(asker, key, "nudge") == 409
    assert (desk.row(key).state, desk.row(key).version) == ("in_review", 1)


def test_lists_and_times(app: Flask, world: World, desk: Desk) -> None:
    """Everybody sees his own requests by keyset, and how long decisions take without seeing whose."""
    keys = [desk.ask(paper) for paper in range(30)]
    for key in keys[:5]:
        desk.decide(APPROVER, key, Verdict.REFUSED, reason="duplicate")
    asker = world.client(app, "north.engineer")
    page = asker.get("/approvals").text
    assert page.count("<tr>") == 26
    older = re.search(r'rel="next"\s+href="([^"]+)"', page)
    assert older is not None
    assert asker.get(older[1].replace("&amp;", "&")).text.count("<tr>") == 6
    assert asker.get("/approvals/requests?state=refused").text.count("<tr>") == 6
    assert asker.get("/approvals/requests?state=nonsense&after=AAAA").status_code == 200
    assert "No requests here" in world.client(app, "south.sales").get("/approvals").text
    approver = world.client(app, APPROVER)
    page = approver.get("/approvals").text
    assert page.count("approval-card") >= 20
    older = re.search(r'rel="next"\s+href="([^"]+)"', page)
    assert older is not None
    assert approver.get(older[1]).text.count('class="panel approval-card"') == 5
    assert "within 0 min of business time" in world.client(app, "hospital.customer").get("/approvals/times").text


def test_absences_on_screen(app: Flask, world: World, desk: Desk) -> None:
    """Named, refused where it makes no sense with what was typed kept, and taken back."""
    approver = world.client(app, APPROVER)
    page = approver.get("/approvals/absences").text
    colleague = re.search(r'<option value="([0-9a-z]{16})">channel_manager of supplier', page)
    assert colleague is not None
    day = desk.today.isoformat()
    its = {"starts_on": day, "ends_on": day, "delegate": colleague[1]}
    wrong = approver.post("/approvals/absences", data={**its, "ends_on": "2020-01-01"})
    assert wrong.status_code == 422
    assert 'value="2020-01-01"' in wrong.text
    assert approver.post("/approvals/absences", data={**its, "starts_on": "31.12."}).status_code == 422
    assert approver.post("/approvals/absences", data={**its, "delegate": "0" * 16}).status_code == 422
    assert approver.post("/approvals/absences", data=its).status_code == 303
    page = approver.get("/approvals/absences").text
    assert "channel_manager of supplier</small>" in page
    end = re.search(r'action="(/approvals/absences/[^"]+/end)"', page)
    assert end is not None
    assert world.client(app, MANAGER).post(end[1]).status_code == 404
    assert approver.post(end[1]).status_code == 303
    assert "Noted" not in approver.get("/approvals/absences").text


def test_rules_on_screen(app: Flask, world: World, desk: Desk, database: Database) -> None:
    """Read, changed, refused with the place of every mistake, stale, and in force for new requests."""
    client = world.client(app, "supplier.administrator")
    assert "As shipped" in client.get("/approvals/rules").text
    page = client.get("/approvals/rules/special_price").text
    fields = dict(re.findall(r'name="([^"]+)"\s+value="([^"]*)"', page))
    fields = {name: value for name, value in fields.items() if not name.endswith(("-remove", "_roles"))}
    fields |= {
        "steps-0-ask_roles": "channel_manager", "steps-0-escalate_roles": "approver", "steps-0-mode": "any",
        "steps-1-ask_roles": "approver", "steps-1-mode": "all",
    }  # fmt: skip
    fields.pop("then", None)
    assert fields["steps-1-discount_from"] == "25"
    more = client.post("/approvals/rules/special_price", data={**fields, "then": "step"})
    assert "steps-2-hours" in more.text
    broken = {**fields, "steps-0-hours": "soon", "steps-1-because_zh": "", "steps-1-ask_people": "nobody"}
    refused = client.post("/approvals/rules/special_price", data=broken)
    assert refused.status_code == 422
    assert refused.text.count('<a href="#steps-') == 3
    assert 'value="soon"' in refused.text
    changed = {**fields, "steps-1-discount_from": "30.5", "steps-0-value_from_CNY": "1000000"}
    assert client.post("/approvals/rules/special_price", data=changed).status_code == 303
    assert client.post("/approvals/rules/special_price", data=changed).status_code == 409  # made from what was before
    with database.reading(SYSTEM) as session:
        rows = session.scalars(select(ApprovalDefinition).where(ApprovalDefinition.kind == "special_price")).all()
        assert [row.number for row in rows] == [1]
        first, deep = rows[0].content["steps"]
        assert first["when"] == {"value": {"from": {"CNY": 100000000}}}
        assert (deep["when"], deep["mode"]) == ({"discount": {"from": 3050}}, "all")
    text = client.get("/approvals/rules/special_price.yaml").text
    assert "discount:\n      from: 3050" in text
    deals = Deals.open(world)
    key = deals.ask_special_price("north.sales", 3000)
    with database.reading(SYSTEM) as session:
        asked = session.scalars(select(ApprovalRequest).where(ApprovalRequest.public_id == key)).one()
        assert [each["key"] for each in asked.route] == ["deep"]  # no step applies: the last one does
        assert publishing.newest(session, "special_price") is not None


def test_a_special_price_on_screen(app: Flask, world: World, database: Database) -> None:
    """Asked on the page of the quote, seen there with its state, decided from a card, and then on the lines."""
    deals = Deals.open(world)
    key = deals.draft("north.sales")
    seller, manager = world.client(app, "north.sales"), world.client(app, MANAGER)
    assert f"/quotes/{key}/special-price" in seller.get(f"/quotes/{key}").text
    page = seller.get(f"/quotes/{key}/special-price").text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version is not None
    its = {"discount": "20", "reason": "A competitor", "version": version[1]}
    for wrong in ({"discount": "91"}, {"discount": ""}, {"reason": ""}, {"price_1": "0"}, {"price_1": "1e3"}):
        answer = seller.post(f"/quotes/{key}/special-price", data={**its, **wrong})
        assert answer.status_code == 422, wrong
        assert wrong.get("reason") == "" or "A competitor" in answer.text
    assert seller.post(f"/quotes/{key}/special-price", data={**its, "version": "99"}).status_code == 409
    forged = {"state": "granted", "special_unit_minor": "1", "approved_by": "1", "net_minor": "1"}
    assert seller.post(f"/quotes/{key}/special-price", data={**its, **forged}).status_code == 303
    page = seller.get(f"/quotes/{key}").text
    assert "In review" in page
    assert "Nudge" in page
    assert manager.get(f"/quotes/{key}").status_code == 200
    card = manager.get("/approvals").text
    assert "20%" in card
    assert "A competitor" in card
    decide = re.search(r'action="(/approvals/[0-9a-z]{16}/decide)"', card)
    version = re.search(r'name="version" value="(\d+)"', card)
    assert decide is not None
    assert version is not None
    assert manager.post(decide[1], data={"decision": "approved", "version": version[1]}).status_code == 303
    page = seller.get(f"/quotes/{key}").text
    assert "Special price</th>" in page
    assert "Back to partner prices" in page
    sheet = seller.get(f"/quotes/{key}/lines.csv")
    assert sheet.status_code == 200

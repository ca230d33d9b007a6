"""From an empty configuration to an order, by a program; the history names its token."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update

from portal.catalog.models import Price
from portal.dates import business_date
from portal.db import Database
from portal.history import HistoryEntry
from portal.parties.models import Party
from portal.policy import SYSTEM
from tests.factories.deals import Deals
from tests.factories.world import World
from tests.functional.api.conftest import Programs

NEW = {"rule_set": "video-site", "name": "Gate 3"}


def customer_of(world: World, key: str = "north") -> str:
    with world.database.reading(SYSTEM) as session:
        return session.scalars(select(Party.public_id).where(Party.id == world.customers[key])).one()


def order_of(world: World, quote: str, **changes: object) -> dict[str, object]:
    wanted = business_date(world.now, "Asia/Shanghai") + timedelta(days=9)
    body = {
        "quote": quote, "purchase_number": "PO 1", "wanted_on": wanted.isoformat(), "contact": "Yuan, 0571",
        "delivery_address": "1 Harbour Road",
    }  # fmt: skip
    return {**body, **changes}


def test_configure_quote_and_order(program: Programs, world: World, database: Database) -> None:
    erp = program()
    choices = {"cameras": 8, "location": "indoor", "days": 15}
    made = erp.post("/configurations", {**NEW, "choices": choices, "customer": customer_of(world)})
    assert made.status_code == 201
    site = made.get_json()
    assert made.headers["Location"] == f"/api/v1/configurations/{site['id']}"
    assert site["choices"] == choices
    assert site["net_minor"] < site["list_minor"]
    assert site["list_minor"] == sum(line["list_minor"] for line in site["bill"])
    read = erp.get(f"/configurations/{site['id']}").get_json()
    assert read == {key: value for key, value in site.items() if key != "dropped"}
    assert [row["id"] for row in erp.get("/configurations").get_json()["items"]] == [site["id"]]

    more = erp.post(f"/configurations/{site['id']}/choose", {"version": site["version"], "key": "days", "value": 30})
    assert more.get_json()["choices"]["days"] == 30
    back = erp.post(f"/configurations/{site['id']}/retract", {"version": more.get_json()["version"], "key": "days"})
    assert "days" not in back.get_json()["choices"]
    version = back.get_json()["version"]
    whole = erp.post(f"/configurations/{site['id']}/complete", {"version": version, "goal": "fewest"}).get_json()
    asked = {question["key"] for question in whole["questions"]}
    assert asked <= whole["choices"].keys()

    draft = erp.post("/quotes", {"configuration": site["id"]})
    assert (draft.status_code, draft.get_json()["state"]) == (201, "draft")
    again = erp.post("/quotes", {"configuration": site["id"]}).get_json()
    assert again["id"] == draft.get_json()["id"]
    quote = erp.post(f"/quotes/{again['id']}/issue", {"version": again["version"]}).get_json()
    assert quote["state"] == "issued"
    assert quote["net_minor"] == sum(line["net_minor"] for line in quote["lines"])
    assert erp.get(quote["documents"][0]["href"].removeprefix("/api/v1")).status_code == 404  # not drawn yet
    assert erp.get("/quotes?state=issued").get_json()["items"][0]["id"] == quote["id"]

    placed = erp.post("/orders", order_of(world, quote["id"]))
    assert placed.status_code == 201
    order = placed.get_json()
    assert (order["net_minor"], order["quote"]) == (quote["net_minor"], quote["id"])
    assert erp.get(f"/orders/{order['id']}").get_json() == order
    assert [row["number"] for row in erp.get("/orders").get_json()["items"]] == [order["number"]]
    second = erp.post("/orders", order_of(world, quote["id"]))
    assert (second.status_code, second.get_json()["code"]) == (409, "already_ordered")
    assert second.get_json()["order"] == order["id"]
    with database.reading(SYSTEM) as session:
        entries = session.scalars(select(HistoryEntry).where(HistoryEntry.person_id.is_(None))).all()
        said = {(entry.action, (entry.after or {}).get("via")) for entry in entries}
    prefix = erp.secret[:15]
    assert {("create", prefix), ("draft", prefix), ("issue", prefix), ("place", prefix)} <= said


def test_what_one_may_begin_with_and_for_whom(program: Programs, world: World) -> None:
    erp = program("configurations:read")
    (rules,) = erp.get("/rule-sets").get_json()["items"]
    assert (rules["key"], rules["number"]) == ("video-site", 1)
    assert [row["id"] for row in erp.get("/customers").get_json()["items"]] == [customer_of(world)]
    assert erp.get("/customers?q=customer%20of%20s").get_json()["items"] == []
    assert erp.get("/customers?after=1.zzz").get_json() == {"items": [], "next": None}
    for query in ("?after=x", "?after=1", "?q=%00", "?after=" + "9" * 19 + ".a"):
        assert erp.get(f"/customers{query}").status_code == 422


def test_a_stale_change_shows_both_versions(program: Programs) -> None:
    erp = program()
    site = erp.post("/configurations", NEW).get_json()
    path = f"/configurations/{site['id']}"
    assert erp.post(f"{path}/choose", {"version": 1, "key": "days", "value": 30}).status_code == 200
    for step, body in (
        ("choose", {"key": "days", "value": 20}),
        ("retract", {"key": "days"}),
        ("complete", {"goal": "fewest"}),
    ):
        answer = erp.post(f"{path}/{step}", {"version": 1, **body})
        assert answer.status_code == 409
        said = answer.get_json()
        assert (said["code"], said["yours"], said["current"]) == ("stale", 1, 2)


def test_a_refused_value_says_why_and_what_to_change(program: Programs) -> None:
    erp = program()
    choices = {"cameras": 64, "location": "outdoor", "days": 90}
    site = erp.post("/configurations", {**NEW, "choices": choices}).get_json()
    greyed = None
    for question in site["questions"]:
        if question["kind"] == "choice":
            for value in {"raid5", "raid6", "none", "4mp", "8mp", "DS-7716NXI-K4", "2mp"} - set(question["values"]):
                answer = erp.get(f"/configurations/{site['id']}/explain?key={question['key']}&value={value}")
                if answer.status_code == 200:
                    greyed = (question["key"], value, answer.get_json())
    ends = [q for q in site["questions"] if q["kind"] != "choice" and q["ranges"]]
    assert greyed is not None or ends
    if greyed is None:
        return
    key, value, why = greyed
    assert not why["possible"]
    assert why["reasons"]
    refused = erp.post(f"/configurations/{site['id']}/choose", {"version": site["version"], "key": key, "value": value})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "refused")
    assert refused.get_json()["explanation"]["reasons"] == why["reasons"]
    if why["repairs"]:
        body = {"version": site["version"], "key": key, "value": value, "give_up": why["repairs"][0]["give_up"]}
        taken = erp.post(f"/configurations/{site['id']}/choose", body)
        assert taken.get_json()["choices"][key] == value


def test_prices_that_changed_stop_the_issue(program: Programs, world: World, deals: Deals, database: Database) -> None:
    erp, key = program(), deals.draft("north.sales")
    with database.writing(SYSTEM) as session:
        session.execute(update(Price).values(amount_minor=Price.amount_minor + 100))
    answer = erp.post(f"/quotes/{key}/issue", {"version": 1})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "prices_changed")
    assert answer.get_json()["now_minor"] > answer.get_json()["before_minor"]


def test_lists_go_on_by_cursor(program: Programs, deals: Deals) -> None:
    erp, made = program(), [deals.draft("north.sales") for _ in range(27)]
    found, cursor = list[str](), ""
    while True:
        page = erp.get(f"/quotes?after={cursor}" if cursor else "/quotes").get_json()
        found += [row["id"] for row in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert found == list(reversed(made))


def test_errors_speak_the_language_that_is_asked_for(program: Programs) -> None:
    erp = program()
    english = erp.get(f"/quotes/{'0' * 16}", **{"Accept-Language": "en"}).get_json()
    chinese = erp.get(f"/quotes/{'0' * 16}", **{"Accept-Language": "zh-CN,zh;q=0.9"}).get_json()
    assert english["code"] == chinese["code"] == "not_found"
    assert english["title"] != chinese["title"]


def test_nowhere_is_json_too(app: Flask, program: Programs) -> None:
    erp = program()
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert erp.send(method, "/nothing/here", **{"Idempotency-Key": "k"}).status_code == 404
        assert erp.send(method, "/", **{"Idempotency-Key": "k"}).status_code == 404

"""Idempotency keys: one execution, the same answer, whatever happens in between."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import OperationalError

from portal.api import remembering
from portal.api.models import ApiAnswer
from portal.configurator.models import Configuration
from portal.db import Database
from portal.deals import verifying
from portal.deals.order_models import SalesOrder
from portal.notify.models import Notice
from portal.policy import SYSTEM
from tests.factories.deals import Deals
from tests.factories.world import World
from tests.functional.api.conftest import Programs
from tests.functional.api.test_flow import NEW, order_of


def count(database: Database, table: Any) -> int:
    with database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_same_key_gets_the_same_answer(program: Programs, database: Database) -> None:
    erp = program()
    first = erp.post("/configurations", NEW, key="one")
    second = erp.post("/configurations", NEW, key="one")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    assert first.headers["Location"] == second.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert count(database, Configuration) == 1


def test_the_same_key_with_another_body_or_address_is_refused(program: Programs, database: Database) -> None:
    erp = program()
    site = erp.post("/configurations", NEW, key="one").get_json()
    other = erp.post("/configurations", {**NEW, "name": "Gate 4"}, key="one")
    assert (other.status_code, other.get_json()["code"]) == (422, "key_reused")
    elsewhere = erp.post("/quotes", {"configuration": site["id"]}, key="one")
    assert (elsewhere.status_code, elsewhere.get_json()["code"]) == (422, "key_reused")
    assert count(database, Configuration) == 1


def test_the_key_of_another_token_is_another_key(program: Programs, database: Database) -> None:
    assert program().post("/configurations", NEW, key="one").status_code == 201
    assert program().post("/configurations", NEW, key="one").status_code == 201
    assert program(of="south").post("/configurations", NEW, key="one").status_code == 201
    assert count(database, Configuration) == 3


def test_a_post_needs_a_proper_key(program: Programs, database: Database) -> None:
    erp = program()
    for key in ("", " ", "a b", "x" * 101, "schlüssel"):
        answer = erp.send("POST", "/configurations", NEW, **{"Idempotency-Key": key})
        assert (answer.status_code, answer.get_json()["code"]) == (400, "key_missing"), key
    assert count(database, Configuration) == 0


def test_an_error_leaves_the_key_free(program: Programs, deals: Deals, world: World) -> None:
    erp, key = program(), deals.issue("north.sales")
    wrong = erp.post("/orders", order_of(world, key, wanted_on="2001-01-01"), key="one")
    assert (wrong.status_code, wrong.get_json()["field"]) == (422, "wanted_on")
    assert erp.post("/orders", order_of(world, key), key="one").status_code == 201


def test_fifty_parallel_posts_with_one_key_do_it_once(
    program: Programs, deals: Deals, world: World, database: Database
) -> None:
    erp, key = program(), deals.issue("north.sales")
    body = order_of(world, key)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: erp.post("/orders", body, key="one"), range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert count(database, SalesOrder) == 1


def test_fifty_parallel_posts_with_their_own_keys_are_still_one_order(
    program: Programs, deals: Deals, world: World, database: Database
) -> None:
    erp, key = program(), deals.issue("north.sales")
    body = order_of(world, key)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda number: erp.post("/orders", body, key=f"key-of-{number}"), range(50)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 49
    assert count(database, SalesOrder) == 1


def test_a_fault_in_between_keeps_neither_work_nor_key(program: Programs, database: Database) -> None:
    erp, hit = program(), list[str]()
    steps = ["INSERT INTO configuration ", "INSERT INTO history", "UPDATE api_answer"]

    def gone(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(steps[-1]):
            hit.append(steps[-1])
            raise OperationalError(statement, {}, RuntimeError("server closed the connection unexpectedly"))

    event.listen(database.engine, "before_cursor_execute", gone)
    for step in reversed(list(steps)):
        assert erp.post("/configurations", NEW, key="one").status_code == 503
        assert hit[-1] == step
        assert (count(database, Configuration), count(database, ApiAnswer)) == (0, 0)
        if len(steps) == 1:
            event.remove(database.engine, "before_cursor_execute", gone)
        steps.pop()
    assert erp.post("/configurations", NEW, key="one").status_code == 201


def test_the_alarm_is_kept_although_nothing_was_ordered(
    program: Programs, deals: Deals, world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    erp, key = program(), deals.issue("north.sales")

    def differs(*_: Any) -> None:
        raise verifying.VerificationFailed(["recorder-bandwidth"])

    monkeypatch.setattr(verifying, "verify", differs)
    answer = erp.post("/orders", order_of(world, key))
    assert (answer.status_code, answer.get_json()["code"]) == (409, "not_verified")
    assert count(database, SalesOrder) == 0
    with database.reading(SYSTEM) as session:
        told = session.scalars(select(Notice.person_id).where(Notice.kind == "verification_failed")).all()
    assert told == [world.people["supplier.product_manager"]]


def test_answers_are_forgotten_after_two_days(program: Programs, world: World, database: Database) -> None:
    erp = program()
    for key in ("old", "young"):
        erp.post("/configurations", NEW, key=key)
    with database.writing(SYSTEM) as session:
        old = update(ApiAnswer).where(ApiAnswer.key == "old").values(created_at=world.now - timedelta(hours=49))
        session.execute(old)
    with database.writing(SYSTEM) as session:
        remembering.sweep(session, now=world.now)
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(ApiAnswer.key)).all() == ["young"]

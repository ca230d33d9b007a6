"""The same step by many at once is done once, and every wrong try counts."""

from collections import Counter
from collections.abc import Callable
from functools import partial

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.accounts.models import Person, PersonRole, Throttle
from portal.accounts.throttles import key_of
from portal.db import Database
from portal.policy import SYSTEM
from tests.factories.parallel import at_once
from tests.factories.world import World
from tests.functional.web.pages import link_in, mails, open_sign_ins

NEW = "seven grey herons wait for the tide"
GUEST = "new.person@example.com"


def browsers(app: Flask, count: int, ask: Callable[[FlaskClient, int], int]) -> Counter[int]:
    """Let `count` browsers ask at the same moment; return how often each status came back."""
    return Counter(at_once(*(partial(ask, app.test_client(), number) for number in range(count))))


def test_an_invitation_accepted_eight_times_at_once_makes_one_account(
    app: Flask, quick: World, database: Database
) -> None:
    typed = {"name": "New", "email": GUEST, "roles": "sales", "locale": "en"}
    assert quick.client(app, "north.owner").post("/people/invite", data=typed).status_code == 303
    path = link_in(mails(database)[-1])

    def accept(client: FlaskClient, number: int) -> int:
        typed = {"name": f"New {number}", "password": f"{NEW} {number}", "repeat_password": f"{NEW} {number}"}
        return client.post(path, data=typed).status_code

    said = browsers(app, 8, accept)
    assert said[303] == 1
    assert set(said) <= {303, 404, 409}
    with database.reading(SYSTEM) as session:
        made = session.scalars(select(Person.id).where(Person.email == GUEST)).all()
        assert session.scalar(select(func.count()).select_from(Person)) == len(quick.people) + 1
    assert len(made) == 1
    assert open_sign_ins(database, made[0]) == 1


def test_a_reset_link_used_eight_times_at_once_works_once(app: Flask, quick: World, database: Database) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    email = "north.sales@example.com"
    assert app.test_client().post("/reset", data={"email": email}).status_code == 200
    path = link_in(mails(database)[-1])

    def reset(client: FlaskClient, number: int) -> int:
        typed = {"password": f"{NEW} {number}", "repeat_password": f"{NEW} {number}"}
        return number if client.post(path, data=typed).status_code == 303 else -1

    said = browsers(app, 8, reset)
    winners = [number for number in said if number >= 0]
    assert len(winners) == 1
    assert said[-1] == 7
    assert [mail["template"] for mail in mails(database)] == ["password_reset", "password_changed"]
    answer = app.test_client().post("/sign-in", data={"email": email, "password": f"{NEW} {winners[0]}"})
    assert answer.status_code == 303


def test_twenty_wrong_sign_ins_at_once_count_twenty(app: Flask, quick: World, database: Database) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    email = "north.sales@example.com"

    def guess(client: FlaskClient, number: int) -> int:
        address = {"REMOTE_ADDR": f"10.0.0.{number}"}
        return client.post("/sign-in", data={"email": email, "password": "wrong"}, environ_base=address).status_code

    assert browsers(app, 20, guess) == {422: 20}
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(Throttle.uses).where(Throttle.key == key_of("account", email))).one() == 20


def test_roles_given_at_once_do_not_mix(app: Flask, quick: World, database: Database) -> None:
    with database.reading(SYSTEM) as session:
        path = f"/people/{session.get_one(Person, quick.people['north.sales']).public_id}"
    cookie = quick.client(app, "north.owner").get_cookie("portal")
    assert cookie is not None
    choices = (["sales"], ["engineer"], ["owner"], ["sales", "engineer"])

    def choose(client: FlaskClient, number: int) -> int:
        client.set_cookie("portal", cookie.value)
        return client.post(path, data={"roles": choices[number % 4]}).status_code

    for _ in range(4):
        said = browsers(app, 8, choose)
        assert set(said) <= {303, 409}
        with database.reading(SYSTEM) as session:
            given = set(
                session.scalars(select(PersonRole.role).where(PersonRole.person_id == quick.people["north.sales"]))
            )
        assert given in [set(choice) for choice in choices]

"""An invitation is for one mail address, one organisation, fixed roles, once."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.accounts import throttles
from portal.accounts.models import Invitation, Person, PersonRole
from portal.db import Database, utc_now
from portal.parties.models import Organisation
from portal.policy import SYSTEM
from tests.factories.world import World
from tests.functional.web.pages import change, digest, is_signed_in, link_in, mails, public_id

NEW = "seven grey herons wait for the tide"
GUEST = "new.person@example.com"
ACCEPTED = {"name": "New Person", "password": NEW, "repeat_password": NEW}


def invited(app: Flask, quick: World, by: str = "north.owner", **fields: Any) -> str:
    """Invite somebody and return the path of the mailed link."""
    typed = {"name": "New", "email": GUEST, "roles": "sales", "locale": "en", **fields}
    answer = quick.client(app, by).post("/people/invite", data=typed)
    assert answer.status_code == 303, answer.text
    return link_in(mails(quick.database)[-1])


def person(database: Database, email: str = GUEST) -> tuple[int, str, set[str]] | None:
    """Return organisation, name and roles of an account."""
    with database.reading(SYSTEM) as session:
        found = session.scalar(select(Person).where(Person.email == email))
        if found is None:
            return None
        roles = session.scalars(select(PersonRole.role).where(PersonRole.person_id == found.id))
        return found.organisation_id, found.name, set(roles)


def test_an_invitation_makes_the_account_it_promises_and_no_other(
    app: Flask, client: FlaskClient, quick: World, database: Database
) -> None:
    path = invited(app, quick, roles=["sales", "engineer"])
    forged = {
        **ACCEPTED,
        "email": "attacker@evil.example",
        "role": "owner",
        "roles": ["owner", "administrator"],
        "organisation_id": str(quick.organisations["supplier"]),
        "public_id": "x" * 16,
        "id": "1",
        "version": "99",
        "password_hash": "x",
        "disabled_at": "",
    }
    assert client.post(path, data=forged).status_code == 303
    assert is_signed_in(client)
    assert person(database) == (quick.organisations["north"], "New Person", {"sales", "engineer"})
    assert person(database, "attacker@evil.example") is None
    assert client.get("/people/invite").status_code == 403


def test_an_invitation_works_once(app: Flask, client: FlaskClient, quick: World, database: Database) -> None:
    path = invited(app, quick)
    assert client.post(path, data={**ACCEPTED, "password": "short", "repeat_password": "short"}).status_code == 422
    assert client.post(path, data={**ACCEPTED, "repeat_password": "other"}).status_code == 422
    assert person(database) is None
    assert client.post(path, data=ACCEPTED).status_code == 303
    before = digest(database)
    for again in (client, app.test_client()):
        assert again.get(path).status_code == 404
        assert again.post(path, data={**ACCEPTED, "password": "another dozen words"}).status_code == 404
    assert digest(database) == before


@pytest.mark.parametrize("over", ["expired", "withdrawn", "newer one", "organisation closed", "account made elsewhere"])
def test_an_invitation_that_is_over_makes_nothing(
    app: Flask, client: FlaskClient, quick: World, database: Database, over: str
) -> None:
    path = invited(app, quick)
    if over == "expired":
        with database.writing(SYSTEM) as session:
            session.execute(update(Invitation).values(expires_at=utc_now()))
    elif over == "withdrawn":
        with database.reading(SYSTEM) as session:
            found = session.scalars(select(Invitation.public_id)).one()
        answer = quick.client(app, "north.owner").post(f"/people/invitations/{found}/withdraw")
        assert answer.status_code == 303
    elif over == "newer one":
        invited(app, quick, roles="engineer")
    elif over == "organisation closed":
        with database.writing(SYSTEM) as session:
            session.get_one(Organisation, quick.organisations["north"]).archived_at = utc_now()
    else:
        change(database, quick.people["south.sales"], email=GUEST)
    before = digest(database)
    answer = client.post(path, data=ACCEPTED)
    assert answer.status_code in (404, 409)
    assert digest(database) == before
    assert not is_signed_in(client)


def test_a_withdrawn_invitation_shows_no_link(app: Flask, quick: World, database: Database) -> None:
    path = invited(app, quick)
    with database.reading(SYSTEM) as session:
        page = f"/people/invitations/{session.scalars(select(Invitation.public_id)).one()}"
    owner = quick.client(app, "north.owner")
    assert path in owner.get(page).text
    assert owner.post(f"{page}/withdraw").status_code == 303
    assert path not in owner.get(page).text


def test_nobody_is_invited_to_a_role_his_organisation_cannot_give(app: Flask, quick: World, database: Database) -> None:
    owner = quick.client(app, "north.owner")
    before = digest(database)
    for roles in ("administrator", "channel_manager", "customer", "god", "", "OWNER", ["sales", "administrator"]):
        typed = {"name": "New", "email": GUEST, "roles": roles, "locale": "en"}
        assert owner.post("/people/invite", data=typed).status_code == 403, roles
    assert digest(database) == before


def test_an_invitation_without_a_role_asks_for_one(app: Flask, quick: World, database: Database) -> None:
    answer = quick.client(app, "north.owner").post("/people/invite", data={"name": "N", "email": GUEST, "locale": "en"})
    assert answer.status_code == 422
    assert "Choose at least one role." in answer.text
    assert mails(database) == []


def test_an_invitation_goes_into_the_own_organisation_whatever_is_sent(
    app: Flask, quick: World, database: Database
) -> None:
    forged = {"organisation_id": str(quick.organisations["south"]), "organisation": "south", "invited_by_id": "1"}
    path = invited(app, quick, by="supplier.administrator", roles="finance", **forged)
    with database.reading(SYSTEM) as session:
        made = session.scalars(select(Invitation)).one()
        assert (made.organisation_id, made.roles) == (quick.organisations["supplier"], ["finance"])
        assert made.invited_by_id == quick.people["supplier.administrator"]
    assert made.public_id not in path  # signed, not guessable


def test_invitations_of_others_are_missing_ones(app: Flask, quick: World, database: Database) -> None:
    invited(app, quick)
    with database.reading(SYSTEM) as session:
        theirs = session.scalars(select(Invitation.public_id)).one()
    before = digest(database, "sign_in", "history")
    foreign = quick.client(app, "south.owner")
    for found in (theirs, "0" * 16):
        assert foreign.get(f"/people/invitations/{found}").status_code == 404
        assert foreign.post(f"/people/invitations/{found}/withdraw").status_code == 404
    assert GUEST not in foreign.get("/people").text
    assert GUEST not in quick.client(app, "north.sales").get("/people").text
    assert digest(database, "sign_in", "history") == before


def test_colleagues_are_not_invited_again(app: Flask, quick: World, database: Database) -> None:
    typed = {"name": "S", "email": "NORTH.SALES@example.com", "roles": "owner", "locale": "en"}
    answer = quick.client(app, "north.owner").post("/people/invite", data=typed)
    assert answer.status_code == 422
    assert "already has an account" in answer.text


def test_too_many_invitations_keep_what_was_typed(
    app: Flask, quick: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttles, "INVITATIONS", throttles.Limit(2, timedelta(days=1)))
    owner = quick.client(app, "north.owner")
    for number, status in enumerate((303, 303, 429)):
        typed = {"name": f"Guest {number}", "email": f"g{number}@example.com", "roles": "sales", "locale": "en"}
        answer = owner.post("/people/invite", data=typed)
        assert answer.status_code == status
    assert 'value="Guest 2"' in answer.text
    assert "Too many attempts" in answer.text
    assert len(mails(database)) == 2


def test_the_mail_names_no_other_link_than_ours(app: Flask, quick: World, database: Database) -> None:
    owner = quick.client(app, "north.owner")
    typed = {"name": "N", "email": GUEST, "roles": "sales", "locale": "en"}
    assert owner.post("/people/invite", data=typed, headers={"X-Forwarded-Host": "evil.example"}).status_code == 303
    mail = mails(database)[-1]
    assert (mail["to"], mail["template"]) == (GUEST, "invitation")
    assert mail["params"]["link"].startswith("http://localhost/invitation/")


def test_guests_cannot_look_at_the_people_of_the_house(app: Flask, quick: World, database: Database) -> None:
    theirs = public_id(database, quick.people["supplier.finance"])
    for who in ("north.owner", "hospital.owner"):
        assert quick.client(app, who).get(f"/people/{theirs}").status_code == 404

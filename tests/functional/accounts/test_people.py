"""Rights over people: who gives which role to whom, and what a forged form changes."""

from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Person, PersonRole
from portal.db import Database
from portal.history import HistoryEntry
from portal.policy import SYSTEM
from tests.factories.world import PASSWORD, World
from tests.functional.web.pages import digest, public_id, words_of

NEW = "seven grey herons wait for the tide"


def roles(database: Database, person_id: int) -> set[str]:
    with database.reading(SYSTEM) as session:
        return set(session.scalars(select(PersonRole.role).where(PersonRole.person_id == person_id)))


def path(quick: World, key: str) -> str:
    return f"/people/{public_id(quick.database, quick.people[key])}"


def test_an_owner_grants_the_roles_of_his_organisation_only(app: Flask, quick: World, database: Database) -> None:
    owner = quick.client(app, "north.owner")
    before = digest(database)
    for wanted in ("administrator", "channel_manager", "customer", "god", ["sales", "executive"]):
        assert owner.post(path(quick, "north.sales"), data={"roles": wanted}).status_code == 403, wanted
    assert digest(database) == before
    assert owner.post(path(quick, "north.sales"), data={"roles": ["engineer", "engineer", "sales"]}).status_code == 303
    assert roles(database, quick.people["north.sales"]) == {"engineer", "sales"}
    assert owner.post(path(quick, "north.sales"), data={}).status_code == 422
    assert roles(database, quick.people["north.sales"]) == {"engineer", "sales"}


def test_nobody_changes_his_own_rights(app: Flask, quick: World, database: Database) -> None:
    for key, wanted in (("north.owner", "sales"), ("supplier.administrator", "executive")):
        self = quick.client(app, key)
        before = digest(database)
        assert self.post(path(quick, key), data={"roles": wanted}).status_code == 403
        assert self.post(f"{path(quick, key)}/disable").status_code == 403
        assert digest(database) == before


def test_others_cannot_manage_people_however_they_ask(app: Flask, quick: World, database: Database) -> None:
    """A button that a role does not see answers 403, before anybody is looked up."""
    target, missing = path(quick, "north.engineer"), "/people/" + "0" * 16
    people = [quick.client(app, key) for key in ("north.sales", "hospital.customer", "supplier.executive")]
    before = digest(database)
    for person in people:
        for found in (target, missing):
            assert person.get(found).status_code == 403
            assert person.post(found, data={"roles": "owner"}).status_code == 403
            assert person.post(f"{found}/disable").status_code == 403
            assert person.post(f"{found}/enable").status_code == 403
        assert person.post("/people/invite", data={"email": "a@b.example"}).status_code == 403
    assert digest(database) == before


def test_people_of_others_are_missing_ones(app: Flask, quick: World, database: Database) -> None:
    owner = quick.client(app, "north.owner")
    before = digest(database)
    for what, data in (("", {"roles": "owner"}), ("/disable", {}), ("/enable", {})):
        answers = [owner.post(f"{found}{what}", data=data) for found in (path(quick, "south.sales"), "/people/missing")]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert words_of(answers[0]) == words_of(answers[1])
    assert digest(database) == before


def test_every_way_of_asking_gets_the_same_answer(app: Flask, quick: World, database: Database) -> None:
    owner, stranger = quick.client(app, "north.owner"), quick.client(app, None)
    theirs = public_id(database, quick.people["south.sales"])
    before = digest(database)
    for spelled in (
        theirs,
        theirs.upper(),
        f"%{ord(theirs[0]):02x}{theirs[1:]}",
        f"{theirs}/",
        f"{theirs}/.",
        f"./{theirs}",
    ):
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
            answer = owner.open(
                f"/people/{spelled}", method=method, data={"roles": "owner"} if method == "POST" else None
            )
            assert answer.status_code in (404, 405), (method, spelled)
            assert "south" not in answer.text
    for way in ("../people", "%2e%2e/people", "invitations/..", "//people"):
        assert owner.get(f"/people/{way}/{theirs}").status_code in (404, 308)
    override = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "DELETE", "X-HTTP-Method": "PUT"}
    for header, method in override.items():
        own = path(quick, "north.sales")
        answer = owner.get(
            f"{own}?_method={method}", headers={header: method}, data={"_method": method, "roles": "owner"}
        )
        assert answer.status_code == 200
        assert owner.get(f"{own}/disable", headers={header: "POST"}).status_code == 405
    assert owner.options(f"/people/{theirs}").headers["Allow"] == owner.options("/people/0").headers["Allow"]
    for method in ("GET", "HEAD"):
        assert stranger.open(f"/people/{theirs}", method=method).status_code == 303
    assert stranger.post(f"/people/{theirs}").status_code == 303
    assert digest(database) == before


def test_forged_fields_are_ignored(app: Flask, quick: World, database: Database) -> None:
    forged = {
        "role": "administrator",
        "roles": "administrator",
        "organisation_id": str(quick.organisations["south"]),
        "id": "1",
        "public_id": "0" * 16,
        "email": "attacker@evil.example",
        "password_hash": "x",
        "password": NEW,
        "version": "99",
        "disabled_at": "",
        "person_id": str(quick.people["supplier.administrator"]),
    }
    profile = {"name": "Sales", "locale": "zh", "time_zone": "Europe/Berlin", "theme": "dark"}
    with database.reading(SYSTEM) as session:
        before = {person.id: dict(vars(person)) for person in session.scalars(select(Person))}
    person = quick.client(app, "north.sales")
    assert person.post("/profile", data={**forged, **profile}).status_code == 303
    owner = quick.client(app, "north.owner")
    assert owner.post(path(quick, "north.engineer"), data={**forged, "roles": "sales"}).status_code == 303
    with database.reading(SYSTEM) as session:
        for after in session.scalars(select(Person)):
            old = before[after.id]
            changed = {name for name in old if not name.startswith("_") and getattr(after, name) != old[name]}
            own = {"name", "locale", "time_zone", "theme", "version"}
            assert changed == (own if after.id == quick.people["north.sales"] else set())
    assert roles(database, quick.people["north.sales"]) == {"sales"}
    assert roles(database, quick.people["north.engineer"]) == {"sales"}


def test_what_somebody_changes_stands_in_the_history_under_his_name(
    app: Flask, quick: World, database: Database
) -> None:
    owner = quick.client(app, "north.owner")
    typed = {"current_password": PASSWORD, "new_password": NEW, "repeat_password": NEW}
    assert owner.post("/profile/password", data=typed).status_code == 303
    assert owner.post("/language", data={"locale": "zh"}).status_code == 303
    assert owner.post("/theme", data={"theme": "dark"}).status_code == 303
    assert owner.post(f"{path(quick, 'north.sales')}/disable").status_code == 303
    with database.reading(SYSTEM) as session:
        written = session.scalars(
            select(HistoryEntry).where(HistoryEntry.action != "sign in").order_by(HistoryEntry.id)
        ).all()
        assert [row.action for row in written] == ["change password", "change profile", "change profile", "disable"]
        assert {row.person_id for row in written} == {quick.people["north.owner"]}
        assert NEW not in repr([(row.before, row.after) for row in written])

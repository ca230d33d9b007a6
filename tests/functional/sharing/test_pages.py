"""The pages of sharing and comments: what they offer, keep and refuse, and what text cannot do on them."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import select

from portal.accounts.models import Person
from portal.db import Database
from portal.notify.mail import compose
from portal.notify.models import Notice
from portal.outbox import Job, OutboxJob
from portal.parties.models import Party
from portal.policy import SYSTEM
from portal.sharing import news
from portal.sharing.models import Comment, Share
from portal.worker import Worker
from tests.factories.world import World
from tests.functional.sharing.conftest import Stage

PAYLOADS = (
    '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    '<b hx-get="/people" hx-trigger="load" data-hx-on="x" class="htmx-settling">b</b>',
    "{{7*7}} {% raw %} {{config}} ${7*7} %(name)s %s",
)


@pytest.fixture
def north(app: Flask, world: World) -> FlaskClient:
    """A browser of the owner."""
    return world.client(app, "north.sales")


@pytest.fixture
def hospital(app: Flask, world: World) -> FlaskClient:
    """A browser of the customer."""
    return world.client(app, "hospital.customer")


def at(stage: Stage, rest: str = "") -> str:
    """Return an address of the configuration."""
    return f"/configurations/{stage.public_id}{rest}"


def party(world: World, key: str) -> str:
    """Return how the form calls an organisation."""
    with world.database.reading(SYSTEM) as session:
        return f"o-{session.get_one(Party, world.organisations[key]).public_id}"


def mails(world: World) -> list[OutboxJob]:
    """Let the worker write the news, and return the mails that wait."""
    Worker(world.database, news.handlers(world.settings)).run(until_idle=True)
    with world.database.reading(SYSTEM) as session:
        return list(session.scalars(select(OutboxJob).where(OutboxJob.kind == "mail").order_by(OutboxJob.id)))


def test_sharing_by_the_page_and_taking_back(
    stage: Stage, world: World, north: FlaskClient, hospital: FlaskClient
) -> None:
    page = north.get(at(stage, "/sharing"))
    assert "It is shared with nobody else." in page.text
    fields = {"receiver": party(world, "hospital"), "access": "view", "message": "看一看"}
    assert north.post(at(stage, "/sharing"), data=fields).status_code == 303
    page = north.get(at(stage, "/sharing"))
    assert "Qingxi Hospital" in page.text
    assert "看一看" in page.text
    assert hospital.get(at(stage)).status_code == 200
    seen = hospital.get(at(stage, "/sharing"))
    assert "Northern Partner" in seen.text
    assert "Take back" not in seen.text
    assert 'name="receiver"' not in seen.text
    with world.database.reading(SYSTEM) as session:
        made = session.scalars(select(Share.public_id)).one()
    assert north.post(at(stage, f"/sharing/{made}/revoke")).status_code == 303
    gone, missing = hospital.get(at(stage)), hospital.get("/configurations/0000000000000000")
    assert (gone.status_code, missing.status_code) == (404, 404)


def test_an_open_page_learns_that_it_was_taken_back(stage: Stage, north: FlaskClient, hospital: FlaskClient) -> None:
    made = stage.share(organisation="hospital", access="edit")
    page = hospital.get(at(stage))
    assert 'id="shared-with-me"' in page.text
    assert "sharing.js" in page.text
    stage.revoke(made)
    fields = {"key": "days", "value": "20", "version": "1", "step": "0"}
    for path in ("/choices", "/take-back", "/undo", "/comments"):
        click = hospital.post(at(stage, path), data={**fields, "body": "x"}, headers={"HX-Request": "true"})
        assert click.status_code == 404, path
        assert 'data-status="404"' in click.text  # what sharing.js finds
        assert click.headers["HX-Retarget"] == "#notices"
    assert hospital.get(at(stage, "/comments")).status_code == 404
    assert hospital.get(at(stage, "/sharing")).status_code == 404


def test_what_was_typed_stays_when_the_form_is_refused(stage: Stage, world: World, north: FlaskClient) -> None:
    message = "word " * 101
    fields = {"receiver": party(world, "hospital"), "access": "edit", "message": message}
    answer = north.post(at(stage, "/sharing"), data=fields)
    assert answer.status_code == 422
    assert message.strip() in answer.text
    assert 'value="edit"' in answer.text
    for wrong in ({"receiver": ""}, {"receiver": "p-0000000000000000"}, {"access": "own"}, {}):
        answer = north.post(at(stage, "/sharing"), data={**fields, "message": "short", **wrong} if wrong else {})
        assert answer.status_code == 422, wrong
    with world.database.reading(SYSTEM) as session:
        assert session.scalars(select(Share)).all() == []


def test_the_form_offers_colleagues_managers_and_own_customers_only(
    stage: Stage, world: World, north: FlaskClient, hospital: FlaskClient
) -> None:
    text = north.get(at(stage, "/sharing")).text
    for offered in ("owner of north", "engineer of north", "channel_manager of supplier", "Qingxi Hospital",
                    "customer of hospital"):  # fmt: skip
        assert offered in text, offered
    for hidden in ("sales of north<", "Southern Partner", "of south", "finance of supplier"):
        assert hidden not in text.split('id="share"')[1], hidden


def test_another_organisation_does_not_do_what_is_the_owners(
    stage: Stage, world: World, north: FlaskClient, app: Flask
) -> None:
    made = stage.share(organisation="hospital", access="edit")
    for who in ("hospital.owner", "supplier.channel_manager"):
        client = world.client(app, who)
        for path, fields in (
            ("/sharing", {"receiver": "x", "access": "view"}),
            (f"/sharing/{made}/revoke", {}),
            ("/archive", {"archived": "1"}),
            ("/details", {"name": "Mine", "customer": "", "version": "1"}),
        ):
            answer = client.post(at(stage, path), data=fields)
            assert answer.status_code in (403, 422), (who, path, answer.status_code)
        assert client.post(f"/quotes/draft/{stage.public_id}").status_code in (403, 404, 405)
    assert "A site" in north.get(at(stage)).text


def test_a_partner_does_not_quote_what_a_customer_shares_with_him(stage: Stage, world: World, app: Flask) -> None:
    own = Stage(world, stage.configure("hospital.customer"))
    own.share(organisation="north", access="edit", by="hospital.customer")
    partner = world.client(app, "north.sales")
    page = partner.get(at(own))
    assert page.status_code == 200
    with app.test_request_context():
        draft = app.url_for("deals.draft", public_id=own.public_id)
    assert draft not in page.text
    assert partner.post(draft).status_code in (403, 404)


def test_prices_of_a_shared_configuration_are_the_readers(stage: Stage, world: World, app: Flask) -> None:
    stage.share(organisation="hospital")
    north = world.client(app, "north.sales").get(at(stage)).text
    hospital = world.client(app, "hospital.customer").get(at(stage)).text
    assert 'id="running-price"' in north
    assert 'id="running-price"' not in hospital
    assert "gold" not in hospital.lower()
    own = Stage(world, stage.configure("hospital.customer"))
    own.share(organisation="north", by="hospital.customer")
    assert 'id="running-price"' in world.client(app, "north.sales").get(at(own)).text


def test_news_of_a_share_is_mailed_in_the_receivers_language(stage: Stage, world: World, database: Database) -> None:
    with database.writing(SYSTEM) as session:
        from_zh = session.get_one(Person, world.people["hospital.customer"])
        from_zh.locale = "zh"
        session.get_one(Party, world.organisations["north"]).name_en = "北方伙伴"
    stage.share(organisation="hospital", access="edit")
    found = {job.payload["to"]: job.payload for job in mails(world)}
    assert set(found) == {world.emails["hospital.owner"], world.emails["hospital.customer"]}
    assert found[world.emails["hospital.customer"]]["locale"] == "zh"
    assert (
        found[world.emails["hospital.owner"]]["params"]["link"] == f"http://localhost/configurations/{stage.public_id}"
    )
    sharers = {to: payload["params"]["organisation"] for to, payload in found.items()}
    assert sharers == {
        world.emails["hospital.owner"]: "Northern Partner",
        world.emails["hospital.customer"]: "北方伙伴",
    }


def test_no_mail_about_what_was_revoked_or_withdrawn_before_it_was_written(
    stage: Stage, world: World, north: FlaskClient, hospital: FlaskClient
) -> None:
    made = stage.share(organisation="hospital")
    hospital.post(at(stage, "/comments"), data={"line": "", "body": "secretword"})
    with world.database.reading(SYSTEM) as session:
        said = session.scalars(select(Comment.public_id)).one()
    assert hospital.post(at(stage, f"/comments/{said}/withdraw")).status_code == 303
    stage.revoke(made)
    assert mails(world) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_people_write_is_text_everywhere(
    stage: Stage, world: World, north: FlaskClient, hospital: FlaskClient, payload: str
) -> None:
    with world.database.writing(SYSTEM) as session:
        session.get_one(Person, world.people["hospital.customer"]).name = payload[:120]
    north.post(at(stage, "/sharing"), data={"receiver": party(world, "hospital"), "access": "view", "message": payload})
    assert hospital.post(at(stage, "/comments"), data={"line": payload[:60], "body": payload}).status_code == 303
    pages = [
        north.get(at(stage, "/comments"), query_string={"line": payload[:60]}).text,
        north.get(at(stage, "/sharing")).text,
        north.get("/inbox").text,
        hospital.get("/inbox").text,
    ]
    assert str(escape(payload)) in pages[0]
    assert str(escape(payload)) in pages[1]
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b hx-get" not in page
        assert ">49<" not in page
        assert " 49 " not in page
    for job in mails(world):
        mail = news_mail(world, job)
        assert "<script>alert" not in mail
        assert "<img src=x" not in mail
        assert "<b hx-get" not in mail
        assert "49 " not in mail


def news_mail(world: World, job: OutboxJob) -> str:
    """Return the HTML part of a mail."""
    from_job = Job(job.id, job.public_id, job.kind, job.payload, 1, job.created_at)
    body = compose(world.settings, from_job, readable=True).get_body(("html",))
    assert body is not None
    return str(body.get_content())


def test_a_comment_reaches_whoever_is_concerned_and_sees_it_still(
    stage: Stage, world: World, app: Flask, hospital: FlaskClient
) -> None:
    made = stage.share(organisation="hospital")
    owner = world.client(app, "hospital.owner")
    for client, body in ((hospital, "one"), (owner, "two")):
        assert client.post(at(stage, "/comments"), data={"line": "CAM-1", "body": body}).status_code == 303
    told = _told(world)
    assert told.count((world.people["north.sales"], "comment_line")) == 2
    assert told.count((world.people["hospital.customer"], "comment_line")) == 1
    stage.revoke(made)
    world.client(app, "north.engineer").post(at(stage, "/comments"), data={"line": "CAM-1", "body": "three"})
    assert _told(world)[len(told) :] == [(world.people["north.sales"], "comment_line")]


def _told(world: World) -> list[tuple[int, str]]:
    with world.database.reading(SYSTEM) as session:
        query = select(Notice.person_id, Notice.kind).where(Notice.kind.startswith("comment")).order_by(Notice.id)
        return [tuple(row) for row in session.execute(query)]


def test_comments_settle_open_again_and_are_counted(stage: Stage, world: World, north: FlaskClient) -> None:
    line = {"line": "CAM-1"}
    north.post(at(stage, "/comments"), data={**line, "body": "Why this one?"})
    assert north.post(at(stage, "/comments/resolved"), data={**line, "resolved": "1"}).status_code == 303
    page = north.get(at(stage, "/comments"), query_string=line).text
    assert "Open again" in page
    north.post(at(stage, "/comments"), data={**line, "body": "Still unclear"})
    page = north.get(at(stage, "/comments"), query_string=line).text
    assert "Mark as settled" in page
    assert north.post(at(stage, "/comments/resolved"), data={"line": "none", "resolved": "1"}).status_code == 404


def test_one_withdraws_ones_own_fresh_words_only(
    stage: Stage, world: World, north: FlaskClient, hospital: FlaskClient
) -> None:
    stage.share(organisation="hospital")
    hospital.post(at(stage, "/comments"), data={"line": "", "body": "secretword"})
    north.post(at(stage, "/comments"), data={"line": "", "body": "answer"})
    with world.database.reading(SYSTEM) as session:
        first, second = session.scalars(select(Comment.public_id).order_by(Comment.id)).all()
    assert north.post(at(stage, f"/comments/{first}/withdraw")).status_code == 403
    assert hospital.post(at(stage, f"/comments/{first}/withdraw")).status_code == 303
    assert hospital.post(at(stage, f"/comments/{first}/withdraw")).status_code == 303
    page = north.get(at(stage, "/comments")).text
    assert "secretword" not in page
    assert "This comment was withdrawn." in page
    with world.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER comment_kept" + ("" if world.database.is_sqlite else " ON comment"))
    with world.database.writing(SYSTEM) as session:
        row = session.scalars(select(Comment).where(Comment.public_id == second)).one()
        row.created_at = row.created_at - timedelta(minutes=16)
    assert north.post(at(stage, f"/comments/{second}/withdraw")).status_code == 409
    assert "answer" in north.get(at(stage, "/comments")).text


def test_a_comment_that_is_too_long_is_handed_back(stage: Stage, north: FlaskClient) -> None:
    body = "word " * 401
    answer = north.post(at(stage, "/comments"), data={"line": "CAM-1", "body": body})
    assert answer.status_code == 422
    assert body.strip() in answer.text
    assert 'value="CAM-1"' in answer.text
    for empty in ("", "   ", "\n"):
        assert north.post(at(stage, "/comments"), data={"line": "CAM-1", "body": empty}).status_code == 422


def test_strangers_neither_read_nor_write_comments(stage: Stage, world: World, app: Flask, north: FlaskClient) -> None:
    north.post(at(stage, "/comments"), data={"line": "CAM-1", "body": "secretword"})
    with world.database.reading(SYSTEM) as session:
        said = session.scalars(select(Comment.public_id)).one()
    for who in ("south.owner", "hospital.customer"):
        client = world.client(app, who)
        for method, path in (
            ("GET", "/comments?line=CAM-1"),
            ("POST", "/comments"),
            ("POST", "/comments/resolved"),
            ("POST", f"/comments/{said}/withdraw"),
        ):
            answer = client.open(at(stage, path), method=method, data={"line": "CAM-1", "body": "x", "resolved": "1"})
            assert answer.status_code == 404, (who, path)
            assert "secretword" not in answer.text
    other = Stage(world, stage.configure("south.sales"))
    south = world.client(app, "south.sales")  # one's own configuration with another's comment
    assert south.post(at(other, f"/comments/{said}/withdraw")).status_code == 404

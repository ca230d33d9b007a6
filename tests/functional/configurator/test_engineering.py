"""Asking an engineer for a missing fact: the question with its clock, the answer, the facts in rules and catalogue."""

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from portal.calendars.queries import business_time
from portal.catalog.models import Capability, Product
from portal.config import Settings
from portal.configurator import engineering, engineering_retiming
from portal.configurator.engineering_checking import handler
from portal.configurator.engineering_models import EngineerQuestion
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.missing import missing_facts
from portal.configurator.models import RuleRevision
from portal.db import Database
from portal.history import HistoryEntry
from portal.notify.models import Notice
from portal.outbox import Job, JobFailed, OutboxJob
from portal.policy import SYSTEM
from portal.worker import Worker
from tests.factories.calendars import close_days
from tests.factories.gaps import configure, gap_rules, open_gaps, renew, row_of
from tests.factories.stock import plain_seed as seed  # noqa: F401 - a catalogue of its own
from tests.factories.world import World

CASES = """
examples:
  day:
    title: {en: By day, zh: 白天}
    choices: {camera: CAM-2, distance: 20}
    refused: {dark: [yes_]}
"""


@pytest.fixture
def revision(world: World, tmp_path: Path) -> int:
    return open_gaps(world, tmp_path / "catalogue")


@pytest.fixture
def draft(world: World, revision: int) -> str:
    return configure(world, "north.sales", revision, dark="yes_", distance=25)


@pytest.fixture
def seller(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "north.sales")


@pytest.fixture
def engineer(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "supplier.product_manager")


def ask(client: FlaskClient, draft: str, **form: str):  # type: ignore[no-untyped-def]
    return client.post(f"/configurations/{draft}/ask", data={"key": "camera", "value": "CAM-2", **form})


def asked(client: FlaskClient, draft: str, **form: str) -> str:
    """Ask and return the public id of the question."""
    answer = ask(client, draft, **form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"]).rsplit("/", 1)[1]


def facts(**form: str) -> dict[str, str]:
    return {"version": "1", "gap0-value": "60", "gap0-unit": "m", "gap0-source": "Data sheet 7", "answer": "", **form}


def work(settings: Settings, database: Database) -> None:
    """Let the worker do what waits for it."""
    Worker(database, {engineering.KIND: handler(settings, database)}).run(until_idle=True)


def question(database: Database) -> EngineerQuestion:
    with database.reading(SYSTEM) as session:
        return session.scalars(select(EngineerQuestion)).one()


def test_missing_facts_are_those_that_rules_read() -> None:
    assert missing_facts(gap_rules()) == {"camera": {"CAM-2": ("reach",)}}
    assert missing_facts(gap_rules(reach="60")) == {}


def test_a_greyed_value_that_lacks_a_fact_offers_to_ask(seller: FlaskClient, draft: str) -> None:
    form = {"key": "camera", "value": "CAM-2", "version": "1"}
    page = seller.post(f"/configurations/{draft}/choices", data=form)
    assert page.status_code == 409
    link = re.search(r'id="ask-engineer"\s+href="([^"]+)"', page.text)
    assert link
    assert seller.get(html.unescape(link[1])).status_code == 200


def test_the_whole_way_from_question_to_choice(
    seller: FlaskClient, engineer: FlaskClient, draft: str, world: World, settings: Settings, database: Database
) -> None:
    public_id = asked(seller, draft, text="Does it light 25 m?")
    row = question(database)
    assert (row.sku, row.columns, row.state) == ("CAM-2", ["reach"], "open")
    assert row.due_at > row.asked_at
    with database.reading(SYSTEM) as session:
        told = session.scalars(select(Notice).where(Notice.kind == "engineer_asked")).all()
        assert [notice.person_id for notice in told] == [world.people["supplier.product_manager"]]
    assert "CAM-2" in engineer.get("/engineering").text
    page = engineer.get(f"/engineering/{public_id}").text
    assert "Does it light 25 m?" in page
    assert 'name="gap0-value"' in page
    assert engineer.post(f"/engineering/{public_id}/answer", data=facts(answer="It does.")).status_code == 303
    assert question(database).state == "checking"
    assert "Being examined" in seller.get(f"/engineering/{public_id}").text
    work(settings, database)
    _is_published(database, world)
    shown = seller.get(f"/configurations/{draft}").text
    assert "An engineer answered." in shown
    assert "revision 2 is in effect" in shown
    assert seller.post(f"/configurations/{draft}/upgrade", data={"version": "1", "number": "2"}).status_code == 303
    choice = {"key": "camera", "value": "CAM-2", "version": "2"}
    assert seller.post(f"/configurations/{draft}/choices", data=choice).status_code == 303
    assert row_of(world, draft).choices["camera"] == "CAM-2"


def _is_published(database: Database, world: World) -> None:
    """The fact stands in rules, catalogue and history, and the asker is told."""
    row = question(database)
    assert row.state == "answered"
    with database.reading(SYSTEM) as session:
        newest = session.scalars(select(RuleRevision).order_by(RuleRevision.number.desc()).limit(1)).one()
        assert (newest.number, row.answered_revision_id) == (2, newest.id)
        assert RuleSet.from_content(newest.content).content_hash == gap_rules(reach="60").content_hash
        product = session.scalars(select(Product).where(Product.sku == "CAM-2")).one()
        own = select(Capability).where(Capability.product_id == product.id, Capability.key == "reach")
        capability = session.scalars(own).one()
        assert (capability.value, capability.unit, capability.confirmed) == ("60", "m", True)
        assert capability.source.startswith("Data sheet 7 (product_manager of supplier, ")
        acts = session.scalars(select(HistoryEntry).where(HistoryEntry.action.in_(("publish", "answer", "change"))))
        who = {entry.action: entry.person_id for entry in acts}
        assert set(who) >= {"publish", "answer", "change"}
        assert set(who.values()) == {world.people["supplier.product_manager"]}
        told = session.scalars(select(Notice).where(Notice.kind == "engineer_answered")).one()
        assert told.person_id == world.people["north.sales"]


def test_units_of_the_same_kind_are_taken(
    seller: FlaskClient, engineer: FlaskClient, draft: str, world: World, settings: Settings, database: Database
) -> None:
    public_id = asked(seller, draft)
    form = facts(**{"gap0-value": "6000", "gap0-unit": "cm"})
    assert engineer.post(f"/engineering/{public_id}/answer", data=form).status_code == 303
    work(settings, database)
    with database.reading(SYSTEM) as session:
        newest = session.scalars(select(RuleRevision).where(RuleRevision.number == 2)).one()
        assert newest.content_hash == gap_rules(reach="60").content_hash


def test_facts_that_break_an_example_are_given_back_and_nothing_is_published(
    seller: FlaskClient, engineer: FlaskClient, world: World, tmp_path: Path, settings: Settings, database: Database
) -> None:
    revision = open_gaps(world, tmp_path / "examples", example=CASES)
    public_id = asked(seller, configure(world, "north.sales", revision, dark="yes_"))
    engineer.post(f"/engineering/{public_id}/answer", data=facts(answer="<script>alert(1)</script>"))
    work(settings, database)
    row = question(database)
    assert (row.state, row.version) == ("open", 3)
    assert "day" in row.problem_en
    assert row.problem_zh
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(RuleRevision.number)).all() == [1]
        assert session.scalars(select(Capability).where(Capability.key == "reach")).all() == []
        assert session.scalars(select(Notice.kind).where(Notice.kind == "engineer_facts_refused")).all()
    page = engineer.get(f"/engineering/{public_id}").text
    assert 'id="facts-refused"' in page
    assert 'value="60"' in page  # what he typed stays
    assert "<script>alert" not in page
    again = facts(version="3", answer="The example is wrong.", **{"gap0-value": "", "gap0-source": ""})
    assert engineer.post(f"/engineering/{public_id}/answer", data=again).status_code == 303
    assert question(database).state == "answered"


def test_of_two_engineers_at_once_one_wins_and_the_other_sees_what_was_answered(
    app: Flask, seller: FlaskClient, engineer: FlaskClient, draft: str, database: Database
) -> None:
    public_id = asked(seller, draft)
    said = {"version": "1", "answer": "It lights 60 m."}
    assert engineer.post(f"/engineering/{public_id}/answer", data=said).status_code == 303
    late = engineer.post(f"/engineering/{public_id}/answer", data=facts(answer="It <b>does</b> not."))
    assert late.status_code == 409
    assert "It lights 60 m." in late.text
    assert "It &lt;b&gt;does&lt;/b&gt; not." in late.text  # what he wrote is handed back
    assert question(database).answer == "It lights 60 m."


def test_an_answered_question_never_changes(
    seller: FlaskClient, engineer: FlaskClient, draft: str, database: Database
) -> None:
    public_id = asked(seller, draft)
    engineer.post(f"/engineering/{public_id}/answer", data={"version": "1", "answer": "Yes."})
    with pytest.raises(Exception, match="never changes"), database.writing(SYSTEM) as session:
        session.execute(text("UPDATE engineer_question SET answer = 'No.'"))
    assert seller.post(f"/engineering/{public_id}/withdraw", data={"version": "2"}).status_code == 409


def test_rules_published_meanwhile_are_the_base_of_another_try(
    seller: FlaskClient, engineer: FlaskClient, draft: str, world: World, settings: Settings, database: Database
) -> None:
    public_id = asked(seller, draft)
    engineer.post(f"/engineering/{public_id}/answer", data=facts())
    renew(world, gap_rules(pole=True))
    work(settings, database)
    with database.reading(SYSTEM) as session:
        newest = session.scalars(select(RuleRevision).where(RuleRevision.number == 3)).one()
        assert newest.content_hash == gap_rules(pole=True, reach="60").content_hash


def test_rules_published_while_the_check_runs_are_not_lost(
    seller: FlaskClient, engineer: FlaskClient, draft: str, world: World, settings: Settings, database: Database
) -> None:
    public_id = asked(seller, draft)
    engineer.post(f"/engineering/{public_id}/answer", data=facts())
    part, job = (
        handler(settings, database),
        Job(1, "x", engineering.KIND, {"question": question(database).id}, 1, world.now),
    )
    outcome = part.run(job)
    renew(world, gap_rules(pole=True))
    with pytest.raises(JobFailed, match="other rules"), database.writing(SYSTEM) as session:
        part.finish(session, job, outcome, world.now)
    work(settings, database)
    with database.reading(SYSTEM) as session:
        newest = session.scalars(select(RuleRevision).where(RuleRevision.number == 3)).one()
        assert newest.content_hash == gap_rules(pole=True, reach="60").content_hash


def test_two_engineers_at_the_very_same_moment(
    app: Flask, seller: FlaskClient, draft: str, world: World, database: Database
) -> None:
    public_id = asked(seller, draft)
    engineers = [world.client(app, "supplier.product_manager") for _ in range(6)]
    together = Barrier(len(engineers))

    def reply(place: int) -> int:
        together.wait(timeout=30)
        said = {"version": "1", "answer": f"Answer {place}."}
        return engineers[place].post(f"/engineering/{public_id}/answer", data=said).status_code

    with ThreadPoolExecutor(len(engineers)) as pool:
        answers = sorted(pool.map(reply, range(len(engineers))))
    assert answers == [303, 409, 409, 409, 409, 409]
    with database.reading(SYSTEM) as session:
        assert len(session.scalars(select(HistoryEntry).where(HistoryEntry.action == "answer")).all()) == 1


def test_newer_rules_that_say_otherwise_are_not_overwritten(
    seller: FlaskClient, engineer: FlaskClient, draft: str, world: World, settings: Settings, database: Database
) -> None:
    public_id = asked(seller, draft)
    engineer.post(f"/engineering/{public_id}/answer", data=facts())
    renew(world, gap_rules(reach="55"))
    work(settings, database)
    row = question(database)
    assert row.state == "open"
    assert "reach" in row.problem_en


@pytest.mark.parametrize(
    "form",
    [
        {"gap0-value": "far"}, {"gap0-value": "1e3"}, {"gap0-value": "NaN"}, {"gap0-value": "60", "gap0-unit": "kg"},
        {"gap0-value": "0.0001"}, {"gap0-value": "9" * 40}, {"gap0-source": ""}, {"gap0-value": ""},
        {"gap0-source": "x" * 201}, {"answer": "x" * 100_000}, {"answer": "a\x00b"}, {"answer": "a\u202eb"},
        {"gap0-value": "", "gap0-source": "", "answer": "  "},
    ],
)  # fmt: skip
def test_bad_answers_are_refused_with_what_was_typed(
    seller: FlaskClient, engineer: FlaskClient, draft: str, database: Database, form: dict[str, str]
) -> None:
    public_id = asked(seller, draft)
    answer = engineer.post(f"/engineering/{public_id}/answer", data=facts(**form))
    assert answer.status_code == 422
    assert "Please correct this first" in answer.text
    row = question(database)
    assert (row.state, row.version, row.answer, row.filled) == ("open", 1, "", [])


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"text": "x" * 2001}, 422), ({"text": "x" * 100_000}, 422), ({"text": "\u202eabc"}, 422),
        ({"key": "", "value": ""}, 422), ({"key": "cameras", "value": "4"}, 422), ({"key": "nobody"}, 404),
        ({"value": "CAM-9"}, 404), ({"key": "load", "value": "", "text": "?"}, 404),
        ({"key": "cameras", "value": "99", "text": "?"}, 404), ({"key": "x" * 50_000, "text": "?"}, 404),
    ],
)  # fmt: skip
def test_bad_questions_are_refused(
    seller: FlaskClient, draft: str, database: Database, form: dict[str, str], status: int
) -> None:
    assert ask(seller, draft, **form).status_code == status
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(EngineerQuestion)).all() == []


def test_the_same_is_asked_once_and_not_without_end(seller: FlaskClient, draft: str, database: Database) -> None:
    assert asked(seller, draft) == asked(seller, draft, text="Once more")
    assert question(database).text == ""
    for number in range(1, 10):
        asked(seller, draft, key="cameras", value=str(number), text="Is that enough?")
    for number in range(1, 11):
        asked(seller, draft, key="distance", value=str(number), text="Is that enough?")
    refused = ask(seller, draft, key="distance", value="20", text="Is that enough?")
    assert refused.status_code == 409
    with database.reading(SYSTEM) as session:
        assert len(session.scalars(select(EngineerQuestion.id)).all()) == 20


def test_text_is_plain_text_everywhere(
    seller: FlaskClient, engineer: FlaskClient, draft: str, database: Database
) -> None:
    nasty = "<img src=x onerror=alert(1)> {{7*7}}\n=cmd|' /C calc'!A0"
    public_id = asked(seller, draft, key="", value="", text=nasty)
    for client, path in ((engineer, "/engineering"), (engineer, f"/engineering/{public_id}"),
                         (seller, f"/engineering/{public_id}"), (seller, f"/configurations/{draft}")):  # fmt: skip
        page = client.get(path).text
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page
        assert "49" not in page[page.index("&lt;img") : page.index("&lt;img") + 60]


def test_taking_back_is_for_the_asker_and_once(
    app: Flask, seller: FlaskClient, engineer: FlaskClient, draft: str, world: World, database: Database
) -> None:
    public_id = asked(seller, draft)
    form = {"version": "1"}
    assert engineer.post(f"/engineering/{public_id}/withdraw", data=form).status_code == 403
    assert world.client(app, "south.sales").post(f"/engineering/{public_id}/withdraw", data=form).status_code == 404
    assert seller.post(f"/engineering/{public_id}/withdraw", data={"version": "9"}).status_code == 409
    assert seller.post(f"/engineering/{public_id}/withdraw", data=form).status_code == 303
    assert question(database).state == "withdrawn"
    assert engineer.post(f"/engineering/{public_id}/answer", data=facts()).status_code == 409
    assert asked(seller, draft)  # it may be asked again


def test_strangers_see_nothing_and_partners_do_not_answer(
    app: Flask, seller: FlaskClient, draft: str, world: World, database: Database
) -> None:
    public_id = asked(seller, draft, text="Northern secret")
    for who in ("south.sales", "hospital.customer", "hospital.owner"):
        client = world.client(app, who)
        assert client.get(f"/configurations/{draft}/ask").status_code == 404
        assert ask(client, draft).status_code == 404
        assert client.get(f"/engineering/{public_id}").status_code == 404
        assert client.get("/engineering").status_code == 403
    for who in ("north.sales", "north.owner", "north.engineer", "south.sales", "hospital.customer",
                "supplier.channel_manager", "supplier.administrator"):  # fmt: skip
        client = world.client(app, who)
        answer = client.post(f"/engineering/{public_id}/answer", data=facts())
        assert answer.status_code == 403
        assert "Northern secret" not in answer.text
    assert question(database).state == "open"


def test_the_queue_goes_on_after_a_page_and_marks_what_is_overdue(
    seller: FlaskClient, engineer: FlaskClient, world: World, revision: int, database: Database
) -> None:
    draft = configure(world, "north.sales", revision)
    asked(seller, draft)
    with database.writing(SYSTEM) as session:
        first = session.scalars(select(EngineerQuestion)).one()
        kept = {
            column.key: getattr(first, column.key)
            for column in EngineerQuestion.__table__.columns
            if column.key not in ("id", "public_id", "value", "text", "due_at", "state")
        }
        for number in range(60):
            due = first.due_at.replace(year=2025, month=1 + number % 12)  # many are due at the same instant
            session.add(
                EngineerQuestion(**kept, value=f"v{number}", text=f"number {number}.", due_at=due, state="open")
            )
    seen, path, pages = [], "/engineering", 0
    while path:
        page = engineer.get(path).text
        seen += re.findall(r"number (\d+)\.", page)
        more = re.search(r'rel="next"\s+href="([^"]+)"', page)
        path, pages = html.unescape(more[1]) if more else "", pages + 1
    assert pages == 3
    assert len(seen) == 60
    assert sorted(set(seen), key=int) == [str(number) for number in range(60)]
    assert [int(number) % 12 for number in seen] == sorted(int(number) % 12 for number in seen)
    assert engineer.get("/engineering").text.count("overdue") == 25
    assert engineer.get("/engineering?after=zzz&state=done").status_code == 200


def test_a_job_for_a_question_that_is_settled_does_nothing(
    seller: FlaskClient, engineer: FlaskClient, draft: str, settings: Settings, database: Database
) -> None:
    public_id = asked(seller, draft)
    engineer.post(f"/engineering/{public_id}/answer", data=facts())
    with database.writing(SYSTEM) as session:
        job = session.scalars(select(OutboxJob).where(OutboxJob.kind == engineering.KIND)).one()
        session.add(
            OutboxJob(kind=job.kind, payload=dict(job.payload), created_at=job.created_at, available_at=job.created_at)
        )
    work(settings, database)
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(RuleRevision.number).order_by(RuleRevision.number)).all() == [1, 2]


def test_a_changed_calendar_moves_what_is_open(seller: FlaskClient, draft: str, database: Database) -> None:
    """Sixteen business hours from the asking as the calendar says now; an end that had passed stays."""
    asked(seller, draft)
    before = question(database)
    days = [before.asked_at.date() + timedelta(days=number) for number in range(10)]
    close_days(database, days, now=before.asked_at)
    retime = lambda: database.write(SYSTEM, lambda s: engineering_retiming.retime(s, now=before.asked_at))  # noqa: E731
    assert [retime(), retime()] == [1, 0]
    with database.reading(SYSTEM) as session:
        hours = business_time(session)
    after = question(database)
    assert after.due_at == hours.after(before.asked_at, timedelta(hours=16)) > before.due_at
    assert after.version == before.version
    close_days(database, [after.due_at.date()], now=after.due_at + timedelta(seconds=1))
    assert retime() == 1
    assert question(database).due_at == after.due_at

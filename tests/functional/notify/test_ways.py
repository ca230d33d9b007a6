"""Telling people as they want it: at once, in the mail of the morning, or in the inbox only; once, after the commit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Person
from portal.accounts.operations import set_roles
from portal.config import Settings
from portal.db import Database
from portal.home import telling
from portal.home.notices import SENTENCES
from portal.notify import mail
from portal.notify.models import Notice, NoticePreference
from portal.notify.operations import choose_ways, tell
from portal.notify.topics import TOPICS, Way, topic_of
from portal.outbox import Job, OutboxJob
from portal.policy import SYSTEM, Role
from portal.sharing import news as sharing_news
from portal.worker import Worker
from tests.factories.deals import Deals
from tests.factories.world import World
from tests.functional.sharing.conftest import Stage

SHANGHAI = ZoneInfo("Asia/Shanghai")
TOLD = "“A camera” waits for your decision."


@dataclass
class Post:
    """A portal with a clock that is moved by hand, and a worker that does what is due."""

    world: World
    settings: Settings
    now: datetime
    sent: list[Job] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def tell(self, who: str = "supplier.approver", kind: str = "approval_asked", path: str = "/approvals") -> str:
        with self.world.database.writing(SYSTEM) as session:
            return tell(session, self.world.people[who], kind, {"title": "A camera"}, path, self.now).public_id

    def choose(self, who: str, **ways: str) -> None:
        actor = self.world.actor(who)
        with self.world.database.writing(actor) as session:
            choose_ways(session, actor, ways, now=self.now)

    def work(self) -> list[Job]:
        """Do everything that is due; return the mails that left."""
        before = len(self.sent)
        notes = telling.handlers(self.settings) | sharing_news.handlers(self.settings)
        out = mail.Handler(run=self.sent.append)
        sweeps = [lambda session, now: telling.mornings(session, now=now)]
        for _ in range(2):  # the sweep asks in the first round for what the second one sends
            Worker(self.world.database, {mail.KIND: out, **notes}, sweeps=sweeps, clock=self).run(until_idle=True)
        return self.sent[before:]

    def text(self, job: Job) -> str:
        """Return the mail as its receiver reads it."""
        return mail.compose(self.settings, job, readable=True).get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.fixture
def post(world: World, settings: Settings) -> Post:
    afternoon = datetime.now(SHANGHAI).replace(hour=16, minute=0, second=0, microsecond=0)
    return Post(world, settings, afternoon)


def test_a_mail_at_once_with_a_link_in_the_readers_language(post: Post, world: World) -> None:
    with world.database.writing(SYSTEM) as session:
        session.get_one(Person, world.people["supplier.approver"]).locale = "zh"
    post.tell(path="/approvals?state=open")
    post.tell("north.sales", "approval_approved")
    first, second = post.work()
    assert (first.payload["to"], first.payload["locale"]) == (world.emails["supplier.approver"], "zh")
    assert f"{post.settings.base_url}/approvals?state=open" in post.text(first)
    assert "“A camera” is approved." in post.text(second)
    assert f"{post.settings.base_url}/inbox/settings" in post.text(second)
    assert post.work() == []  # once


def test_nothing_leaves_when_the_transaction_does_not_commit(post: Post, world: World) -> None:
    with pytest.raises(ZeroDivisionError), world.database.writing(SYSTEM) as session:
        tell(session, world.people["supplier.approver"], "approval_asked", {"title": "A camera"}, "/", post.now)
        _ = 1 / 0
    assert post.work() == []


def test_what_was_read_before_the_mail_needs_no_mail(post: Post, world: World, app: Flask) -> None:
    told = post.tell()
    world.client(app, "supplier.approver").post(f"/inbox/{told}/read")
    assert post.work() == []


def test_the_mail_of_the_morning_comes_once_a_day_on_the_readers_clock(post: Post, world: World) -> None:
    post.choose("supplier.approver", approval="digest")
    with world.database.writing(SYSTEM) as session:
        session.get_one(Person, world.people["north.sales"]).time_zone = "Africa/Nairobi"
    post.choose("north.sales", approval="digest")
    for who in ("supplier.approver", "supplier.approver", "north.sales"):
        post.tell(who)
        assert post.work() == []
    begun, post.now = post.now, post.now.replace(hour=7, minute=29) + timedelta(days=1)
    assert post.work() == []
    post.now += timedelta(minutes=1)
    (mailed,) = post.work()
    assert mailed.payload["to"] == world.emails["supplier.approver"]
    assert post.text(mailed).count(TOLD) == 2
    post.tell("supplier.approver")  # too late for today
    post.now += timedelta(hours=4, minutes=59)
    assert post.work() == []
    post.now += timedelta(minutes=1)  # 07:30 in Nairobi
    assert [job.payload["to"] for job in post.work()] == [world.emails["north.sales"]]
    post.now = begun + timedelta(days=2)
    assert len(post.work()) == 1
    assert post.work() == []


def test_two_sweeps_of_one_morning_take_every_notice_once(post: Post, world: World) -> None:
    post.choose("supplier.approver", approval="digest")
    post.tell()
    post.work()
    later = post.now + timedelta(days=1)
    with world.database.writing(SYSTEM) as session:
        assert telling.mornings(session, now=later) == 1
        assert telling.mornings(session, now=later) == 0
        jobs = session.scalars(select(OutboxJob).where(OutboxJob.kind == telling.DIGEST_KIND)).all()
        assert [job.payload["count"] for job in jobs] == [1]


def test_only_in_the_inbox_means_no_mail(post: Post, app: Flask, world: World) -> None:
    post.choose("supplier.approver", approval="inbox")
    post.tell()
    post.now += timedelta(days=1)
    assert post.work() == []
    assert TOLD in world.client(app, "supplier.approver").get("/inbox").text


def test_a_long_morning_is_counted_not_written_out(post: Post, world: World) -> None:
    post.choose("supplier.approver", approval="digest")
    for _ in range(telling.MOST_LINES + 3):
        post.tell()
    post.work()
    post.now += timedelta(days=1)
    (mailed,) = post.work()
    assert post.text(mailed).count(TOLD) == telling.MOST_LINES
    assert "and 3 more" in post.text(mailed)
    assert mailed.payload["params"]["count"] == 23


def test_whoever_cannot_sign_in_any_more_gets_no_mail(post: Post, world: World) -> None:
    post.tell()
    with world.database.writing(SYSTEM) as session:
        session.get_one(Person, world.people["supplier.approver"]).disabled_at = post.now
    assert post.work() == []


def test_features_with_mails_of_their_own_ask_first(post: Post, world: World, stage: Stage) -> None:
    from_sharing = {"kind": "shared_view", "path": "/"}
    post.tell("hospital.customer", **from_sharing)
    assert post.work() == []  # the feature writes it
    post.choose("hospital.customer", sharing="digest")
    post.tell("hospital.customer", **from_sharing)
    assert post.work() == []
    post.now += timedelta(days=1)
    assert len(post.work()) == 1
    for way, templates in (("at_once", ["shared"]), ("inbox", [])):  # of a true share: one mail, or none
        post.choose("hospital.customer", sharing=way)
        made = stage.share(person="hospital.customer")
        assert [job.payload["template"] for job in post.work()] == templates
        stage.revoke(made)


@pytest.mark.parametrize("way", [Way.AT_ONCE, Way.DIGEST])
def test_what_was_revoked_is_in_no_mail_and_not_in_the_inbox(
    post: Post, world: World, stage: Stage, app: Flask, way: Way
) -> None:
    post.choose("hospital.customer", approval=way)
    made = stage.share(person="hospital.customer")
    path = f"/configurations/{stage.public_id}"
    post.tell("hospital.customer", "approval_asked", path)
    reader = world.client(app, "hospital.customer")
    assert TOLD in reader.get("/inbox").text
    if way is Way.DIGEST:
        post.work()
        post.now += timedelta(days=1)
    stage.revoke(made)
    assert all(TOLD not in post.text(job) and path not in post.text(job) for job in post.work())
    page = reader.get("/inbox").text
    assert TOLD not in page
    assert "News about something that you cannot see any more." in page
    assert TOLD not in reader.get("/").text


def test_whoever_moved_reads_nothing_of_where_he_was(post: Post, world: World, stage: Stage, app: Flask) -> None:
    post.tell("north.engineer", "approval_asked", f"/configurations/{stage.public_id}")
    assert TOLD in world.client(app, "north.engineer").get("/inbox").text
    with world.database.writing(SYSTEM) as session:
        moved = session.get_one(Person, world.people["north.engineer"])
        moved.organisation_id = world.organisations["south"]
        set_roles(session, moved, [Role.SALES])
    assert TOLD not in world.client(app, "north.engineer").get("/inbox").text
    assert post.work() == []


def test_the_page_shows_and_keeps_the_choice(world: World, app: Flask, database: Database) -> None:
    seller, support = (world.client(app, who) for who in ("north.sales", "supplier.support_agent"))
    page = seller.get("/inbox/settings").text
    assert 'id="registration-at_once"' in page
    assert 'name="approval"' not in support.get("/inbox/settings").text  # she meets none
    assert seller.post("/inbox/settings", data={"registration": "digest", "other": "digest"}).status_code == 303
    page = " ".join(seller.get("/inbox/settings").text.split())
    assert 'id="registration-digest" name="registration" value="digest" checked' in page
    with database.reading(SYSTEM) as session:
        rows = session.execute(select(NoticePreference.person_id, NoticePreference.topic, NoticePreference.way)).all()
    assert rows == [(world.people["north.sales"], "registration", "digest")]  # what stays as usual needs no row
    wrong = seller.post("/inbox/settings", data={"registration": "by pigeon"})
    assert wrong.status_code == 422
    assert support.post("/inbox/settings", data={"approval": "digest"}).status_code == 303  # not hers: left out
    with database.reading(world.actor("supplier.support_agent")) as session:
        assert session.scalars(select(NoticePreference)).all() == []


def test_inbox_and_home_take_one_look_more_for_all_their_notices(
    post: Post, world: World, stage: Stage, app: Flask, counted: Callable[[], list[str]]
) -> None:
    quote = Deals(world).issue("north.sales")
    for who in ("north.sales", "south.sales"):
        for path in (
            f"/configurations/{stage.public_id}",
            f"/quotes/{quote}",
            f"/quotes/{quote}",
            "/quotes/" + "0" * 16,
        ):
            post.tell(who, "approval_asked", path)
    seen = {}
    for who in ("north.sales", "south.sales"):
        client = world.client(app, who)
        counted()
        seen[who] = client.get("/inbox").text.count(TOLD)
        assert len([statement for statement in counted() if statement.startswith("SELECT")]) == 3
    assert seen == {"north.sales": 3, "south.sales": 0}


def test_every_kind_of_notice_has_a_topic_of_its_own_or_is_meant_to_be_among_the_rest() -> None:
    rest = {kind for kind in SENTENCES if topic_of(kind) is TOPICS["other"]}
    assert rest <= {"job_dead", "verification_failed", "welcome"}, "sort them in portal/notify/topics.py"


def test_mornings_where_clocks_are_changed() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for day, hours in (
        (datetime(2026, 3, 28, 8, tzinfo=berlin), 22.5),
        (datetime(2026, 10, 24, 8, tzinfo=berlin), 24.5),
    ):
        found = telling.next_morning(day, "Europe/Berlin")
        assert (found - day) == timedelta(hours=hours)
        assert found.astimezone(berlin).hour == 7
    assert telling.next_morning(datetime(2026, 5, 1, 7, 0, tzinfo=berlin), "Europe/Berlin").day == 1


def test_a_notice_without_the_new_column_is_read_as_before(world: World, database: Database, app: Flask) -> None:
    with database.writing(SYSTEM) as session:
        old = {"person_id": world.people["north.sales"], "kind": "welcome", "params": {}, "path": "/"}
        session.add(Notice(**old, created_at=world.now))
    assert "Welcome to the portal." in world.client(app, "north.sales").get("/inbox").text

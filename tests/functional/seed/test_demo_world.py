"""The demo world: loaded whole into an empty database, told by its own history, taken away on request only."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from portal import migrate
from portal.accounts import operations as accounts
from portal.accounts.models import Person, PersonRole
from portal.accounts.passwords import matches
from portal.app import create_app
from portal.approvals.models import ApprovalRequest
from portal.catalog.loading import load_catalog
from portal.catalog.models import Product
from portal.config import Settings
from portal.configurator.models import Configuration, RuleRevision
from portal.dates import business_date
from portal.db import Database, RollBack, utc_now
from portal.deals.models import Quote
from portal.deals.registrations import probing
from portal.deals.registrations.expecting import AS_USUAL, FROM_QUOTE, Expected, expected_band
from portal.deals.registrations.models import PoolEntry, Registration
from portal.deals.special_price_models import SpecialPrice
from portal.errors import Conflict
from portal.history import HistoryEntry
from portal.notify.models import Notice
from portal.parties.models import Organisation, Party, Relation
from portal.policy import SYSTEM, Actor, OrganisationKind, Role, grants_of
from portal.seed import loading, marker
from portal.seed.world import FIRMS, PASSWORD, PEOPLE
from portal.support.numbers.counting import added
from portal.support.numbers.figures import figures
from portal.support.numbers.periods import Span
from portal.support.numbers.reading import Scope, days_of
from portal.support.tickets.models import Ticket
from tests.conftest import ENGINES
from tests.factories.catalogue import write_catalogue
from tests.factories.demo import ZONE, Loaded
from tests.factories.world import World


@dataclass(frozen=True)
class Demo:
    """A database with the demo world, and the instant of its first start."""

    url: str
    database: Database
    first_start: datetime


@pytest.fixture(scope="module", params=ENGINES)
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, demo_world: Callable[[str], Loaded]
) -> Iterator[Demo]:
    """A copy of the demo world on each database for the tests that only look at it."""
    found = demo_world(request.param)
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("demo") / "portal.db"
        shutil.copy(found.folder / "portal.db", path)
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("cluster").new_database(template=found.url)
    database = Database(url)
    yield Demo(url, database, found.first_start)
    database.dispose()


def test_everybody_is_there_with_one_password(demo: Demo) -> None:
    assert loading.state_of(demo.database) is loading.State.DEMO
    with demo.database.reading(SYSTEM) as session:
        people = {person.email: person for person in session.scalars(select(Person))}
        assert set(people) == {somebody.email for somebody in PEOPLE}
        assert len({person.password_hash for person in people.values()}) == 1
        assert matches(PASSWORD, people["su.xiaohe@yunling.example"].password_hash)
        assert people["amina.odhiro@northline.example"].time_zone == "Africa/Nairobi"
        roles = set(
            session.scalars(select(PersonRole.role).where(PersonRole.person_id == people["yuan@qingxi.example"].id))
        )
        assert roles == {Role.CUSTOMER}
        names = dict(session.execute(select(Party.name, Party.name_en).join(Organisation)).all())
        assert names["云岭安防"] == "Yunling Security"
        assert len(names) == len(FIRMS)
        assert session.scalar(select(func.count()).select_from(Notice)) >= len(PEOPLE)
        assert session.scalar(select(func.count()).select_from(Product)) > 10
        assert session.scalar(select(func.count()).select_from(RuleRevision)) == 1


def test_the_thread_has_revision_two_of_sixteen_cameras(demo: Demo) -> None:
    with demo.database.reading(SYSTEM) as session:
        quotes = session.scalars(
            select(Quote)
            .join(Party, Party.id == Quote.customer_id)
            .where(Party.name == "青溪医院")
            .order_by(Quote.revision)
        ).all()
        assert [(quote.revision, quote.state) for quote in quotes] == [(1, "superseded"), (2, "issued")]
        assert quotes[0].number == quotes[1].number
        newest = quotes[1]
        configuration = session.get_one(Configuration, newest.configuration_id)
        assert configuration.choices["camera_group[1].cameras"] == 16
        assert newest.issued_at is not None
        assert timedelta(days=1) < demo.first_start - newest.issued_at < timedelta(days=10)
        states = session.execute(
            select(Organisation.currency, Quote.state, func.count())
            .join(Organisation, Organisation.id == Quote.organisation_id)
            .group_by(Organisation.currency, Quote.state)
        ).all()
        assert {(row[0], row[1]) for row in states} >= {
            ("CNY", "draft"),
            ("CNY", "issued"),
            ("USD", "draft"),
            ("USD", "issued"),
        }


def test_what_happened_was_done_by_people_and_lies_in_the_past(demo: Demo) -> None:
    with demo.database.reading(SYSTEM) as session:
        entries = session.scalars(select(HistoryEntry).where(HistoryEntry.thing_kind == "quote")).all()
        assert entries
        assert all(entry.person_id and entry.at <= demo.first_start for entry in entries)
        ages = [demo.first_start - at for at in session.scalars(select(Configuration.created_at))]
        assert all(timedelta() <= age for age in ages)


def test_half_a_year_of_support_is_counted(demo: Demo) -> None:
    today = business_date(demo.first_start, ZONE)
    span = Span(today - timedelta(days=181), today)
    with demo.database.reading(SYSTEM) as session:
        days = days_of(session, Scope(), span, ZONE)
        assert session.scalar(select(func.max(Ticket.created_at))) <= demo.first_start
    assert all(sum(days[day].values()) for day in span.days())
    found = figures(added(days.values()), days[today], len(span))
    assert found.contacts > 400
    assert found.repeats
    assert found.deflected > found.came_back > 0
    assert 0 < found.answers.late < found.answers.kept
    assert 3 < (found.satisfaction or 0) < 5
    assert 0 < found.backlog < 20


def test_registrations_are_protected_in_review_returned_and_running_out(demo: Demo) -> None:
    today = business_date(demo.first_start, ZONE)
    with demo.database.reading(SYSTEM) as session:
        rows = session.scalars(select(Registration).order_by(Registration.id)).all()
        states = sorted(row.state for row in rows)
        assert states == ["approved", "approved", "in_review", "in_review", "rejected", "returned"]
        left = {row.customer_name: (row.protected_until - today).days for row in rows if row.protected_until}
        assert left == {"青溪医院": 61, "枫岭学校": 6}
        assert session.scalar(select(func.count()).select_from(PoolEntry)) == 2
        lin = session.scalars(select(Person).where(Person.name == "林知夏")).one()
    actor = Actor(lin.id, lin.organisation_id, grants_of(OrganisationKind.PARTNER, (Role.OWNER,)))
    at = {"now": demo.first_start, "today": today}
    with pytest.raises(RollBack) as asked, demo.database.writing(actor) as session:
        raise RollBack(probing.look(session, actor, text="青溪医院", **at))
    assert asked.value.value.kind == "claimed"


def test_one_special_price_waits_and_one_held_at_once(demo: Demo) -> None:
    with demo.database.reading(SYSTEM) as session:
        rows = session.execute(select(SpecialPrice.state, SpecialPrice.discount_bps)).all()
        assert sorted(map(tuple, rows)) == [("granted", 800), ("pending", 1500)]
        waits = session.scalars(select(ApprovalRequest.state).where(ApprovalRequest.kind == "special_price")).all()
        assert waits == ["in_review"]
        su = session.scalars(select(Person).where(Person.name == "苏晓禾")).one()
        hospital = session.scalars(select(Party).where(Party.name == "青溪医院")).one()
        quoted = expected_band(session, su.organisation_id, "CNY", hospital.id)
        usual = expected_band(session, su.organisation_id, "CNY", None)
    assert quoted.because == FROM_QUOTE
    assert usual == Expected("m", AS_USUAL)


def test_partners_know_only_their_own_customers(demo: Demo) -> None:
    with demo.database.reading(SYSTEM) as session:
        known = session.execute(
            select(Party.name, func.count(Relation.organisation_id.distinct()))
            .join(Relation, Relation.party_id == Party.id)
            .where(Party.kind == "organisation")
            .group_by(Party.id)
        ).all()
    assert all(count == 1 for _, count in known)


def test_it_goes_into_an_empty_database_only_and_is_marked_by_history(world: World, database: Database) -> None:
    assert loading.state_of(database) is loading.State.IN_USE
    with pytest.raises(Conflict):
        loading.load_demo(database, now=utc_now(), zone=ZONE)
    with pytest.raises(Conflict):
        loading.erase(database, really=False)
    with database.reading(SYSTEM) as session:
        assert not marker.is_demo(session)
    loading.erase(database, really=True)
    assert loading.state_of(database) is loading.State.EMPTY


def test_a_catalogue_alone_is_somebodys_too(database: Database, tmp_path: Path) -> None:
    with database.writing(SYSTEM) as session:
        load_catalog(session, write_catalogue(tmp_path / "catalogue"), now=utc_now())
    assert loading.state_of(database) is loading.State.IN_USE


def test_a_demo_is_taken_away_and_loaded_anew(database: Database) -> None:
    loading.load_demo(database, now=utc_now(), zone=ZONE)
    assert loading.state_of(database) is loading.State.DEMO
    loading.erase(database, really=False)
    assert loading.state_of(database) is loading.State.EMPTY
    with database.engine.connect() as connection:
        assert migrate.is_current(connection)


def test_everybody_may_open_his_pages(demo: Demo, tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path, database_url=demo.url, secret_key="k", base_url="http://localhost")
    app = create_app(settings, demo.database)
    app.config["WTF_CSRF_ENABLED"] = False
    for somebody in PEOPLE[:1]:
        client = app.test_client()
        assert client.post("/sign-in", data={"email": somebody.email, "password": PASSWORD}).status_code == 303
        assert client.get("/").status_code == 200
    for somebody in PEOPLE:
        with demo.database.writing(SYSTEM) as session:
            person = session.scalars(select(Person).where(Person.email == somebody.email)).one()
            token = accounts.sign_in(session, person, now=utc_now())
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        menu = re.findall(
            r'href="(/[a-z/-]+)"', client.get("/").text.partition('class="rail"')[2].partition("</nav>")[0]
        )
        for path in ("/", "/products", *menu):
            assert client.get(path).status_code == 200, (somebody.email, path)

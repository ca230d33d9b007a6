"""Notices: told in a transaction, read in the reader's language, one's own only."""

import pytest
from sqlalchemy import select

from portal.accounts.models import Person
from portal.home.notices import OTHER, SENTENCES, sentence
from portal.notify.models import Notice
from portal.notify.operations import tell
from portal.policy import SYSTEM


@pytest.fixture
def notice(world, database):
    """Write a notice and return its public id."""

    def write(person="north.sales", kind="document_ready", path="/quotes", **params):
        with database.writing(SYSTEM) as session:
            told = tell(session, world.people[person], kind, params, path, world.now)
            session.flush()
            return told.public_id

    return write


def is_read(database, public_id):
    with database.reading(SYSTEM) as session:
        return session.scalars(select(Notice.read_at).where(Notice.public_id == public_id)).one() is not None


def test_an_empty_inbox_says_what_will_stand_here(app, world):
    assert "Nothing here yet" in world.client(app, "north.sales").get("/inbox").text


def test_a_notice_is_counted_and_read(app, world, database, notice):
    first = notice(number="Q-2026-000001")
    client = world.client(app, "north.sales")
    page = client.get("/inbox").text
    assert "The PDFs of quote Q-2026-000001, revision" in page
    assert '<span class="count">1' in page
    assert client.post(f"/inbox/{first}/read").headers["Location"] == "/inbox"
    assert is_read(database, first)
    assert '<span class="count">' not in client.get("/inbox").text


def test_opening_a_notice_marks_it_and_goes_to_its_matter(app, world, database, notice):
    first = notice(path="/quotes?state=issued")
    answer = world.client(app, "north.sales").post(f"/inbox/{first}/read", data={"open": "1"})
    assert answer.headers["Location"] == "/quotes?state=issued"
    assert is_read(database, first)


def test_a_path_to_another_site_leads_home(app, world, notice):
    first = notice(path="//elsewhere.example/")
    answer = world.client(app, "north.sales").post(f"/inbox/{first}/read", data={"open": "1"})
    assert answer.headers["Location"] == "/"


def test_all_are_marked_at_once_but_nobody_elses(app, world, database, notice):
    mine, also_mine, other = notice(), notice(), notice("north.owner")
    assert world.client(app, "north.sales").post("/inbox/read").status_code == 303
    assert [is_read(database, each) for each in (mine, also_mine, other)] == [True, True, False]


def test_somebody_elses_notice_is_not_there(app, world, database, notice):
    other = notice("north.owner", number="Q-2026-000077")
    client = world.client(app, "north.sales")
    assert "Q-2026-000077" not in client.get("/inbox").text
    assert client.post(f"/inbox/{other}/read").status_code == 404
    assert not is_read(database, other)


def test_older_notices_stand_on_the_next_page(app, world, notice):
    for number in range(27):
        notice(number=f"N{number:03d}")
    client = world.client(app, "north.sales")
    first = client.get("/inbox").text
    assert "N026" in first
    assert "N001" not in first
    older = first.split('rel="next"')[1].split('href="')[1].split('"')[0]
    second = client.get(older).text
    assert "N001" in second
    assert "N002" not in second
    assert client.get("/inbox?before=nonsense").status_code == 200


def test_the_text_is_in_the_readers_language(app, world, database, notice, monkeypatch):
    notice(kind="welcome")
    with database.writing(SYSTEM) as session:
        session.get_one(Person, world.people["north.sales"]).locale = "zh"
    asked = []
    monkeypatch.setattr("portal.home.telling.sentence", lambda kind, _params, locale: asked.append(locale) or kind)
    assert 'lang="zh-Hans"' in world.client(app, "north.sales").get("/inbox").text
    assert asked == ["zh"]


def test_an_unknown_kind_and_a_missing_parameter_still_make_a_sentence():
    assert sentence("from a later release", {}, "en") == OTHER
    assert sentence("document_ready", {}, "en") == "The PDFs of quote …, revision …, are ready."
    assert all(sentence(kind, {}, "zh") for kind in SENTENCES)

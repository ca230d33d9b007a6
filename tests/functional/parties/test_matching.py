"""Finding parties by names with errors: among the own ones, alike on both databases, in step with every change."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from benchmarks.name_parts import generated
from portal.db import Database, ScopedSession
from portal.parties.identity import matching
from portal.parties.identity.indexing import index_all, index_missing, index_parties
from portal.parties.identity.models import HOUSE, NameWord, PartyMark, PartyName, PartyWord
from portal.parties.models import Party, Relation, name_key
from portal.parties.noted_models import PartyAlias, PartyIdentifier
from portal.policy import NOBODY, SYSTEM, Actor
from tests.factories.world import World
from tests.postgres_cluster import PostgresCluster

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CODE = "91350100M000100Y43"
NAMES = (
    "杭州清溪科技有限公司", "宁波清溪科技有限公司", "杭州清河科技有限公司", "临安市第一人民医院", "临安市第二人民医院",
    "青岩市第一中学", "青岩市第二中学", "白鹭港务集团有限公司", "Bridgewater Medical Ltd.", "Bridgeport Medical Ltd.",
    "Silver Harbor Logistics, Inc.", "重庆长安物流有限公司",
)  # fmt: skip


def note(session: ScopedSession, name: str, organisation_id: int | None = None, **more: str) -> Party:
    """Write a party, known to an organisation, and index it."""
    party = Party(kind="organisation", name=name, name_key=name_key(name), created_at=NOW, **more)
    session.add(party)
    session.flush()
    if organisation_id is not None:
        mine = {"organisation_id": organisation_id, "party_id": party.id, "kind": "customer", "created_at": NOW}
        session.add(Relation(**mine, **more))
    matching.index(session, party)
    return party


@pytest.fixture
def known(database: Database, world: World) -> dict[str, int]:
    """The names, known to North."""
    with database.writing(SYSTEM) as session:
        return {name: note(session, name, world.organisations["north"]).id for name in NAMES}


def found(database: Database, actor: Actor, text: str, **more: object) -> list[str]:
    """Return the names that somebody finds."""
    with database.reading(actor) as session:
        return [match.name for match in matching.find(session, text, **more)]  # type: ignore[arg-type]


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    sent: list[str] = []

    def note_it(*facts: object) -> None:
        if str(facts[2]).startswith("SELECT"):
            sent.append(str(facts[2]))

    event.listen(database.engine, "before_cursor_execute", note_it)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note_it)


TYPED = (
    ("杭州清溪科技有限公司", "杭州清溪科技有限公司"),
    ("杭州青溪科技", "杭州清溪科技有限公司"),  # sounds alike
    ("杭州溪清科技", "杭州清溪科技有限公司"),
    ("杭州清溪枓技", "杭州清溪科技有限公司"),
    ("青岩市二中学", "青岩市第二中学"),
    ("清溪科技(宁波)", "宁波清溪科技有限公司"),
    ("臨安市第二人民醫院", "临安市第二人民医院"),
    ("青岩二中", "青岩市第二中学"),
    ("白鹭港", "白鹭港务集团有限公司"),
    ("bailugangwu", "白鹭港务集团有限公司"),
    ("chongqing chang", "重庆长安物流有限公司"),
    ("ＢＲＩＤＧＥＷＡＴＥＲ", "Bridgewater Medical Ltd."),
    ("brdgewater medical", "Bridgewater Medical Ltd."),
    ("Bridgewatre", "Bridgewater Medical Ltd."),
    ("silver harbor logsti", "Silver Harbor Logistics, Inc."),
    ("brigdewat", "Bridgewater Medical Ltd."),
    ("Bridgep", "Bridgeport Medical Ltd."),
    ("silver harbour", "Silver Harbor Logistics, Inc."),
    ("logistics silvr", "Silver Harbor Logistics, Inc."),
)


def test_a_name_is_found_with_an_error_and_before_it_is_finished(
    database: Database, world: World, known: dict[str, int]
) -> None:
    assert known
    for key in ("north.sales", "supplier.channel_manager"):
        actor = world.actor(key)
        answers = {typed: found(database, actor, typed)[:1] for typed, _ in TYPED}
        assert answers == {typed: [name] for typed, name in TYPED}


def test_both_databases_give_the_same_answers_in_the_same_order(
    tmp_path: Path, sqlite_template: Path, cluster: PostgresCluster, postgresql_template: str
) -> None:
    shutil.copy(sqlite_template, tmp_path / "portal.db")
    url = cluster.new_database(template=postgresql_template)
    names = generated.names(500, 900)
    questions = list(generated.queries(names, 60))
    answers = []
    for each in (f"sqlite:///{tmp_path / 'portal.db'}", url):
        database = Database(each)
        with database.writing(SYSTEM) as session:
            session.add_all(Party(kind="organisation", name=n, name_key=name_key(n), created_at=NOW) for n in names)
            session.flush()
            assert index_missing(session) == len(names)
            assert index_missing(session) == 0
            answers.append([matching.find(session, question.typed) for question in questions])
        database.dispose()
    cluster.drop_database(url)
    assert answers[0] == answers[1]
    hits = [names[q.place] in {m.name for m in found} for q, found in zip(questions, answers[0], strict=True)]
    assert sum(hits) >= 0.95 * len(hits)


def test_nobody_finds_what_he_does_not_know(database: Database, world: World, known: dict[str, int]) -> None:
    assert len(known) == len(NAMES)
    with database.writing(SYSTEM) as session:
        note(session, "杭州清汐科技有限公司", world.organisations["south"], phone="0571-88881234")
    assert found(database, world.actor("south.sales"), "杭州清溪科技") == ["杭州清汐科技有限公司"]
    assert "杭州清汐科技有限公司" not in found(database, world.actor("north.sales"), "杭州清汐科技")
    assert found(database, world.actor("north.sales"), "0571-88881234") == []
    assert found(database, world.actor("south.sales"), "+86 571 88881234") == ["杭州清汐科技有限公司"]
    assert len(found(database, world.actor("supplier.channel_manager"), "杭州清溪科技")) >= 3
    assert found(database, NOBODY, "杭州清溪科技") == []


def test_many_strangers_leave_nobody_without_an_answer(database: Database, world: World) -> None:
    """Visibility is part of the question: what others know takes no places of the own parties."""
    with database.writing(SYSTEM) as session:
        for number in range(400):
            name = f"Common Trading House {number}"
            session.add(Party(kind="organisation", name=name, name_key=name_key(name), created_at=NOW))
        index_missing(session)
        note(session, "Zzz Common Trading House", world.organisations["south"])
    assert found(database, world.actor("south.sales"), "common trading") == ["Zzz Common Trading House"]


def test_what_one_organisation_calls_a_party_answers_it_alone(database: Database, world: World) -> None:
    north, south = world.organisations["north"], world.organisations["south"]
    with database.writing(SYSTEM) as session:
        party = note(session, "Marlowe Foundry", north)
        session.add(
            Relation(organisation_id=south, party_id=party.id, kind="customer", created_at=NOW, name="The Furnace")
        )
        session.add(
            PartyAlias(
                organisation_id=north, party_id=party.id, name="Old Smithy", name_key="old smithy", created_at=NOW
            )
        )
        session.add(
            PartyIdentifier(
                organisation_id=north, party_id=party.id, kind="credit_code", value=CODE, value_key=CODE, created_at=NOW
            )
        )
        matching.index(session, party)
    both = {"north.sales": ["Marlowe Foundry", "Old Smithy", CODE], "south.sales": ["The Furnace"]}
    for key, texts in both.items():
        for text in ("Marlowe Foundry", "Old Smithy", CODE, "The Furnace"):
            assert bool(found(database, world.actor(key), text)) == (text in texts), (key, text)
    with database.reading(world.actor("south.sales")) as session:  # the house knows, whoever asks
        assert {matching.identify(session, each) for each in ("marlowe foundry ltd", "Old Smithy", CODE)} == {party.id}


def test_the_index_follows_every_change(database: Database, world: World) -> None:
    north = world.organisations["north"]
    actor = world.actor("north.sales")
    with database.writing(SYSTEM) as session:
        party_id = note(session, "Eastgate Bakery", north, email="info@eastgate.example", phone="+44 20 7946 0018").id
    assert found(database, actor, "eastgate bakery") == ["Eastgate Bakery"]
    with database.writing(SYSTEM) as session:
        party = session.get_one(Party, party_id)
        relation = session.scalars(select(Relation).where(Relation.party_id == party_id)).one()
        party.name = relation.name = "Westgate Brewery"
        party.email = relation.email = ""
        matching.index(session, party)
    assert found(database, actor, "eastgate bakery") == []
    assert found(database, actor, "westgate brewery") == ["Westgate Brewery"]
    with database.writing(SYSTEM) as session:
        assert matching.identify(session, "info@eastgate.example") is None
        assert matching.identify(session, "020 7946 0018") is None  # no country: whose number?
        assert matching.identify(session, "0044 20 7946 0018") == party_id
        session.get_one(Party, party_id).archived_at = NOW
        index_parties(session, [party_id])
        for table in (PartyName, PartyWord, PartyMark):
            assert session.scalar(select(func.count()).select_from(table).where(table.party_id == party_id)) == 0
    assert found(database, actor, "westgate brewery") == []


def test_a_relation_that_ends_ends_the_answer(database: Database, world: World, known: dict[str, int]) -> None:
    party_id = known["白鹭港务集团有限公司"]
    with database.writing(SYSTEM) as session:
        relation = session.scalars(select(Relation).where(Relation.party_id == party_id)).one()
        relation.organisation_id = world.organisations["south"]
        index_parties(session, [party_id])
    assert found(database, world.actor("north.sales"), "白鹭港务") == []
    assert found(database, world.actor("south.sales"), "白鹭港务") == ["白鹭港务集团有限公司"]


def test_exact_identity_is_house_wide_and_always_one_question(
    database: Database, world: World, known: dict[str, int]
) -> None:
    with database.reading(world.actor("south.sales")) as session:
        for text, name in (("杭州市清溪科技有限责任公司", "杭州清溪科技有限公司"), ("青岩一中", "青岩市第一中学")):
            with statements(database) as sent:
                assert matching.identify(session, text) == known[name]
            assert len(sent) == 1
        for text in ("清溪科技", "杭州清溪", "nobody at all", "", CODE, "a@qq.com"):
            with statements(database) as sent:
                assert matching.identify(session, text) is None
            assert len(sent) == 1
        assert session.actor is not None
        assert not session.actor.is_system


def test_namesakes_are_all_named(database: Database, world: World) -> None:
    with database.writing(SYSTEM) as session:
        ids = [note(session, name).id for name in ("Fennimore Labs Inc.", "Fennimore Laboratories")]
        assert matching.identities(session, "FENNIMORE LABORATORY LTD") == tuple(sorted(ids))


def test_among_narrows_the_search(database: Database, world: World, known: dict[str, int]) -> None:
    actor = world.actor("north.sales")
    second = known["宁波清溪科技有限公司"]
    assert found(database, actor, "清溪科技", among=[second]) == ["宁波清溪科技有限公司"]
    assert found(database, actor, "清溪科技", among=[]) == []
    assert len(found(database, actor, "清溪科技", limit=1)) == 1


def test_the_whole_index_is_the_sum_of_its_parts(database: Database, world: World, known: dict[str, int]) -> None:
    tables = (PartyName, PartyWord, PartyMark, NameWord)

    def rows() -> list[set[tuple[object, ...]]]:
        with database.reading(SYSTEM) as session:
            return [set(session.execute(select(*table.__table__.columns))) for table in tables]

    with database.writing(SYSTEM) as session:
        index_missing(session)
    before = rows()
    with database.writing(SYSTEM) as session:
        assert index_all(session) >= len(known)
    assert rows() == before
    assert any(HOUSE in row for row in before[0])


def test_the_same_words_written_at_the_same_time(database: Database, world: World) -> None:
    names = [f"Parallel Harbor Shipping {word} Works" for word in ("One", "Two", "Three", "Four", "Five", "Six")]

    def write(name: str) -> int:
        return database.write(SYSTEM, lambda session: note(session, name, world.organisations["north"]).id)

    with ThreadPoolExecutor(max_workers=4) as pool:
        assert len(set(pool.map(write, names))) == len(names)
    actor = world.actor("north.sales")
    assert len(found(database, actor, "paralel harbor shipping", limit=10)) == len(names)


STRANGE = ("%", "_", "' OR 1=1 --", "\x00", "（", "....", "\U0010ffff", "有限公司", " ", "A" * 5000, "清" * 5000)


def test_any_text_is_a_question(database: Database, world: World, known: dict[str, int]) -> None:
    actor = world.actor("north.sales")
    for text in STRANGE:
        assert len(found(database, actor, text)) <= 5
        with database.reading(actor) as session:
            assert matching.identify(session, text) in {None, *known.values()}

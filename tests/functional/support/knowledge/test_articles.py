"""Articles: written, reviewed by somebody else, published, replaced, retired; who reads which."""

from dataclasses import replace
from io import BytesIO

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from portal.accounts.models import Person
from portal.db import Database
from portal.errors import Conflict, Invalid, NotAllowed
from portal.history import HistoryEntry
from portal.notify.models import Notice
from portal.policy import SYSTEM
from portal.search.searching import find
from portal.support.knowledge import operations, queries, reviewing
from portal.support.knowledge.feedback_models import ArticleUse
from portal.support.knowledge.finding import audience_of
from portal.support.knowledge.models import VISIBILITIES, Article, ArticleVersion
from portal.support.knowledge.written import Written
from tests.factories.knowledge import NIGHT, REVIEWER, WRITER, Knowledge
from tests.factories.world import World

READERS = {
    "hospital.customer": {"public"},
    "south.sales": {"public", "silver"},
    "north.sales": {"public", "silver", "gold"},
    "supplier.finance": set(VISIBILITIES),
    "supplier.support_agent": set(VISIBILITIES),
}


def test_who_reads_which_on_the_page_in_the_database_and_in_the_index(
    app: Flask, world: World, knowledge: Knowledge
) -> None:
    for visibility in VISIBILITIES:
        knowledge.published(replace(NIGHT, title_en=f"About {visibility} zebras", visibility=visibility))
    knowledge.index()
    for who, readable in READERS.items():
        client, actor = world.client(app, who), world.actor(who)
        for visibility in VISIBILITIES:
            public_id = knowledge.ids[f"About {visibility} zebras"]
            expected = 200 if visibility in readable else 404
            assert client.get(f"/knowledge/{public_id}").status_code == expected, (who, visibility)
            assert client.post(f"/knowledge/{public_id}/rating", data={"helpful": "yes"}).status_code in (
                {303} if expected == 200 else {404}
            )
        listed, found = client.get("/knowledge").text, client.get("/knowledge?q=zebras").text
        with world.database.reading(actor) as session:
            titles = {row.title_en for row in queries.rows_of(session, range(1, 50))}
        for visibility in VISIBILITIES:
            for place in (listed, found, titles):
                assert (f"About {visibility} zebras" in place) == (visibility in readable), (who, visibility)


def test_a_partner_who_rises_reads_more_with_his_next_request(app: Flask, world: World, knowledge: Knowledge) -> None:
    public_id = knowledge.published(replace(NIGHT, title_en="Gold", visibility="gold"))
    client = world.client(app, "south.sales")
    assert client.get(f"/knowledge/{public_id}").status_code == 404
    with world.database.writing(SYSTEM) as session:
        session.connection().exec_driver_sql("UPDATE organisation SET tier = 'gold' WHERE kind = 'partner'")
    assert client.get(f"/knowledge/{public_id}").status_code == 200


def test_drafts_are_nobodys_but_the_writers(app: Flask, world: World, knowledge: Knowledge) -> None:
    public_id = knowledge.written(replace(NIGHT, title_en="A draft of yetis"))
    for who in ("hospital.customer", "north.sales", "supplier.finance"):
        client = world.client(app, who)
        assert client.get(f"/knowledge/{public_id}").status_code == 404
        assert "yetis" not in client.get("/knowledge?state=draft").text
    assert "yetis" in world.client(app, "supplier.support_agent").get("/knowledge?state=draft").text


def test_nobody_publishes_what_he_wrote_alone_nor_with_a_second_account(world: World, knowledge: Knowledge) -> None:
    reviewer = world.actor(REVIEWER)
    with world.database.writing(reviewer) as session:
        article = operations.begin(session, reviewer, NIGHT, now=world.now)
        version = operations.open_version(session, article)
        assert version is not None
        reviewing.submit(session, reviewer, version, expected=version.version, now=world.now)
        with pytest.raises(NotAllowed):
            reviewing.publish(session, reviewer, version, expected=version.version, now=world.now)
        key = article.public_id
    with world.database.writing(SYSTEM) as session:  # the product manager is the same person with another address
        mine, other = (session.get_one(Person, world.people[who]) for who in (REVIEWER, "supplier.product_manager"))
        mailbox, _at, domain = mine.email.partition("@")
        other.email = f"{mailbox}+second@{domain}"
    other = world.actor("supplier.product_manager")
    with world.database.writing(other) as session, pytest.raises(NotAllowed):
        version = operations.open_version(session, knowledge.row(session, key))
        assert version is not None
        reviewing.publish(session, other, version, expected=version.version, now=world.now)


def test_whoever_edits_somebodys_draft_is_an_author_too(world: World, knowledge: Knowledge) -> None:
    public_id, reviewer = knowledge.written(NIGHT), world.actor(REVIEWER)
    with world.database.writing(reviewer) as session:
        version = operations.open_version(session, knowledge.row(session, public_id))
        assert version is not None
        operations.save(session, reviewer, version, NIGHT, expected=version.version, now=world.now)
        reviewing.submit(session, reviewer, version, expected=version.version, now=world.now)
        with pytest.raises(NotAllowed):
            reviewing.publish(session, reviewer, version, expected=version.version, now=world.now)


def test_readers_keep_the_published_version_until_the_next_one_is(
    app: Flask, world: World, knowledge: Knowledge, database: Database
) -> None:
    public_id = knowledge.ids[NIGHT.title_en]
    writer, client = world.client(app, WRITER), world.client(app, "hospital.customer")
    assert writer.post(f"/knowledge/{public_id}/revise").status_code == 303
    form = {"title_en": "Changed", "body_en": "New words", "visibility": "public", "product_line": "", "version": "1"}
    assert writer.post(f"/knowledge/{public_id}/edit", data=form | {"action": "submit"}).status_code == 303
    assert "Changed" not in client.get(f"/knowledge/{public_id}?lang=en").text
    assert writer.post(f"/knowledge/{public_id}/publish", data={"version": "3"}).status_code == 403
    reviewer = world.client(app, REVIEWER)
    assert "New words" in reviewer.get(f"/knowledge/{public_id}/edit").text
    assert reviewer.post(f"/knowledge/{public_id}/publish", data={"version": "1"}).status_code == 409
    assert reviewer.post(f"/knowledge/{public_id}/publish", data={"version": "3"}).status_code == 303
    page = client.get(f"/knowledge/{public_id}?lang=en").text
    assert "Changed" in page
    assert "four cameras" not in page
    compared = writer.get(f"/knowledge/{public_id}/versions").text
    assert "<ins>New words</ins>" in compared
    assert "<del>Move **four cameras** to another switch.</del>" in compared
    with database.reading(SYSTEM) as session:
        states = session.scalars(select(ArticleVersion.state).order_by(ArticleVersion.number, ArticleVersion.id))
        assert sorted(states) == ["published", "published", "replaced"]
        acts = set(session.scalars(select(HistoryEntry.action).where(HistoryEntry.thing_kind == "article")))
    assert {"begin article", "submit article", "publish article", "revise article", "write article"} <= acts


def test_given_back_with_a_reason_and_told(app: Flask, world: World, knowledge: Knowledge, database: Database) -> None:
    public_id = knowledge.written(NIGHT)
    world.client(app, WRITER).post(f"/knowledge/{public_id}/edit", data=_typed("submit", "1"))
    reviewer = world.client(app, REVIEWER)
    assert reviewer.post(f"/knowledge/{public_id}/give-back", data={"version": "3", "answer": ""}).status_code == 422
    assert (
        reviewer.post(f"/knowledge/{public_id}/give-back", data={"version": "3", "answer": "Where?"}).status_code == 303
    )
    assert "Where?" in world.client(app, WRITER).get(f"/knowledge/{public_id}/edit").text
    with database.reading(SYSTEM) as session:
        told = set(
            map(tuple, session.execute(select(Notice.kind, Notice.person_id).where(Notice.kind.like("article%"))))
        )
    assert ("article_given_back", world.people[WRITER]) in told
    assert ("article_review", world.people[REVIEWER]) in told


def _typed(action: str, version: str, **more: str) -> dict[str, str]:
    form = {"title_en": "A title", "body_en": "A text", "visibility": "public", "product_line": "cameras"}
    return form | {"action": action, "version": version} | more


def test_a_stale_draft_is_not_saved_and_nothing_typed_is_lost(app: Flask, world: World, knowledge: Knowledge) -> None:
    public_id, writer = knowledge.written(NIGHT), world.client(app, WRITER)
    assert writer.post(f"/knowledge/{public_id}/edit", data=_typed("", "1")).status_code == 303
    answer = writer.post(f"/knowledge/{public_id}/edit", data=_typed("", "1", body_en="Typed for an hour"))
    assert answer.status_code == 409
    assert "Typed for an hour" in answer.text


def test_preview_shows_the_text_and_saves_nothing(app: Flask, world: World, database: Database) -> None:
    writer = world.client(app, WRITER)
    answer = writer.post("/knowledge/new", data=_typed("preview", "", body_en="# Head\n\n<b hx-get='/x'>no</b>"))
    assert '<h2 id="s-head">Head</h2>' in answer.text
    assert "&lt;b hx-get" in answer.text
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(Article.id).where(Article.title_en == "A title")) is None


@pytest.mark.parametrize(
    ("form", "field"),
    [({"title_en": ""}, "title_en"), ({"products": "NO-SUCH"}, "products"), ({"body_en": "x" * 100_001}, "body"),
     ({"error_codes": "x" * 41}, "error_codes"), ({"body_zh": "x"}, "title")],
)  # fmt: skip
def test_bad_input_is_said_at_its_field(app: Flask, world: World, form: dict[str, str], field: str) -> None:
    answer = world.client(app, WRITER).post("/knowledge/new", data=_typed("", "", **form))
    assert answer.status_code == 422
    assert f"#{field}" in answer.text


def test_one_language_is_enough_and_the_other_is_marked(app: Flask, world: World, knowledge: Knowledge) -> None:
    only = Written(title_zh="仅有中文", body_zh="内容", visibility="public")
    public_id = knowledge.published(only)
    page = world.client(app, "hospital.customer").get(f"/knowledge/{public_id}").text
    assert "This article is written in Chinese only." in page
    assert "[zh] 仅有中文" in world.client(app, "hospital.customer").get("/knowledge").text


def test_a_title_alone_is_no_translation(app: Flask, world: World, knowledge: Knowledge) -> None:
    half = Written(title_en="Half", title_zh="一半", body_zh="只有中文正文", visibility="public")
    public_id, reader = knowledge.published(half), world.client(app, "hospital.customer")
    for address in (f"/knowledge/{public_id}", f"/knowledge/{public_id}?lang=en"):
        page = reader.get(address).text
        assert "只有中文正文" in page
        assert "This article is written in Chinese only." in page
        assert '<article class="panel text"\n             lang="zh-Hans">' in page
    manual = knowledge.published(replace(half, body_zh=""), kind="manual")
    assert "<h1>Half</h1>" in reader.get(f"/knowledge/{manual}").text


def test_the_one_search_field_names_an_article_in_the_readers_language(
    app: Flask, world: World, knowledge: Knowledge
) -> None:
    knowledge.published(replace(NIGHT, title_en="Rack", title_zh="机柜", body_en="Use a grommet.", body_zh="用护圈。"))
    knowledge.published(Written(title_zh="仅有中文", body_zh="护圈", visibility="public"))
    knowledge.index()
    reader = world.client(app, "hospital.customer")  # who reads English
    words = {words: reader.get("/search", query_string={"q": words}).text for words in ("护圈", "grommet")}
    assert "Rack" in words["grommet"]
    assert "Rack" in words["护圈"]
    assert "机柜" not in words["护圈"]
    assert "[zh] 仅有中文" in words["护圈"]


def test_retired_articles_are_gone_for_readers_and_come_back(app: Flask, world: World, knowledge: Knowledge) -> None:
    public_id, reader = knowledge.ids[NIGHT.title_en], world.client(app, "north.sales")
    reviewer = world.client(app, REVIEWER)
    assert reviewer.post(f"/knowledge/{public_id}/retire").status_code == 303
    assert reader.get(f"/knowledge/{public_id}").status_code == 404
    assert reviewer.post(f"/knowledge/{public_id}/retire").status_code == 409
    assert reviewer.post(f"/knowledge/{public_id}/restore").status_code == 303
    assert reader.get(f"/knowledge/{public_id}").status_code == 200


def test_readers_rate_doubt_and_are_counted_once_a_day(
    app: Flask, world: World, knowledge: Knowledge, database: Database
) -> None:
    public_id, reader = knowledge.ids[NIGHT.title_en], world.client(app, "north.sales")
    for said in ("yes", "no", "maybe"):
        reader.post(f"/knowledge/{public_id}/rating", data={"helpful": said})
    for _ in range(3):
        assert reader.post(f"/knowledge/{public_id}/read").status_code == 204
    assert reader.post(f"/knowledge/{public_id}/doubts", data={"reason": " "}).status_code == 422
    reason = '<img src=x onerror="alert(1)" hx-get="/x">'
    assert reader.post(f"/knowledge/{public_id}/doubts", data={"reason": reason}).status_code == 303
    with database.reading(SYSTEM) as session:
        row = knowledge.row(session, public_id)
        assert (row.helpful, row.unhelpful, row.reads, row.doubts) == (0, 1, 1, 1)
        assert len(session.scalars(select(ArticleUse.id)).all()) == 1
    assert "&lt;img src=x" in reader.get(f"/knowledge/{public_id}").text
    assert "onerror" not in world.client(app, "south.sales").get(f"/knowledge/{public_id}").text
    writer = world.client(app, WRITER)
    assert "out of date?" in writer.get("/knowledge?doubted=yes").text
    flag = writer.get(f"/knowledge/{public_id}").text.partition("/doubts/")[2][:16]
    assert reader.post(f"/knowledge/{public_id}/doubts/{flag}/settle").status_code == 403
    assert writer.post(f"/knowledge/{public_id}/doubts/{flag}/settle").status_code == 303
    with database.reading(SYSTEM) as session:
        assert knowledge.row(session, public_id).doubts == 0


def test_pictures_of_drafts_are_not_for_readers(app: Flask, world: World, knowledge: Knowledge) -> None:
    public_id, writer = knowledge.written(NIGHT), world.client(app, WRITER)
    picture = BytesIO()
    Image.new("RGB", (40, 20), "navy").save(picture, "PNG")
    picture.seek(0)
    sent = {"file": (picture, "drawing.png")}
    assert writer.post(f"/knowledge/{public_id}/files", data=sent).status_code == 303
    page = writer.get(f"/knowledge/{public_id}/edit").text
    path = f"/knowledge/{public_id}/files/" + page.partition(f"/knowledge/{public_id}/files/")[2][:16]
    assert f"![drawing.png]({path})" in page
    answer = writer.get(path)
    assert (answer.status_code, answer.content_type) == (200, "image/png")
    answer.close()
    assert world.client(app, "north.sales").get(path).status_code == 404
    empty = {"file": (BytesIO(b""), "x.png")}
    assert writer.post(f"/knowledge/{public_id}/files", data=empty).status_code == 303
    assert "x.png" not in writer.get(f"/knowledge/{public_id}/edit").text


def test_a_solved_ticket_becomes_one_article(world: World, knowledge: Knowledge) -> None:
    writer = world.actor(WRITER)
    said = {"title": "Four cameras drop " * 30, "body": "So.", "fault": "camera_drops_at_night", "lang": "en"}
    with world.database.writing(writer) as session:
        rows = [
            operations.begin_from(session, writer, **said, product_id=None, source_ticket=7, now=world.now)
            for _ in range(2)
        ]
        assert rows[0].id == rows[1].id
        version = operations.open_version(session, rows[0])
        assert version is not None
        assert (version.visibility, version.product_line, version.facts["faults"]) == (
            "internal", "cameras", ["camera_drops_at_night"]
        )  # fmt: skip
    customer = world.actor("north.sales")
    with world.database.writing(customer) as session, pytest.raises(NotAllowed):
        operations.begin_from(session, customer, **said, product_id=None, source_ticket=8, now=world.now)


def test_unknown_facts_are_refused(world: World) -> None:
    writer = world.actor(WRITER)
    for wrong in ({"faults": ("nothing",)}, {"products": (10**9,)}, {"product_line": "camera_black"},
                  {"visibility": "all"}):  # fmt: skip
        with world.database.writing(writer) as session, pytest.raises(Invalid):
            operations.begin(session, writer, replace(NIGHT, **wrong), now=world.now)


def test_a_published_version_cannot_be_written_in(world: World, knowledge: Knowledge) -> None:
    writer, public_id = world.actor(WRITER), knowledge.ids[NIGHT.title_en]
    with world.database.writing(writer) as session:
        version = queries.published(session, knowledge.row(session, public_id))
        assert version is not None
        with pytest.raises(Conflict):
            operations.save(session, writer, version, NIGHT, expected=version.version, now=world.now)


def test_manuals_stand_on_the_page_of_their_product(app: Flask, world: World, knowledge: Knowledge, known) -> None:  # type: ignore[no-untyped-def]
    writer = world.client(app, WRITER)
    path = writer.post("/knowledge/new", data=_typed("", "", kind="manual", products="CAM-1")).headers["Location"]
    assert writer.post(path, data=_typed("submit", "1", products="CAM-1")).status_code == 303
    assert world.client(app, REVIEWER).post(path.replace("edit", "publish"), data={"version": "3"}).status_code == 303
    page = world.client(app, "north.sales").get(f"/products/{known['equipment']['CAM-1']}").text
    assert "A title" in page
    assert "A title" not in world.client(app, "north.sales").get(f"/products/{known['equipment']['CAM-2']}").text


def test_the_audience_of_a_document_is_who_sees_the_row(world: World, knowledge: Knowledge) -> None:
    with world.database.reading(SYSTEM) as session:
        row = knowledge.row(session, knowledge.ids[NIGHT.title_en])
        house = {f"org:{row.organisation_id}", "house:article.view"}
        for visibility, more in (("public", {"public"}), ("silver", {"level:silver"}), ("internal", set())):
            row.visibility = visibility
            assert audience_of(row) == house | more
        session.expunge_all()
    hits = find(world.settings.search_folder, frozenset({"public"}), "供电预算不足", kinds=("article",))
    assert hits[0].public_id == knowledge.ids[NIGHT.title_en]

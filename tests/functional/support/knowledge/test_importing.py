"""A folder of Markdown as articles: whole, again without doubling, with pictures and links, and with a report."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image
from sqlalchemy import func, select

from portal.administration.knowledge_commands import knowledge as commands
from portal.db import Database
from portal.files.models import Upload
from portal.files.stores import LocalStore
from portal.markup import html_of
from portal.policy import SYSTEM
from portal.support.knowledge import operations
from portal.support.knowledge.importing import Import, Report, import_folder
from portal.support.knowledge.models import Article, ArticleVersion
from portal.support.knowledge.written import Written
from tests.factories.knowledge import WRITER
from tests.factories.world import World

FOLDER = os.environ.get("PORTAL_TEST_KNOWLEDGE", "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small handbook."""
    root = tmp_path / "handbook"
    (root / "static").mkdir(parents=True)
    (root / "a.md").write_text("---\ntitle: First\n---\n\nSee [second](sub/b.mdx#part) ![p](p.png) ![gone](q.png)\n")
    (root / "sub").mkdir()
    (root / "sub" / "b.mdx").write_text(
        "import X from 'y';\n\n# Second\n\n## Part\n\n:::note\n<X />\n:::\n\n[out](../../../../etc/passwd)\n"
    )
    Image.new("RGB", (20, 10), "navy").save(root / "p.png")
    (root / "bad.md").write_bytes(b"\xff\xfe\x00")
    outside = tmp_path / "secret.md"
    outside.write_text("# Secret")
    (root / "link.md").symlink_to(outside)
    return root


def bring(database: Database, world: World, folder: Path, **wanted: object) -> Report:
    """Import a folder."""
    given = {"source": "handbook", "lang": "en", "visibility": "public"} | wanted
    with database.writing(SYSTEM) as session:
        store = LocalStore(world.settings.files_folder)
        return import_folder(session, Import(folder, **given), store=store, now=world.now)  # type: ignore[arg-type]


def test_again_updates_what_changed_and_doubles_nothing(world: World, database: Database, folder: Path) -> None:
    first, second = bring(database, world, folder), bring(database, world, folder)
    assert [(each.path, each.outcome) for each in first.files] == [
        ("bad.md", "refused"), ("a.md", "new"), ("sub/b.mdx", "new")
    ]  # fmt: skip
    assert second.count("unchanged") == 2
    (folder / "a.md").write_text("---\ntitle: First\n---\n\nOther words\n")
    (folder / "sub" / "b.mdx").unlink()
    third = bring(database, world, folder)
    assert (third.count("updated"), third.vanished) == (1, ["handbook:sub/b.mdx"])
    with database.reading(SYSTEM) as session:
        imported = Article.source_key.startswith("handbook:")
        assert session.scalar(select(func.count(Article.id)).where(imported)) == 2
        assert session.scalar(select(func.count(Upload.id))) == 1
        numbers = session.scalars(
            select(ArticleVersion.number).join(Article, Article.id == ArticleVersion.article_id).where(imported)
        )
        assert sorted(numbers) == [1, 1, 2]


def test_links_pictures_and_what_was_lost(world: World, database: Database, folder: Path) -> None:
    report = {each.path: each.notes for each in bring(database, world, folder).files}
    with database.reading(SYSTEM) as session:
        rows = {row.title_en: row for row in session.scalars(select(Article).where(Article.source_key.is_not(None)))}
        texts = {row.title_en: row.body_en for row in session.scalars(select(ArticleVersion))}
        picture = session.scalars(select(Upload.public_id)).one()
    first = html_of(texts["First"])
    assert f'<a href="/knowledge/{rows["Second"].public_id}#s-part"' in first
    assert f'<img src="/knowledge/{rows["First"].public_id}/files/{picture}" alt="p">' in first
    assert report["a.md"] == ["picture not found: q.png"]
    assert {"X dropped: 1", "import dropped: 1", "link leads nowhere: ../../../../etc/passwd"} == set(
        report["sub/b.mdx"]
    )
    assert "Secret" not in texts


def test_the_second_language_joins_the_first(world: World, database: Database, folder: Path, tmp_path: Path) -> None:
    bring(database, world, folder)
    chinese = tmp_path / "zh"
    chinese.mkdir()
    (chinese / "a.md").write_text("# 第一篇\n\n:::tip\n内容\n:::\n")
    assert bring(database, world, chinese, lang="zh").count("updated") == 1
    with database.reading(SYSTEM) as session:
        row = session.scalars(select(Article).where(Article.source_key == "handbook:a.md")).one()
        version = session.get_one(ArticleVersion, row.published_version_id)
    assert (version.title_en, version.title_zh) == ("First", "第一篇")
    assert version.body_zh.startswith("> **提示**")
    assert version.body_en


def test_what_somebody_edited_here_is_left_alone(world: World, database: Database, folder: Path) -> None:
    bring(database, world, folder)
    writer = world.actor(WRITER)
    with database.writing(writer) as session:
        row = session.scalars(select(Article).where(Article.source_key == "handbook:a.md")).one()
        version = operations.revise(session, writer, row, now=world.now)
        operations.save(
            session, writer, version, Written(title_en="Mine", body_en="Better", visibility="public"),
            expected=version.version, now=world.now,
        )  # fmt: skip
    (folder / "a.md").write_text("# First\n\nChanged in the folder\n")
    assert bring(database, world, folder).count("updated") == 1  # a draft stands in nobody's way
    with database.writing(SYSTEM) as session:
        row = session.scalars(select(Article).where(Article.source_key == "handbook:a.md")).one()
        session.get_one(ArticleVersion, row.published_version_id).authors = [writer.person_id]
    (folder / "a.md").write_text("# First\n\nChanged again\n")
    assert bring(database, world, folder).count("left alone") == 1
    assert bring(database, world, folder, overwrite=True).count("updated") == 1


def test_the_command_says_what_became_of_it(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_INSTANCE", str(world.settings.instance))
    monkeypatch.setenv("PORTAL_DATABASE_URL", world.settings.database_url)
    report = folder.parent / "report.json"
    asked = ["import", str(folder), "--lang", "en", "--visibility", "public", "--report", str(report)]
    done = CliRunner().invoke(commands, asked)
    assert done.exit_code == 0, done.output
    assert "2 new, 0 updated, 0 unchanged, 0 left alone, 1 refused of 3 files." in done.output
    assert {each["path"] for each in json.loads(report.read_text())["files"]} == {"bad.md", "a.md", "sub/b.mdx"}
    assert CliRunner().invoke(commands, ["check-faults"]).exit_code == 0
    assert "0 fault types" in CliRunner().invoke(commands, ["load-faults"]).output


@pytest.mark.skipif(not FOLDER, reason="PORTAL_TEST_KNOWLEDGE names no folder of Markdown")
def test_a_real_knowledge_base_comes_in_whole(world: World, database: Database) -> None:
    files = [path for path in Path(FOLDER).rglob("*") if path.suffix in (".md", ".mdx")]
    report = bring(database, world, Path(FOLDER), source="real")
    assert (report.count("new"), len(report.files)) == (len(files), len(files))
    assert bring(database, world, Path(FOLDER), source="real").count("unchanged") == len(files)

"""Console commands: what they do, what they say, with which status they end."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask
from sqlalchemy import select

from portal import migrate
from portal.accounts.models import Person, SignIn
from portal.cli import main
from portal.db import Database
from portal.outbox import OutboxJob, enqueue
from portal.policy import SYSTEM
from tests.factories.catalogue import CAMERAS, write_catalogue
from tests.factories.rules import VIDEO_SITE
from tests.factories.world import World
from tests.functional.cli.conftest import Run


def every_command(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from every_command(child, (*path, name))
    else:
        yield path, command


COMMANDS = dict(every_command(main))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert command.help
    assert command.epilog
    assert f"portal {' '.join(path)}" in command.epilog


def test_python_m_portal_is_the_same_command() -> None:
    done = subprocess.run([sys.executable, "-m", "portal", "--help"], capture_output=True, text=True, check=True)
    for name in (
        "migrate",
        "serve",
        "worker",
        "run",
        "rules",
        "catalog",
        "users",
        "outbox",
        "engine",
        "demo",
        "accounts",
    ):
        assert re.search(rf"^  {name} ", done.stdout, re.MULTILINE)


def test_without_a_schema_every_command_says_what_to_do(run: Run, database: Database) -> None:
    migrate.downgrade(database, "base")
    for words in (("users", "list"), ("serve",), ("worker",), ("demo",), ("outbox", "stats"), ("rules", "list")):
        result = run(*words)
        assert result.exit_code == 1
        assert "Run: portal migrate" in result.output
    assert run("migrate").exit_code == 0
    assert run("migrate").exit_code == 0
    assert run("users", "list").exit_code == 0


def test_going_back_asks_twice(run: Run, database: Database) -> None:
    assert run("migrate", "--down-to", "base").exit_code == 2
    assert run("migrate", "--down-to", "base", "--yes-really-erase").exit_code == 0


def test_a_database_that_does_not_answer_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("postgresql+psycopg://nobody@127.0.0.1:1/none", "nonsense", "mongodb://x/y"):
        monkeypatch.setenv("PORTAL_DATABASE_URL", url)
        result = run("users", "list")
        assert result.exit_code == 1
        assert result.output.startswith("Error: The database refused")


def test_organisation_person_and_link_on_an_empty_portal(run: Run, app: Flask) -> None:
    assert (
        run("organisations", "add", "澜桥视讯", "--other-script", "Lanqiao Vision", "--kind", "supplier").exit_code == 0
    )
    assert run("organisations", "add", "澜桥视讯", "--kind", "supplier").exit_code == 1
    assert run("organisations", "add", "X", "--kind", "customer", "--tier", "gold").exit_code == 1
    assert run("organisations", "add", "X", "--kind", "partner", "--time-zone", "Mars/Base").exit_code == 2
    assert "13 %" in run("organisations", "list").output
    result = run(
        "users", "invite", "Admin@Example.com", "--organisation", "lanqiao", "--role", "administrator", "--no-mail"
    )
    assert result.exit_code == 0, result.output
    assert re.search(r"https://portal\.example/invitation/\S+", result.output)
    wrong = run("users", "invite", "a@example.com", "--organisation", "lanqiao", "--role", "sales")
    assert wrong.exit_code == 1
    assert "has no role sales" in wrong.output
    assert run("users", "invite", "a@example.com", "--organisation", "nobody", "--role", "sales").exit_code == 1


def test_the_printed_link_makes_the_account(run: Run, world: World, app: Flask, tmp_path: Path) -> None:
    result = run("users", "invite", "new@example.com", "--organisation", "Northern", "--role", "sales", "--name", "Ada")
    secret = (tmp_path / "instance" / "secret.key").read_text().strip()
    token = re.search(r"/invitation/(\S+)", result.output)
    assert token
    assert secret
    with world.database.reading(SYSTEM) as session:
        mail = session.scalars(select(OutboxJob)).one()
    assert mail.payload["to"] == "new@example.com"
    assert mail.payload["params"]["inviter"] == "Lanqiao Vision"


def test_people_are_listed_shown_and_changed(run: Run, world: World) -> None:
    email = world.emails["north.sales"]
    assert email in run("users", "list").output
    only = run("users", "list", "--organisation", "southern").output
    assert email not in only
    assert world.emails["south.sales"] in only
    assert "Northern Partner" in run("users", "show", email.upper()).output
    assert run("users", "show", "nobody@example.com").exit_code == 1
    world.actor("north.sales")
    assert run("users", "disable", email).exit_code == 0
    with world.database.reading(SYSTEM) as session:
        assert session.get_one(Person, world.people["north.sales"]).disabled_at
        assert all(row.ended_at for row in session.scalars(select(SignIn)))
    assert run("users", "reset-password-link", email).exit_code == 1
    assert run("users", "enable", email).exit_code == 0
    assert run("users", "roles", email, "owner", "engineer").exit_code == 0
    assert "engineer, owner" in run("users", "show", email).output
    assert run("users", "roles", email, "administrator").exit_code == 1


def test_the_reset_link_opens_the_page(run: Run, world: World, app: Flask) -> None:
    link = run("users", "reset-password-link", world.emails["north.sales"]).output.strip()
    assert link.startswith("https://portal.example/reset/")
    assert app.test_client().get(link.removeprefix("https://portal.example")).status_code == 200


def test_the_outbox_is_shown_without_secrets_and_tried_again(run: Run, world: World) -> None:
    with world.database.writing(SYSTEM) as session:
        job = enqueue(session, "mail", {"to": "a@b.example", "params": {"link": "https://secret"}}, now=world.now)
        job.state, job.attempts, job.last_error = "dead", 6, "refused"
        session.flush()
        key = job.public_id
    assert key in run("outbox", "list", "--state", "dead").output
    shown = run("outbox", "show", key).output
    assert "a@b.example" in shown
    assert "https://secret" not in shown
    assert "dead     1" in run("outbox", "stats").output
    assert run("outbox", "retry").exit_code == 2
    assert run("outbox", "retry", "nothing").exit_code == 1
    assert "1 job waits" in run("outbox", "retry", key).output
    assert "0 jobs wait" in run("outbox", "retry", "--all-dead").output
    assert run("outbox", "retry", key).exit_code == 0


def test_the_catalogue_is_loaded_once(run: Run, tmp_path: Path) -> None:
    assert "43 added" in run("catalog", "load").output or "added" in run("catalog", "load").output
    assert "Nothing to change." in run("catalog", "load").output
    folder = write_catalogue(tmp_path / "wrong", cameras=CAMERAS.replace("yes,yes", "yes,perhaps"))
    result = run("catalog", "load", str(folder))
    assert result.exit_code == 1
    assert "cameras.csv:2: invented must be yes or no" in result.output
    assert "Nothing was loaded." in result.output


def test_rules_are_checked_and_published_once(run: Run, tmp_path: Path) -> None:
    folder = str(VIDEO_SITE)
    result = run("rules", "check", folder)
    assert result.exit_code == 0, result.output
    assert "video-site: in order" in result.output
    assert "revision 1" in run("rules", "publish", folder).output
    assert "Nothing new" in run("rules", "publish", folder).output
    assert "video-site" in run("rules", "list").output
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "rules.yaml").write_text("key: x\nkey: y\n")
    for words in (("check",), ("publish",)):
        broken = run("rules", *words, str(tmp_path / "broken"))
        assert broken.exit_code == 1
        assert "rules.yaml:" in broken.output


def test_usage_errors_end_with_two(run: Run) -> None:
    for words in (("users", "show"), ("nonsense",), ("serve", "--port", "99999"), ("demo", "--reset", "--if-empty")):
        assert run(*words).exit_code == 2


def test_a_new_migration_can_be_written(run: Run, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(migrate, "new_revision", lambda _database, why: asked.append(why))
    assert run("revision", "quotes remember more").exit_code == 0
    assert asked == ["quotes remember more"]
    assert os.environ["PORTAL_DATABASE_URL"]

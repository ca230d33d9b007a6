"""Open chats that ask for news: errors, waiting times, and what it costs the web processes.

    python benchmarks/chats.py                       2,000 open chats, one in ten active, two web processes, 3 minutes
    python benchmarks/chats.py --chats 500 --seconds 30
    python benchmarks/chats.py --quick               40 chats, two seconds at forty times the pace, on SQLite

`portal serve --workers 2` runs on a temporary database. Every chat is a customer with a ticket of his own. Active ones
ask every 3 seconds, the others every 15 seconds, as chat.js does; in a second round every active one also sends a
message a minute. The requests come from a few places at once, as from a buffering proxy that stands in front; with
`--threads 4` the connections are kept, as browsers keep theirs.
"""

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from secrets import token_hex
from typing import Any

if __name__ == "__main__":  # called as a file: the project is the folder above
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from sqlalchemy import select

from benchmarks import common
from benchmarks.chat_parts.load import ACTIVE_SHARE, Line
from benchmarks.common import ROOT, Goal, percentile
from benchmarks.configurator_load import Portal, database_url
from portal import logs, migrate
from portal.accounts import operations as accounts
from portal.accounts.models import Person
from portal.app import create_app
from portal.config import Settings
from portal.db import Database, ScopedSession, new_public_id
from portal.policy import SYSTEM, Role
from portal.supervisor import ends_with_parent
from portal.support.tickets.models import Message, Ticket
from tests.factories.talks import talks
from tests.factories.world import World

P95_GOAL, CORE_GOAL = 200.0, 25.0
QUICK_PACE = 0.025  # the quick run lets as much happen in two seconds as otherwise in eighty
MOST_LINES = 5  # messages in a ticket before it begins


def fill(settings: Settings, chats: int) -> list[dict[str, str]]:
    """Write as many customers with one ticket each; return their tickets and cookies."""
    database = Database(settings.database_url)
    migrate.upgrade(database)
    world = World.build(database, settings)
    talks(world)
    with database.writing(SYSTEM) as session:
        made = [_chat(session, world, number) for number in range(chats)]
    app = create_app(settings, database)
    for chat in made:
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = chat.pop("token"), True
        kept = client.get_cookie("portal")
        assert kept is not None
        chat["cookie"] = f"portal={kept.value}"
        chat["csrf"] = ""
    database.dispose()
    return made


def _chat(session: ScopedSession, world: World, number: int) -> dict[str, str]:
    """Write one customer of the hospital with a ticket."""
    person: Person = world.add_person(session, "hospital", Role.CUSTOMER, suffix=f".{number}")
    first = session.scalars(select(Ticket).order_by(Ticket.id).limit(1)).one()
    said = session.scalars(select(Message).where(Message.ticket_id == first.id)).all()
    copied = {column.key: getattr(first, column.key) for column in Ticket.__table__.columns if column.key != "id"}
    key = f"chat-{number}"
    copied |= {"public_id": new_public_id(), "number": f"T-{key}", "form_key": key, "requester_id": person.id}
    ticket = Ticket(**copied)
    session.add(ticket)
    session.flush()
    for line in range(MOST_LINES):
        words = {column.key: getattr(said[0], column.key) for column in Message.__table__.columns if column.key != "id"}
        words |= {"public_id": new_public_id(), "form_key": f"{key}-{line}", "ticket_id": ticket.id}
        session.add(Message(**words))
    return {"ticket": ticket.public_id, "token": accounts.sign_in(session, person, now=world.now)}


def _loaded(
    port: int, chats: list[dict[str, str]], seconds: float, *, talking: bool, pace: float = 1.0
) -> dict[str, Any]:
    """Let the chats loose in a process of their own; at a pace of 0.1 a tenth of the time passes between two steps."""
    code = "from benchmarks.chat_parts.load import put_load; put_load()"
    facts = {"port": port, "chats": chats, "seconds": seconds, "talking": talking, "pace": pace}
    order = json.dumps(facts) + "\n"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, input=order, capture_output=True, text=True, check=False,
        timeout=seconds + 120, preexec_fn=ends_with_parent(),
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return dict(json.loads(done.stdout))


def _load_pages(port: int, chats: list[dict[str, str]]) -> None:
    """Give every chat what its page would: where it stands, and the active ones what their forms carry."""

    async def look(line: Line, chat: dict[str, str]) -> None:
        head = f"GET /tickets/{chat['ticket']}/messages HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        head += f"Cookie: {chat['cookie']}\r\n\r\n"
        _status, headers, _content = await line.ask(head)
        chat["tag"] = headers["etag"].strip('"')

    async def load(line: Line, chat: dict[str, str]) -> None:
        head = f"GET /tickets/{chat['ticket']} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {chat['cookie']}\r\n\r\n"
        status, headers, content = await line.ask(head)
        if status != 200:
            raise RuntimeError(f"the page of a ticket answers {status}")
        page = content.decode("utf-8")
        chat["csrf"] = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        if "set-cookie" in headers:
            chat["cookie"] = headers["set-cookie"].partition(";")[0]

    async def load_all() -> None:
        line = Line(port)
        for chat in chats[::ACTIVE_SHARE]:
            await load(line, chat)
        for chat in chats:
            await look(line, chat)
        line.close()

    asyncio.run(load_all())


def measure(
    kind: str, chats: int, seconds: float, processes: int, pace: float = 1.0, threads: int | None = None
) -> dict[str, Any]:
    """Run it all on a temporary database and return what was measured."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chats-")))
        url = stack.enter_context(database_url(kind, folder))
        settings = Settings(
            instance=folder,
            database_url=url,
            secret_key=token_hex(16),
            base_url="http://127.0.0.1",
            log_level="WARNING",
        )
        made = fill(settings, chats)
        portal = stack.enter_context(Portal(settings, folder / "server.log", processes, threads))
        _load_pages(portal.port, made)
        _loaded(portal.port, made[: max(20, chats // 20)], min(4.0, seconds), talking=True, pace=pace)  # warm
        rounds = {
            name: _round(portal, made, seconds, talking=name == "talking", pace=pace) for name in ("asking", "talking")
        }
    return {"chats": chats, "database": kind, "processes": processes, "seconds": seconds, "rounds": rounds}


def _round(
    portal: Portal, chats: list[dict[str, str]], seconds: float, *, talking: bool, pace: float
) -> dict[str, Any]:
    """Let the chats run for a while and return what was seen and what it cost."""
    before = portal.cpu_seconds()
    seen = _loaded(portal.port, chats, seconds, talking=talking, pace=pace)
    cpu, asked = portal.cpu_seconds() - before, len(seen["waits"])
    return {
        "requests": asked,
        "statuses": seen["statuses"],
        "errors": seen["troubles"],
        "trouble": seen["trouble"],
        "p50": percentile(seen["waits"], 0.5) if asked else 0.0,
        "p95": percentile(seen["waits"], 0.95) if asked else 0.0,
        "cpu_percent": 100 * cpu / seconds,
        "cpu_ms": 1000 * cpu / max(asked, 1),
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--chats", type=int, default=2_000)
    reader.add_argument("--seconds", type=float, default=180.0)
    reader.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    reader.add_argument("--workers", type=int, default=2)
    reader.add_argument("--threads", type=int, default=1, help="of a process; 4 is what serves browsers directly")
    reader.add_argument("--quick", action="store_true")
    wanted = reader.parse_args(arguments)
    if wanted.quick:
        wanted.chats, wanted.seconds, wanted.database, wanted.workers = 40, 2.0, "sqlite", 1
    logs.set_up("ERROR")
    pace = QUICK_PACE if wanted.quick else 1.0
    found = measure(wanted.database, wanted.chats, wanted.seconds, wanted.workers, pace, wanted.threads)
    rounds, asking = found["rounds"], found["rounds"]["asking"]
    goals = [
        Goal("errors", float(sum(each["errors"] for each in rounds.values())), 0.0),
        Goal("p95 in ms", max(each["p95"] for each in rounds.values()), P95_GOAL),
        Goal("CPU of the web processes for asking, in % of a core", asking["cpu_percent"], CORE_GOAL),
    ]
    names = ("requests", "errors", "p50", "p95", "cpu_percent", "cpu_ms")
    headings = ("round", "requests", "errors", "p50 ms", "p95 ms", "CPU % of a core", "CPU ms a request")
    print(f"{found['chats']} chats on {found['database']}, {found['processes']} web processes")
    print(common.table(headings, [[name, *(each[key] for key in names)] for name, each in rounds.items()]))
    for name, each in rounds.items():
        print(name, each["statuses"], *each["trouble"])
    print(*goals, sep="\n")
    if not wanted.quick:
        print(common.write_json("chats", {**found, "goals": goals}))
    return 0 if goals[0].met and (wanted.quick or goals[1].met) else 1


if __name__ == "__main__":
    sys.exit(main())

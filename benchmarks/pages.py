"""Lists as whole pages: small against large database, and the portal against a bare page.

    python benchmarks/pages.py            1,000 against 1,000,000 quotes and 5,000,000 registrations
    python benchmarks/pages.py --only registrations --rows 200000
    python benchmarks/pages.py --quick    1,000 against 5,000 of each and short rounds

Every request goes through the whole application: sign-in, permissions, templates. Small and large database take turns
request by request; a percentile is the median of the percentiles of several rounds, so that a neighbour on the same
machine who is busy for a moment does not decide.
"""

import argparse
import base64
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # called as a file: the project is the folder above
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from flask import Flask
from sqlalchemy import event, text

from benchmarks import common
from benchmarks.common import Goal, Timing, median, percentile, timed
from benchmarks.page_parts import lean, quotes, registrations
from benchmarks.page_parts.quotes import INTERNAL, PARTNER, SEARCHED
from benchmarks.page_parts.serving import Server, load_generator
from portal import logs, migrate
from portal.app import create_app
from portal.config import Settings
from portal.db import Database
from tests.factories.world import World
from tests.postgres_cluster import PostgresCluster

PAGE = 25
RATIO_GOAL, QUERIES_GOAL, CPU_GOAL, THROUGHPUT_GOAL = 1.2, 3, 2.0, 0.60
PEOPLE = {"partner": PARTNER, "internal": INTERNAL}
ORDERS = {
    "newest": ("id DESC", "id"),
    "total": ("gross_minor DESC, id DESC", "gross_minor, id"),
    "ending": ("protected_until, id", "protected_until::text, id"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    small: int
    large: dict[str, int]
    rounds: int
    samples: int  # of one case in one round
    load_rounds: int
    load_seconds: float
    warm: int = 8  # calls before anything is measured: compiled, cached and prepared
    clients: int = 4
    processes: int = 2  # of each server
    loads: int = 2  # lists that are put under load


FULL = Plan(
    small=1_000,
    large={"quotes": 1_000_000, "registrations": 5_000_000},
    rounds=8,
    samples=40,
    load_rounds=8,
    load_seconds=2.5,
)
QUICK = Plan(
    small=1_000,
    large={"quotes": 5_000, "registrations": 5_000},
    rounds=1,
    samples=2,
    load_rounds=1,
    load_seconds=0.5,
    warm=2,
    processes=1,
    loads=1,  # starting servers is what takes long
)


@dataclass(frozen=True, slots=True)
class Case:
    """One way to look at the list; `skip` is how many rows lie before the page, as a share or from the end."""

    name: str
    query: str = ""
    sort: str = "newest"
    skip: float = 0
    rows: int = PAGE


QUOTE_CASES = (
    Case("plain list"),
    Case("filter by state", "state=issued"),
    Case("sort by total", "sort=total", "total"),
    Case("sort by customer", "sort=customer"),
    Case("filter and sort by total", "state=issued&sort=total", "total"),
    Case("filter and sort by customer", "state=draft&sort=customer"),
    Case("search by customer", f"q={SEARCHED}"),
    Case("search and filter", f"q={SEARCHED}&state=issued"),
    Case("search by number", "q=%NUMBER%", rows=1),
    Case("page in the middle", "", "newest", 0.5),
    Case("page near the end", "", "newest", -40),
    Case("by total, near the end", "sort=total", "total", -40),
)
REGISTRATION_CASES = (
    Case("plain list"),
    Case("filter by state", "standing=protected"),
    Case("filter by line", "line=cabling"),
    Case("filter by state and line", "standing=closed&line=video"),
    Case("sort by customer", "sort=customer"),
    Case("sort by end", "sort=ending", "ending"),
    Case("filter by end", "ending=30"),
    Case("filter by line, sort by end", "line=video&sort=ending"),
    Case("filter and sort by customer", "standing=protected&sort=customer"),
    Case("search by customer", f"q={SEARCHED}"),
    Case("search, filter by state", f"q={SEARCHED}&standing=closed"),
    Case("search, filter by line", f"q={SEARCHED}&line=video"),
    Case("search by number", "q=%NUMBER%", rows=1),
    Case("page in the middle", "", "newest", 0.5),
    Case("page near the end", "", "newest", -40),
    Case("by end, near the end", "sort=ending", "ending", -28),
)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that is measured: its address and table, which rows it shows in an order, and how it is filled."""

    name: str
    table: str
    cases: tuple[Case, ...]
    fill: Callable[[Database, Settings, int], World]
    numbered: str  # rows with a number
    sorted_rows: dict[str, str]  # by sort, which rows it shows beyond the scope

    @property
    def path(self) -> str:
        """Return the address."""
        return f"/{self.name}"


LISTINGS = {
    "quotes": Listing("quotes", "quote", QUOTE_CASES, quotes.fill, "revision = 1 AND state = 'issued'", {}),
    "registrations": Listing(
        "registrations", "registration", REGISTRATION_CASES, registrations.fill, "number IS NOT NULL",
        {"ending": "standing = 'protected'"},
    ),
}  # fmt: skip


@dataclass
class Site:
    """A filled database and the application on it, with people signed in."""

    database: Database
    world: World
    app: Flask
    settings: Settings
    listing: Listing
    statements: list[str] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)

    def scope(self, person: str) -> str:
        """Return the condition on the rows that `person` may see, for the benchmark's own questions."""
        return f"organisation_id = {self.world.organisations['north']}" if person == "partner" else "true"

    def visit(self, person: str, path: str) -> Callable[[], str]:
        """Return a call that asks for a page as a server would, and returns the page."""
        route, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": route, "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1", "HTTP_COOKIE": self.cookies[person], "HTTP_ACCEPT": "text/html",
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, "wsgi.multithread": False,
            "wsgi.multiprocess": True, "wsgi.run_once": False,
        }  # fmt: skip
        status: list[str] = []

        def call() -> str:
            status.clear()
            answer = self.app(
                {**environ, "wsgi.input": io.BytesIO()}, lambda line, _headers, _info=None: status.append(line)
            )  # type: ignore[arg-type,func-returns-value]
            page = b"".join(answer)
            answer.close()  # type: ignore[attr-defined]
            if status[0] != "200 OK":
                raise RuntimeError(f"{path}: {status[0]}")
            return page.decode()

        return call


@dataclass
class Result:
    """What was measured for one person and one case."""

    listing: str
    person: str
    case: str
    queries: int
    times: dict[str, list[list[Timing]]]  # by database, then by round

    def at(self, size: str, what: str, share: float) -> float:
        """Return a percentile in milliseconds, the median over the rounds."""
        return median(percentile((getattr(t, what) for t in one), share) for one in self.times[size])

    def ratio(self, what: str, share: float) -> float:
        """Return large over small."""
        return self.at("large", what, share) / self.at("small", what, share)


@contextmanager
def migrated(cluster: PostgresCluster) -> Iterator[str]:
    """Make a migrated, empty database to be copied."""
    database = Database(cluster.new_database())
    migrate.upgrade(database)
    database.dispose()
    name = database.url.render_as_string(hide_password=False)
    yield name
    cluster.drop_database(name)


def open_site(cluster: PostgresCluster, base: str, settings: Settings, listing: Listing, rows: int) -> Site:
    """Fill a copy of the empty database, and sign the people in."""
    started = time.monotonic()
    database = Database(cluster.new_database(template=base))
    own = replace(settings, database_url=database.url.render_as_string(hide_password=False))
    world = listing.fill(database, own, rows)
    app = create_app(own, database)
    site = Site(database, world, app, own, listing)
    event.listen(database.engine, "before_cursor_execute", lambda *facts: site.statements.append(facts[2]))
    for name, key in PEOPLE.items():
        client = world.client(app, key)
        app.config["WTF_CSRF_ENABLED"] = True
        signed_in = client.get_cookie("portal")
        assert signed_in is not None
        client.set_cookie("portal", signed_in.value, domain="127.0.0.1")
        client.get(listing.path, base_url="http://127.0.0.1")  # now it holds the token of forms, as in a browser
        cookie = client.get_cookie("portal", domain="127.0.0.1")
        assert cookie is not None
        assert cookie.value != signed_in.value
        site.cookies[name] = f"portal={cookie.value}"
    print(f"  {rows:>9,} {listing.name} filled in {time.monotonic() - started:.1f} s", flush=True)
    return site


def path_of(site: Site, person: str, case: Case) -> str:
    """Return the address of a case on one database, with positions and numbers that exist there."""
    query, scope, table = case.query, site.scope(person), site.listing.table
    more = site.listing.sorted_rows.get(case.sort)
    rows = f"FROM {table} WHERE {scope}" + (f" AND {more}" if more else "")
    with site.database.engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        if "%NUMBER%" in query:
            only = f"{scope} AND {site.listing.numbered}"
            middle = f"(SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY id) FROM {table} WHERE {only})"
            number = connection.scalar(text(f"SELECT number FROM {table} WHERE id = {middle}"))
            query = query.replace("%NUMBER%", number)
        if case.skip:
            order, columns = ORDERS[case.sort]
            count = connection.scalar(text(f"SELECT count(*) {rows}"))
            skip = int(count * case.skip) if case.skip > 0 else count + int(case.skip)
            found = text(f"SELECT {columns} {rows} ORDER BY {order} OFFSET {skip - 1} LIMIT 1")
            values = json.dumps(list(connection.execute(found).one())).encode()
            query = "&".join(filter(None, (query, f"after={base64.urlsafe_b64encode(values).decode().rstrip('=')}")))
    return f"{site.listing.path}?{query}" if query else site.listing.path


def measure(listing: Listing, sites: dict[str, Site], plan: Plan) -> list[Result]:
    """Measure every case for everybody, small and large database in turns."""
    results, visits = [], {}
    for person in PEOPLE:
        for case in listing.cases:
            calls = {size: site.visit(person, path_of(site, person, case)) for size, site in sites.items()}
            queries = 0
            for size, call in calls.items():
                for _ in range(plan.warm):
                    sites[size].statements.clear()
                    page = call()
                queries = max(queries, len(sites[size].statements))
                shown = page.count("<tr>") - 1
                if shown != case.rows:
                    raise RuntimeError(f"{case.name} for {person} on the {size} database shows {shown} rows")
            results.append(Result(listing.name, person, case.name, queries, {size: [] for size in sites}))
            visits[person, case.name] = calls
    for number in range(plan.rounds):
        for result in results:
            calls = visits[result.person, result.case]
            for size in sites:
                result.times[size].append([])
            for sample in range(plan.samples):
                for size in sorted(sites, reverse=(sample + number) % 2 == 0):
                    result.times[size][-1].append(timed(calls[size]))
                    sites[size].statements.clear()
    return results


def throughput(site: Site, plan: Plan, folder: Path) -> dict[str, Any]:
    """Put load on the portal and on the lean page in turns; return both and their ratio."""
    path = site.listing.path
    page, folder = site.visit("partner", path)(), folder / site.listing.name
    (folder / "templates").mkdir(parents=True)
    lean.write_templates(path, page, folder / "templates")
    url = site.database.url
    portals = {
        "PORTAL_DATABASE_URL": site.settings.database_url,
        "PORTAL_SECRET_KEY": site.settings.secret_key,
        "PORTAL_INSTANCE": str(folder),
    }
    leans = {
        "BENCH_DATABASE": f"host={url.query['host']} dbname={url.database} user={url.username}",
        "BENCH_ORGANISATION": str(site.world.organisations["north"]),
        "BENCH_TEMPLATES": str(folder / "templates"),
        "BENCH_PAGE": path,
    }
    answers: dict[str, list[dict[str, float]]] = {"portal": [], "lean": []}
    with (
        Server("benchmarks.page_parts.served:application()", portals, folder / "portal.log", plan.processes) as ours,
        Server("benchmarks.page_parts.lean:application()", leans, folder / "lean.log", plan.processes) as bare,
        load_generator() as order,
    ):
        servers = {"portal": ours, "lean": bare}
        request = {"cookie": site.cookies["partner"], "path": path, "clients": plan.clients}
        for server in servers.values():
            order(port=server.port, seconds=min(1.0, plan.load_seconds), **request)
        for number in range(plan.load_rounds):
            for name in ("portal", "lean") if number % 2 else ("lean", "portal"):
                before = servers[name].cpu_seconds()
                answer = order(port=servers[name].port, seconds=plan.load_seconds, **request)
                spent = servers[name].cpu_seconds() - before
                answer["cpu_ms"] = spent * 1000 / max(1.0, answer["answered"])
                answers[name].append(answer)
                if answer["failed"]:
                    raise RuntimeError(f"{name} failed under load: {answer}")
    facts: dict[str, Any] = {name: _middle(rounds) for name, rounds in answers.items()}
    pairs = zip(answers["portal"], answers["lean"], strict=True)
    facts["ratio"] = median(_rate(ours) / _rate(bare) for ours, bare in pairs)
    return facts


def _rate(answer: dict[str, float]) -> float:
    return answer["answered"] / answer["seconds"]


def _middle(rounds: list[dict[str, float]]) -> dict[str, float]:
    facts = {key: median(one[key] for one in rounds) for key in ("cpu_ms", "cpu_share", "bytes", "p50", "p95")}
    return {"requests_per_second": median(_rate(one) for one in rounds), **facts}


def goals_of(results: list[Result], load: dict[str, Any] | None) -> list[Goal]:
    """Return what is to be reached, with what was measured."""
    name = results[0].listing
    by_case = [
        Goal(f"{r.listing}: {r.person}, {r.case}: p95 large/small", r.ratio("wall", 0.95), RATIO_GOAL) for r in results
    ]
    plain = [r for r in results if r.person == "partner" and r.case == "plain list"]
    return [
        *by_case,
        Goal(f"{name}: p95 large/small, median of all cases", median(goal.value for goal in by_case), RATIO_GOAL),
        Goal(f"{name}: queries of a page, most", max(r.queries for r in results), QUERIES_GOAL),
        Goal(f"{name}: CPU ms of the plain list, median", plain[0].at("large", "cpu", 0.5), CPU_GOAL),
        *(
            [Goal(f"{name}: requests a second, portal/lean", load["ratio"], THROUGHPUT_GOAL, at_most=False)]
            if load
            else []
        ),
    ]


def report(results: list[Result], load: dict[str, Any] | None, goals: list[Goal], plan: Plan) -> None:
    """Print the table."""
    name = results[0].listing
    sizes = {"small": f"{plan.small:,}", "large": f"{plan.large[name]:,}"}
    columns = [(what, share) for what in ("wall", "cpu") for share in (0.5, 0.95)]
    heads = [f"{what} p{share * 100:.0f} {name}" for what, share in columns for name in sizes.values()]
    rows = [
        [f"{r.person}: {r.case}", r.queries, *(r.at(size, *column) for column in columns for size in sizes),
         r.ratio("wall", 0.95), r.ratio("cpu", 0.95), "met" if r.ratio("wall", 0.95) <= RATIO_GOAL else "not met"]
        for r in results
    ]  # fmt: skip
    print("\n" + common.table([f"{name} (ms)", "queries", *heads, "p95 wall ×", "p95 cpu ×", "goal ≤ 1.2"], rows))
    if load:
        report_load(load, plan)
    for goal in goals[len(results) :]:
        print(goal)
    missed = sum(not goal.met for goal in goals[: len(results)])
    print(
        f"{'met    ' if not missed else 'not met'}  p95 large/small of every case: {missed} of {len(results)} miss it"
    )


def report_load(load: dict[str, Any], plan: Plan) -> None:
    """Print what both sides did under load."""
    columns_of_load = ("requests_per_second", "cpu_ms", "p50", "p95", "bytes", "cpu_share")
    heads = ["requests/s", "CPU ms/request", "p50 ms", "p95 ms", "bytes", "load generator CPU"]
    rows = [[name, *(float(load[name][column]) for column in columns_of_load)] for name in ("portal", "lean")]
    print("\n" + common.table([f"under load, sync workers: {plan.processes}", *heads], rows))
    print(f"\nportal / lean: {load['ratio']:.2f}\n")


@contextmanager
def lines_to_nowhere() -> Iterator[None]:
    """Write the log lines of every request, as in service, but where nobody reads them."""
    before = sys.stderr
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        sys.stderr = nowhere
        logs.set_up("INFO")
        try:
            yield
        finally:
            sys.stderr = before
            logs.set_up("ERROR")


def run_one(
    cluster: PostgresCluster, base: str, listing: Listing, plan: Plan, *, loaded: bool
) -> tuple[list[Goal], dict[str, Any]]:
    """Measure one list, under load too when asked to; return its goals and what was measured."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        place = Path(name)
        settings = Settings(instance=place, database_url="", secret_key="benchmark", base_url="http://127.0.0.1")
        rows = {"small": plan.small, "large": plan.large[listing.name]}
        sites = {size: open_site(cluster, base, settings, listing, count) for size, count in rows.items()}
        with lines_to_nowhere():
            results = measure(listing, sites, plan)
        load = throughput(sites["large"], plan, place) if loaded else None
        for site in sites.values():
            site.database.dispose()
            cluster.drop_database(site.settings.database_url)
    goals = goals_of(results, load)
    report(results, load, goals, plan)
    cases = [
        {
            "list": r.listing,
            "person": r.person,
            "case": r.case,
            "queries": r.queries,
            **{
                f"{what}_p{share * 100:.0f}_{size}": round(r.at(size, what, share), 3)
                for what in ("wall", "cpu")
                for share in (0.5, 0.95)
                for size in ("small", "large")
            },
            "p95_wall_ratio": round(r.ratio("wall", 0.95), 3),
            "p95_cpu_ratio": round(r.ratio("cpu", 0.95), 3),
        }
        for r in results
    ]
    return goals, {"rows": rows, "cases": cases, "load": load}


def run(plan: Plan, names: Sequence[str], folder: Path) -> tuple[list[Goal], Path]:
    """Do all of it; return the goals and the file that was written."""
    logs.set_up("ERROR")
    with PostgresCluster.shared() as cluster, migrated(cluster) as base:
        loaded = names[: plan.loads]
        measured = [run_one(cluster, base, LISTINGS[name], plan, loaded=name in loaded) for name in names]
    goals = [goal for some, _ in measured for goal in some]
    lists = dict(zip(names, (facts for _, facts in measured), strict=True))
    cases = [case for facts in lists.values() for case in facts.pop("cases")]
    facts = {"lists": lists, "load": lists[names[0]]["load"], "cases": cases, "goals": goals}
    path = common.write_json("pages", facts, folder)
    print(f"\nwritten: {path}")
    return goals, path


def main(arguments: list[str] | None = None) -> int:
    """Entry point; fails on a missed goal only with --strict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="a small large database and short rounds")
    parser.add_argument("--strict", action="store_true", help="fail when a goal is not met")
    parser.add_argument("--only", choices=LISTINGS, help="measure one list only")
    parser.add_argument("--rows", type=int, help="how many rows the large database has")
    parser.add_argument("--results", type=Path, default=common.RESULTS, help="folder of the JSON file")
    options = parser.parse_args(arguments)
    plan = QUICK if options.quick else FULL
    if options.rows:
        plan = replace(plan, large=dict.fromkeys(LISTINGS, options.rows))
    goals, _ = run(plan, [options.only] if options.only else list(LISTINGS), options.results)
    return 1 if options.strict and not all(goal.met for goal in goals) else 0


if __name__ == "__main__":
    sys.exit(main())

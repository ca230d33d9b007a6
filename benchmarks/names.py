"""Finding a customer by a name with a typing error among a million: how often, how fast, on both databases.

    python benchmarks/names.py                    1,000,000 names, of 16,000 and of 300,000 distinct words
    python benchmarks/names.py --names 20000      a small run
    python benchmarks/names.py --words 16000      one vocabulary only

Six names in ten are Chinese, every query has one error, half of them lack the legal form. `everything` is somebody who
sees all parties; the partners know some of them. Beside it, in the same run and on the same queries: rapidfuzz over all
names, and pg_trgm with its index.
"""

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # called as a file: the project is the folder above
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from rapidfuzz import fuzz, process
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from benchmarks import common
from benchmarks.common import Goal, Timing, percentile, timed
from benchmarks.name_parts import generated, loading, pairs
from benchmarks.name_parts.generated import Query
from portal import logs, migrate
from portal.config import Settings
from portal.db import Database
from portal.parties.identity import matching
from portal.policy import Actor
from tests.factories.world import World
from tests.postgres_cluster import PostgresCluster

FIRST = 5
FOUND_GOAL, WALL_GOAL, CPU_GOAL = 0.95, 10.0, 30.0
WORDS = (16_000, 300_000)
PLAIN_SHARE = 20  # of so many queries one goes to a plain side
BEGUN = 0.7  # of a name that is still being typed
Finder = Callable[[str], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Result:
    """What one side answered on one database with one vocabulary."""

    words: int
    database: str
    side: str
    queries: int
    found: float
    times: tuple[Timing, ...]

    def at(self, what: str, share: float) -> float:
        """Return a percentile in milliseconds."""
        return percentile((getattr(each, what) for each in self.times), share)


@dataclass(frozen=True, slots=True)
class Site:
    """A filled database, and who searches in it."""

    name: str
    database: Database
    actors: dict[str, tuple[Actor, range]]  # with the places of the names that each knows


def main(arguments: list[str] | None = None) -> int:
    """Entry point; fails on a missed goal only with --strict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--names", type=int, default=1_000_000)
    parser.add_argument("--words", type=int, action="append", help="distinct words; may be given more than once")
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--quick", action="store_true", help="20,000 names and 100 queries")
    parser.add_argument("--strict", action="store_true", help="fail when a goal is not met")
    parser.add_argument("--results", type=Path, default=common.RESULTS, help="folder of the JSON file")
    options = parser.parse_args(arguments)
    count, asked = (20_000, 100) if options.quick else (options.names, options.queries)
    words = options.words or sorted({min(each, count // 2) for each in WORDS})
    logs.set_up("ERROR")
    results: list[Result] = []
    for distinct in words:
        results += measure(count, distinct, asked)
    goals = goals_of(results)
    report(results, goals, count)
    facts = {"names": count, "results": [_plain(each) for each in results], "goals": goals}
    print(f"\nwritten: {common.write_json('names', facts, options.results)}")
    return 1 if options.strict and not all(goal.met for goal in goals) else 0


def measure(count: int, words: int, asked: int) -> list[Result]:
    """Fill both databases with the same names and ask them the same questions."""
    names = generated.names(count, words)
    questions = list(generated.queries(names, asked))
    results = []
    with sites(names, words) as made:
        for site in made:
            results += _ours(site, names, questions, words)
            if not site.database.is_sqlite:
                results += _trigrams(site, questions, words)
    results.append(_everything_compared(names, questions, words))
    return results


@contextmanager
def sites(names: list[str], words: int) -> Iterator[list[Site]]:
    """Yield both databases, filled; who knows what is the same in both."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder, PostgresCluster.shared() as cluster:
        urls = {"SQLite": f"sqlite:///{folder}/names.db", "PostgreSQL": cluster.new_database()}
        made: list[Site] = []
        tables: list[loading.Table] = []
        for name, url in urls.items():
            database = Database(url)
            migrate.upgrade(database)
            settings = Settings(
                instance=Path(folder), database_url="", secret_key="benchmark", base_url="http://localhost"
            )
            world = World.build(database, replace(settings, database_url=url))
            known = {"north": range(min(20_000, len(names) // 5)), "south": range(200)}
            owners = {world.organisations[key]: places for key, places in known.items()}
            started = time.monotonic()
            tables = tables or loading.derived(names, owners)
            derived = time.monotonic()
            loading.load(database, tables)
            print(
                f"  {len(names):,} names of {words:,} words in {name}: {derived - started:.0f} s for the rows, "
                f"{time.monotonic() - derived:.0f} s to write {len(tables[3][2]):,} beginnings",
                flush=True,
            )
            actors = {
                "everything": (world.actor("supplier.channel_manager"), range(len(names))),
                f"{len(known['north']):,} known": (world.actor("north.sales"), known["north"]),
                "200 known": (world.actor("south.sales"), known["south"]),
            }
            made.append(Site(name, database, actors))
        tables.clear()
        gc.enable()
        yield made
        for site in made:
            site.database.dispose()


def _ours(site: Site, names: list[str], questions: list[Query], words: int) -> Iterator[Result]:
    """Ask `find` on behalf of everybody; then once more with beginnings of names."""
    for who, (actor, known) in site.actors.items():
        own = questions if len(known) == len(names) else list(generated.queries(names[: len(known)], 200))
        with site.database.reading(actor) as session:

            def find(typed: str, session: Any = session) -> list[int]:
                return [match.party_id for match in matching.find(session, typed, limit=FIRST)]

            yield _asked(site.name, f"portal, {who}", find, own, words)
            if len(known) == len(names):
                begun = [replace(each, typed=each.typed[: max(4, int(len(each.typed) * BEGUN))]) for each in own]
                yield _asked(site.name, "portal, unfinished", find, begun, words)


def _trigrams(site: Site, questions: list[Query], words: int) -> Iterator[Result]:
    """Ask pg_trgm, when it is there: names by distance, with a GiST index, which can order by it."""
    with site.database.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0; SET LOCAL maintenance_work_mem = '512MB'")
        try:
            connection.exec_driver_sql("CREATE EXTENSION pg_trgm")
        except DBAPIError:
            print("  pg_trgm is not installed here", flush=True)
            return
        connection.exec_driver_sql("CREATE INDEX bench_trigrams ON party USING gist (name_key gist_trgm_ops)")
        connection.exec_driver_sql("ANALYZE party")
    nearest = text("SELECT id FROM party WHERE id >= :first ORDER BY name_key <-> :typed LIMIT 5")
    with site.database.engine.connect().execution_options(portal_reads=True) as connection:

        def find(typed: str) -> list[int]:
            return list(connection.scalars(nearest, {"typed": typed.casefold(), "first": loading.FIRST}))

        yield _asked(site.name, "pg_trgm", find, questions[:: PLAIN_SHARE // 4], words)


def _everything_compared(names: list[str], questions: list[Query], words: int) -> Result:
    """Compare every name with what was typed."""
    folded = [name.casefold() for name in names]

    def find(typed: str) -> list[int]:
        hits = process.extract(typed.casefold(), folded, scorer=fuzz.ratio, limit=FIRST, score_cutoff=50)
        return [loading.party_of(place) for _, _, place in hits]

    return _asked("in memory", "rapidfuzz over all", find, questions[::PLAIN_SHARE], words)


def _asked(database: str, side: str, find: Finder, questions: Sequence[Query], words: int) -> Result:
    """Ask one side all questions, after a few to get ready."""
    for question in questions[:12]:
        find(question.typed)
    found, times = 0, []
    for question in questions:
        answer: list[int] = []
        times.append(timed(lambda typed=question.typed, answer=answer: answer.extend(find(typed))))  # type: ignore[misc]
        found += loading.party_of(question.place) in answer
    result = Result(words, database, side, len(questions), found / len(questions), tuple(times))
    print(f"  {database}, {side}: {result.found:.1%} found, p95 {result.at('wall', 0.95):.1f} ms", flush=True)
    return result


def goals_of(results: list[Result]) -> list[Goal]:
    """Return the goals: of whole names with one error, and of the frozen pairs."""
    goals = []
    for each in results:
        if each.side.startswith("portal") and "unfinished" not in each.side:
            name = f"{each.words:,} words, {each.database}, {each.side}"
            goals += [
                Goal(f"{name}: found in the first five", each.found, FOUND_GOAL, at_most=False),
                Goal(f"{name}: p95 ms", each.at("wall", 0.95), WALL_GOAL),
                Goal(f"{name}: p95 ms of CPU", each.at("cpu", 0.95), CPU_GOAL),
            ]
    judged = pairs.judge(frozen=True)
    return [
        *goals,
        Goal(f"frozen pairs ({judged.pairs}): precision", judged.precision, pairs.PRECISION, at_most=False),
        Goal("frozen pairs: recall", judged.recall, pairs.RECALL, at_most=False),
    ]


def report(results: list[Result], goals: list[Goal], count: int) -> None:
    """Print the table; the ratio is that of the medians to the portal's own on the same database."""
    own = {(each.words, each.database): each for each in results if each.side == "portal, everything"}
    rows = []
    for each in results:
        base = own.get((each.words, each.database)) or own[each.words, "SQLite"]
        columns = [each.at(what, share) for what in ("wall", "cpu") for share in (0.5, 0.95)]
        ratio = each.at("wall", 0.5) / base.at("wall", 0.5)
        rows.append([f"{each.words:,} words, {each.database}: {each.side}", each.queries, each.found, *columns, ratio])
    heads = [f"{count:,} names", "queries", "found", "wall p50", "p95 ms", "CPU p50", "p95 ms", "× portal"]
    print("\n" + common.table(heads, rows) + "\n")
    missed = [goal for goal in goals if not goal.met]
    for goal in missed or goals[-2:]:
        print(goal)
    print(f"{len(goals) - len(missed)} of {len(goals)} goals met")


def _plain(result: Result) -> dict[str, Any]:
    return {
        "words": result.words,
        "database": result.database,
        "side": result.side,
        "queries": result.queries,
        "found": result.found,
        **{f"{what}_p{share * 100:.0f}": result.at(what, share) for what in ("wall", "cpu") for share in (0.5, 0.95)},
    }


if __name__ == "__main__":
    sys.exit(main())

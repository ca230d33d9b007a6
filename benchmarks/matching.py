"""Finding a case among a hundred thousand and among a million, by what people type and choose; and building the index.

    python benchmarks/matching.py                     100,000 and 1,000,000 documents of 1,000 organisations
    python benchmarks/matching.py --documents 50000   another size; may be given more than once
    python benchmarks/matching.py --quick             2,000 documents

Every question is asked by somebody of one organisation, who may know of a third of everything, and by the house. Beside
it, on the same documents and questions: tantivy's bare query with the same visibility and without a second look, and
SQLite's full text search (up to 100,000 documents). Times are CPU times of this process.
"""

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

if __name__ == "__main__":  # called as a file: the project is the folder above
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from tantivy import Occur, Query

from benchmarks import common
from benchmarks.common import Goal, Timing, percentile, timed
from benchmarks.matching_parts import generated
from benchmarks.matching_parts.generated import Asked
from portal.policy import Permission
from portal.search import audience
from portal.search.analysing import words
from portal.search.building import build, swap
from portal.search.documents import Document
from portal.search.index import reader_of
from portal.search.searching import find

ORGANISATIONS = 1_000
FIRST = 10
GOALS = ((100_000, 15.0), (1_000_000, 40.0))
INDEXED_GOAL = 300.0  # seconds for 100,000 documents
LARGEST_PLAIN = 100_000
HOUSE = frozenset({audience.EVERYBODY, audience.house(Permission.TICKET_VIEW)})
Finder = Callable[[Asked], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Result:
    """What one side answered to one reader."""

    documents: int
    side: str
    reader: str
    found: float  # of the cases that were meant and that the reader may see, among the first ten
    times: tuple[Timing, ...]

    def at(self, what: str, share: float) -> float:
        """Return a percentile in milliseconds."""
        return percentile((getattr(each, what) for each in self.times), share)


def main(arguments: list[str] | None = None) -> int:
    """Entry point; fails on a missed goal only with --strict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--documents", type=int, action="append")
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--quick", action="store_true", help="2,000 documents and 40 questions")
    parser.add_argument("--strict", action="store_true", help="fail when a goal is not met")
    parser.add_argument("--results", type=Path, default=common.RESULTS, help="folder of the JSON file")
    options = parser.parse_args(arguments)
    sizes = [2_000] if options.quick else options.documents or [size for size, _ in GOALS]
    asked = 40 if options.quick else options.questions
    results: list[Result] = []
    goals: list[Goal] = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
            seconds = index(size, Path(folder))
            if size == GOALS[0][0]:
                goals.append(Goal(f"{size:,} documents indexed, seconds", seconds, INDEXED_GOAL))
            results += measure(size, asked, Path(folder))
    limits = dict(GOALS)
    goals += [
        Goal(f"{each.documents:,} documents, {each.reader}: p95 CPU ms", each.at("cpu", 0.95), limits[each.documents])
        for each in results
        if each.side == "portal" and each.documents in limits
    ]
    print(report(results))
    print("\n".join(map(str, goals)))
    facts = {"results": [asdict(each) for each in results], "goals": goals}
    print(f"\nwritten: {common.write_json('matching', facts, options.results)}")
    return 1 if options.strict and not all(goal.met for goal in goals) else 0


def index(size: int, folder: Path) -> float:
    """Build the index and return the seconds that it took, without making up the documents."""
    spent = 0.0

    def counted() -> Iterator[Document]:
        nonlocal spent
        made = generated.documents(size, ORGANISATIONS)
        while True:
            began = time.perf_counter()
            document = next(made, None)
            spent += time.perf_counter() - began
            if document is None:
                return
            yield document

    began = time.perf_counter()
    swap(folder, build(folder, counted(), {"article": 1, "ticket": 1}))
    seconds = time.perf_counter() - began - spent
    taken = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"  {size:,} documents indexed in {seconds:.0f} s, {taken / 1e6:.0f} MB on the disk", flush=True)
    return seconds


def measure(size: int, asked: int, folder: Path) -> Iterator[Result]:
    """Ask every side the same questions."""
    wanted = set(random.Random(3).sample(range(size), asked))
    cases = [each for each in generated.documents(size, ORGANISATIONS) if each.id in wanted]
    questions = generated.questions(cases)
    member = frozenset({audience.EVERYBODY, audience.organisation(5, Permission.TICKET_VIEW), *_roles(5)})
    for reader, tokens in (("one of 1,000 organisations", member), ("the house", HOUSE)):
        seen = {each.id for each in cases if each.audience & tokens}
        sides: dict[str, Finder] = {"portal": _ours(folder, tokens), "bare tantivy": _bare(folder, tokens)}
        for side, finder in sides.items():
            yield _asked(size, side, reader, finder, questions, seen)
    if size <= LARGEST_PLAIN:
        finder = _full_text(size)
        yield _asked(size, "SQLite full text", "everything", finder, questions, {each.id for each in cases})


def _roles(organisation: int) -> Iterator[str]:
    """Return the words of somebody with many rights in his organisation: most of them are carried by nothing."""
    return (audience.organisation(organisation, permission) for permission in Permission)


def _asked(size: int, side: str, reader: str, finder: Finder, questions: list[Asked], seen: set[int]) -> Result:
    found, times = 0, []
    for question in questions[:10]:  # as a process that has answered before
        finder(question)
    for question in questions:
        answer: list[int] = []
        times.append(timed(lambda: answer.extend(finder(question))))  # noqa: B023 - called at once
        found += question.meant in answer and question.meant in seen
    return Result(size, side, reader, found / max(1, len(seen)), tuple(times))


def _ours(folder: Path, tokens: frozenset[str]) -> Finder:
    return lambda asked: [
        hit.id for hit in find(folder, tokens, asked.text, facts=asked.facts, limit=FIRST, typing=True)
    ]


def _bare(folder: Path, tokens: frozenset[str]) -> Finder:
    view = reader_of(folder).view()
    seen = Query.const_score_query(Query.term_set_query(view.schema, "audience", sorted(tokens)), 0.0)

    def finder(asked: Asked) -> list[int]:
        terms = [(Occur.Should, Query.term_query(view.schema, "words", word, "freq")) for word in words(asked.text)]
        wanted = Query.boolean_query([(Occur.Must, Query.boolean_query(terms)), (Occur.Must, seen)])
        hits = view.searcher.search(wanted, FIRST, count=False).hits
        return [int(bytes(view.searcher.doc(address)["card"][0]).split(b",")[1]) for _, address in hits]

    return finder


def _full_text(size: int) -> Finder:
    table = sqlite3.connect(":memory:")
    table.execute("CREATE VIRTUAL TABLE cases USING fts5(title, body, tokenize='porter unicode61')")
    rows = ((each.id, each.title, each.body) for each in generated.documents(size, ORGANISATIONS))
    table.executemany("INSERT INTO cases (rowid, title, body) VALUES (?, ?, ?)", rows)

    def finder(asked: Asked) -> list[int]:
        wanted = " OR ".join(f'"{word}"' for word in asked.text.replace('"', " ").split())
        query = "SELECT rowid FROM cases WHERE cases MATCH ? ORDER BY bm25(cases, 3, 1) LIMIT ?"
        return [row[0] for row in table.execute(query, (wanted, FIRST))]

    return finder


def report(results: list[Result]) -> str:
    """Return what was measured as one table."""
    rows = [
        (
            f"{each.documents:,} {each.side}, {each.reader}",
            100 * each.found,
            *(each.at("cpu", share) for share in (0.5, 0.95, 0.99)),
            each.at("wall", 0.95),
        )
        for each in results
    ]
    return common.table(("documents, side, reader", "found %", "p50", "p95", "p99", "p95 wall"), rows)


if __name__ == "__main__":
    sys.exit(main())

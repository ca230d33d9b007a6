"""PDFs of offers by the pool of drawing processes: time for each, time for all, and the memory of the children."""

import argparse
import io
import os
import resource
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks import common
from benchmarks.common import Goal
from portal import schema
from portal.deals.resale_documents import render_resale
from portal.deals.resale_models import Resale, ResaleLine
from portal.pdf import Renderer

assert schema.metadata  # every mapped class is known, so rows can be made
SHORT, LONG = 4, 235  # lines of an offer of one page and of some ten
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
CPU_SECONDS, MEGABYTES = 1.0, 600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How many PDFs are made and by how many processes."""

    short: int
    long: int
    processes: int


FULL, QUICK = Plan(90, 10, 2), Plan(3, 1, 1)


def an_offer(count: int, number: int) -> tuple[Resale, list[ResaleLine]]:
    """Return an invented offer with so many lines."""
    lines = []
    for position in range(1, count + 1):
        unit, quantity = 90_000 + 37 * position, 1 + position % 16
        net = unit * quantity
        group = ("Cameras", "摄像机") if position * 2 <= count else ("Recording", "录像")
        line = ResaleLine(
            position=position, group_en=group[0], group_zh=group[1], sku=f"LQ-{position:03d}", maker="Lanqiao",
            name_en=f"Camera {position}", name_zh=f"摄像机 {position} 型", invented=False, quantity=quantity,
            unit_minor=unit, tax_bps=1300, net_minor=net, tax_minor=(net * 13 + 50) // 100, own_price=False,
        )  # fmt: skip
        lines.append(line)
    net, tax = sum(line.net_minor for line in lines), sum(line.tax_minor for line in lines)
    offer = Resale(
        number=f"RS-2026-{number:06d}", revision=1, title="Block B B 栋", note="", customer_name="青溪医院",
        currency="CNY",
        payment_terms="30 days net", delivery_terms="", tax_bps=1300, issued_on=date(2026, 11, 22),
        valid_until=date(2026, 12, 22), issued_at=datetime(2026, 11, 22, tzinfo=UTC), net_minor=net, tax_minor=tax,
        gross_minor=net + tax, snapshot={"letterhead": {"name": "云岭安防", "name_en": "Yunling Security"}},
    )  # fmt: skip
    return offer, lines


def pages_of(plan: Plan) -> list[tuple[str, str]]:
    """Return (kind, page) of every PDF to be made, in both languages, under a logo."""
    picture = io.BytesIO()
    Image.effect_noise((600, 200), 40).save(picture, "PNG")
    made = []
    for number in range(plan.short + plan.long):
        kind = "short" if number < plan.short else "long"
        offer, lines = an_offer(SHORT if kind == "short" else LONG, number)
        locale = ("en", "zh")[number % 2]
        made.append((kind, render_resale(offer, lines, picture.getvalue(), locale=locale, document_id=f"d{number}")))
    return made


class Watch:
    """Looks at the memory of the children of this process until it is left."""

    def __init__(self) -> None:
        self.most = 0.0  # megabytes of all children together
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            self.most = max(self.most, sum(map(_resident, _children(os.getpid()))))


def _children(process: int) -> list[int]:
    found = []
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found += [int(number) for number in path.read_text("ascii").split()]
        except OSError:
            continue
    return found


def _resident(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1]) * PAGE_BYTES / 1e6
    except OSError:
        return 0.0


def measure(plan: Plan) -> dict[str, Any]:
    """Make all PDFs by one pool, as the worker does, and return the figures."""
    pages, renderer = pages_of(plan), Renderer(plan.processes)
    times: dict[str, list[float]] = {"short": [], "long": []}
    sizes: list[int] = []

    def draw(page: tuple[str, str]) -> None:
        started = time.perf_counter()
        sizes.append(len(renderer(page[1])))
        times[page[0]].append(time.perf_counter() - started)

    try:
        with Watch() as watch, ThreadPoolExecutor(plan.processes) as lanes:
            started = time.perf_counter()
            list(lanes.map(draw, pages))
            whole = time.perf_counter() - started
    finally:
        renderer.close()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)  # with the start of the children and their libraries
    spent = used.ru_utime + used.ru_stime
    each = {kind: {"p50": common.median(found), "p95": common.percentile(found, 0.95)} for kind, found in times.items()}
    facts = {"pdfs": len(pages), "processes": plan.processes, "seconds": whole, "cpu_seconds": spent, "each": each}
    return facts | {"megabytes_of_children": watch.most, "largest_bytes": max(sizes)}


def run(plan: Plan, folder: Path) -> tuple[list[Goal], Path]:
    """Measure, print, and write the figures."""
    facts = measure(plan)
    rows = [(kind, found["p50"], found["p95"]) for kind, found in facts["each"].items()]
    print(common.table(("seconds a PDF", "p50", "p95"), rows))
    print(f"{facts['pdfs']} PDFs by {plan.processes} processes in {facts['seconds']:.1f} s, "
          f"{facts['cpu_seconds']:.1f} s of CPU; children together at most "
          f"{facts['megabytes_of_children']:.0f} MB; largest file {facts['largest_bytes'] // 1024} KB")  # fmt: skip
    goals = [
        Goal("CPU seconds a PDF, nine short and one long", facts["cpu_seconds"] / facts["pdfs"], CPU_SECONDS),
        Goal("memory of one child in MB", facts["megabytes_of_children"] / plan.processes, MEGABYTES),
    ]
    for goal in goals:
        print(goal)
    return goals, common.write_json("pdfs", {**facts, "goals": goals}, folder)


def main(arguments: list[str] | None = None) -> int:
    """Entry point; fails on a missed goal only with --strict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="four PDFs by one process")
    parser.add_argument("--strict", action="store_true", help="fail when a goal is not met")
    parser.add_argument("--results", type=Path, default=common.RESULTS, help="folder of the JSON file")
    options = parser.parse_args(arguments)
    goals, path = run(QUICK if options.quick else FULL, options.results)
    print(f"written: {path}")
    return 1 if options.strict and not all(goal.met for goal in goals) else 0


if __name__ == "__main__":
    sys.exit(main())

"""Issued quotes to make documents of, waiting with conditions, and workers as real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from portal.catalog.models import Product
from portal.config import REPOSITORY, Settings
from portal.configurator.models import Configuration, RuleRevision
from portal.db import Database, ScopedSession
from portal.deals.documents import request_documents
from portal.deals.models import QuoteDocument
from portal.parties.models import Organisation, Party
from portal.policy import SYSTEM
from tests.unit.pdf.quotes import NOW, a_quote

IMPATIENT = """
from datetime import timedelta
from portal import outbox, worker
from portal.config import Settings
outbox.SILENCE, worker.BEAT_SECONDS = timedelta(seconds=2), 0.3
worker.work(Settings.from_environment())
"""


def add_ground(session: ScopedSession) -> dict[str, int]:
    """Write what a quote stands on."""
    party = Party(kind="organisation", name="云岭安防", name_key="云岭安防", created_at=NOW)
    product = Product(sku="LQ", kind="camera", maker="Lanqiao", name_en="Camera", name_zh="摄像机", invented=True)
    rules = RuleRevision(
        key="site", number=1, content_hash="0" * 64, content={}, effective_on=NOW.date(), published_at=NOW
    )
    session.add_all([party, product, rules])
    session.flush()
    organisation = Organisation(
        id=party.id, kind="partner", tier="gold", currency="CNY", tax_bps=1300, locale="zh", time_zone="Asia/Shanghai"
    )
    session.add(organisation)
    session.flush()
    configuration = Configuration(
        organisation_id=party.id, name="x", rule_revision_id=rules.id, choices={}, created_at=NOW, updated_at=NOW
    )
    session.add(configuration)
    session.flush()
    return {"organisation": party.id, "product": product.id, "rules": rules.id, "configuration": configuration.id}


def issue_quotes(database: Database, count: int = 1, lines: int = 3, **changes: Any) -> list[int]:
    """Write issued quotes and ask for their documents; return the ids of the documents."""
    with database.writing(SYSTEM) as session:
        ground, made = add_ground(session), list[QuoteDocument]()
        for number in range(1, count + 1):
            quote, rows = a_quote(lines, **{"number": f"Q-2026-{number:06d}", "revision": 1, **changes})
            quote.organisation_id = ground["organisation"]
            quote.configuration_id, quote.rule_revision_id = ground["configuration"], ground["rules"]
            quote.validity_days, quote.created_at, quote.updated_at, quote.state = 30, NOW, NOW, "draft"
            issued_at, quote.issued_at = quote.issued_at, None
            session.add(quote)
            session.flush()
            for row in rows:
                row.quote_id, row.organisation_id, row.product_id = quote.id, quote.organisation_id, ground["product"]
            session.add_all(rows)
            session.flush()
            quote.state, quote.issued_at = "issued", issued_at
            made += request_documents(session, quote, now=NOW)
        return [document.id for document in made]


def until(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Wait for a condition with a deadline and return its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.03)
    return value


class Processes:
    """Workers as `portal worker` would run them, only less patient with others; none outlives its test."""

    def __init__(self, settings: Settings) -> None:
        self._environment = {
            **os.environ,
            "PORTAL_INSTANCE": str(settings.instance),
            "PORTAL_DATABASE_URL": settings.database_url,
            "PORTAL_SECRET_KEY": "key of the tests",
            "PORTAL_PDF_PROCESSES": "1",
        }
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-c", IMPATIENT], env=self._environment, cwd=REPOSITORY)
        self._started.append(process)
        return process

    def end_all(self) -> None:
        for process in self._started:
            if process.poll() is None:
                end(process)


def end(process: subprocess.Popen[bytes], signum: int = signal.SIGKILL) -> int:
    process.send_signal(signum)
    return process.wait(timeout=30)


def children_of(pid: int) -> list[int]:
    """Return the processes that this one started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"

"""A desk with papers on it: the least there is to approve, for tests of the approvals themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.approvals import deciding, operations, subjects
from portal.approvals.definitions import content_hash, read
from portal.approvals.models import ApprovalDefinition, ApprovalRequest
from portal.approvals.subjects import Card, Outcome, Verdict
from portal.dates import business_date
from portal.policy import SYSTEM, Actor
from portal.words import Text
from tests.factories.world import World

KIND = "paper"
TITLE = Text("A paper", "一份文件")
REASONS = {"duplicate": "Duplicate", "too_early": "Too early"}


@dataclass(frozen=True)
class Paper:
    """Something that wants to be approved."""

    id: int
    public_id: str
    __tablename__: str = "paper"


@dataclass
class Papers:
    """The subject: it remembers what it was told."""

    kind: str = KIND
    label: str = "Paper"
    reasons: Mapping[str, str] = field(default_factory=lambda: REASONS)
    told: list[tuple[int, Outcome]] = field(default_factory=list)
    ends: list[tuple[int, datetime]] = field(default_factory=list)
    refuses: Exception | None = None
    busy: bool = False

    def decided(
        self, session: Session, request: ApprovalRequest, outcome: Outcome, *, now: datetime, today: date
    ) -> None:
        """Note it, or refuse."""
        if self.refuses is not None:
            raise self.refuses
        self.told.append((request.thing_id, outcome))

    def moved(self, session: Session, request: ApprovalRequest, due_at: datetime) -> bool:
        """Note it, or be at work just now."""
        if not self.busy:
            self.ends.append((request.thing_id, due_at))
        return not self.busy

    def cards(self, session: Session, requests: Sequence[ApprovalRequest]) -> Mapping[int, Card]:
        """Return plain cards."""
        return {row.id: Card(TITLE) for row in requests}

    def path(self, request: ApprovalRequest) -> str:
        """Return where the paper is."""
        return f"/papers/{request.thing_public_id}"


def words(text: str) -> dict[str, str]:
    """Return a text that is the same in both languages."""
    return {"en": text, "zh": text}


def step(key: str = "first", **more: Any) -> dict[str, Any]:
    """Return a step that any approver may decide within eight hours."""
    usual = {"title": words(key), "because": words("So."), "mode": "any", "ask": ["approver"], "hours": 8}
    return {"key": key, **usual, **more}


def content(*steps: dict[str, Any], key: str = KIND, **more: Any) -> dict[str, Any]:
    """Return a definition of these steps."""
    return {"format": 1, "key": key, "title": words("Papers"), "steps": list(steps or (step(),)), **more}


@dataclass
class Desk:
    """Asks and decides on behalf of people of a world."""

    world: World
    papers: Papers
    now: datetime
    number: int = 0

    @classmethod
    def open(cls, world: World, *steps: dict[str, Any], **more: Any) -> "Desk":
        """Install the subject and put a definition into force; a working Monday morning begins."""
        papers = Papers()
        subjects.install([papers])
        monday = world.now + timedelta(days=(7 - world.now.weekday()) % 7)
        desk = cls(world, papers, monday.replace(hour=2, minute=0, second=0, microsecond=0))  # ten in Shanghai
        desk.define(*steps, **more)
        return desk

    @property
    def today(self) -> date:
        """Return the business date."""
        return business_date(self.now, "Asia/Shanghai")

    @property
    def at(self) -> dict[str, Any]:
        """Return now and today as operations take them."""
        return {"now": self.now, "today": self.today}

    def define(self, *steps: dict[str, Any], **more: Any) -> None:
        """Put another definition into force."""
        said = content(*steps, **more)
        read(said)
        self.number += 1
        with self.world.database.writing(SYSTEM) as session:
            row = ApprovalDefinition(kind=KIND, number=self.number, content_hash=content_hash(said), content=said)
            row.published_at = self.now
            session.add(row)

    def ask(self, paper: int = 1, who: str = "north.sales", **facts: Any) -> str:
        """Return the public id of a new request."""
        actor = self.world.actor(who)
        with self.world.database.writing(actor) as session:
            made = operations.ask(
                session, actor, kind=KIND, thing=Paper(paper, f"paper{paper}"), facts=facts, title=TITLE,
                organisation_id=self.world.organisations[who.split(".", maxsplit=1)[0]], **self.at,
            )  # fmt: skip
            return made.public_id

    def decide(
        self,
        who: str | Actor,
        key: str,
        decision: Verdict = Verdict.APPROVED,
        *,
        version: int | None = None,
        **said: str,
    ) -> None:
        """Decide on a request, by default as it stands."""
        actor = self.world.actor(who) if isinstance(who, str) else who
        with self.world.database.writing(actor) as session:
            row = found(session, key)
            looked_at = row.version if version is None else version
            deciding.decide(session, actor, row, decision, version=looked_at, **said, **self.at)

    def does(self, who: str, key: str, act: Any, **more: Any) -> None:
        """Let somebody do an operation with a request; it takes `now` and `today` or only `now`."""
        actor = self.world.actor(who)
        with self.world.database.writing(actor) as session:
            act(session, actor, found(session, key), **more)

    def row(self, key: str) -> ApprovalRequest:
        """Return a request as it stands."""
        with self.world.database.reading(SYSTEM) as session:
            return found(session, key)


def found(session: Session, key: str) -> ApprovalRequest:
    """Return a request."""
    return session.scalars(select(ApprovalRequest).where(ApprovalRequest.public_id == key)).one()

"""What can be asked for: each kind answers for itself; features install theirs through `portal.wiring`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy.orm import Session

from portal.approvals.models import ApprovalRequest
from portal.words import Text


class Verdict(StrEnum):
    """What became of a request."""

    APPROVED = "approved"
    REFUSED = "refused"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided, by whom (None: by itself), and why: `reason` is a key of the subject's reasons."""

    verdict: Verdict
    reason: str = ""
    note: str = ""
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """What an approver reads before he decides; `lines` are pairs of an English gettext id and a value."""

    title: Text
    customer: Text | None = None
    value_minor: int | None = None
    currency: str = ""
    conflict: Text | None = None  # what speaks against it, such as an earlier request
    lines: tuple[tuple[str, Text], ...] = ()


class Subject(Protocol):
    """One kind of thing that is approved."""

    kind: str
    label: str  # an English gettext id, "Project registration"
    reasons: Mapping[str, str]  # why it may be refused: key to an English gettext id, in the order of the chips

    def decided(
        self, session: Session, request: ApprovalRequest, outcome: Outcome, *, now: datetime, today: date
    ) -> None:
        """Do what follows; called in the transaction of the decision, on behalf of the house.

        Whatever it raises refuses the decision as a whole.
        """

    def moved(self, session: Session, request: ApprovalRequest, due_at: datetime) -> bool:
        """Keep the new end of a waiting step: of the next one, with time for research, or by a changed calendar.

        False when the thing is being worked on just now, and the end stays until next time: a sweep waits for nobody.
        """
        ...

    def cards(self, session: Session, requests: Sequence[ApprovalRequest]) -> Mapping[int, Card]:
        """Return what to show of each request, by the id of the request, in one query; the house asks."""

    def path(self, request: ApprovalRequest) -> str:
        """Return where the asking side sees the thing, relative to the portal's address."""


class Thing(Protocol):
    """What a request is about."""

    __tablename__: str
    id: int
    public_id: str


_subjects: dict[str, Subject] = {}


def install(subjects: Iterable[Subject]) -> None:
    """Let these kinds be asked for; a second time changes nothing."""
    for subject in subjects:
        _subjects[subject.kind] = subject


def subject_of(kind: str) -> Subject:
    """Return who answers for a kind."""
    return _subjects[kind]


def kinds() -> Mapping[str, Subject]:
    """Return all that can be asked for."""
    return dict(_subjects)


def text_of(words: Mapping[str, Any]) -> Text:
    """Return stored words as a text in both languages."""
    return Text(str(words.get("en", "")), str(words.get("zh", "")))

"""The list of requests: tuples by keyset, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.approvals.models import ApprovalRequest
from portal.approvals.subjects import text_of
from portal.paging import read_position, write_position
from portal.parties.models import Party
from portal.words import Text

PAGE: Final = 25
OWNER: Final = Party.__table__.alias("asking")  # the name of the own or, for internal people, any organisation


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One line of the list."""

    public_id: str
    kind: str
    title: Text
    organisation: str
    organisation_en: str
    state: str
    asked_at: datetime
    due_at: datetime | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class RequestPage:
    """A page of the list and the key of the next one."""

    rows: list[RequestRow]
    next_after: str


def requests(session: Session, *, state: str = "", after: str = "", limit: int = PAGE) -> RequestPage:
    """Return one page of the requests that the actor may see, in one query."""
    row = ApprovalRequest
    query = select(
        row.id, row.public_id, row.kind, row.title, OWNER.c.name, OWNER.c.name_en, row.state, row.asked_at, row.due_at,
        row.decided_at,
    ).join(OWNER, OWNER.c.id == row.organisation_id)  # fmt: skip
    if state:
        query = query.where(row.state == state)
    if position := read_position(after, int):
        query = query.where(row.id < position[0])
    found: list[Any] = list(session.execute(query.order_by(row.id.desc()).limit(limit + 1)))
    rows = [RequestRow(line[1], line[2], text_of(line[3]), *line[4:]) for line in found[:limit]]
    return RequestPage(rows, write_position((found[limit - 1][0],)) if len(found) > limit else "")

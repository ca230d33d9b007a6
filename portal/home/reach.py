"""Which things that notices lead to somebody may still see: revoked shares and moved customers leave no text behind."""

import re
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from portal.approvals.models import ApprovalRequest
from portal.configurator.engineering_models import EngineerQuestion
from portal.configurator.models import Configuration
from portal.deals.models import Quote
from portal.deals.order_models import SalesOrder
from portal.deals.registrations.models import Registration
from portal.deals.resale_models import Resale
from portal.parties.models import Party
from portal.support.knowledge.models import Article
from portal.support.phone.models import Lead
from portal.support.service.models import Return, Visit
from portal.support.tickets.models import Ticket

# What the first part of a path names; other paths lead to lists, which show what one may see anyhow.
THINGS: Final[dict[str, Any]] = {
    "approvals": ApprovalRequest,
    "configurations": Configuration,
    "customers": Party,
    "engineering": EngineerQuestion,
    "knowledge": Article,
    "leads": Lead,
    "orders": SalesOrder,
    "quotes": Quote,
    "registrations": Registration,
    "resale": Resale,
    "returns": Return,
    "tickets": Ticket,
    "visits": Visit,
}
_PATH: Final = re.compile(rf"/({'|'.join(THINGS)})/([0-9a-z]{{16}})(?![0-9a-z])")


def out_of_reach(session: Session, paths: Iterable[str]) -> frozenset[str]:
    """Return those of these paths that lead to a thing which the reader may not see (any more), in one query."""
    named = {path: (found[1], found[2]) for path in paths if (found := _PATH.match(path))}
    if not named:
        return frozenset()
    ids: dict[str, set[str]] = {}
    for kind, public_id in named.values():
        ids.setdefault(kind, set()).add(public_id)
    looks = [
        select(literal(kind).label("kind"), THINGS[kind].public_id.label("public_id")).where(
            THINGS[kind].public_id.in_(wanted)
        )
        for kind, wanted in sorted(ids.items())
    ]
    there = union_all(*looks).subquery() if len(looks) > 1 else looks[0].subquery()
    seen = {(kind, public_id) for kind, public_id in session.execute(select(there.c.kind, there.c.public_id))}
    return frozenset(path for path, thing in named.items() if thing not in seen)

"""Who holds the place of a customer, product line and site: asked by the house, answered without names."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from sqlalchemy import Row, Select, bindparam, literal_column, select
from sqlalchemy.orm import Session

from portal.approvals.models import ApprovalRequest
from portal.db import as_actor
from portal.deals.registrations.lifecycle import HELD
from portal.deals.registrations.models import IS_OPEN, CustomerHolding, Registration
from portal.parties.models import Party, name_key
from portal.policy import SYSTEM

ASKED: Final = 50  # rows of one customer that an answer looks at
Claim = tuple[int, int, str, date | None, date | None]


@dataclass(frozen=True, slots=True)
class Key:
    """What at most one organisation is protected for; an empty line or a site of None mean any."""

    identity_id: int
    product_line: str = ""
    site_key: str | None = None

    @classmethod
    def of(cls, registration: Registration) -> "Key":
        """Return the key of a complete registration."""
        assert registration.identity_id is not None
        return cls(registration.identity_id, registration.product_line, registration.site_key)


@dataclass(frozen=True, slots=True)
class Situation:
    """How a place stands for one organisation: free, claimed, deciding or own, and until when."""

    kind: str
    until: date | None = None


def site_key(site: str) -> str:
    """Return the form in which sites are compared: as names are, without spaces and punctuation."""
    return "".join(sign for sign in name_key(site) if unicodedata.category(sign)[0] in "LNM")[:200]


def situation(session: Session, organisation_id: int, key: Key, today: date, *, but: int = 0) -> Situation:
    """Return how `key` stands for an organisation, without the registration `but`; the same work for every answer."""
    with as_actor(session, SYSTEM):
        values = {"identity": key.identity_id, "line": key.product_line, "site": key.site_key, "but": but}
        rows = session.execute(_open_rows(bool(key.product_line), key.site_key is not None), values).all()
        claims = session.execute(_CLAIMS, {"identity": key.identity_id, "today": today}).all()
    return judge(rows, claims, organisation_id, today)


def judge(
    rows: Sequence[Row[*Claim] | Claim], claims: Sequence[Row[int, date | None] | tuple[int, date | None]],
    organisation_id: int, today: date,
) -> Situation:  # fmt: skip
    """Return what the open registrations and pool claims of a key mean for an organisation. Pure."""
    own: list[date | None] = []
    claimed = [until or today for other, until in claims if other != organisation_id]
    deciding: list[date] = []
    for _id, other, state, until, due in rows:
        if state in HELD and (until is None or until < today):
            continue  # over, the sweep only has not come by yet
        if other == organisation_id:
            own.append(until if state in HELD else None)  # until a decision, nothing is protected
        elif state in HELD:
            claimed.append(until or today)
        else:
            deciding.append(max(due or today, today))
    if own:
        return Situation("own", max((day for day in own if day), default=None))
    if claimed:
        return Situation("claimed", max(claimed))
    return Situation("deciding", max(deciding)) if deciding else Situation("free")


def lock(session: Session, identity_ids: Sequence[int], request_ids: Sequence[int | None] = ()) -> None:
    """Let nobody else decide on these customers until the end of the transaction.

    Always in this order: requests for approval, customers, and only then registrations; so nobody waits in a circle.
    """
    with as_actor(session, SYSTEM):
        requests = sorted({each for each in request_ids if each})
        if requests:
            found = select(ApprovalRequest.id).where(ApprovalRequest.id.in_(requests)).order_by(ApprovalRequest.id)
            session.execute(found.with_for_update()).all()
        parties = select(Party.id).where(Party.id.in_(sorted(set(identity_ids)))).order_by(Party.id)
        session.execute(parties.with_for_update(key_share=True)).all()  # rows that refer to it may still be written


def refresh(session: Session, registration: Registration) -> None:
    """Read a registration again, locked, after the customer was."""
    with as_actor(session, SYSTEM):
        session.refresh(registration, with_for_update=True)


def requests_of(session: Session, key: Key) -> list[int]:
    """Return the requests that decide on open registrations of one exact key, to be locked before these are."""
    same = (Registration.identity_id == key.identity_id, Registration.product_line == key.product_line)
    query = select(Registration.approval_request_id).where(*same, Registration.site_key == key.site_key, IS_OPEN)
    with as_actor(session, SYSTEM):
        return [each for each in session.scalars(query) if each is not None]


def of_key(session: Session, key: Key, states: Sequence[str], *, but: int = 0) -> list[Registration]:
    """Return the registrations of one exact key in these states, the earliest submission first, locked."""
    same = (
        Registration.identity_id == key.identity_id,
        Registration.product_line == key.product_line,
        Registration.site_key == key.site_key,
        Registration.state.in_(states),
        Registration.id != but,
    )
    query = select(Registration).where(*same).order_by(Registration.submitted_at, Registration.id)
    with as_actor(session, SYSTEM):
        return list(session.scalars(query.with_for_update().execution_options(populate_existing=True)))


_CLAIMS = select(CustomerHolding.organisation_id, CustomerHolding.ends_on).where(
    CustomerHolding.customer_id == bindparam("identity"),
    CustomerHolding.ended_on.is_(None),
    CustomerHolding.source == "claim",
    CustomerHolding.ends_on >= bindparam("today"),
)


@lru_cache(maxsize=4)
def _open_rows(by_line: bool, by_site: bool) -> Select[*Claim]:
    """Build the question who stands where, once; its condition on the state is a constant, so that its index serves."""
    row = Registration
    query = select(row.id, row.organisation_id, row.state, row.protected_until, row.due_on)
    query = query.where(row.identity_id == bindparam("identity"), IS_OPEN, row.id != bindparam("but"))
    if by_line:
        query = query.where(row.product_line == bindparam("line"))
    if by_site:
        query = query.where(row.site_key == bindparam("site"))
    return query.limit(literal_column(str(ASKED)))

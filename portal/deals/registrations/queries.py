"""Reading registrations: the list as tuples by keyset, one registration, its rivals, what runs out and what waits."""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal_column, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal import prepared
from portal.deals.registrations import inquiries
from portal.deals.registrations.lifecycle import Standing
from portal.deals.registrations.models import CustomerHolding, Registration, RegistrationEvidence
from portal.deals.registrations.product_lines import LINES
from portal.errors import NotFound
from portal.parties.models import Party, Relation, name_key

PAGE: Final = 25
NUMBER: Final = re.compile(r"R-(\d{4})-0*(\d{1,9})", re.IGNORECASE | re.ASCII)
SORTS: Final = ("newest", "customer", "ending")  # each stands in an index, behind the organisation and by itself
ENDINGS: Final = (7, 14, 30)  # days within which a protection ends
STANDINGS: Final = tuple(each.value for each in Standing)
COLUMNS: Final[dict[str, InstrumentedAttribute[Any] | None]] = {
    "newest": None, "customer": Registration.customer_key, "ending": Registration.protected_until,
}  # fmt: skip
OWNER: Final = Party.__table__.alias("owner")
CUSTOMER: Final = Relation.__table__.alias("customer")  # what the owner of a registration calls its customer
NAME: Final = func.coalesce(func.nullif(CUSTOMER.c.name, ""), Registration.customer_name)  # what it is called now
PROTECTED: Final = Registration.standing == literal_column(
    f"'{Standing.PROTECTED.value}'"
)  # no parameter: plans know it
LAST_CHARACTER: Final = "\U0010ffff"


class RegistrationRow(NamedTuple):
    """One line of the list; the list's template unpacks it, which costs less than asking for each column."""

    id: int
    public_id: str
    number: str | None
    state: str
    standing: str
    reason: str
    customer_key: str
    product_line: str
    site: str
    protected_until: date | None
    organisation: str
    organisation_en: str
    customer_name: str  # what the organisation calls the customer now, and below in the other script
    customer_name_en: str | None


@dataclass(frozen=True, slots=True)
class RegistrationFilter:
    """What the address of the list says; nonsense in it falls back to the plain list."""

    standing: str = ""
    line: str = ""
    ending: int = 0  # days; sorts by the end
    sort: str = "newest"
    q: str = ""
    after: str = ""

    @classmethod
    def read(cls, standing: str, line: str, ending: str, sort: str, q: str, after: str) -> "RegistrationFilter":
        """Return a filter from raw text."""
        days = int(ending) if ending.isascii() and ending.isdigit() and len(ending) < 4 else 0
        return cls(
            standing if standing in STANDINGS else "",
            line if line in LINES else "",
            days if days in ENDINGS else 0,
            sort if sort in SORTS else "newest",
            q.strip().replace("\x00", "")[:100],
            after[:1200],
        )


@dataclass(frozen=True, slots=True)
class RegistrationPage:
    """A page of the list and the key after which the next one begins, if there is one."""

    rows: list[RegistrationRow]
    next_after: str


def registrations(session: Session, wanted: RegistrationFilter, today: date, *, limit: int = PAGE) -> RegistrationPage:
    """Return one page of registrations the actor may see, in one query.

    A search is by number or by how the customer's name begins; it sorts by customer. What ends soon, and the sort by
    the end, are protected ones only.
    """
    number = NUMBER.fullmatch(wanted.q) if wanted.q else None
    values: dict[str, Any] = {}
    sort = wanted.sort
    if number:
        values["number"] = f"R-{number[1]}-{int(number[2]):06d}"
        sort = "newest"
    elif wanted.q:
        values["low"] = name_key(wanted.q)
        values["high"] = values["low"] + LAST_CHARACTER
        sort = "customer"
    elif wanted.ending:
        values["soon"], sort = today + timedelta(days=wanted.ending), "ending"
    if wanted.standing and sort != "ending":
        values["standing"] = wanted.standing
    if wanted.line:
        values["line"] = wanted.line
    if position := _read_position(wanted.after, sort):
        values |= zip(("at_id", "at_key"), reversed(position), strict=False)
    found = prepared.rows(session, _list(sort, frozenset(values), limit + 1), values)
    rows = list(map(RegistrationRow._make, found))
    more, rows = len(rows) > limit, rows[:limit]
    return RegistrationPage(rows, _position(rows[-1], sort) if more else "")


def known_as() -> ColumnElement[bool]:
    """Return the condition on `CUSTOMER` of a registration, which follows its name as papers do not."""
    own = and_(CUSTOMER.c.organisation_id == Registration.organisation_id, CUSTOMER.c.kind == "customer")
    return and_(own, CUSTOMER.c.party_id == Registration.customer_id)


@lru_cache(maxsize=256)
def _list(sort: str, given: frozenset[str], limit: int) -> Select[*tuple[Any, ...]]:
    """Build the query for one sort and the values given to it, once; the limit is no parameter, so plans know it."""
    query: Select[*tuple[Any, ...]] = select(
        Registration.id, Registration.public_id, Registration.number, Registration.state, Registration.standing,
        Registration.reason, Registration.customer_key, Registration.product_line, Registration.site,
        Registration.protected_until, OWNER.c.name, OWNER.c.name_en,
        NAME, CUSTOMER.c.name_en,
    ).join(OWNER, OWNER.c.id == Registration.organisation_id).outerjoin(CUSTOMER, known_as())  # fmt: skip
    for name, column in (
        ("number", Registration.number), ("standing", Registration.standing), ("line", Registration.product_line),
    ):  # fmt: skip
        if name in given:
            query = query.where(column == prepared.unseen(name, column))
    if "low" in given:
        key = Registration.customer_key
        query = query.where(key >= prepared.unseen("low", key), key < prepared.unseen("high", key))
    if "soon" in given:
        until = Registration.protected_until
        query = query.where(until <= prepared.unseen("soon", until))
    if sort == "ending":
        query = query.where(PROTECTED)
    order, ascending = COLUMNS[sort], sort != "newest"
    keys: list[Any] = [Registration.id] if order is None else [order, Registration.id]
    if "at_id" in given:
        here, there = tuple_(*keys), prepared.place(*keys)
        query = query.where(here > there if ascending else here < there)
    return query.order_by(*(key.asc() if ascending else key.desc() for key in keys)).limit(literal_column(str(limit)))


def _position(row: RegistrationRow, sort: str) -> str:
    column = COLUMNS[sort]
    values = [row.id] if column is None else [getattr(row, column.key), row.id]
    said = json.dumps(values, ensure_ascii=False, default=str)
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def _read_position(text: str, sort: str) -> list[Any] | None:
    """Return where a page begins; nonsense begins at the front."""
    if not text:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        json.dumps(values, ensure_ascii=False).encode()  # half a surrogate is no text
        kinds = [int] if sort == "newest" else [str, int]
        if not isinstance(values, list) or [type(value) for value in values] != kinds or abs(values[-1]) >= 2**63:
            return None
        if sort == "ending":
            values[0] = date.fromisoformat(values[0])
    except (ValueError, binascii.Error, RecursionError):
        return None
    return None if "\x00" in str(values[0]) else values


def registration(session: Session, public_id: str) -> Registration:
    """Return one registration the actor may see; raises NotFound. Operations lock it themselves, in their order."""
    found = session.scalar(select(Registration).where(Registration.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def customer_names(session: Session, row: Registration) -> tuple[str, str]:
    """Return what the organisation of a registration calls its customer now, in both scripts."""
    query = select(NAME, CUSTOMER.c.name_en).select_from(Registration).outerjoin(CUSTOMER, known_as())
    found = session.execute(query.where(Registration.id == row.id)).first()
    return (found[0], found[1] or "") if found else (row.customer_name, "")


def evidence(session: Session, registration_id: int) -> list[RegistrationEvidence]:
    """Return what extended a registration, oldest first."""
    of = RegistrationEvidence.registration_id == registration_id
    return list(session.scalars(select(RegistrationEvidence).where(of).order_by(RegistrationEvidence.id)))


def rivals(session: Session, row: Registration, *, limit: int = PAGE) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return other registrations of the same customer that the actor may see, the newest first.

    Public id, number, state, standing, organisation in both scripts, product line, site, instant of submission, last
    protected day.
    """
    of = (Registration.identity_id == row.identity_id, Registration.id != row.id)
    query = (
        select(
            Registration.public_id, Registration.number, Registration.state, Registration.standing, OWNER.c.name,
            OWNER.c.name_en, Registration.product_line, Registration.site, Registration.submitted_at,
            Registration.protected_until,
        )
        .join(OWNER, OWNER.c.id == Registration.organisation_id)
        .where(*of, Registration.number.is_not(None))
        .order_by(Registration.id.desc())
    )  # fmt: skip
    return session.execute(query.limit(limit)).all()


def looks(session: Session, row: Registration) -> int:
    """Return how often others asked about the customer of a registration while it is protected."""
    return inquiries.looks(session, row)


def running_out(session: Session, today: date, limit: int) -> list[RegistrationRow]:
    """Return protections that end within 14 days, the next one first."""
    soon = RegistrationFilter(ending=14)
    return registrations(session, soon, today, limit=limit).rows


def your_turn(session: Session, limit: int) -> list[RegistrationRow]:
    """Return registrations that wait for their organisation, the newest first."""
    waiting = RegistrationFilter(standing=Standing.YOUR_TURN.value)
    return registrations(session, waiting, date.max - timedelta(days=400), limit=limit).rows


def holdings(session: Session, organisation_id: int, *, limit: int = 100) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the customers an organisation works on at present: public id, customer, name, source, since, until."""
    query = (
        select(
            CustomerHolding.public_id, Party.public_id, Party.name, CustomerHolding.source, CustomerHolding.since,
            CustomerHolding.ends_on, CustomerHolding.person_id,
        )
        .join(Party, Party.id == CustomerHolding.customer_id)
        .where(CustomerHolding.organisation_id == organisation_id, CustomerHolding.ended_on.is_(None))
        .order_by(CustomerHolding.id.desc())
    )  # fmt: skip
    return session.execute(query.limit(limit)).all()


def holding(session: Session, public_id: str) -> CustomerHolding:
    """Return one customer somebody works on, of those the actor may see; raises NotFound."""
    found = session.scalar(select(CustomerHolding).where(CustomerHolding.public_id == public_id))
    if found is None:
        raise NotFound
    return found

"""Reading the pasts of registrations and holdings for a replay, some hundred customers at a time, as plain rows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from portal.approvals.definitions import Definition, read
from portal.approvals.files import shipped_definition
from portal.approvals.models import ApprovalDefinition, ApprovalRequest
from portal.approvals.queries import median_seconds
from portal.calendars.queries import business_time
from portal.dates import business_date
from portal.deals.registrations.deciding import KIND
from portal.deals.registrations.lifecycle import Action
from portal.deals.registrations.models import (
    IS_OPEN,
    CustomerHolding,
    HoldingActivity,
    PoolEntry,
    Registration,
    RegistrationEvidence,
)
from portal.deals.registrations.queries import CUSTOMER, NAME, known_as
from portal.deals.registrations.replaying_cases import Clock
from portal.deals.registrations.replaying_facts import Facts, Held, Past, Policy
from portal.deals.registrations.replaying_time import midnight
from portal.deals.registrations.simulating_past import DONE, Columns, Entry, Request, past_of
from portal.history import HistoryEntry
from portal.parameters.models import ParameterValue
from portal.parameters.queries import Values, values
from portal.parties.models import Organisation, Party
from portal.policy import OrganisationKind

Names = tuple[str, str | None]  # of a customer, in both scripts
NAMELESS: Final[Names] = ("", None)
_OTHER_NAME: Final = case(  # of a customer that its organisation does not know any more: the house's, while it fits
    (Party.name == Registration.customer_name, Party.name_en), (Party.name_en == Registration.customer_name, Party.name)
)
LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)
PIECE: Final = 400  # customers at once
MOST: Final = 100_000  # registrations of one replay
USUAL_SHARE: Final = 2  # of the decision clock, while nobody knows how long decisions take
NEEDED: Final = tuple(
    act.value for act in Action if act not in (Action.TAKE_UP, Action.RETURN, Action.ANSWER, Action.REFUSE)
)


@dataclass(frozen=True, slots=True)
class Piece:
    """The pasts of some customers, with what their rows say today."""

    pasts: Sequence[Past]
    rows: Sequence[Columns]
    numbers: dict[int, tuple[str, Names]]  # of each registration: its number and its customer
    holdings: Sequence[Held]
    pooled: frozenset[int]  # in the pool when the period began
    held_by: Mapping[int, Names] = field(default_factory=dict)  # of each holding: its customer
    is_stored: bool = True  # registrations, not rows of a list

    def customer_of(self, holding_id: int) -> Names:
        """Return the names of the customer of a holding."""
        return self.held_by.get(holding_id, NAMELESS)


def count(session: Session, since: datetime) -> int:
    """Return how many registrations changed since then, no further than the most a replay takes."""
    some = select(Registration.id).where(Registration.updated_at >= since).limit(MOST + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def customers(session: Session, since: datetime, day: date) -> list[int]:
    """Return the customers with something open since then, in order."""
    changed = select(Registration.identity_id).where(Registration.updated_at >= since)
    still_open = select(Registration.identity_id).where(IS_OPEN)
    held = select(CustomerHolding.customer_id).where(_held_since(day))
    found = {row[0] for query in (changed, still_open, held) for row in session.execute(query.distinct())}
    return sorted(each for each in found if each is not None)


def pieces(session: Session, since: datetime, zone: str) -> Iterator[Piece]:
    """Return the pasts of all customers of a period, some hundred customers at a time."""
    day = business_date(since, zone)
    ids = customers(session, since, day)
    for start in range(0, len(ids), PIECE):
        yield _piece(session, ids[start : start + PIECE], since, day, zone)


def _piece(session: Session, ids: Sequence[int], since: datetime, day: date, zone: str) -> Piece:
    rows, numbers = _rows(session, ids, since)
    own = [row.id for row in rows]
    history = _entries(session, KIND, own, NEEDED)
    requests = _requests(session, own)
    pasts = [past_of(row, history.get(row.id, ()), requests.get(row.id, ())) for row in rows]
    return Piece(
        _after_merges(session, pasts, frozenset(ids)), rows, numbers, _holdings(session, ids, day, zone),
        _pooled(session, ids, day), _held_names(session, ids),
    )  # fmt: skip


def _rows(session: Session, ids: Sequence[int], since: datetime) -> tuple[list[Columns], dict[int, tuple[str, Names]]]:
    row, region = Registration, func.coalesce(func.nullif(CUSTOMER.c.region, ""), Party.region)
    query = (
        select(
            row.id, row.organisation_id, row.customer_id, row.identity_id, row.product_line, row.site_key,
            row.value_minor, row.value_band, row.currency, region, row.state, row.submitted_at, row.decided_at,
            row.protected_from, row.protected_until, row.withdrawn_at, row.updated_at, row.reason, row.extensions,
            row.resubmissions, row.number, NAME, func.coalesce(CUSTOMER.c.name_en, _OTHER_NAME),
        )
        .outerjoin(CUSTOMER, known_as())
        .outerjoin(Party, Party.id == row.customer_id)
        .where(row.identity_id.in_(ids), row.submitted_at.is_not(None), or_(row.updated_at >= since, IS_OPEN))
        .order_by(row.identity_id, row.id)
    )  # fmt: skip
    found, numbers = list[Columns](), dict[int, tuple[str, Names]]()
    for (
        key, organisation, customer, identity, line, site, value, band, currency, of_region, *rest, number, name,
        name_en,
    ) in session.execute(query):  # fmt: skip
        facts = Facts(customer, identity, line, site, value if band else None, currency, of_region or "")
        found.append(Columns(key, organisation, facts, *rest))
        numbers[key] = number or "", (name, name_en)
    return _with_extensions(session, found), numbers


def _with_extensions(session: Session, rows: list[Columns]) -> list[Columns]:
    """Return rows with when they were extended; only a history that is missing needs it."""
    extended = [row.id for row in rows if row.extensions]
    if not extended:
        return rows
    evidence, at = RegistrationEvidence, defaultdict[int, list[datetime]](list)
    query = select(evidence.registration_id, evidence.created_at).where(evidence.registration_id.in_(extended))
    for key, instant in session.execute(query.order_by(evidence.id)):
        at[key].append(instant)
    return [replace(row, extended_at=tuple(at[row.id])) if row.id in at else row for row in rows]


def _entries(session: Session, kind: str, ids: Sequence[int], actions: Iterable[str]) -> dict[int, list[Entry]]:
    row = HistoryEntry
    query = (
        select(row.thing_id, row.id, row.at, row.action, row.before, row.after, row.person_id)
        .where(row.thing_kind == kind, row.thing_id.in_(ids), row.action.in_(tuple(actions)))
        .order_by(row.id)
    )
    found = defaultdict[int, list[Entry]](list)
    for thing_id, key, at, action, before, after, person_id in session.execute(query):
        found[thing_id].append(Entry(key, at, action, before or {}, after or {}, person_id))
    return found


def _requests(session: Session, ids: Sequence[int]) -> dict[int, list[Request]]:
    row = ApprovalRequest
    query = select(row.thing_id, row.id, row.asked_at, row.took_seconds).where(
        row.thing_kind == KIND, row.thing_id.in_(ids)
    )
    asked = session.execute(query.order_by(row.id)).all()
    entries = _entries(session, ApprovalRequest.__tablename__, [each[1] for each in asked], (*DONE, "ask"))
    found = defaultdict[int, list[Request]](list)
    for thing_id, key, at, took in asked:
        found[thing_id].append(Request(at, took, entries.get(key, ())))
    return found


def _after_merges(session: Session, pasts: Sequence[Past], known: frozenset[int]) -> Sequence[Past]:
    """Return pasts in which a customer that was merged into another one is that other one."""
    strange = {event.facts.identity_id for past in pasts for event in past.events if event.facts} - known
    if not strange:
        return pasts
    query = select(Party.id, Party.merged_into_id).where(Party.id.in_(strange), Party.merged_into_id.is_not(None))
    into: dict[int, int] = {key: other for key, other in session.execute(query) if other is not None}
    return [_renamed(past, into) for past in pasts] if into else pasts


def _renamed(past: Past, into: dict[int, int]) -> Past:
    events = [
        replace(event, facts=replace(event.facts, identity_id=into[event.facts.identity_id]))
        if event.facts is not None and event.facts.identity_id in into
        else event
        for event in past.events
    ]
    return replace(past, events=tuple(events))


def _held_names(session: Session, ids: Sequence[int]) -> dict[int, Names]:
    of = CustomerHolding.customer_id
    query = select(CustomerHolding.id, Party.name, Party.name_en).join(Party, Party.id == of).where(of.in_(ids))
    return {holding_id: (name, name_en) for holding_id, name, name_en in session.execute(query)}


def _held_since(day: date) -> Any:
    return or_(CustomerHolding.ended_on.is_(None), CustomerHolding.ended_on >= day)


def holdings_of_period(session: Session, since: datetime, zone: str) -> list[Held]:
    """Return the holdings of the supplier's own people for the cap: also those that ended a while before."""
    far = business_date(since, zone) - timedelta(days=3 * 366)
    query = _holdings_query().where(Organisation.kind == OrganisationKind.SUPPLIER, CustomerHolding.since >= far)
    return [_held(row, [], {}, zone) for row in session.execute(query.order_by(CustomerHolding.id))]


def _holdings_query() -> Any:
    row = CustomerHolding
    return select(
        row.id, row.customer_id, row.organisation_id, row.person_id, Organisation.kind, row.source, row.since,
        row.signed_on, row.ended_on,
    ).join(Organisation, Organisation.id == row.organisation_id)  # fmt: skip


def _holdings(session: Session, ids: Sequence[int], day: date, zone: str) -> list[Held]:
    query = _holdings_query().where(CustomerHolding.customer_id.in_(ids), _held_since(day))
    rows = session.execute(query.order_by(CustomerHolding.id)).all()
    keys = [row[0] for row in rows]
    acts = ("assign", "claim", "release", "activity")
    entries = _entries(session, CustomerHolding.__tablename__, keys, acts) if keys else {}
    done = HoldingActivity
    noted = select(done.holding_id, done.happened_on).where(done.holding_id.in_(keys)).order_by(done.id)
    days = defaultdict[int, list[date]](list)
    for key, happened_on in session.execute(noted) if keys else ():
        days[key].append(happened_on)
    return [_held(row, entries.get(row[0], []), days, zone) for row in rows]


def _held(row: Any, entries: Sequence[Entry], days: Any, zone: str) -> Held:
    key, customer, organisation, person, kind, source, since, signed_on, ended_on = row
    begun = next((entry for entry in entries if entry.action in ("assign", "claim")), None)
    released = next((entry for entry in entries if entry.action == "release"), None)
    noted = [entry for entry in entries if entry.action == "activity"]
    return Held(
        id=key, customer_id=customer, organisation_id=organisation, person_id=person,
        internal=kind == OrganisationKind.SUPPLIER, source=source, at=begun.at if begun else midnight(since, zone),
        seq=begun.id if begun else 0,
        worked=tuple((entry.at, entry.id, day) for entry, day in zip(noted, days.get(key, ()), strict=False)),
        released=(released.at, released.id) if released else None, signed_on=signed_on, ended_on=ended_on,
    )  # fmt: skip


def _pooled(session: Session, ids: Sequence[int], day: date) -> frozenset[int]:
    row = PoolEntry
    query = select(row.customer_id).where(
        row.customer_id.in_(ids), row.entered_on < day, or_(row.left_on.is_(None), row.left_on >= day)
    )
    return frozenset(session.scalars(query))


# The rules as they were.


def truth(session: Session) -> Policy:
    """Return the numbers and rules of approval over time, as the history tells it."""
    return Policy(_numbers(session), _definitions(session))


def _numbers(session: Session) -> tuple[tuple[datetime, Values], ...]:
    row = HistoryEntry
    query = select(row.at, row.before, row.after).where(
        row.thing_kind == ParameterValue.__tablename__, row.action == "set parameter"
    )
    changed = session.execute(query.order_by(row.id)).all()
    first: dict[str, int] = {}
    for _at, before, _after in changed:
        for key, value in (before or {}).items():
            first.setdefault(key, value)
    present = {**values(session).changed, **first}
    found = [(LONG_AGO, Values(present))]
    for at, _before, after in changed:
        present = {**present, **(after or {})}
        found.append((at, Values(present)))
    return tuple(found)


def _definitions(session: Session) -> tuple[tuple[datetime, Definition], ...]:
    row = ApprovalDefinition
    query = select(row.published_at, row.content).where(row.kind == KIND).order_by(row.number)
    found = tuple((at, read(content)) for at, content in session.execute(query))
    shipped = shipped_definition(KIND)
    assert shipped is not None
    return found or ((LONG_AGO, shipped[0]),)


def clock(session: Session) -> Clock:
    """Return business time, and how long a step takes of which nothing is known: the median of the last decisions."""
    known = median_seconds(session, KIND)
    hours = values(session)["registration.decision_hours"]
    usual = timedelta(hours=hours) / USUAL_SHARE if known is None else timedelta(seconds=known)
    return Clock(business_time(session), usual)
